#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs that are suspicious by what the feed usually brings: days with few rows, money that jumps, another currency, accounts that all
refuse. What came is stored, and --accept-empty takes it."""

import datetime
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import api  # noqa: E402
import hub as h  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)
ROWS, FEED = 24, ("shop", "", "ads")
FIELDS = [{"path": "$.date", "column": "date"}, {"path": "$.ad", "column": "ad_id"}, {"path": "$.cost", "column": "cost"}]
STREAM = {"name": "ads", "dataset": "ads_daily", "url": "/ads?from={from}&to={to}", "records": "$.ads[*]", "constants": {"level": "ad"},
          "fields": FIELDS, "settle_days": 1}


def day(ago):
    return (TODAY - datetime.timedelta(ago)).isoformat()


class Platform(api.Api):
    """Some rows a day, on Sundays fewer; days may have their own number of rows and factor of cost."""

    def __init__(self):
        super().__init__()
        self.rows, self.factor, self.refused = {}, {}, set()

    def answer(self, asked):
        is_refused = asked.token() == "bad" or asked.query.get("account") in self.refused
        return 401 if is_refused else 200, {"ads": list(self.ads(asked.query["from"], asked.query["to"]))}

    def ads(self, first, last):
        one = datetime.date.fromisoformat(first)
        while one.isoformat() <= last:
            usual = ROWS // 4 if one.weekday() == 6 else ROWS
            for n in range(self.rows.get(one.isoformat(), usual)):
                cents = (100 + n) * self.factor.get(one.isoformat(), 100)  # of a cent's hundredth
                yield {"date": one.isoformat(), "ad": str(n), "cost": "%d.%04d" % (cents // 10000, cents % 10000)}
            one += datetime.timedelta(1)


class Lab(h.Hub):
    def __init__(self, stream=(), **more):
        super().__init__()
        self.platform = Platform()
        self.set(dict(stream), **more)

    def set(self, stream=(), options=(), **more):
        chosen = dict({"api_url": self.platform.url, "streams": [dict(STREAM, **dict(stream))],
                       "currency": "EUR"}, **dict(options))
        self.configure(h.connector("shop", "rest", chosen, **dict({"start": "-70d"}, **more)), http={"max_attempts": 1})

    def pulled(self, *more):
        """How the pull ended, and why."""
        results, _ = self.pull(*more, env={"OMNIHUB_NOW": TODAY.isoformat() + "T12:00:00Z"})
        return results[FEED]["outcome"], results[FEED].get("reason", ""), results[FEED].get("message", "")

    def counted(self, date):
        return self.value("SELECT count(*) FROM ads_daily WHERE date = '%s'" % date)

    def check_days(self, name):
        """What is kept of each day is what the rows add up to."""
        with self.store() as db:
            kept = db.execute("SELECT date(day * 86400, 'unixepoch'), metric, n, sum FROM feed_days WHERE n <> 0 ORDER BY 1, 2").fetchall()
            true = db.execute("SELECT date, '', count(*), 0 FROM d_ads_daily GROUP BY 1 UNION ALL SELECT date, 'cost', count(cost),"
                              " sum(cost) FROM d_ads_daily GROUP BY 1 ORDER BY 1, 2").fetchall()
        db.close()
        tap.is_(kept, true, name)

    def close(self):
        self.platform.close()
        super().close()


def test_few():
    with Lab() as lab:
        tap.is_(lab.pulled(), ("ok", "", ""), "ten usual weeks at once")
        lab.check_days("rows and money of each day are kept")
        lab.platform.rows[day(1)] = 5
        outcome, reason, message = lab.pulled()
        tap.is_((outcome, reason), ("suspicious", "few"), "a fifth of the rows that a weekday has")
        tap.has(message, "%s has 5 rows, where this weekday has 24 (median of 8 weeks)" % day(1), "says which day, and what is usual")
        tap.is_(lab.counted(day(1)), 5, "what came is stored")
        lab.check_days("and kept")
        run = lab.ledger("shop")[0]
        tap.is_((run["code"], "--accept-empty" in run["remedy"]), ("suspicious-few", True), "the ledger has the code and what to do")
        tap.has(lab.run("status").out, "has 5 rows, where this weekday has 24", "status tells it")
        lab.platform.rows[day(1)] = 6
        tap.is_(lab.pulled()[0], "ok", "a quarter is not too few")
        lab.platform.rows[day(1)] = 0
        tap.has(lab.pulled()[2], "has 0 rows", "no rows on a day among others")
        tap.is_(lab.counted(day(1)), 0, "they are gone")
        lab.set(few_rows="0%")
        tap.is_(lab.pulled()[0], "ok", "few_rows = 0% turns it off")
        lab.set(few_rows="100%")
        lab.platform.rows[day(1)] = 23
        tap.is_(lab.pulled()[1], "few", "few_rows is the share")


def test_small_numbers():
    """Sundays have 6 rows: too few to be a habit, but none at all is not usual either."""
    with Lab() as lab:
        sunday = next(n for n in range(2, 9) if (TODAY - datetime.timedelta(n)).weekday() == 6)
        lab.pulled()
        pull = ("--from", day(sunday), "--to", day(1))
        lab.platform.rows[day(sunday)] = 1
        tap.is_(lab.pulled(*pull)[0], "ok", "one row instead of six raises nothing")
        lab.platform.rows[day(sunday)] = 0
        tap.is_(lab.pulled(*pull)[1], "few", "none, where there were always some, does")


def test_young_days():
    """Platforms complete their last days; a feed without four weeks has no habit."""
    with Lab(stream={"settle_days": 28}) as lab:
        for ago in (1, 2):
            lab.platform.rows[day(ago)] = 1
        lab.platform.rows[TODAY.isoformat()] = 0
        tap.is_(lab.pulled()[0], "ok", "days younger than settle_min, and today, are not looked at")
        lab.platform.rows[day(3)] = 1
        tap.is_(lab.pulled()[1], "few", "older ones are")
        lab.set(stream={"settle_days": 28}, settle_min=10)
        tap.is_(lab.pulled()[0], "ok", "settle_min says how old")
    with Lab(start="-25d") as lab:
        lab.platform.rows[day(1)] = 1
        tap.is_(lab.pulled()[0], "ok", "three weeks are no habit")


def test_accept():
    with Lab() as lab:
        lab.pulled()
        lab.platform.rows[day(1)] = 2
        tap.is_(lab.pulled()[1], "few", "few rows")
        tap.is_(lab.pulled()[1], "few", "said again as long as it is so")
        tap.is_(lab.pulled("--from", day(1), "--to", day(1), "--accept-empty")[0], "ok", "--accept-empty takes it")
        tap.is_(lab.pulled()[0], "ok", "and it is not said again")


def test_jump():
    with Lab() as lab:
        lab.pulled()
        for factor, words in ((100 * 1000000, "about 1,000,000 times"), (100 * 1000, "about 1,000 times")):
            lab.platform.factor[day(1)] = factor
            outcome, reason, message = lab.pulled()
            tap.is_((outcome, reason), ("suspicious", "jump"), "F020 money that is %d times too large" % (factor // 100))
            tap.has(message, "cost of %s is %s" % (day(1), words), "F020 says which, and by how much")
        tap.is_(lab.value("SELECT max(cost) FROM ads_daily WHERE date = '%s'" % day(1)), 1230 * 1000000, "F020 it is stored")
        lab.check_days("F020 and kept")
        lab.set(check_jumps=False)
        tap.is_(lab.pulled()[0], "ok", "F020 check_jumps = false turns it off")
        lab.set()
        tap.is_(lab.pulled("--accept-empty")[0], "ok", "F020 --accept-empty takes it")
        tap.is_(lab.pulled()[0], "ok", "F020 for good")
    with Lab() as lab:
        lab.pulled()
        lab.platform.factor[day(1)] = 50 * 100
        tap.is_(lab.pulled()[0], "ok", "F020 fifty times as much is a good day")


def test_currency():
    with Lab() as lab:
        lab.pulled()
        lab.set(options={"currency": "USD"})
        outcome, reason, message = lab.pulled()
        tap.is_((outcome, reason), ("suspicious", "jump"), "F020 an account with another currency")
        tap.has(message, "currency is USD now, it was EUR", "F020 says both")
        tap.is_(lab.pulled()[0], "ok", "F020 once")


def test_accounts():
    """Every account refused: one more result says it of the connector."""
    def accounts(lab, *more):
        stream = {"url": "/ads?from={from}&to={to}&account={account}"}
        lab.set(stream=stream, accounts=["one", "two"], *more)

    with Lab() as lab:
        accounts(lab)
        lab.platform.refused = {"one"}
        results, _ = lab.pull()
        tap.ok(not any(r.get("reason") == "accounts" for r in results.values()), "one of two refuses: its own affair")
        lab.platform.refused = {"one", "two"}
        results, code = lab.pull()
        told = [r for r in results.values() if r.get("reason") == "accounts"]
        tap.is_((code, [(r["connector"], r["outcome"]) for r in told]), (1, [("shop", "suspicious")]), "all refuse: said of the connector")
        tap.has(told[0]["message"] if told else "", "all 2 accounts refused", "with their number")
        tap.is_(lab.ledger("shop")[0]["code"], "suspicious-accounts", "the ledger has it")


def test_older_store():
    """A store without the table gets it filled from its rows."""
    with Lab() as lab:
        lab.pulled()
        with sqlite3.connect(lab.path("state", "store.db")) as db:
            db.execute("DROP TABLE feed_days")
            db.execute("UPDATE meta SET value = 'older' WHERE key = 'schema'")
        db.close()
        lab.platform.rows[day(1)] = 5
        tap.is_(lab.pulled()[1], "few", "the habit is known at once")
        lab.check_days("each day as if it had always been kept")


tap.run([test_few, test_small_numbers, test_young_days, test_accept, test_jump, test_currency, test_accounts, test_older_store])
