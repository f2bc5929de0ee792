#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""emarsys through the real programs: each request signed anew, each campaign's days, refusals with status 200."""

import json
import time

import conformance as c
import omni
import tap

SECRET = "emarsys-stand-in-secret"

RESPONSES = c.Subject(
    kit=True,
    plugin="emarsys", family="email", platform="emarsys", stream="responses", dataset="messages_daily",
    options=lambda bench: {"user": "shop001", "secret": bench.secret(SECRET)},
    counts={"sends": "sent", "bounces_soft": "soft_bounces", "bounces_hard": "hard_bounces", "opens_unique": "opened",
            "clicks": "total_clicks", "clicks_unique": "unique_clicks", "unsubscribes": "unsubscribe"},
    first=c.ago(5), last=c.ago(1), data="/email", records="data", field="id", long=(16, 1),
    version={"options": {"api_version": "v1"}}, scope={"knobs": {"emarsys": {"rights": False}}, "says": "switch the endpoint on"},
    totals={"knobs": {"emarsys": {"odd_total": 7}}, "column": "sends"},
    lacks={"pages": "lists and summaries come whole", "short": "there are no pages", "report": "summaries are not asynchronous",
           "number": "numbers are texts here: see test_refusals"})


def bench(subject, **more):
    return c.opened(stand_in, subject, **more)


def test_conformance():
    c.conform(stand_in, RESPONSES)


def test_rows():
    with bench(RESPONSES, timezone="Europe/Vienna") as b:
        b.good("days of the account")
        tap.is_(b.rows("DISTINCT basis, channel, tz"), [{"basis": "event_date", "channel": "Email", "tz": "Europe/Vienna"}], "whose days")
        tap.ok(b.rows("count(*) AS n", "campaign_name = 'Mail ' || campaign_id")[0]["n"] > 0, "with the campaign's name")
    with bench(RESPONSES, lookback_days=0) as b:
        b.pull()
        tap.ok(b.rows("count(DISTINCT campaign_id) AS n")[0]["n"] < 2, "no look-back: only campaigns of these days")
    with bench(c.Subject(**dict(RESPONSES.__dict__, stream="campaigns", dataset="messages", windowed=False))) as b:
        tap.is_(b.pull()["outcome"], "ok", "the campaigns")
        tap.is_(b.rows("message_id, name, subject, sender, status", "message_id = '90071'"),
                [{"message_id": "90071", "name": "Mail 90071", "subject": "News \u00fc", "sender": "The shop", "status": "3"}], "a campaign")
        tap.is_(b.rows("count(*) AS n")[0]["n"], 9, "all of them, launched or not")


def test_oauth():
    """The newer login: a token for id and secret, and version 3 of the API."""
    with bench(RESPONSES, user=None, secret=None) as b:
        given = {"user": None, "secret": None, "client_id": "emarsys-client-1", "token_url": stand_in.url("emarsys") + "/oauth2/token",
                 "client_secret": b.secret("emarsys-client-secret & more")}
        b.configure(**given)
        b.good("with a token")
        tap.ok(all("/v3/" in entry["path"] for entry in b.requests()), "asks version 3")
        tap.is_(b.check()["outcome"], "ok", "check --connect")
        b.configure(**dict(given, client_secret=b.secret("wrong")))
        result = b.pull()
        tap.is_((result["outcome"], result["reason"]), ("failed", "config"), "a wrong secret")
        tap.has(result["message"], "client_secret", "says what to check")
        b.configure(user=None, secret=None)
        tap.ok(b.pull()["outcome"] != "ok", "no login at all is refused")


def test_totals():
    with bench(RESPONSES) as b:
        b.good("days that add up")
        stand_in.control(knobs={"emarsys": {"odd_total": 7}})
        result = b.pull()
        tap.is_(result["outcome"], "suspicious", "days that do not add up to the platform's total")
        tap.has(result["message"], "total of sends", "and the ledger says which number, and by how much")


def test_refusals():
    with bench(RESPONSES) as b:
        b.configure(secret=b.secret("wrong"))
        result = b.pull()
        tap.is_(result["reason"], "auth", "a wrong secret")
        tap.has(result["message"], "clock", "or a wrong clock")
        tap.ok("wrong" not in result["message"], "which is not told")
        b.configure(lookback_days=-1)
        tap.has(b.pull()["message"], "0 to 3650", "a look-back that is none")
        b.configure()
        body = json.dumps({"replyCode": 10001, "replyText": "Something is odd", "data": ""})
        stand_in.control(fault={"platform": "emarsys", "kind": "status", "code": 200, "body": body, "times": 9})
        tap.has(b.pull()["message"], "Something is odd", "a refusal with status 200")
        body = json.dumps({"replyCode": 0, "replyText": "OK", "data": {"sent": ["many"]}})
        stand_in.control(clear=True, fault={"platform": "emarsys", "kind": "status", "path": "responsesummary", "code": 200, "body": body})
        tap.has(b.pull()["message"], "is no number", "a number that is none")
        for reset, outcome, name in ((1, "ok", "a second"), (int(time.time()) + 999, "parked", "a quarter of an hour, as a time")):
            stand_in.control(clear=True, fault={"platform": "emarsys", "kind": "limit", "reset": reset, "times": 1 if outcome == "ok" else 9})
            tap.is_(b.pull()["outcome"], outcome, "throttled for " + name)


with omni.StandIn("--today", c.TODAY) as stand_in:
    tap.run([test_conformance, test_rows, test_oauth, test_totals, test_refusals])
