# SPDX-License-Identifier: Apache-2.0
"""F064 to F067, F076: what the machine lacks, and others at the store."""

import os
import shutil
import sqlite3
import subprocess
import threading

from store_lab import HUB, NAMESPACE, PAGE, Bench
import omni
import tap
from fault import DAY, page, row
from rawserver import by_request, stall

MANY = page(*[row(str(n), name='"%s"' % ("x" * 200)) for n in range(2000)])


# ---- F064, F065, F066: what the machine lacks

def disk_full():
    with Bench("F064", "the disk is full") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        bench.play([MANY])
        bench.configure({"hub": {"state_dir": bench.lab.path("small")}})
        before, small, out = bench.digest(), bench.lab.path("small"), bench.lab.path("out")
        os.makedirs(small)
        size = os.path.getsize(bench.file()) + os.path.getsize(bench.file("hub.lock"))
        said = set()
        for more in (0, 8, 64, 200, 500):
            shutil.rmtree(out, ignore_errors=True)
            limit = (size // PAGE + 2) * PAGE + more * 1024
            wrapper = bench.in_namespace("mount -t tmpfs -o size=%d none %s && %s || exit 99; OMNIHUB \"$@\"; code=$?; mkdir %s; "
                                         "cp -a %s/. %s; exit $code" % (limit, small, bench.copy_to(small), out, small, out))
            result = bench.pull(program=wrapper)
            said.update(line for line in result.err.splitlines() if "full" in line)
            bench.checks.ok(result.code in (1, 3), "%d KiB too few: exit code" % more, "%d %s" % (result.code, result.err))
            held, bench.state = bench.state, out
            bench.checks.is_((bench.digest(), bench.query("PRAGMA integrity_check")), (before, [("ok",)]), "%d KiB: as before" % more)
            bench.state = held
        bench.checks.ok(said, "a full disk is named")
        shutil.rmtree(bench.state)
        os.rename(out, bench.state)
        bench.ends_well()


def read_only():
    with Bench("F065", "the state folder is read-only") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount here")
            return
        before = bench.files()
        wrapper = bench.in_namespace("mount --bind %s %s && mount -o remount,bind,ro %s && exec OMNIHUB \"$@\"" % ((bench.state,) * 3))
        result = bench.pull(program=wrapper)
        bench.checks.is_(result.code, 3, "exit code 3")
        bench.checks.has(result.err, "Read-only file system", "says why")
        bench.checks.is_(bench.files(), before, "nothing has changed")
        shown = bench.lab.omnihub("query", "SELECT count(*) AS n FROM ads_daily", "--format", "csv", program=wrapper)
        bench.checks.is_((shown.code, shown.out.split()), (0, ["n", "3"]), "what is there can still be read")
        bench.checks.ok(not shown.err, "without a word", shown.err)
        bench.ends_well()


def odd_file_systems():
    with Bench("F076", "the state folder is in memory") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount here")
            return
        bench.configure({"hub": {"accept_file_system": False}})
        wrapper = bench.in_namespace("mount -t tmpfs none %s && exec OMNIHUB \"$@\"" % bench.state)
        said = "%s is on tmpfs: what is in it is gone after a restart of the machine" % bench.state
        checked = bench.lab.omnihub("check", program=wrapper)
        bench.checks.is_((checked.code, checked.err.count(said)), (0, 1), "check warns of it")
        findings = bench.lab.omnihub("check", "--json", program=wrapper).json()["findings"]
        bench.checks.is_([f["severity"] for f in findings], ["warning"], "as a warning")
        with subprocess.Popen([wrapper, "-c", bench.lab.path("omnihub.conf"), "run"], stderr=subprocess.PIPE, text=True) as service:
            lines = [service.stderr.readline()]
            while said not in lines[-1] and lines[-1]:
                lines.append(service.stderr.readline())
            bench.checks.ok(said in lines[-1], "the service says it once when it begins", repr(lines))
            service.terminate()
            service.communicate(timeout=omni.RUN_SECONDS)
        bench.configure({"hub": {"accept_file_system": True}})
        checked = bench.lab.omnihub("check", program=wrapper)
        bench.checks.ok(said not in checked.err, "accept_file_system = true: it is meant so", checked.err)
        bench.ends_well()


def few_descriptors():
    with Bench("F066", "descriptors run out") as bench:
        before, codes = bench.digest(), []
        for n in range(5, 17):
            result = bench.pull(program=bench.script("ulimit -n %d; exec OMNIHUB \"$@\"" % n))
            codes.append(result.code)
            if result.code:
                bench.checks.ok(result.err, "%d: says something" % n)
        bench.checks.ok(0 in codes and codes[0] != 0, "from too few to enough", repr(codes))
        bench.checks.ok(set(codes) <= {0, 1, 2, 3, 127}, "with an orderly exit code each time", repr(codes))
        bench.checks.is_(bench.digest(), before, "data and state are as before")
        bench.ends_well()


# ---- F067: others at the store

def locked_for_a_moment():
    with Bench("F067", "another program holds the store for a moment") as bench:
        holder = sqlite3.connect(bench.file(), check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(0.4, holder.rollback).start()
        bench.ends_well()


def second_hub():
    with Bench("F067", "a second hub on the same state") as bench:
        asked = threading.Event()

        def hold(_):
            asked.set()
            return stall()
        bench.play([by_request(hold)])
        bench.configure({"http": {"request_timeout": "60s", "stall_timeout": "60s"}})
        first = subprocess.Popen([HUB, "-c", bench.lab.path("omnihub.conf"), "-q", "pull", "--from", DAY, "--to", DAY],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        asked.wait(omni.RUN_SECONDS)
        second = bench.pull()
        bench.checks.is_(second.code, 3, "exit code 3")
        bench.checks.has(second.err, "hub.lock is locked by omnihub pull, process %d" % first.pid, "the other one is named")
        bench.checks.is_(bench.lab.omnihub("status").code, 0, "looking is allowed")
        first.terminate()
        bench.checks.is_(first.wait(omni.RUN_SECONDS), 130, "the first one can be stopped")
        bench.ends_well()


if __name__ == "__main__":
    tap.run([disk_full, read_only, odd_file_systems, few_descriptors, locked_for_a_moment, second_hub])
