#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which days are asked for and what becomes of them: --from, --to, dry runs, windows that are too much, days that come back empty."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(29), h.ago(1)
DAYS = h.days(FIRST, LAST)
FEED = ("ads", "act_1001", "ad_insights")


def dates(lab):
    return [row["date"] for row in lab.rows("SELECT DISTINCT date FROM ads_daily ORDER BY date")]


def test_days():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        results, _ = lab.pull("--from", "-5d", "--to", "yesterday")
        r = results[FEED]
        tap.is_((r["from"], r["to"]), (h.ago(5).isoformat(), h.ago(1).isoformat()), "-5d and yesterday")
        tap.is_(dates(lab), [h.ago(n).isoformat() for n in range(5, 0, -1)], "exactly these days")
        results, _ = lab.pull("--from", h.ago(9).isoformat(), "--to", h.ago(8).isoformat())
        tap.is_(dates(lab)[:2] + dates(lab)[2:3], [h.ago(9).isoformat(), h.ago(8).isoformat(), h.ago(5).isoformat()],
                "an older window is added, others stay")
        results, _ = lab.pull()
        r = results[FEED]
        tap.is_((r["from"], r["to"]), (h.ago(29).isoformat(), h.TODAY.isoformat()),
                "without days: those that settle still, up to today")
        tap.is_(len(dates(lab)), 30, "the gap between two pulls is filled")
        for bad in (["--from", "2026-02-30"], ["--to", "today"], ["--from", "today", "--to", "yesterday"], ["--from", "soon"]):
            tap.is_(lab.run("pull", *bad).code, 2, "refused: " + " ".join(bad))


def test_dry_run():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        done = lab.run("pull", *DAYS, "--dry-run")
        rows = [json.loads(line) for line in done.out.splitlines()]
        truth = world.truth("meta", FIRST, LAST, account="act_1001")
        tap.is_((done.code, len(rows)), (0, truth["rows"]), "a dry run prints every row")
        tap.is_(sorted(rows[0]), ["account", "connector", "dataset", "stream", "values"], "as lines of JSON")
        tap.ok(isinstance(rows[0]["values"]["cost"], str), "money is a decimal text")
        tap.is_(os.path.exists(lab.path("state", "store.db")), False, "and makes no store")
        lab.pull(*h.days(h.ago(9), LAST))
        before, runs = lab.dump(), len(lab.ledger())
        tap.is_(lab.run("pull", *DAYS, "--dry-run").code, 0, "with a store")
        tap.is_((lab.dump(), len(lab.ledger())), (before, runs), "it changes none")


def test_too_much():
    """The platform cannot even give it as a report: the window is halved until it fits."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        world.control(knobs={"meta": {"max_rows": 60, "max_async_rows": 60, "async_polls": 1}})
        done = lab.run("-v", "pull", *DAYS, "--json")
        results = {(r.get("connector"), r.get("account"), r.get("stream")): r for r in done.json()["results"]}
        truth = world.truth("meta", FIRST, LAST, account="act_1001")
        tap.is_((done.code, results[FEED]["read"]), (0, truth["rows"]), "too much at once: every row all the same")
        tap.is_(lab.value("SELECT dec(sum(cost)) AS c FROM ads_daily"), truth["sums"]["spend"], "too much at once: the sum is exact")
        tap.ok(results[FEED]["windows"] > 3, "too much at once: in more windows")
        tap.has(done.err, "halved", "-v says so")
        tap.is_(done.err.count(" rows="), results[FEED]["windows"], "-v shows each window")
        before = lab.dump()
        world.control(clear=True)
        lab.pull(*DAYS)
        tap.is_(lab.dump(), before, "in one window: the same bytes")


def test_empty():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), h.ga4(world, lab))
        lab.pull(*DAYS)
        before = lab.dump()
        world.control(faults=[{"platform": "meta", "kind": "empty", "times": 9}])
        results, code = lab.pull("ads", *DAYS)
        tap.is_((code, results[FEED]["outcome"]), (1, "suspicious"), "no rows where rows were: suspicious")
        tap.has(results[FEED]["message"], "kept", "says that they were kept")
        tap.is_(lab.dump(), before, "and keeps them")
        tap.has(lab.run("status").out, "--accept-empty", "status says what to do")
        help_text = lab.run("pull", "--help").out
        tap.has(help_text, "--accept-empty", "which the command knows")
        results, code = lab.pull("ads", *DAYS, "--accept-empty")
        tap.is_((code, results[FEED]["outcome"], results[FEED]["removed"]), (0, "ok", before["d_ads_daily"][0]),
                "--accept-empty takes it")
        tap.is_(lab.value("SELECT count(*) AS n FROM ads_daily"), 0, "the rows are gone")
        tap.is_(lab.value("SELECT count(*) AS n FROM channel_daily WHERE cost IS NOT NULL"), 0, "from the combined dataset, too")
        tap.ok(lab.value("SELECT count(*) AS n FROM web_daily") > 0, "other connectors' rows are not")
        world.control(clear=True)
        _, code = lab.pull("ads", *DAYS)
        tap.is_((code, lab.dump()["d_ads_daily"][0]), (0, before["d_ads_daily"][0]), "and come back with the next whole reply")


def test_broken_replies():
    """A reply that is not what was promised costs this run, never the rows that are there."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), h.ga4(world, lab))
        lab.pull(*DAYS)
        before = lab.dump()
        for kind in ("missing_field", "wrong_type", "html"):
            world.control(clear=True)
            world.control(restate=1, faults=[{"platform": p, "kind": kind, "times": 50} for p in ("meta", "ga4")])
            results, code = lab.pull(*DAYS)
            tap.is_((code, results[FEED]["outcome"], results["web", "313131313", "traffic_daily"]["outcome"]),
                    (1, "failed", "failed"), kind + ": both fail")
            tap.ok(results[FEED]["message"] and results[FEED]["remedy"], kind + ": why, and what to do")
            tap.is_(lab.dump(), before, kind + ": nothing stored is touched")
        world.control(clear=True)
        world.control(faults=[{"platform": p, "kind": "unknown_field"} for p in ("meta", "ga4")])
        _, code = lab.pull(*DAYS)
        tap.is_(code, 0, "a field that nobody knows is no fault")


tap.run([test_days, test_dry_run, test_too_much, test_empty, test_broken_replies])
