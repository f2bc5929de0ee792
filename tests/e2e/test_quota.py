#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A quota that is used up pauses every job that shares it, parks runs, shows in status with its end, and the service goes on then."""

import json
import os
import signal
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import api  # noqa: E402
import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402
import web as w  # noqa: E402

STREAM = {"name": "orders", "dataset": "orders", "url": "/orders", "records": "$.orders[*]", "sync": "snapshot",
          "constants": {"currency": "EUR"},
          "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"}]}
GOOD = json.dumps({"orders": [{"id": "o1", "day": "2026-11-20", "net": "1.50"}]}).encode()
HOUR = 3600


class Platform(api.Api):
    """Answers by what is left: replies with status and headers for each token, else rows."""

    def __init__(self):
        super().__init__()
        self.refuse, self.more, self.asked, self.times_asked = {}, {}, [], []

    def answer(self, asked):
        token = asked.token()
        self.asked.append(token)
        self.times_asked.append(time.monotonic())
        wait = self.refuse.get(token)
        return (429, {}, {"Retry-After": wait}) if wait else (200, GOOD, self.more.get(token, {}))

    def times(self, token):
        return self.asked.count(token)


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
        options = {"api_url": self.platform.url, "token": "file:" + token, "streams": [STREAM]}
        return h.connector(name, "rest", options, **more)

    def status(self):
        return {c["connector"]: c for c in self.run("status", "--json").json()}

    def close(self):
        self.platform.close()
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
        tap.is_(second["message"].count("; try again after "), 1, "and until when, once")
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


ADS = json.dumps({"ads": [{"date": h.TODAY.isoformat(), "ad": "1", "cost": "1.50"}]}).encode()


class Meter(api.Api):
    """Counts by account and app; refuses those accounts that are used up, and says what is left."""

    def __init__(self):
        super().__init__()
        self.used_up, self.left, self.limit, self.asked, self.last = set(), None, 100, [], {}

    def answer(self, asked):
        account = asked.query["account"]
        self.asked.append(account)
        self.last = asked.query
        headers = {"Retry-After": HOUR} if account in self.used_up else {}
        if self.left is not None:
            headers.update({"X-RateLimit-Limit": self.limit, "X-RateLimit-Remaining": self.left, "X-RateLimit-Reset": HOUR})
            self.left = max(0, self.left - 1)
        # Days of a backfill are long ago: no rows there.
        is_today = int(asked.query["to"]) == (h.TODAY - h.datetime.date(1970, 1, 1)).days
        return (429, {}, headers) if account in self.used_up else (200, ADS if is_today else {"ads": []}, headers)


class Metered(h.Hub):
    """Connectors of a source whose platform counts by account, or by app."""

    def __init__(self, scope, *connectors, **hub):
        super().__init__()
        self.meter, self.plugin = Meter(), h.test_plugin("metered_" + scope)
        for token in "xyz":
            self.write(token, token * 8 + "\n", 0o600)
        self.set(*connectors, **hub)

    def set(self, *connectors, **hub):
        hub.setdefault("parallel", 1)
        self.configure(*[self.connector(**one) for one in connectors], http={"max_wait": "1s", "max_attempts": 1}, **hub)

    def connector(self, name, token="x", account="a1", client_id=None, **more):
        options = {"api_url": self.meter.url, "token": "file:" + token, "account_id": account}
        if client_id:
            options["client_id"] = client_id
        return h.connector(name, self.plugin, options, **dict({"start": "-1d"}, **more))

    def status(self):
        return {c["connector"]: c for c in self.run("status", "--json").json()}

    def close(self):
        self.meter.close()
        super().close()


def test_account_scope():
    """Two logins, one account: what one of them used up is gone for the other, too; another account is not."""
    with Metered("account", dict(name="a", token="x"), dict(name="b", token="y"), dict(name="c", token="x", account="a2")) as lab:
        lab.meter.used_up.add("a1")
        results, _ = lab.pull()
        tap.is_(outcomes(results), {"a": "parked", "b": "parked", "c": "ok"}, "by account: another login waits, another account does not")
        tap.is_(lab.meter.asked, ["a1", "a2"], "by account: asked once")
        everything = lab.run("status", "--json", "--all").json()
        tap.is_([(p["connector"], p["account"]) for p in everything["parked"]], [("a", "a1"), ("b", "a1")], "status --json --all: who waits")
        tap.is_([p["bucket"].split(" at ")[0] for p in everything["pauses"]], ["metered account a1"], "and for what")
        tap.ok({"until", "why"} <= set(everything["pauses"][0]), "until when, and why")
        with w.Web(lab) as web:
            until = everything["parked"][0]["until"]
            tap.has(web.ask("/connectors/a").text, "goes on by itself at " + until, "the connector's page says it, too")
            tap.has(web.ask("/").text, "quota is used up", "and the overview")
            tap.is_((web.metrics()["omnihub_quota_pauses"], web.metrics()['omnihub_runs_parked{connector="a"}']), (1, 1), "and the metrics")


