#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""omnihub backfill: history without disturbing the schedule, resumed after kill -9, beside a running service, within its range."""

import contextlib
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402
import web as w  # noqa: E402

FIRST = h.ago(150)


def backfill(lab, *arguments, **more):
    return lab.run("backfill", "ads", *arguments, **more)


def days_of(lab):
    return lab.row("SELECT min(date), max(date), count(DISTINCT date) FROM ads_daily")


def state(lab):
    return lab.run("state", "show", "ads").out


def last_of(lab):
    return lab.run("backfill", "--json").json()[0]


def test_refusals():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        for arguments, text in ((["--from", h.ago(5), "--to", h.ago(9)], "lies after"), (["--from", h.ago(5)], "--to is missing"),
                                (["--to", h.ago(5)], "--from is missing"), ([], "--from is missing"),
                                (["--from", h.ago(5), "--to", h.ago(-3)], "lies in the future"),
                                (["--from", "soon", "--to", h.ago(3)], "is not a day"),
                                (["--from", h.ago(9), "--to", h.TODAY], "nothing of that is left")):
            done = backfill(lab, *arguments)
            tap.is_(done.code, 2, "refused: %s" % " ".join(str(a) for a in arguments))
            tap.has(done.err, text, "and why")
        tap.is_(lab.run("backfill", "adz", "--from", "-9d", "--to", "-5d").code, 2, "an unknown connector")
        done = backfill(lab, "--from", "2000-01-01", "--to", h.ago(60), "--plan")
        tap.is_((done.code, os.path.exists(lab.path("state", "store.db"))), (0, False), "a plan starts nothing")
        tap.has(done.out, "the platform keeps", "and says what the platform does not keep")


def test_no_days():
    """Connectors that have no days to go back to."""
    stream = {"name": "articles", "dataset": "products", "url": "/articles", "fields": [{"path": "$.sku", "column": "sku"}]}
    with h.Hub() as lab:
        lab.configure(h.connector("till", "file", {"path": "in/*.csv", "dataset": "orders", "map": {"order_id": "id"}}),
                      h.connector("shop", "rest", {"api_url": "https://api.example.com", "streams": [stream]}))
        done = lab.run("backfill", "till", "--from", "-9d", "--to", "-5d")
        tap.is_((done.code, os.path.exists(lab.path("state", "store.db"))), (2, False), "files: refused before anything")
        tap.has(done.err, 'connector "till" reads files', "and why")
        done = lab.run("backfill", "shop", "--from", "-9d", "--to", "-5d", "--yes")
        tap.is_((done.code, done.out.count("from_day")), (1, 0), "lists: what can only be asked for is asked for, and there is no empty plan")
        tap.has(done.out, "none of the streams asked for is pulled by days", "and it is said what is wrong")


def test_history():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        lab.pull()
        before, kept = days_of(lab), state(lab)
        regular = lab.dump(with_bookkeeping=False)
        done = backfill(lab, "--from", FIRST, "--to", h.TODAY)
        tap.is_(done.code, 0, "history")
        now = days_of(lab)
        tap.is_((now[0], now[1], now[2]), (FIRST.isoformat(), before[1], 151), "every day from the first on, none twice")
        tap.is_(state(lab), kept, "the state of the regular pulls is as it was")
        tap.is_(last_of(lab)["code"], "ok", "the list says that it is done")
        tap.is_({run["outcome"] for run in lab.ledger("ads") if run["kind"] == "backfill"}, {"ok"}, "each chunk is in the ledger")
        order = [run["from_day"] for run in lab.ledger("ads") if run["kind"] == "backfill"]  # newest run first
        tap.is_(order, sorted(order), "the newest days came first")
        tap.ok(len(order) >= 4, "in chunks")
        feed = lab.run("status", "--json").json()[0]["feeds"][0]
        tap.is_(feed["last_run"]["id"], [r["id"] for r in lab.ledger("ads") if r["kind"] == "pull"][0], "status shows the regular run")
        tap.ok(regular["d_ads_daily"] != lab.dump(with_bookkeeping=False)["d_ads_daily"], "rows came")
        whole = lab.dump(with_bookkeeping=False)["d_ads_daily"]
        lab.run("pull", *h.days(FIRST, h.TODAY))
        tap.is_(lab.dump(with_bookkeeping=False)["d_ads_daily"], whole, "a pull of the same days finds nothing to change")
        lab.check_whole("history")


