#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the store holds is what the platforms sent, to the micro; twice the same window is the same bytes; restated days are told."""

import decimal
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(59), h.ago(1)
DAYS = h.days(FIRST, LAST)
META = {"impressions": "impressions", "clicks": "inline_link_clicks", "clicks_all": "clicks", "dec:cost": "spend", "reach": "reach",
        "dec:conversions": "conversions", "dec:conversion_value": "conversion_value", "dec:purchases": "purchases", "dec:leads": "leads"}
GA4 = {"sessions": "sessions", "engaged_sessions": "engagedSessions", "pageviews": "screenPageViews", "events": "eventCount",
       "dec:key_events": "keyEvents", "dec:transactions": "transactions", "dec:revenue": "purchaseRevenue", "users": "totalUsers",
       "new_users": "newUsers"}


def column(name):
    kind, _, plain = name.rpartition(":")
    return "sum(%s) AS %s" % (plain, plain), plain, 1000000 if kind else 1


def same(lab, table, where, truth, columns, name):
    """Integers against integers: the store's micros and the platform's decimals."""
    wanted = [column(c) for c in columns]
    row = lab.rows("SELECT count(*) AS n, %s FROM %s WHERE %s" % (", ".join(c[0] for c in wanted), table, where))[0]
    tap.is_(row["n"], truth["rows"], name + ": every row once")
    for (_, plain, micros), member in zip(wanted, columns.values()):
        sent = decimal.Decimal(truth["sums"][member])
        tap.is_(row[plain], int(sent * micros), "%s: %s to the micro" % (name, plain))


def test_accounts():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, account=None, accounts=["act_1001", "act_1002", "act_1003"]),
                      h.ga4(world, lab), h.ga4(world, lab, "web-us", "424242424"))
        results, code = lab.pull(*DAYS)
        tap.is_(code, 1, "one account is refused: exit code 1")
        tap.is_({key[:2]: r["outcome"] for key, r in results.items() if key[0] != "combine"},
                {("ads", "act_1001"): "ok", ("ads", "act_1002"): "ok", ("ads", "act_1003"): "failed",
                 ("web", "313131313"): "ok", ("web-us", "424242424"): "ok"}, "and stops no other")
        refused = next(r for key, r in results.items() if key[1] == "act_1003")
        tap.is_(refused["reason"], "auth", "refused: the reason")
        tap.has(refused["message"], "ads_read", "refused: what is wrong")
        tap.ok(refused.get("remedy"), "refused: what to do")
        for account, currency in (("act_1001", "EUR"), ("act_1002", "USD")):
            truth = world.truth("meta", FIRST, LAST, account=account)
            same(lab, "ads_daily", "account = '%s'" % account, truth, META, account)
            tap.is_(lab.rows("SELECT DISTINCT currency FROM ads_daily WHERE account = '%s'" % account), [{"currency": currency}],
                    account + ": its own currency")
            by_day = {r["date"]: r["cost"] for r in lab.rows(
                "SELECT date, sum(cost) AS cost FROM ads_daily WHERE account = '%s' GROUP BY date" % account)}
            tap.is_({day: decimal.Decimal(cost) / 1000000 for day, cost in by_day.items()},
                    {day: decimal.Decimal(sums["spend"]) for day, sums in truth["days"].items()}, account + ": each day's cost")
        for name, prop in (("web", "313131313"), ("web-us", "424242424")):
            same(lab, "web_daily", "connector = '%s'" % name, world.truth("ga4", FIRST, LAST, account=prop), GA4, name)
        ledger = {(r["connector"], r["account"]): r for r in lab.ledger() if r["kind"] == "pull"}
        tap.is_(ledger["ads", "act_1003"]["outcome"], "failed", "the ledger has the refused one")
        tap.is_(ledger["ads", "act_1001"]["inserted"], world.truth("meta", FIRST, LAST, account="act_1001")["rows"],
                "and counts the rows of the others")
        lab.check_whole("accounts")
        all_accounts(world)


