# SPDX-License-Identifier: Apache-2.0
"""`make valgrind`: the crash tests under memcheck. omnihub and omnihub-job over pulls, a push, and runs in which one of the
programs is killed: not a byte is read that was not written, none outside of its block, none is lost."""

import glob
import os
import shutil
import sys

import sweep
from sweep_lab import SweepLab, preload

import tap

MEMCHECK = "valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=30 --log-file=%s"
KILLED_AT = "%s -e inject=%s:signal=KILL:when=%d"
# name, scenario, what memcheck looks at, what is killed: program, call, which one
RUNS = (
    ("pull of files", "pull", ("omnihub-job", "omnihub"), None),
    ("pull by days over HTTP", "windows", ("omnihub-job",), None),
    ("push", "push", ("omnihub-job", "omnihub"), None),
    ("a column more", "migrate", ("omnihub-job",), None),
    ("pull, its plugin killed in the middle", "pull", ("omnihub-job", "omnihub"), ("omnihub-plugin", "sendto", 7)),
    ("pull by days, its plugin killed in the middle", "windows", ("omnihub-job",), ("omnihub-plugin", "sendto", 7)),
    ("pull, its job killed in the middle", "pull", ("omnihub",), ("omnihub-job", "pwrite64", 20)),
    ("push, its jobs killed in the middle", "push", ("omnihub",), ("omnihub-job", "pwrite64", 60)),
)


def found(lab):
    """What memcheck wrote, and forgets it."""
    text = ""
    for log in sorted(glob.glob(lab.path("memcheck.*"))):
        with open(log, encoding="utf-8", errors="replace") as file:
            text += file.read()
        os.unlink(log)
    return text


def run(lab, name, scenario, program, killed):
    state, command, conf, _ = sweep.SCENARIOS[scenario]
    lab.restore(state)
    prefixes = {program: MEMCHECK % lab.path("memcheck.%p")}
    if killed:
        prefixes[killed[0]] = KILLED_AT % (sweep.STRACE % ("/dev/null", killed[1]), killed[1], killed[2])
    result = lab.run(command, conf, prefixes)
    tap.is_(found(lab), "", "%s: %s" % (name, program))
    tap.is_(result.code, 1 if killed else 0, "%s: %s: exit code" % (name, program))
    lab.check(conf)


def main():
    for tool in ("valgrind", "strace"):
        if not shutil.which(tool):
            tap.bail("%s is not installed: ./setup deps ci" % tool)
    if not os.path.exists(preload("starve")):
        tap.bail("the programs are not built: make check_LTLIBRARIES")
    with SweepLab() as lab:
        for name, scenario, programs, killed in RUNS:
            for program in programs:
                run(lab, name, scenario, program, killed)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