def test_killed():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab))
        lab.pull()
        order = ["backfill", "ads", "--from", FIRST, "--to", h.ago(40)]
        running = lab.start(*order)
        h.wait_for(lambda: os.path.exists(lab.path("state", "store.db")) and last_of_or_none(lab), "the first chunk to be done")
        h.kill_hard(running.pid)
        running.communicate()
        left = last_of(lab)
        tap.ok("ended_at" not in left and left["days_done"] > 0, "killed in the middle, and it shows")
        with w.Web(lab) as web:
            tap.is_((left["chunks_left"], web.metrics()['omnihub_backfill_chunks_pending{connector="ads"}']), (-((left["days_done"] - 111) // 31),) * 2,
                    "how many chunks are left, as a metric, too")
        done = lab.run(*order)
        tap.is_(done.code, 0, "the same order goes on")
        tap.is_(len(lab.run("backfill", "--json").json()), 1, "it is the same backfill")
        tap.is_((last_of(lab)["code"], last_of(lab)["percent"]), ("ok", 100), "to its end")
        tap.is_(lab.row("SELECT min(date), count(DISTINCT date) FROM ads_daily WHERE date <= '%s'" % h.ago(40)),
                (FIRST.isoformat(), 111), "every day is there")
        newest = [r for r in lab.ledger("ads") if r["kind"] == "backfill"]
        tap.ok(sum(r["to_day"] == h.ago(40).isoformat() for r in newest if r.get("to_day")) <= 2, "what was done is not done again")
        lab.check_whole("killed")


def last_of_or_none(lab):
    found = lab.run("backfill", "--json").json()
    return found and found[0].get("done_from")


def has_pulled(lab):
    """The service may just be making its store."""
    done = lab.run("runs", "--json")
    return done.code == 0 and done.out and any(r["outcome"] == "ok" and r["kind"] == "pull" for r in done.json())


def test_service():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.configure(h.meta(world, lab, schedule="@yearly"))
        service = lab.start("run", stderr=stack.enter_context(open(lab.path("log"), "w", encoding="utf-8")))
        try:
            h.wait_for(lambda: has_pulled(lab), "the regular pull")
            kept = state(lab)
            done = backfill(lab, "--from", FIRST, "--to", h.ago(40))
            tap.is_(done.code, 0, "beside a service")
            tap.has(done.out, "process %d" % service.pid, "the service does it")
            h.wait_for(lambda: last_of(lab).get("code") == "ok", "its end")
            tap.is_(lab.row("SELECT min(date), count(DISTINCT date) FROM ads_daily WHERE date <= '%s'" % h.ago(40)),
                    (FIRST.isoformat(), 111), "every day is there")
            tap.is_(state(lab), kept, "the state of the regular pulls is as it was")
            tap.is_(sum(r["kind"] == "pull" for r in lab.ledger("ads")), 1, "the schedule did not notice")
            done = backfill(lab, "--stop")
            tap.is_(done.code, 1, "nothing is left to stop")
            done = backfill(lab, "--from", h.ago(900), "--to", h.ago(160))
            tap.is_(done.code, 0, "a longer one")
            done = backfill(lab, "--stop")
            tap.is_((done.code, last_of(lab)["code"]), (0, "stopped"), "is stopped in the middle")
        finally:
            service.send_signal(signal.SIGTERM)
            code = service.wait(h.WAIT_SECONDS)
            service.communicate()
        tap.is_(code, 0, "the service ends")
        lab.check_whole("service")


tap.run([test_refusals, test_no_days, test_history, test_killed, test_service])
