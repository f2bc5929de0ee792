#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A quota that is used up pauses every job that shares it, parks runs, shows in status with its end, and the service goes on then."""

import http.server
import json
import os
import signal
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402

STREAM = {"name": "orders", "dataset": "orders", "url": "/orders", "records": "$.orders[*]", "sync": "snapshot",
          "constants": {"currency": "EUR"},
          "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"}]}
GOOD = json.dumps({"orders": [{"id": "o1", "day": "2026-11-20", "net": "1.50"}]}).encode()
HOUR = 3600


class Platform(http.server.ThreadingHTTPServer):
    """Answers by what is left: replies with status and headers for each token, else rows."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.refuse, self.more, self.asked, self.times_asked = {}, {}, [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return "http://127.0.0.1:%d" % self.server_port

    def times(self, token):
        return self.asked.count(token)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        token = self.headers["authorization"].split()[-1]
        self.server.asked.append(token)
        self.server.times_asked.append(time.monotonic())
        wait = self.server.refuse.get(token)
        self.send_response(429 if wait else 200)
        for name, value in ({"Retry-After": wait} if wait else self.server.more.get(token, {})).items():
            self.send_header(name, str(value))
        body = b"{}" if wait else GOOD
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Lab(h.Hub):
    """Two connectors with one login, one with another."""

    def __init__(self, **more):
        super().__init__()
        self.platform = Platform()
        for token in ("shared", "own"):
            self.write(token, token + "\n", 0o600)
        self.configure(*[self.connector(*names, **more) for names in (("a", "shared"), ("b", "shared"), ("c", "own"))],
                       http={"max_wait": "1s"}, parallel=1)

    def connector(self, name, token, **more):
        options = {"api_url": self.platform.url(), "token": "file:" + token, "streams": [STREAM]}
        return h.connector(name, "rest", options, **more)

    def status(self):
        return {c["connector"]: c for c in self.run("status", "--json").json()}

    def close(self):
        self.platform.shutdown()
        super().close()


def outcomes(results):
    return {connector: r["outcome"] for (connector, _, _), r in results.items() if connector != "combine"}


def test_shared():
    with Lab() as lab:
        lab.platform.refuse["shared"] = HOUR
        results, code = lab.pull()
        tap.is_((outcomes(results), code), ({"a": "parked", "b": "parked", "c": "ok"}, 1), "a login's quota parks both of its connectors")
        tap.is_(lab.platform.times("shared"), 1, "the second one did not ask")
        second = results[("b", "", "orders")]
        tap.has(second["message"], "the quota is used up", "and says why")
        tap.has(second["message"], "; try again after ", "and until when")
        tap.ok(second["until"] > h.datetime.datetime.now(h.datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M"), "also as a time")
        status = lab.status()
        tap.is_([len(status[name]["parked"]) for name in "abc"], [1, 1, 0], "status shows who waits")
        tap.is_(status["b"]["parked"][0]["until"][:15], second["until"][:15], "until when")
        text = lab.run("status").out
        tap.has(text, "b: parked until ", "for people, too")
        tap.has(text, "used up until ", "with the quota")
        done = lab.run("pull", "b")
        tap.is_((done.code, lab.platform.times("shared")), (1, 1), "a pull by hand does not ask, and ends with 1")
        tap.has(done.out, "try again after", "and says so")
        tap.ok("shared\n" not in open(lab.path("state", "quota"), encoding="utf-8").read(), "no secret in the file")
        lab.check_whole("parked")


def test_headers():
    with Lab() as lab:
        lab.platform.more["shared"] = {"X-RateLimit-Limit": 10, "X-RateLimit-Remaining": 0, "X-RateLimit-Reset": HOUR}
        results, _ = lab.pull()
        tap.is_(outcomes(results), {"a": "ok", "b": "parked", "c": "ok"}, "the last request that was allowed is told by its reply")
        tap.is_(lab.platform.times("shared"), 1, "none was sent behind it")
        tap.has(results[("b", "", "orders")]["message"], "x-ratelimit-remaining is 0 of 10", "with the header")


def test_short():
    with Lab() as lab:
        lab.configure(lab.connector("a", "shared"), http={"max_wait": "20s"})
        lab.platform.more["shared"] = {"X-RateLimit-Remaining": 0, "X-RateLimit-Reset": 2}
        lab.pull("a")
        results, code = lab.pull("a")
        tap.is_((outcomes(results), code), ({"a": "ok"}, 0), "a short wait is waited for")
        first, second = lab.platform.times_asked
        tap.ok(second - first > 1.9, "and not passed over")


def test_service():
    with Lab(schedule="@hourly") as lab:
        lab.platform.refuse["shared"] = 4
        service = lab.start("run")
        h.wait_for(lambda: os.path.exists(lab.path("state", "quota")) and "parked" in open(lab.path("state", "quota"), encoding="utf-8").read()
                   and lab.platform.times("own"), "the first runs")
        lab.platform.refuse.clear()
        h.wait_for(lambda: {r["connector"] for r in lab.ledger() if r["outcome"] == "ok"} >= {"a", "b", "c"}, "the parked runs, long before the next tick")
        runs = [r for r in lab.ledger() if r["connector"] in ("a", "b")]
        tap.ok(all(r["outcome"] in ("ok", "parked") for r in runs), "between are no failures")
        tap.is_(lab.platform.times("shared"), 3, "and no request was wasted")
        tap.is_([len(c["parked"]) for c in lab.status().values()], [0, 0, 0], "nobody waits any more")
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=h.WAIT_SECONDS)


def test_restart():
    with Lab(schedule="@hourly") as lab:
        lab.platform.refuse["shared"] = HOUR
        lab.run("pull", "a")
        asked = lab.platform.times("shared")
        db = sqlite3.connect(lab.path("state", "store.db"))
        with db:  # two ticks ago: it would be due at once
            db.execute("UPDATE runs SET started = started - 7200000000")
        db.close()
        service = lab.start("run")
        h.wait_for(lambda: lab.platform.times("own"), "the other login's connector")
        h.wait_for(lambda: [r for r in lab.ledger() if r["connector"] == "b"], "the one that shares the login")
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=h.WAIT_SECONDS)
        runs = [r for r in lab.ledger() if r["connector"] == "a"]
        tap.is_((lab.platform.times("shared"), len(runs)), (asked, 1), "what was parked stays so in the next life")


test_shared()
test_headers()
test_short()
test_service()
test_restart()
tap.done()
