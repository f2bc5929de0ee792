# SPDX-License-Identifier: Apache-2.0
"""What needs a plugin of its own: credentials and a second host that may be asked (F026), asynchronous reports (F043), quality
flags (F044), and requests that must not be sent twice (F048)."""

import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading

import fault
import omni
import tap
from fault import DAY, case, page, row
from rawserver import RawServer, answer, by_request, redirect, reset, stall

CC = (os.environ.get("CC") or "cc").split()
GOOD = page(row())
ONE = ("1", "n", 1000000, 1)
SECRETS = ("fault-token-1", "fault-key-1")


class Lab:
    """The probe, built for a second host whose port is known only now."""

    def __init__(self):
        self.other = RawServer()
        self.other.healthy = answer(GOOD)
        self.folder = tempfile.mkdtemp(prefix="omni-test-")
        self.probe = os.path.join(self.folder, "probe.so")
        source = os.path.join(omni.SOURCE, "tests", "fault", "probe.c")
        subprocess.run([*CC, "-std=c11", "-fPIC", "-shared", '-DHOSTS="localhost:%d"' % self.other.port, "-I",
                        os.path.join(omni.SOURCE, "sdk", "include"), "-o", self.probe, source,
                        *glob.glob(os.path.join(omni.SOURCE, "sdk", "lib", "*.c"))], check=True)

    def to_other(self, path):
        return "http://localhost:%d%s" % (self.other.port, path)


if not shutil.which(CC[0]):
    tap.skip_all("no C compiler for the probe")
LAB = Lab()


class Bench(fault.Bench):
    def settings(self, what):
        tree = super().settings(dict(what, options={}))
        options = dict({"api_url": self.server.url(), "mode": what.get("mode", "rows")}, **what.get("options", {}))
        tree["connectors"][0].update(plugin=LAB.probe, options=options)
        return tree


def probed(number, name, mode, script, outcome="ok", reason="", **how):
    return case(number, name, script, outcome=outcome, reason=reason, mode=mode, **how)


# ---- credentials on the way to another host

def sent_to(server, path=""):
    return [e.target + json.dumps(e.headers) for e in server.requests if e.target.startswith(path)]


def moved(name, path, status, **options):
    def has_no_secret(bench, result, checks):
        there = sent_to(LAB.other, path)
        checks.is_(len(there), 1, "the other host is asked once")
        checks.ok(not any(secret in text for text in there for secret in SECRETS), "without the login", repr(there))
        here = sent_to(bench.server)
        checks.ok(any(secret in text for text in here for secret in SECRETS), "which the right host was given", repr(here))
    return probed("F026", "redirected to a host that may be asked: " + name, "rows", lambda _: [redirect(LAB.to_other(path), status)],
                  stores=[ONE], options=options, check=has_no_secret)


CREDENTIALS = [moved("no bearer token goes there", "/a", 302, token=SECRETS[0]),
               moved("no key in the query either", "/b", 307, key=SECRETS[1])]


# ---- requests that must not be sent twice

def twice(name, deed, requests, outcome="retrying", reason="retry", says="not sent again: a POST could take effect twice"):
    return probed("F048", name, "order", [deed, answer('{"id":"r1"}')], outcome, reason, requests=requests, says=says)


ORDERS = [
    twice("an order that is answered with 500", answer("oops", 500), 1),
    twice("an order whose answer never comes", reset(b""), 1),
    twice("an order whose answer is cut", reset(b"HTTP/1.1 200 OK\r\n"), 1),
    probed("F048", "an order that was refused untouched", "order", [answer("wait", 429), answer('{"id":"r1"}')], requests=2,
           outcome="suspicious", reason="empty", says="the platform sent no rows", keeps_state=True),
]


# ---- reports that are made while one waits

