#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bash completion: what it offers is what the program says, and never an error on the terminal."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

SCRIPT = os.path.join(omni.SOURCE, "conf", "completion", "omnihub")
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { echo "compopt $*"; }
_omnihub && printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(lab, *words):
    """What is offered for the last word of a command line, and what was said on standard error."""
    env = dict(os.environ, PATH=omni.BUILD + os.pathsep + os.environ["PATH"])
    done = subprocess.run(["bash", "-c", ASK, "bash", SCRIPT, "omnihub", *words], env=env, cwd=lab.folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=120)
    return done.stdout.split(), done.stderr


def test_words():
    with h.Hub() as lab:
        lab.configure(h.connector("till", "file", {"path": "x.csv", "dataset": "orders", "map": {"net": "Total"}}),
                      plugin_dirs=[os.path.dirname(h.plugin("file"))])
        conf = lab.path("omnihub.conf")
        for words, wanted in (
                (("pu",), ["pull", "push"]),
                (("pull", "--acc"), ["--accept-empty"]),
                (("-c", conf, "pull", "t"), ["till"]),
                (("-c", conf, "describe", "fil"), ["file"]),
                (("-c", conf, "datasets", "order"), ["orders", "order_lines"]),
                (("query", "--format", "c"), ["csv"]),
                (("help", "vers"), ["version"]),
                (("-c", conf, "state", "exp"), ["export"]),
                (("nonsense", "x"), [])):
            found, said = offered(lab, *words)
            tap.is_((sorted(found), said), (sorted(wanted), ""), "omnihub " + " ".join(words).replace(lab.folder, ""))
        tap.is_(offered(lab, "pull", "--record", "")[0][:3], ["compopt", "-o", "default"], "files where files are meant")
        tap.is_(offered(lab, "-c", "/no/such.conf", "pull", ""), ([], ""), "a configuration that is not there: nothing, in silence")


if not shutil.which("bash"):
    tap.skip_all("no bash")
tap.run([test_words])
