#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/plugin-guide.md, followed to the letter: every command is run, every output compared, against a little Plausible."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import api  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

KEY = "plausible-stats-key-0815"
ROWS = [[["2026-01-03", "Google"], [34, 81]], [["2026-01-03", "Newsletter"], [12, 40]], [["2026-01-04", "Google"], [29, 77]]]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def plausible(asked):
    """POST /api/v2/query: a bearer key, pages by limit and offset, total_rows."""
    if asked.token() != KEY or (asked.method, asked.path) != ("POST", "/api/v2/query"):
        return 401, {"error": "Invalid API key"}
    query = json.loads(asked.body)
    page = query["pagination"]
    first, last = query["date_range"]
    rows = [r for r in ROWS if first <= r[0][0] <= last]
    return 200, {"results": [{"dimensions": d, "metrics": m} for d, m in rows[page["offset"]:page["offset"] + page["limit"]]],
                 "meta": {"total_rows": len(rows)}, "query": query}


def commands(block):
    """[(command, the output below it)]"""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        else:
            found[-1][1].append(line)
    return found


def same(expected, got):
    """A line of "…" alone stands for any lines, one inside a line for any text in it."""
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else ".*".join(re.escape(part) for part in line.split("…")) + r"\n"
                      for line in expected)
    return re.fullmatch(pattern, got + ("" if got.endswith("\n") or not got else "\n")) is not None


def follow(desk, url):
    with open(os.path.join(omni.SOURCE, "docs", "plugin-guide.md"), encoding="utf-8") as f:
        guide = f.read()
    folder, steps = ".", 0
    # The only thing that differs from the real Plausible is where it lives.
    desk.env["PLAUSIBLE_KEY"] = KEY
    for language, name, block in FENCE.findall(guide):
        if name:
            desk.write(os.path.join(folder, name), block.replace("@API@", url))
            continue
        if language != "console":
            continue
        for command, expected in commands(block):
            if command.startswith("cd "):
                folder = os.path.join(folder, command[3:])
                continue
            typed = command.replace("-o site_id=", "-o api_url=%s -o site_id=" % url)
            if desk.sanitizer:
                typed = typed.replace("-fPIC", desk.sanitizer + " -fPIC")
            done = desk.run(typed, folder, CFLAGS="-g " + desk.sanitizer)
            steps += 1
            if not tap.is_(done.code, 0 if not command.startswith("grep -c") else done.code, "guide: " + command):
                tap.note(done.out[-2000:] + done.err[-2000:])
            if not tap.ok(same(expected, done.out) if expected else not done.out.strip(), "guide: what it prints: " + command[:60]):
                tap.note("expected:\n%s\ngot:\n%s%s" % ("\n".join(expected), done.out, done.err))
    tap.ok(steps >= 10, "guide: all its commands were run")
    numbers = re.findall(r"^## (\d+)\. ", guide, re.M)
    tap.is_(numbers, [str(n) for n in range(1, 11)], "guide: ten steps")
    tap.ok(KEY not in desk.read("plausible", "plausible.cassette"), "guide: no key in the cassette")


def run(desk):
    with api.Api(plausible) as server:
        follow(desk, server.url)


with author.Desk() as the_desk:
    tap.run([lambda: run(the_desk)])
