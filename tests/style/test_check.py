#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/check: every rule refuses what it is there for, names the place, and lets good files pass."""

import os
import shutil
import subprocess
import sys
import tempfile

SRC = os.environ.get("OMNI_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(SRC, "tests", "lib"))
import tap  # noqa: E402

HEAD = "/* SPDX-License-Identifier: Apache-2.0\n * A file. */\n"
BODY = "static int %s(%s)\n{\n%s    return 0;\n}\n"
LATER = "TO" + "DO"


def check(files):
    """Runs a copy of the checker over a small tree of its own; (exit code, output)."""
    root = tempfile.mkdtemp()
    try:
        for folder in {"scripts"} | {os.path.dirname(name) for name in files}:
            os.makedirs(os.path.join(root, folder), exist_ok=True)
        shutil.copy(os.path.join(SRC, "scripts", "check"), os.path.join(root, "scripts", "check"))
        shutil.copy(os.path.join(SRC, ".clang-format"), root)
        for name, text in files.items():
            with open(os.path.join(root, name), "w", encoding="utf-8", newline="") as f:
                f.write(text)
        done = subprocess.run([sys.executable, os.path.join(root, "scripts", "check")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True)
        return done.returncode, done.stdout
    finally:
        shutil.rmtree(root)


def refused(name, text, place, rule):
    code, out = check({name: text})
    tap.ok(code == 1, "refused: " + rule)
    tap.has(out, "%s:%s: %s" % (name, place, rule), "says where: " + rule)


def passes(name, text, what):
    code, out = check({name: text})
    if not tap.ok(code == 0, "passes: " + what):
        tap.note(out)


def function(lines="", parameters="void", name="f"):
    return HEAD + BODY % (name, parameters, lines)


def arrows():
    up = HEAD + '#include "%s/x.h"\n'
    refused("hub/store/a.c", up % "run", 3, "include of hub/run/ from hub/store/")
    refused("hub/base/a.h", up % "store", 3, "include of hub/store/ from hub/base/")
    refused("hub/newdir/a.c", up % "base", 3, "unknown folder hub/newdir/")
    refused("plugins/ads/acme/acme.c", up % "base", 3, "include of hub/base/")
    refused("sdk/lib/a.c", up % "http", 3, "include of hub/http/")
    passes("hub/run/a.c", up % "store" + '#include "run/y.h"\n#include "base/z.h"\n', "includes that point down")
    passes("plugins/ads/acme/acme.c", up % "common", "a plugin's own headers")


def good_files():
    passes("hub/a.c", function("    int x = 0;\n    (void)x;\n"), "an ordinary file")
    passes("hub/a.c", function('    (void)"strcpy(a, b) ' + LATER + '";\n').replace(LATER, "XX" + "X"),
           "banned words inside texts")
    passes("hub/a.c", function("    /* Not sprintf(), which has no limit. */\n"), "banned calls inside comments")
    passes("hub/a.c", function("    host->system(0);\n    my_atoi(0);\n"), "members and longer names")
    passes("hub/Makefile", "all:\n\ttrue\n", "tabs where make wants them")


def banned_calls():
    for call in ("strcpy(a, b)", "strcat(a, b)", "sprintf(a, b)", "gets(a)", "strtok(a, b)", "atoi(a)", "atof(a)",
                 "strtod(a, 0)", "strtof(a, 0)", "system(a)", "popen(a, b)"):
        name = call.split("(")[0]
        refused("hub/a.c", function("    %s;\n" % call), 5, name + "()")


def texts():
    refused("hub/a.c", function("    f(); \n"), 5, "space at the end of the line")
    refused("hub/a.c", function("\tf();\n"), 5, "tab")
    refused("hub/a.c", function().rstrip("\n"), 6, "no newline at the end")
    refused("hub/a.md", "a\r\n", 1, "carriage return")
    refused("hub/a.c", function("    /* %s: more */\n" % LATER), 5, "unfinished work")
    refused("hub/a.md", "in /wo" + "rk/x\n", 1, "path of somebody's machine")
    refused("hub/a.c", function("    /* %s */\n" % ("x" * 120)), 5, "130 columns")
    for name in ("a.c", "a.h", "a.py", "a.sh", "a.conf", "local.mk"):
        refused("hub/" + name, "\n", 1, "no licence")
    refused("hub/tool", "#!/bin/sh\ntrue\n", 1, "no licence")


def sizes():
    refused("hub/a.c", HEAD + "\n" * 1000, 1002, "1002 lines")
    code, out = check({"hub/a.c": HEAD + "\n" * 700})
    tap.has(out, "hub/a.c:702: warning: 702 lines", "600 lines ask a question")
    refused("hub/a.c", function("    f();\n" * 90), 3, "f() has 93 lines")
    branches = "".join("    if (f() == %d)\n        return 1;\n" % i for i in range(21))
    refused("hub/a.c", function(branches), 3, "f() has complexity")
    code, out = check({"hub/a.c": function("", "int a, int b, int c, int d, int e, void (*g)(int, int)")})
    tap.ok(code == 0 and "hub/a.c:3: warning: f() has 6 parameters" in out, "six parameters are warned of")


def format_and_summary():
    if shutil.which("clang-format-14"):
        refused("hub/a.c", function("  f();\n"), 4, "not as clang-format-14 has it")
    code, out = check({"hub/a.c": function()})
    tap.has(out, "33.3 % with comments", "the share of comments")
    tap.ok(code == 0 and out.endswith("0 refused, 0 warnings\n"), "the sum is at the end")


tap.run([good_files, arrows, banned_calls, texts, sizes, format_and_summary])
