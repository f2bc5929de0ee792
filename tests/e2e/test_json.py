#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every member that --json prints has its word in the section JSON of omnihub(1)."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402
import web as w  # noqa: E402

MAN = os.path.join(h.omni.SOURCE, "docs", "omnihub.1")
NAMED_BY_USERS = {"users", "done"}  # members of these objects are connectors and recipients


def documented():
    with open(MAN, encoding="utf-8") as f:
        section = re.search(r"^\.Sh JSON\n(.*?)^\.Sh ", f.read(), re.M | re.S).group(1)
    parts = re.split(r"^\.Ss (.*)\n", section, flags=re.M)
    return {name: set(re.findall(r"\w+", text)) for name, text in zip(parts[1::2], parts[2::2])}


def members(value):
    """Of all objects in it, however deep."""
    if isinstance(value, list):
        return {m for one in value for m in members(one)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {m for name, one in value.items() if name not in NAMED_BY_USERS for m in members(one)}


def fill(lab, stand_in):
    lab.write("till.csv", w.ORDERS)
    lab.write("bad.csv", "Receipt,Date,Total\n1,not a day,12.50\n")
    lab.write("taken", "a file where the folder should be")
    lab.configure(w.till(), w.till("spoilt", "bad.csv"), h.meta(stand_in, lab, start="-2d"),
                  sinks=[h.sink("out", "csv", ["orders"], {"directory": "out"}), h.sink("full", "csv", ["orders"], {"directory": "taken"})])
    with open(lab.path("omnihub.conf"), "a", encoding="utf-8") as f:
        f.write("alerts = ( %s );\n" % h.written({"name": "duty", "kind": "webhook", "url": "http://127.0.0.1:9/", "group": "1s"}))
    setting = lab.start("secrets", "set", "a-token", "--expires", "5d", stdin=subprocess.PIPE)
    setting.communicate("the value\n", timeout=h.WAIT_SECONDS)


def test_members():
    man = documented()
    with h.omni.StandIn() as stand_in, h.Hub() as lab:
        fill(lab, stand_in)
        said = {"pull, push, sync, check": [lab.run(verb, "--json").json() for verb in ("check", "pull", "push", "sync")]}
        lab.write("till.csv", w.ORDERS.replace("12.50", "11.00"))
        lab.run("sync", "till")
        said["pull, push, sync, check"].append(lab.run("check", "--connect", "--json").json())
        said["status"] = lab.run("status", "--json", "--all").json()
        for command in ("runs", "restated", "alerts", "secrets list", "backfill"):
            said[command] = lab.run(*command.split(), "--json").json()
        said["runs"] += lab.run("runs", "--rejects", "--json").json()
        for command, printed in said.items():
            found = members(printed)
            tap.ok(found or command == "backfill", "%s --json prints something" % command)
            tap.is_(sorted(found - man[command]), [], "omnihub(1) has every member of %s" % command)
        results = said["pull, push, sync, check"][1]["results"]
        runs = {run["batch"] for run in said["runs"] if "batch" in run}
        tap.ok(results and all(r["run"] in runs for r in results if "stream" in r), "a result's run is the batch of its row in the ledger")


tap.run([test_members])
