# SPDX-License-Identifier: Apache-2.0
"""The crash sweep: omnihub, omnihub-job and omnihub-plugin are killed at each of their writes, syncs, renames, unlinks, truncations
and sends in turn, and each of these calls fails with ENOSPC, EDQUOT and EIO in turn, over pulls, a combine, a push and a migration. Job and
plugin process also get no memory, once at each place that asks for some.

sweep.py            a sample of it, for `make check`; another one with OMNI_SEED=n
sweep.py --all      all of it, and 300 random kills: `make sweep`
sweep.py --case 'push omnihub-job write KILL 3'     one of them, with what it said"""

import argparse
import concurrent.futures
import glob
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time

import sweep_lab
from sweep_lab import CALLS, FAULTS, Broken, SweepLab, omni

import hub
import tap

SAMPLE, SAMPLE_MEMORY, SAMPLE_RANDOM, ALL_RANDOM, CONTROL_CASES = 40, 24, 10, 300, 60
HIT_SHARE = 0.9
# scenario: state to begin from, command, configuration, programs (and the job's verb) that the faults hit
SCENARIOS = {
    "pull": ("old", "pull", "omnihub.conf", (("omnihub", "*"), ("omnihub-job", "pull"), ("omnihub-plugin", "*"))),
    "windows": ("shop", "pull", "windows.conf", (("omnihub-job", "pull"), ("omnihub-plugin", "*"))),
    "combine": ("old", "pull", "omnihub.conf", (("omnihub-job", "combine"),)),
    "push": ("pulled", "push", "omnihub.conf", (("omnihub", "*"), ("omnihub-job", "push"))),
    "migrate": ("old", "pull", "wider.conf", (("omnihub", "*"), ("omnihub-job", "pull"))),
}
# Its threads are followed, programs that it starts are not. Each thread's calls are counted for themselves.
STRACE = "strace -D -f -b execve -o %s -e trace=%s"


MEMORY = "malloc", "ENOMEM"


def count_calls(lab, scenario, target, verb):
    """{call: how often the busiest of the threads makes it}"""
    state, command, conf, _ = SCENARIOS[scenario]
    lab.restore(state)
    logs = lab.path("calls")
    lab.run(command, conf, {target: STRACE % (logs + " -ff", ",".join("?" + call for call in CALLS))}, verb)
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


def memory_cases(lab):
    cases = []
    for scenario, (state, command, conf, targets) in SCENARIOS.items():
        for target, verb in targets:
            if target != "omnihub" and scenario != "migrate":
                lab.restore(state)
                lab.run(command, conf, {target: lab.starve(0)}, verb)
                cases += [(scenario, target, verb) + MEMORY + (i,) for i in range(1, lab.starved()[0] + 1)]
    return cases


def run_case(lab, case):
    scenario, target, verb, call, fault, n = case
    state, command, conf, _ = SCENARIOS[scenario]
    lab.restore(state)
    if (call, fault) == MEMORY:
        result = lab.run(command, conf, {target: lab.starve(n)}, verb)
        lab.hits += lab.starved()[1]
        lab.check(conf, result)
        return result
    log = lab.path("fault.log")
    inject = " -e inject=%s:%s" % (call, FAULTS[fault] % n)
    result = lab.run(command, conf, {target: STRACE % (log, call) + inject}, verb)
    lab.check(conf, result if target != "omnihub" else None)
    with open(log, encoding="utf-8", errors="replace") as file:
        seen = file.read()
    lab.hits += "(INJECTED)" in seen or "killed by SIGKILL" in seen
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

def start(lab, scenario):
    state, command, conf, _ = SCENARIOS[scenario]
    lab.restore(state)
    lab.place({})
    return subprocess.Popen([lab.path("programs", "omnihub"), "-c", lab.path(conf), "-q", command], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, OMNIHUB_NOW=sweep_lab.NOW))


def seconds_of(lab, scenario):
    """How long it takes when nothing is killed."""
    began = time.monotonic()
    start(lab, scenario).communicate()
    return time.monotonic() - began


