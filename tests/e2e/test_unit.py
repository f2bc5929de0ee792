#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd units: installed with their paths filled in, without a fault that systemd knows, and with few rights."""

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


def built(unit):
    with open(os.path.join(omni.BUILD, "conf", "systemd", unit), encoding="utf-8") as f:
        return f.read()


def check_text(unit, start):
    text = built(unit)
    tap.ok(not re.search(r"@[a-z]+@", text), unit + ": every path is filled in")
    found = re.search(r"^ExecStart=(/\S+/%s)$" % start, text, re.M)
    tap.ok(found, unit + ": starts the program by its whole path")
    tap.has(text, "Type=notify", unit + ": and waits until it is ready")


def test_text():
    check_text("omnihub.service", "omnihub run")
    check_text("omnihub-web.service", "omnihub-web")
    web = built("omnihub-web.service")
    for line in ("ProtectSystem=strict", "IPAddressDeny=any", "InaccessiblePaths=-/etc/omnihub/vault.key"):
        tap.has(web, "\n%s\n" % line, "the web page: " + line)
    tap.ok(not re.search(r"^(StateDirectory|ReadWritePaths)=", web, re.M), "the web page may write nowhere")


def check_judged(lab, unit):
    # Where it is not installed, /bin/true stands for the program: only the unit is looked at.
    path = lab.write(unit, re.sub(r"(?m)^(Exec\w+=)\S*/omnihub(-web)?", r"\1/bin/true", built(unit)))
    known = [line for line in analyze("verify", path).splitlines() if path in line]
    tap.is_(known, [], unit + ": systemd finds nothing wrong in it")
    level = re.search(r"exposure level for \S+: ([0-9.]+)", analyze("security", "--offline=yes", path))
    if not level:
        tap.skip(unit + ": its exposure", "this systemd-analyze judges no files")
        return
    tap.ok(float(level.group(1)) <= EXPOSED_AT_MOST, "%s: its exposure is %s, at most %s" % (unit, level.group(1), EXPOSED_AT_MOST))


def test_judged():
    if not shutil.which("systemd-analyze"):
        tap.skip("what systemd thinks of them", "no systemd-analyze")
        return
    with omni.Lab() as lab:
        for unit in ("omnihub.service", "omnihub-web.service"):
            check_judged(lab, unit)


tap.run([test_text, test_judged])
