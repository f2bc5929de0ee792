#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Days that settle: what still moves is read again, all that may once a week; a day that moves late is told."""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FEED = ("ads", "act_1001", "ad_insights")


def pulled(lab):
    results, _ = lab.pull()
    return results[FEED]["from"]


def watched(lab, days, full_read):
    """As if the feed had been pulled for so long, and all of it read again on that day."""
    with sqlite3.connect(lab.path("state", "store.db")) as db:
        db.execute("UPDATE runs SET started = started - ? * 86400000000", (days,))
        db.execute("INSERT OR REPLACE INTO state SELECT id, 'hub.full_read', ? FROM feeds WHERE stream = 'ad_insights'",
                   (full_read.isoformat(),))
    db.close()


def states(lab):
    return {row["state"] for row in lab.rows("SELECT DISTINCT state FROM ads_daily")}


def test_rereading():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, start="-60d"))
        lab.pull()
        tap.is_(pulled(lab), h.ago(28).isoformat(), "at first all that may be restated")
        tap.is_(states(lab) <= {"provisional", "final"}, True, "all of it is provisional")
        watched(lab, 60, h.TODAY)
        tap.is_(pulled(lab), h.ago(3).isoformat(), "after two months without a change: three days")
        tap.ok("settling" in states(lab), "older days are only settling")
        lab.configure(h.meta(world, lab, start="-60d", settle="fixed"))
        tap.is_(pulled(lab), h.ago(28).isoformat(), "settle = fixed: all of it, each time")
        lab.configure(h.meta(world, lab, start="-60d", settle_min=10))
        tap.is_(pulled(lab), h.ago(10).isoformat(), "settle_min: never less")
        lab.configure(h.meta(world, lab, start="-60d"))
        watched(lab, 0, h.ago(7))
        tap.is_(pulled(lab), h.ago(34).isoformat(), "a week later all of it once more, and what became final meanwhile")


def test_drift():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, start="-60d"))
        lab.pull()
        watched(lab, 60, h.ago(7))
        world.control(generation=3)
        lab.pull()
        event = lab.run("status", "--json").json()[0]["events"]
        tap.is_([(e["kind"], e["scope"]) for e in event], [("drift", "ads.ad_insights/act_1001")], "late changes are told")
        tap.has(event[0]["text"], "were taken as settled", "with what changed")
        ages = lab.run("restated", "--by-age", "--json").json()
        tap.ok({"7", "14", "28"} & {row["age"] for row in ages}, "restated --by-age shows which ages move")
        tap.ok(all(row["connector"] == "ads" and row["days"] > 0 for row in ages), "and how many days")
        watched(lab, 0, h.TODAY)
        tap.is_(pulled(lab), h.ago(28).isoformat(), "what moves is read again from now on")
        lab.pull()
        tap.is_(lab.run("status", "--json").json()[0]["events"], [], "a reading without changes ends it")


tap.run([test_rereading, test_drift])
