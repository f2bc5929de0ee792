#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whose days the rows have: of the stream where it names a zone, else of the account, else of the hub; the rows say so."""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import api  # noqa: E402
import hub as h  # noqa: E402
import tap  # noqa: E402

# An instant whose day is the 20th in UTC, the 19th in New York and the 21st in Auckland.
ORDERS = [{"id": "1", "at": "2026-03-20T00:30:00Z", "net": "5"}, {"id": "2", "at": "2026-03-20T23:30:00Z", "net": "7"}]


def shop(platform, zone=None, day_zone=None):
    stream = {"name": "orders", "dataset": "orders", "url": "/orders",
              "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.at", "column": "at"}, {"path": "$.net", "column": "net"}]}
    if day_zone:
        stream["day_zone"] = day_zone
    options = {"api_url": platform.url, "currency": "EUR", "streams": [stream]}
    if zone:
        options["zone"] = zone
    return h.connector("shop", "rest", options)


def days(lab):
    return [(r["date"], r["tz"]) for r in lab.rows("SELECT date, tz FROM orders ORDER BY order_id")]


def test_whose_days():
    cases = [("the account's", "America/New_York", None, [("2026-03-19", "America/New_York"), ("2026-03-20", "America/New_York")]),
             ("the stream's", "America/New_York", "UTC", [("2026-03-20", "UTC"), ("2026-03-20", "UTC")]),
             ("the stream's, of an account without a zone", None, "UTC", [("2026-03-20", "UTC"), ("2026-03-20", "UTC")]),
             ("the hub's", None, None, [("2026-03-20", "Pacific/Auckland"), ("2026-03-21", "Pacific/Auckland")])]
    with api.Api(lambda asked: (200, ORDERS)) as platform:
        for name, zone, day_zone, wanted in cases:
            with h.Hub() as lab:
                lab.configure(shop(platform, zone, day_zone), timezone="Pacific/Auckland")
                for which in ("first", "second"):
                    tap.is_(lab.pull()[1], 0, "%s: the %s pull" % (name, which))
                    tap.is_(days(lab), wanted, "%s: the days, after the %s pull" % (name, which))


def test_hub_moves():
    """A hub whose time zone was wrong: what has no zone of its own is cut anew, what has one is not."""
    with api.Api(lambda asked: (200, ORDERS)) as platform, h.Hub() as lab:
        lab.configure(shop(platform), timezone="UTC")
        lab.pull()
        lab.configure(shop(platform), timezone="America/New_York")
        lab.pull()
        tap.is_(days(lab), [("2026-03-19", "America/New_York"), ("2026-03-20", "America/New_York")], "the new zone")
        lab.configure(shop(platform, "UTC"), timezone="America/New_York")
        lab.pull()
        tap.is_(days(lab), [("2026-03-20", "UTC"), ("2026-03-20", "UTC")], "the account's own zone")


def test_other_days():
    """A platform whose days are not the account's: what to look at is said, and the option puts it right."""
    def answer(asked):
        return 200, [dict(order, at="2026-03-%sT00:30:00Z" % asked.query["from"][-2:]) for order in ORDERS[:1]]
    with api.Api(answer) as platform, h.Hub() as lab:
        for day_zone, code in ((None, 1), ("UTC", 0)):
            source = shop(platform, "America/New_York", day_zone)
            source["options"]["streams"][0].update(url="/orders?from={from}&to={to}", max_window_days=1)
            lab.configure(source)
            results, ended = lab.pull("--from", "2026-03-20", "--to", "2026-03-21")
            tap.is_(ended, code, "days of %s" % (day_zone or "the account"))
            if code:
                tap.has(results["shop", "", "orders"]["message"], "column date: 2026-03-19 (the day of at in the account's zone) is outside of "
                        "the window 2026-03-20 to 2026-03-20", "what is wrong")
        tap.is_(lab.rows("SELECT date, count(*) AS n FROM orders GROUP BY 1"), [{"date": "2026-03-21", "n": 1}], "the order's last word")


def test_older_store():
    """A store in which the zone of the days and the account's zone were one."""
    with api.Api(lambda asked: (200, ORDERS)) as platform, h.Hub() as lab:
        lab.configure(shop(platform), timezone="UTC")
        lab.pull()
        with sqlite3.connect(lab.path("state", "store.db")) as db:
            db.executescript("UPDATE feeds SET tz = 'America/New_York'; ALTER TABLE feeds DROP COLUMN account_tz;"
                             "UPDATE meta SET value = 'older' WHERE key = 'schema'")
        db.close()
        lab.pull()
        tap.is_(days(lab), [("2026-03-19", "America/New_York"), ("2026-03-20", "America/New_York")], "what it knew of the account is kept")


tap.run([test_whose_days, test_hub_moves, test_other_days, test_older_store])