def report(states, url="/ads", body=GOOD):
    """states: what each question about the report is answered with."""
    left = list(states)

    def choose(exchange):
        if exchange.method == "POST":
            return answer('{"id":"r1"}')
        if not exchange.target.startswith("/report/"):
            return body if callable(body) else answer(body)
        state = left.pop(0) if len(left) > 1 else left[0]
        return state if callable(state) else answer(json.dumps({"state": state, "url": url}))
    return lambda _: [by_request(choose)]


def orders(bench):
    return [e.method for e in bench.server.requests].count("POST")


def is_asked_again(bench, result, checks):
    """The next run asks for the same report instead of ordering another one."""
    checks.is_(orders(bench), 1, "one order")
    bench.play(report(["DONE"]))
    again = bench.pull()
    checks.is_((again.code, orders(bench), bench.rows()), (0, 0, [ONE]), "the next run takes the report that was ordered")


def is_ordered_anew(bench, result, checks):
    bench.play(report(["DONE"]))
    again = bench.pull()
    checks.is_((again.code, orders(bench)), (0, 1), "the next run orders another one")


class Killed(Bench):
    """Not a table's case: the job is killed while it waits for its report."""

    def run(self):
        checks = fault.Checks("F043 the job is killed while it waits for its report")
        first, _ = self.make_well()
        before = self.digest(keeps_state=True)
        waiting = threading.Event()
        self.configure({"mode": "report"})

        def choose(exchange):
            if exchange.method == "POST":
                return answer('{"id":"r1"}')
            waiting.set()
            return stall()
        self.play([by_request(choose)])
        hub = subprocess.Popen([os.path.join(omni.BUILD, "omnihub"), "-c", self.lab.path("omnihub.conf"), "-q", "pull", "--from", DAY,
                                "--to", DAY], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        waiting.wait(omni.RUN_SECONDS)
        for job in self.jobs_of(hub.pid):
            os.kill(job, signal.SIGKILL)
        checks.is_((first.code, hub.wait(omni.RUN_SECONDS)), (0, 1), "the hub says that the run failed")
        checks.is_(self.last_run()[0], "crashed", "the ledger says crashed")
        checks.is_(self.digest(keeps_state=True), before, "data and state are as before")
        self.play(report(["DONE"]))
        again = self.pull()
        checks.is_((again.code, orders(self), self.rows()), (0, 0, [ONE]), "the next run takes the report that was ordered")
        fault.report(checks)
        self.close()

    @staticmethod
    def jobs_of(parent):
        with open("/proc/%d/task/%d/children" % (parent, parent), encoding="ascii") as children:
            return [int(word) for word in children.read().split()]


def reported(name, states, outcome="ok", reason="", **how):
    return probed("F043", name, "report", report(states, how.pop("url", "/ads"), how.pop("body", GOOD)), outcome, reason, keeps_state=True, **how)


REPORTS = [
    reported("a report after some waiting", ["PENDING", "PENDING", "DONE"], stores=[ONE]),
    reported("a report that stays pending", ["PENDING"], "retrying", "retry", says="not ready", check=is_asked_again),
    reported("a report that fails", ["FAILED"], "failed", "data", says="could not make the report", check=is_ordered_anew),
    reported("a report that nobody knows any more", [answer("gone", 404)], "failed", "config", says="HTTP 404"),
    reported("a file that is empty", ["DONE"], "failed", "data", body="", says="empty reply"),
    reported("a link that has expired", ["DONE"], "failed", "auth", body=answer("expired", 403), says="HTTP 403"),
    reported("a file on a host that may not be asked", ["DONE"], "denied", "host", url="http://127.0.0.1:9/x",
             says="is not one that may be asked"),
]


def is_flagged(bench, result, checks):
    checks.is_(bench.query("SELECT _quality FROM d_ads_daily"), [("sampled",)], "the rows say so")


FLAGS = [probed("F044", "a platform that says it is only a sample", "sampled", [GOOD], stores=[ONE], check=is_flagged)]

if __name__ == "__main__":
    try:
        Killed().run()
        fault.run(CREDENTIALS + ORDERS + REPORTS + FLAGS, Bench)
    finally:
        shutil.rmtree(LAB.folder, ignore_errors=True)
