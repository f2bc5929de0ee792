#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process in the middle of a window: the old window stays whole, nothing lies about, the next run is right."""

import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(29), h.ago(1)
DAYS = h.days(FIRST, LAST)
PAGES_BEFORE = 5  # the reply that stalls is one of many


def stalls(world):
    return [entry for entry in world.log() if entry["method"] == "STALL"]


def begin(world, lab):
    """omnihub in the middle of a page of restated numbers."""
    world.control(clear=True)
    world.control(restate=1, knobs={"meta": {"stall_s": 300}}, fault={"platform": "meta", "kind": "stall_middle", "after": PAGES_BEFORE})
    running = lab.start("pull", *DAYS)
    h.wait_for(lambda: stalls(world), "the page that stalls")
    return running


def same_as_truth(world, lab, name):
    truth = world.truth("meta", FIRST, LAST, account="act_1001")
    tap.is_(lab.row("SELECT count(*) AS n, dec(sum(cost)) AS cost, dec(sum(conversion_value)) AS value FROM ads_daily"),
            (truth["rows"], truth["sums"]["spend"], truth["sums"]["conversion_value"]), name + ": equals the platform's truth")


def killed(program, outcome, code):
    """Kills this program; omnihub, where it lives on, says how that ended."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, options={"page_size": 20}))
        lab.pull(*DAYS)
        before = lab.dump()
        running = begin(world, lab)
        job = h.child(running.pid, "omnihub-job")
        plugin = h.child(running.pid, "omnihub-plugin")
        victim = {"omnihub": running.pid, "omnihub-job": job, "omnihub-plugin": plugin}[program]
        h.kill_hard(victim)
        if program == "omnihub-plugin":  # its job hears of it when the reply that it waits for is there
            world.control(knobs={"meta": {"stall_s": 0}})
        running.communicate(timeout=h.WAIT_SECONDS)
        tap.is_(running.returncode, code, program + " is killed: exit code")
        h.wait_for(lambda: not h.is_alive(job) and not h.is_alive(plugin), "the end of job and plugin")
        tap.is_(lab.dump(), before, program + " is killed: not a byte of the old window differs")
        tap.is_(lab.leftovers(), [], program + " is killed: no file is left over")
        world.control(clear=True)
        results, after = lab.pull(*DAYS)
        tap.is_((after, results["ads", "act_1001", "ad_insights"]["outcome"]), (0, "ok"), program + " is killed: the next run is right")
        same_as_truth(world, lab, program + " is killed")
        tap.is_([r["outcome"] for r in lab.ledger("ads")][:2], ["ok", outcome], program + " is killed: the ledger says so")
        lab.check_whole(program + " is killed")


def test_job():
    killed("omnihub-job", "crashed", 1)


def test_plugin():
    # A SIGKILL that nobody owns up to is what the kernel sends when memory is short.
    killed("omnihub-plugin", "oom", 1)


def test_omnihub():
    killed("omnihub", "interrupted", -signal.SIGKILL)


def test_interrupted():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, options={"page_size": 20}))
        lab.pull(*DAYS)
        before = lab.dump()
        running = begin(world, lab)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=h.WAIT_SECONDS)
        tap.is_(running.returncode, 130, "Ctrl-C: exit code 130")
        tap.is_(lab.dump(), before, "Ctrl-C: the old window is whole")
        tap.is_(lab.ledger("ads")[0]["outcome"], "interrupted", "Ctrl-C: the ledger says so")
        tap.ok("Traceback" not in err and len(err.splitlines()) < 8, "Ctrl-C: a few words, no noise")
        lab.check_whole("Ctrl-C")
        world.control(clear=True)
        _, code = lab.pull(*DAYS)
        tap.is_(code, 0, "Ctrl-C: the next run is right")
        same_as_truth(world, lab, "Ctrl-C")


def events_of_job(lab, parent):
    """What a job says whose order names this process as its hub."""
    spec = {"verb": "describe", "plugin_path": h.plugin("file"), "sandbox": "best", "parent": parent}
    lab.write("spec", json.dumps(spec))
    words = "exec %s 3<%s 4>%s" % (os.path.join(omni.BUILD, "omnihub-job"), lab.path("spec"), lab.path("events"))
    done = subprocess.run(["sh", "-c", words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=omni.RUN_SECONDS, check=False)
    with open(lab.path("events"), encoding="utf-8") as events:
        return done.returncode, [json.loads(line)["event"] for line in events], done.stderr


def test_orphan():
    """A hub that died before its job could ask to die with it."""
    with h.Hub() as lab:
        code, events, _ = events_of_job(lab, os.getpid())
        tap.is_((code, events), (0, ["describe", "done"]), "a job whose hub lives does what it was told")
        code, events, said = events_of_job(lab, os.getppid())
        tap.is_((code, events), (1, []), "a job whose hub is gone does nothing")
        tap.has(said, "the hub that started it is gone", "and says why")


def test_report_run_survives():
    """A report that the platform still works on is fetched by the next run, not ordered again."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        world.control(knobs={"meta": {"max_rows": 10, "stall_s": 300}}, fault={"platform": "meta", "kind": "stall_middle", "after": 3})
        running = lab.start("pull", *DAYS)
        h.wait_for(lambda: stalls(world), "a look at the report's state")
        h.kill_hard(h.child(running.pid, "omnihub-job"))
        running.communicate(timeout=h.WAIT_SECONDS)
        orders = sum(entry["method"] == "POST" for entry in world.log())
        tap.is_(orders, 1, "a report was ordered before the job was killed")
        tap.is_(lab.value("SELECT count(*) AS n FROM ads_daily"), 0, "nothing is stored yet")
        world.control(faults=[])
        _, code = lab.pull(*DAYS)
        tap.is_(code, 0, "the next run fetches it")
        tap.is_(sum(entry["method"] == "POST" for entry in world.log()), 1, "without ordering it again")
        same_as_truth(world, lab, "resumed report")
        with lab.store() as db:
            left = db.execute("SELECT key FROM state WHERE key LIKE 'plugin.report:%' AND value <> ''").fetchall()
        db.close()
        tap.is_(left, [], "and it is forgotten once stored")


tap.run([test_job, test_plugin, test_omnihub, test_orphan, test_interrupted, test_report_run_survives])
