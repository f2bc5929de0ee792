#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd unit: installed with its paths filled in, without a fault that systemd knows, and with few rights."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import omni  # noqa: E402
import tap  # noqa: E402

EXPOSED_AT_MOST = 2.0


def analyze(*words):
    done = subprocess.run(["systemd-analyze", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, SYSTEMD_COLORS="0", SYSTEMD_PAGER=""), universal_newlines=True, timeout=300)
    return done.stdout


def built():
    with open(os.path.join(omni.BUILD, "conf", "systemd", "omnihub.service"), encoding="utf-8") as f:
        return f.read()


def test_text():
    text = built()
    tap.ok(not re.search(r"@[a-z]+@", text), "every path is filled in")
    start = re.search(r"^ExecStart=(\S+) run$", text, re.M)
    tap.ok(start and os.path.isabs(start.group(1)), "starts the service by its whole path")
    tap.has(text, "Type=notify", "and waits until it is ready")


def test_judged():
    if not shutil.which("systemd-analyze"):
        tap.skip("what systemd thinks of it", "no systemd-analyze")
        return
    with omni.Lab() as lab:
        # Where it is not installed, /bin/true stands for the program: only the unit is looked at.
        path = lab.write("omnihub.service", re.sub(r"(?m)^(Exec\w+=)\S*/omnihub", r"\1/bin/true", built()))
        known = [line for line in analyze("verify", path).splitlines() if path in line]
        tap.is_(known, [], "systemd finds nothing wrong in it")
        level = re.search(r"exposure level for \S+: ([0-9.]+)", analyze("security", "--offline=yes", path))
        if not level:
            tap.skip("its exposure", "this systemd-analyze judges no files")
            return
        tap.ok(float(level.group(1)) <= EXPOSED_AT_MOST, "its exposure is %s, at most %s" % (level.group(1), EXPOSED_AT_MOST))


tap.run([test_text, test_judged])