def test_app_scope():
    """Two logins and accounts of one app."""
    with Metered("app", dict(name="a", token="x", client_id="app1"), dict(name="b", token="y", account="a2", client_id="app1"),
                 dict(name="c", token="z", account="a3", client_id="app2")) as lab:
        lab.meter.used_up.add("a1")
        results, _ = lab.pull()
        tap.is_(outcomes(results), {"a": "parked", "b": "parked", "c": "ok"}, "by app: all of one app wait, another app does not")
        tap.is_(lab.meter.asked, ["a1", "a3"], "by app: asked once")


def test_left():
    with Metered("account", dict(name="a"), dict(name="b", token="y")) as lab:
        lab.meter.left = 41
        lab.pull()
        quota = lab.status()["a"]["quota"]
        tap.is_([(q["bucket"].split(" at ")[0], q["what"], q["limit"]) for q in quota], [("metered account a1", "x-ratelimit", 100)],
                "status has what is left, by bucket")
        tap.ok(quota[0]["left"] in (40, 41), "the number")
        tap.is_(lab.status()["b"]["quota"], quota, "the same for who shares it")
        tap.has(lab.run("status").out, "of 100 left (x-ratelimit), full again at ", "for people, where less than half is left")
        with w.Web(lab) as web:
            labels = '{connector="a",what="x-ratelimit"}'
            told = tuple(web.metrics()["omnihub_rate_budget_" + name + labels] for name in ("remaining", "limit"))
            tap.is_(told, (quota[0]["left"], 100), "and as metrics")


def test_left_in_body():
    """Google Analytics says it beside the rows, and for each property by itself."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.ga4(world, lab))
        lab.pull("--from", "-5d", "--to", "-1d")
        found = {q["what"]: q for q in lab.run("status", "--json").json()[0]["quota"]}
        tap.ok({"tokensPerDay", "tokensPerHour"} <= set(found), "what a body says is left is kept, too: " + ", ".join(found))
        tap.has(found.get("tokensPerDay", {}).get("bucket", ""), "google_analytics account 313131313", "for the property")


def test_backfill_share():
    """A backfill stops where its share ends; the schedule goes on with what is left for it."""
    with Metered("account", dict(name="a")) as lab:
        lab.meter.left = 72
        lab.pull()
        done = lab.run("backfill", "a", "--from", "-400d", "--to", "-100d", "--yes")
        asked = len(lab.meter.asked)
        tap.ok(asked <= 4, "it asks as long as more than 70 %% are left (%d requests)" % asked)
        last = [r for r in lab.ledger("a") if r["kind"] == "backfill"][0]
        tap.is_(last["outcome"], "parked", "and is parked then")
        tap.has(last["message"], "the backfill's share (hub.backfill_share)", "with the reason")
        tap.ok(done.code != 0, "and the command says that it is not done")
        tap.is_(lab.status()["a"]["parked"], [], "the connector itself is not parked")
        results, _ = lab.pull()
        tap.is_(outcomes(results), {"a": "ok"}, "its regular pull goes on")
        lab.set(dict(name="a"), backfill_share="60%")
        before = len(lab.meter.asked)
        lab.run("backfill", "a", "--from", "-400d", "--to", "-100d", "--yes")
        tap.ok(len(lab.meter.asked) > before, "a larger share: it goes on")


def test_restart_accounts():
    """An account that was parked does not keep its connector's other accounts from their ticks in the next life."""
    with Metered("account", dict(name="a", accounts=["a1", "a2"], schedule="@hourly")) as lab:
        lab.meter.used_up.add("a1")
        lab.run("pull", "a")
        db = sqlite3.connect(lab.path("state", "store.db"))
        with db:  # two ticks ago: it is due at once
            db.execute("UPDATE runs SET started = started - 7200000000")
        db.close()
        before = len(lab.meter.asked)
        service = lab.start("run")
        h.wait_for(lambda: "a2" in lab.meter.asked[before:], "the other account")
        h.wait_for(lambda: len([r for r in lab.ledger("a") if r["account"] == "a1"]) > 1, "the parked one to look")
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=h.WAIT_SECONDS)
        tap.is_(lab.meter.asked[before:], ["a2"], "the parked one does not ask")
        tap.is_(lab.ledger("a")[0]["outcome"] in ("parked", "ok"), True, "and is parked again")


test_account_scope()
test_app_scope()
test_left()
test_left_in_body()
test_backfill_share()
test_restart_accounts()
test_shared()
test_headers()
test_short()
test_service()
test_restart()
tap.done()
