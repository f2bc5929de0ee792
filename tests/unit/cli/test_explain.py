#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""omnihub explain, and that the man page says of each outcome what the program says."""

import json
import os
import re

from hubdir import Hub
import tap

MAN = os.path.join(os.environ["OMNI_SRCDIR"], "docs", "omnihub.1")


def sentence(text):
    return text[0].upper() + text[1:] + "."


def man_outcomes():
    """{code: its text} of the section OUTCOMES."""
    with open(MAN, encoding="utf-8") as f:
        section = re.search(r"^\.Sh OUTCOMES\n(.*?)^\.Sh ", f.read(), re.S | re.M).group(1)
    items = re.findall(r"^\.It Sy (\S+)\n(.*?)(?=^\.(?:It|El))", section, re.S | re.M)
    return {code: text.replace("\\(ga", "`").replace("\\-", "-").strip() for code, text in items}


def said():
    with Hub() as hub:
        code, out, _ = hub("explain", "--json")
        tap.is_(code, 0, "explain")
        return json.loads(out)


def same_words():
    program = {}
    for o in said():
        program[o["code"]] = sentence(o["title"]) + ("\nTo do: %s." % o["remedy"] if "remedy" in o else "")
    man = man_outcomes()
    tap.is_(sorted(man), sorted(program), "the man page has the codes of the program")
    for code in sorted(program):
        tap.is_(man.get(code), program[code], "the man page on " + code)


def whole():
    codes = said()
    tap.is_(len({o["code"] for o in codes}), len(codes), "each code is there once")
    tap.is_([o["code"] for o in codes if "remedy" not in o], ["ok", "running"], "whatever else a run ends with, something can be done")


def for_people():
    with Hub() as hub:
        code, out, _ = hub("explain", "failed-auth")
        tap.is_((code, len(out.splitlines())), (0, 2), "one code: title and remedy")
        tap.has(out, "check --connect", "what to do")
        code, out, err = hub("explain", "failed-aut")
        tap.is_((code, out), (2, ""), "an unknown one")
        tap.has(err, 'did you mean "failed-auth"', "with a suggestion")


tap.run([same_words, whole, for_people])