def all_accounts(world):
    with h.Hub() as lab:
        lab.configure(h.meta(world, lab, account=None, accounts="all", accounts_match="^act_100[12]$"))
        results, code = lab.pull(*DAYS)
        tap.is_((code, sorted(key[1] for key in results if key[2] == "ad_insights")), (0, ["act_1001", "act_1002"]),
                "accounts = all, narrowed by a pattern")
        truth = [world.truth("meta", FIRST, LAST, account=a) for a in ("act_1001", "act_1002")]
        tap.is_(lab.value("SELECT count(*) AS n FROM ads_daily"), sum(t["rows"] for t in truth), "all accounts: every row once")


def test_twice():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), h.ga4(world, lab))
        lab.pull(*DAYS)
        before = lab.dump()
        results, code = lab.pull(*DAYS)
        tap.is_(code, 0, "the same window again")
        tap.is_(lab.dump(), before, "no byte of the datasets, no change mark and no restatement differs")
        counts = [(r["inserted"], r["changed"], r["removed"], r["restated"]) for key, r in results.items() if key[2]]
        tap.is_(counts, [(0, 0, 0, 0)] * 2, "and nothing is counted as changed")
        tap.is_(results["combine", "", ""]["days"], 0, "no day is combined again")
        lab.run("sync")
        before = lab.dump(with_bookkeeping=False)
        lab.run("pull", "--from", h.ago(20).isoformat(), "--to", h.ago(10).isoformat())
        tap.is_(lab.dump(with_bookkeeping=False), before, "nor by a window that lies across")


def totals(lab, day):
    return lab.row("SELECT sum(sessions), sum(transactions), sum(revenue) FROM web_daily WHERE date = '%s'" % day)


def rows_of(lab):
    keys = "date, channel, source_name, medium, campaign"
    metrics = ("sessions", "engaged_sessions", "pageviews", "events", "key_events", "engagement_seconds", "new_users", "transactions",
               "revenue")  # users do not add up over rows: no sum to restate
    found = {}
    for row in lab.rows("SELECT %s, %s FROM web_daily" % (keys, ", ".join(metrics))):
        found[tuple(row[k.strip()] for k in keys.split(","))] = {m: row[m] for m in metrics}
    return found


def test_restated():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.ga4(world, lab), h.meta(world, lab))
        lab.pull(*DAYS)
        first, marks = rows_of(lab), lab.dump()["changes"]
        tap.is_(lab.run("restated", "--json").json(), [], "nothing is restated at first")
        world.control(restate=1)
        results, code = lab.pull(*DAYS)
        tap.is_(code, 0, "a pull after the platforms restated")
        same(lab, "web_daily", "1", world.truth("ga4", FIRST, LAST), GA4, "restated web")
        same(lab, "ads_daily", "1", world.truth("meta", FIRST, LAST), META, "restated ads")
        second = rows_of(lab)
        told = lab.run("restated", "web", "--json").json()
        sums = {}
        for old_or_new, rows in (("old", first), ("new", second)):
            for key, metrics in rows.items():
                for metric, value in metrics.items():
                    sums.setdefault((key[0], metric), {"old": 0, "new": 0})[old_or_new] += value or 0
        wanted = {key: (s["old"], s["new"]) for key, s in sums.items() if s["old"] != s["new"]}
        got = {(r["date"], r["metric"]): (exact(r["old"]), exact(r["new"])) for r in told}
        tap.ok(wanted, "the stand-in did restate")
        tap.is_([(k, w, got.get(k)) for k, w in wanted.items() if got.get(k) != w], [], "each restated day and metric with its old and new value")
        tap.is_(len(told), len(got), "told once each")
        tap.is_(sum(r["restated"] for key, r in results.items() if key[0] == "web"), len(told), "the run counts them")
        tap.ok(lab.dump()["changes"] != marks, "changed days are marked for the sinks")
        tap.ok(all(h.ago(13).isoformat() < key[0] for key in wanted), "only days that settle still")
        tap.has(lab.run("restated", "web").out, "old", "as a table, too")


def exact(value):
    """Members of type micros are decimal texts; the store's integers are millionths."""
    return int(decimal.Decimal(value) * 1000000) if isinstance(value, str) else value


tap.run([test_accounts, test_twice, test_restated])
