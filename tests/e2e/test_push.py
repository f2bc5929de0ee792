#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sinks: a failed one keeps its backlog and nothing is pulled again; the same push twice is the same bytes. Rates: none is NULL."""

import csv
import decimal
import os
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(19), h.ago(1)
DAYS = h.days(FIRST, LAST)
DATASETS = ["ads_daily", "channel_daily", "web_daily"]


def files_of(folder):
    """{name: bytes} of everything below."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), "rb") as f:
                found[os.path.relpath(os.path.join(where, name), folder)] = f.read()
    return found


def csv_sum(path, column):
    with open(path, encoding="utf-8", newline="") as f:
        return sum(decimal.Decimal(row[column] or 0) for row in csv.DictReader(f))


def pulls(lab):
    return sum(r["kind"] == "pull" for r in lab.ledger())


def test_backlog():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        sinks = [h.sink("files", "csv", DATASETS, {"directory": "out/csv"}),
                 h.sink("lines", "jsonl", DATASETS, {"directory": "out/jsonl"}),
                 h.sink("bi", "sqlite", DATASETS, {"path": "bi.db"})]
        lab.configure(h.meta(world, lab), h.ga4(world, lab), sinks=sinks)
        lab.write("out", "in the way of a folder")
        done = lab.run("sync", *[], "--json")
        outcomes = {(r["sink"], r.get("dataset")): r for r in done.json()["results"] if r.get("sink")}
        tap.is_(done.code, 1, "a sink that fails: exit code 1")
        failed = {k[0] for k, r in outcomes.items() if r["outcome"] == "failed"}
        tap.is_(failed, {"files", "lines"}, "the sinks that cannot write fail")
        tap.ok(all(r["outcome"] == "ok" for k, r in outcomes.items() if k[0] == "bi"), "the other delivers")
        tap.ok(all(r["message"] for r in outcomes.values() if r["outcome"] == "failed"), "it is said why")
        requests, before = len(world.log()), pulls(lab)
        os.remove(lab.path("out"))
        os.mkdir(lab.path("out"))
        done = lab.run("push", "--json")
        tap.is_(done.code, 0, "the next push delivers")
        tap.is_((len(world.log()), pulls(lab)), (requests, before), "and nothing is pulled for it")
        for table, column in (("ads_daily", "cost"), ("web_daily", "revenue"), ("channel_daily", "cost")):
            stored = decimal.Decimal(lab.value("SELECT dec(sum(%s)) AS s FROM %s" % (column, table)))
            tap.is_(csv_sum(lab.path("out", "csv", table + ".csv"), column), stored, "the CSV has the store's sum: " + table)
        db = sqlite3.connect(lab.path("bi.db"))
        sent = sum(decimal.Decimal(v) for (v,) in db.execute("SELECT cost FROM ads_daily WHERE cost IS NOT NULL"))
        tap.is_(sent, decimal.Decimal(lab.value("SELECT dec(sum(cost)) AS s FROM ads_daily")), "and so has the database")
        delivered = {r["dataset"]: r["rows"] for r in done.json()["results"] if r.get("sink") == "bi"}
        tap.is_(set(delivered.values()), {0}, "the sink that was fine gets nothing twice")
        db.close()


def test_twice():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), h.ga4(world, lab), sinks=[
            h.sink("files", "csv", DATASETS, {"directory": "out"}),
            h.sink("days", "csv", ["ads_daily"], {"directory": "days", "split": "day"})])
        lab.run("sync")
        first = files_of(lab.path("out")), files_of(lab.path("days"))
        tap.is_(lab.run("push").code, 0, "push again")
        tap.is_((files_of(lab.path("out")), files_of(lab.path("days"))), first, "the same bytes")
        results, _ = lab.results("push")
        tap.is_({r["rows"] for k, r in results.items() if k[0] in ("files", "days")}, {0}, "nothing is delivered that is there")
        shown = [len([line for line in lab.run("runs", *name).out.splitlines() if " push " in line]) for name in ((), ("days",), ("files",))]
        tap.is_(shown, [len(DATASETS) + 1, 3, 3 * len(DATASETS)], "which runs leaves out, unless the sink is named")
        lab.run("sync")
        tap.is_((files_of(lab.path("out")), files_of(lab.path("days"))), first, "sync again: the same bytes")
        world.control(restate=2)
        lab.run("sync")
        second = files_of(lab.path("out")), files_of(lab.path("days"))
        tap.ok(second != first, "restated days are delivered")
        changed = {name for name in second[1] if second[1][name] != first[1].get(name)}
        tap.ok(changed and len(changed) < len(second[1]), "only changed days are written again")
        cost = decimal.Decimal(lab.value("SELECT dec(sum(conversion_value)) AS s FROM ads_daily"))
        tap.is_(csv_sum(lab.path("out", "ads_daily.csv"), "conversion_value"), cost, "with the new sum")
        tap.is_([n for n in files_of(lab.folder) if "tmp" in n], [], "no temporary file is left")


def test_hub_killed_between():
    """What a lost target lacked comes again whole: the sink's own cursor is in the store, its data is not."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), sinks=[h.sink("files", "csv", ["ads_daily"], {"directory": "out"})])
        lab.run("sync", "-q")
        whole = files_of(lab.path("out"))
        shutil.rmtree(lab.path("out"))
        world.control(restate=1)
        lab.run("sync", "-q")
        rows = csv_sum(lab.path("out", "ads_daily.csv"), "cost")
        tap.is_(rows, decimal.Decimal(lab.value("SELECT dec(sum(cost)) AS s FROM ads_daily")), "a file that was deleted is whole again")
        tap.ok(whole, "there was one before")


