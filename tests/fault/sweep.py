# SPDX-License-Identifier: Apache-2.0
"""The crash sweep: omnihub, omnihub-job and omnihub-plugin are killed at each of their writes, syncs, renames, unlinks, truncations
and sends in turn, and each of these calls fails with ENOSPC and EIO in turn, over a pull, a combine, a push and a migration.

sweep.py            a sample of the calls, for `make check`; another one with OMNI_SEED=n
sweep.py --all      every call, and 300 random kills: `make sweep`
sweep.py --case 'push omnihub-job write KILL 3'     one of them, with what it said"""

import argparse
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import sweep_lab
from sweep_lab import CALLS, FAULTS, Broken, SweepLab, omni

import tap

SAMPLE, SAMPLE_RANDOM, ALL_RANDOM, CONTROL_CASES = 48, 8, 300, 60
# scenario: state to begin from, command, configuration, programs (and the job's verb) that the faults hit
SCENARIOS = {
    "pull": ("old", "pull", "omnihub.conf", (("omnihub", "*"), ("omnihub-job", "pull"), ("omnihub-plugin", "*"))),
    "combine": ("old", "pull", "omnihub.conf", (("omnihub-job", "combine"),)),
    "push": ("pulled", "push", "omnihub.conf", (("omnihub", "*"), ("omnihub-job", "push"))),
    "migrate": ("old", "pull", "wider.conf", (("omnihub", "*"), ("omnihub-job", "pull"))),
}
STRACE = "strace -D -qq -o %s -e trace=%s"


def count_calls(lab, scenario, target, verb):
    """{call: how often the busiest of these processes makes it}"""
    state, command, conf, _ = SCENARIOS[scenario]
    lab.restore(state)
    logs = lab.path("calls")
    lab.run(command, conf, target, verb, STRACE % (logs + " -ff", ",".join("?" + call for call in CALLS)))
    most = dict.fromkeys(CALLS, 0)
    for log in glob.glob(logs + ".*"):
        with open(log, encoding="utf-8", errors="replace") as file:
            names = [line.split("(")[0] for line in file]
        os.unlink(log)
        for call in CALLS:
            most[call] = max(most[call], names.count(call))
    return most


def all_cases(lab, scenarios=tuple(SCENARIOS)):
    cases = []
    for scenario in scenarios:
        for target, verb in SCENARIOS[scenario][3]:
            for call, n in count_calls(lab, scenario, target, verb).items():
                cases += [(scenario, target, verb, call, fault, i) for fault in FAULTS for i in range(1, n + 1)]
    return cases


def run_case(lab, case):
    scenario, target, verb, call, fault, n = case
    state, command, conf, _ = SCENARIOS[scenario]
    lab.restore(state)
    inject = " -e inject=%s:%s" % (call, FAULTS[fault] % n)
    result = lab.run(command, conf, target, verb, STRACE % ("/dev/null", call) + inject)
    lab.check(conf)
    return result


def title(case):
    return "%s %s %s %s %d" % (case[0], case[1], case[3], case[4], case[5])


def try_case(lab, case):
    """What is wrong afterwards; None: nothing."""
    try:
        run_case(lab, case)
    except Broken as broken:
        return str(broken)
    return None


# ---- kills at any moment

def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                if name.isdigit() and int(file.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
        except OSError:
            pass
    return found


def family_of(pid):
    found = [pid]
    for child in children_of(pid):
        found += family_of(child)
    return found


def random_kill(lab, chance):
    """kill -9 of one of the three programs after a random time."""
    scenario = chance.choice(list(SCENARIOS))
    state, command, conf, _ = SCENARIOS[scenario]
    lab.restore(state)
    lab.place(None, "*", "")
    process = subprocess.Popen([lab.path("programs", "omnihub"), "-c", lab.path(conf), "-q", command], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=dict(os.environ, OMNIHUB_NOW=sweep_lab.NOW))
    time.sleep(chance.random() * 0.1)
    family = family_of(process.pid) if process.poll() is None else []
    if family:
        try:
            os.kill(chance.choice(family), signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.communicate()
    try:
        lab.check(conf)
    except Broken as broken:
        return str(broken)
    return None


# ---- what the tests call

def sweep(lab, cases, name):
    failed = 0
    for case in cases:
        wrong = try_case(lab, case)
        if wrong:
            failed += 1
            tap.note("%s: %s" % (title(case), wrong))
    tap.is_(failed, 0, "%s: %d faults, each costs one run and no data" % (name, len(cases)))


def sample(cases, chance):
    """Some of each kind."""
    chance.shuffle(cases)
    kinds, rest = {}, []
    for case in cases:
        kind = (case[0], case[1], case[4])
        rest.append(case) if kind in kinds else kinds.setdefault(kind, case)
    return (list(kinds.values()) + rest)[:max(SAMPLE, len(kinds))]


def test_controls():
    """A hub that is careless in one way must be found out, or the sweep proves nothing."""
    library = os.path.join(omni.BUILD, "tests", "fault", ".libs", "careless.so")
    if not os.path.exists(library):
        tap.note("careless.so is not built: no negative controls")
        return
    for careless, scenario, calls in (("transaction", "pull", ("pwrite64",)), ("state", "pull", ("pwrite64", "fdatasync")),
                                      ("rename", "push", ("write", "unlinkat", "fsync"))):
        with SweepLab((library, careless)) as lab:
            cases = [c for c in all_cases(lab, (scenario,)) if c[1] == "omnihub-job" and c[3] in calls and c[4] == "KILL"]
            random.Random(7).shuffle(cases)
            found = next((case for case in cases[:CONTROL_CASES] if try_case(lab, case)), None)
            tap.ok(found, "careless with %s: found out%s" % (careless, " at " + title(found) if found else ""))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--all", action="store_true")
    options.add_argument("--case")
    options = options.parse_args()
    if not shutil.which("strace"):
        tap.skip_all("strace is not installed (Debian: apt-get install strace)")
    if subprocess.run(["strace", "-D", "-qq", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode != 0:
        tap.skip_all("processes may not be traced here")
    with open(os.path.join(omni.BUILD, "config.h"), encoding="utf-8") as header:
        if "#define HUB_SANITIZED 1" in header.read():
            tap.skip_all("sanitizers and strace do not go together")
    if not os.path.exists(os.path.join(omni.BUILD, "omnihub-job")) or not omni.plugin_path("csv", "sinks"):
        tap.skip_all("the programs are not built")
    seed = int(os.environ.get("OMNI_SEED", "1"))
    tap.note("seed %d (OMNI_SEED)" % seed)
    chance = random.Random(seed)
    if options.case:
        one_case(options.case)
    with SweepLab() as lab:
        cases = all_cases(lab)
        tap.note("%d faults in all" % len(cases))
        sweep(lab, cases if options.all else sample(cases, chance), "every call" if options.all else "sample")
        wrong = [w for w in (random_kill(lab, chance) for _ in range(ALL_RANDOM if options.all else SAMPLE_RANDOM)) if w]
        tap.is_(wrong, [], "random kills")
    tap.run([test_controls])


def one_case(words):
    scenario, target, call, fault, n = words.split()
    verb = dict(SCENARIOS[scenario][3])[target]
    with SweepLab() as lab:
        try:
            result = run_case(lab, (scenario, target, verb, call, fault, int(n)))
            print(result.code, result.out, result.err, sep="\n")
        except Broken as broken:
            print("BROKEN:", broken)
    sys.exit(0)


if __name__ == "__main__":
    main()