def random_kill(lab, chance, seconds):
    """kill -9 of one of the three programs at any moment of the run; what is wrong afterwards."""
    scenario = chance.choice(list(SCENARIOS))
    process = start(lab, scenario)
    time.sleep(chance.random() * seconds[scenario])
    family = [process.pid] + [pid for pid, _ in hub.children(process.pid)] if process.poll() is None else []
    if family:
        lab.hits += 1
        try:
            hub.kill_hard(chance.choice(family))
        except ProcessLookupError:
            pass
    process.communicate()
    try:
        lab.check(SCENARIOS[scenario][2])
    except Broken as broken:
        return "%s: %s" % (scenario, broken)
    return None


def test_quota(lab):
    """A user's share of the disk that is used up is a full disk, and is named."""
    wrong = try_case(lab, ("pull", "omnihub-job", "pull", "pwrite64", "EDQUOT", 1))
    tap.is_(wrong, None, "F065 a quota of the disk that is used up costs one run")
    said = run_case(lab, ("pull", "omnihub-job", "pull", "pwrite64", "EDQUOT", 1))
    tap.has(said.out + said.err, "the disk quota of this user is used up", "F065 and is named")


def test_random(lab, chance, times):
    lab.hits = 0
    seconds = {scenario: seconds_of(lab, scenario) for scenario in SCENARIOS}
    wrong = [found for found in (random_kill(lab, chance, seconds) for _ in range(times)) if found]
    tap.is_(wrong, [], "%d times kill -9 of any program at any moment" % times)
    tap.note("%d of them met a process that lived" % lab.hits)


# ---- what the tests call

def try_share(cases):
    """In a process and a laboratory of its own: (faults that broke something, calls that were made and failed)"""
    failed = 0
    with SweepLab() as lab:
        for case in cases:
            wrong = try_case(lab, case)
            if wrong:
                failed += 1
                tap.note("%s: %s" % (title(case), wrong))
        return failed, lab.hits


def sweep(cases, name, jobs):
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(try_share, [cases[i::jobs] for i in range(jobs)]))
    failed, hits = (sum(numbers) for numbers in zip(*results))
    tap.is_(failed, 0, "%s: %d faults, each costs one run and no data" % (name, len(cases)))
    # How often a call is made differs a little from run to run, so that some of the last are never reached.
    tap.ok(hits >= HIT_SHARE * len(cases), "%s: %d of these calls were made and failed" % (name, hits))
    tap.note("in %d s, %d side by side" % (time.monotonic() - began, jobs))


def sample(cases, chance, size=SAMPLE):
    """Some of each kind."""
    chance.shuffle(cases)
    kinds, rest = {}, []
    for case in cases:
        kind = (case[0], case[1], case[4])
        rest.append(case) if kind in kinds else kinds.setdefault(kind, case)
    return (list(kinds.values()) + rest)[:max(size, len(kinds))]


def test_controls():
    """A hub that is careless in one way must be found out, or the sweep proves nothing."""
    library = sweep_lab.preload("careless")
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
    if not all(os.path.exists(path) for path in (os.path.join(omni.BUILD, "omnihub-job"), sweep_lab.preload("careless"),
                                                 sweep_lab.preload("starve"))):
        tap.skip_all("the programs are not built")
    seed = int(os.environ.get("OMNI_SEED", "1"))
    tap.note("seed %d (OMNI_SEED)" % seed)
    chance = random.Random(seed)
    if options.case:
        one_case(options.case)
    jobs = (os.cpu_count() or 1) if options.all else 1  # make check runs other tests beside this one
    with SweepLab() as lab:
        calls, places = all_cases(lab), memory_cases(lab)
        tap.note("%d faults in all, %d places that allocate" % (len(calls), len(places)))
        test_quota(lab)
        test_random(lab, chance, ALL_RANDOM if options.all else SAMPLE_RANDOM)
    sweep(calls if options.all else sample(calls, chance), "every call" if options.all else "sample", jobs)
    sweep(places if options.all else sample(places, chance, SAMPLE_MEMORY), "every allocation" if options.all else "allocations", jobs)
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