RATES = "date,base,quote,rate\n"


def combined(lab):
    return lab.row("SELECT count(*), count(cost), dec(sum(cost)) FROM channel_daily WHERE channel = 'Paid Social'")


def test_rates():
    """Dollars into euro by the day's own rate; a day without a rate is NULL, with a warning."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        rates = h.connector("rates", "file", {"path": "rates/*.csv", "dataset": "fx_rates", "formats": {"rate_e10": "major"},
                                              "map": {"date": "date", "base": "base", "quote": "quote", "rate_e10": "rate"}})
        lab.configure(h.meta(world, lab, account="act_1002"), rates)
        lab.write("rates/eur.csv", RATES)
        done = lab.run("pull", *DAYS, "--json")
        days = lab.value("SELECT count(DISTINCT date) AS n FROM ads_daily")
        count, known, _ = combined(lab)
        tap.is_((count, known), (days, 0), "no rates: every day is there, its cost is NULL")
        tap.is_(lab.value("SELECT count(*) AS n FROM channel_daily WHERE cost IS NOT NULL AND cost <> 0"), 0, "never the dollars as they stand")
        tap.is_([r["missing_rates"] for r in done.json()["results"] if r.get("kind") == "combine"], [days], "the summary counts the days")
        tap.ok("USD" in done.err and "EUR" in done.err and h.ago(1).isoformat()[:4] in done.err, "a warning names currencies and a day")
        event = ([e for e in lab.run("status", "--json", "--all").json()["events"] if e["kind"] == "rates"] or [{"text": ""}])[0]
        tap.has(event["text"], "no exchange rate from USD to EUR on %d days, %s … %s" % (days, FIRST, LAST), "and it lasts: an event, for alerts")
        tap.has(lab.run("status").out, "add the rates to fx_rates", "status says what to do")
        spent = {r["date"]: int(r["cost"]) for r in lab.rows("SELECT date, sum(cost) AS cost FROM ads_daily GROUP BY date")}
        rate = {day: 9000000000 + 11111111 * n for n, day in enumerate(sorted(spent))}
        missing = sorted(spent)[0]
        lab.write("rates/usd.csv", RATES + "".join("%s,USD,EUR,0.%010d\n" % (day, rate[day]) for day in rate if day != missing))
        results, code = lab.pull("rates")
        tap.is_(code, 0, "rates arrive")
        got = {r["date"]: r["cost"] for r in lab.rows("SELECT date, cost FROM channel_daily WHERE channel = 'Paid Social'")}
        tap.is_(got[missing], None, "that day's cost is NULL")
        text = [e["text"] for e in lab.run("status", "--json", "--all").json()["events"] if e["kind"] == "rates"]
        tap.has(text[0] if text else "", "from USD to EUR on 1 day, %s: " % missing, "the event names what is still missing")

        def converted(day):
            return (2 * spent[day] * rate[day] + 10**10) // (2 * 10**10)
        wrong = [(d, got[d], converted(d)) for d in got if d != missing and abs(got[d] - converted(d)) > 20]
        tap.is_(wrong, [], "every other day by its own rate")
        lab.write("rates/usd.csv", RATES + "".join("%s,USD,EUR,0.%010d\n" % (day, rate[day]) for day in rate))
        lab.pull("rates")
        tap.is_([e for e in lab.run("status", "--json", "--all").json()["events"] if e["kind"] == "rates"], [], "the last rate ends it")


tap.run([test_backlog, test_twice, test_hub_killed_between, test_rates])
