#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mailchimp through the real programs: campaigns on their day of sending, throttling without a word, audiences."""

import json
import os

import conformance as c
import omni
import tap

KEY = "0123456789abcdef0123456789abcdef-us21"
COUNTS = {"sends": "emails_sent", "bounces_hard": "hard_bounces", "bounces_soft": "soft_bounces", "opens": "opens_total",
          "opens_unique": "unique_opens", "clicks": "clicks_total", "clicks_unique": "unique_subscriber_clicks",
          "unsubscribes": "unsubscribed", "spam_reports": "abuse_reports"}


def options(bench):
    return {"api_key": bench.secret(KEY)}


class Bench(c.Bench):
    """The stand-in answers below /3.0, as the platform does."""

    def configure(self, **more):
        super().configure(**dict({"api_url": self.stand_in.url("mailchimp") + "/3.0"}, **more))


REPORTS = c.Subject(
    kit=True,
    plugin="mailchimp", family="email", platform="mailchimp", stream="reports", dataset="messages_daily", options=options,
    first=c.ago(25), last=c.ago(5), counts=COUNTS, exact={"revenue": "total_revenue", "conversions": "total_orders"},
    data="/reports", records="reports", field="id", number="emails_sent", pages={"page_size": 5},
    short={"knobs": {"mailchimp": {"short": 3}}}, circle="one page again and again", emptied="failed",
    throttled={"code": 403, "body": "<html>Forbidden</html>"}, long=(60, 1),
    lacks={"report": "reports are not asynchronous", "version": "the version is part of the address, and there is one",
           "scope": "a key may do what its user may: there are no scopes", "totals": "the number of reports is the only total, and counted in each pull"})
LISTS = c.Subject(
    plugin="mailchimp", family="email", platform="mailchimp", stream="lists", dataset="lists_daily", options=options,
    windowed=False, counts={"members": "members"}, truth={"of": "lists"}, data="/lists", records="lists", field="name",
    number="stats.member_count", emptied="failed", restates=False, circle=None)
GROWTH = c.Subject(
    plugin="mailchimp", family="email", platform="mailchimp", stream="list_growth", dataset="lists_daily", options=options,
    counts={"subscribed": "subs", "unsubscribed": "unsubs"}, truth={"of": "growth"}, data="/activity", records="activity",
    field="day", number="subs", restates=False)


def bench(subject, **more):
    stand_in.control(clear=True)
    opened = Bench(stand_in, subject)
    opened.configure(**more)
    return opened


def test_conformance():
    c.Bench = Bench
    c.conform(stand_in, REPORTS)


def test_audiences():
    """The cases in which audiences are unlike campaigns."""
    for subject in (GROWTH, LISTS):
        with bench(subject) as b:
            for case in (c.first_pull, c.same_window_twice, c.empty_page, c.missing_member, c.wrong_type, c.no_rows_any_more):
                b.calm()
                case(b)


def test_days_of_the_account():
    """A campaign sent in the last hour of a UTC day stands on the next one further east."""
    with bench(REPORTS, timezone="Pacific/Auckland") as b:
        b.pull()
        truth = stand_in.truth("mailchimp", REPORTS.first, REPORTS.last, zone="Pacific/Auckland")
        row = b.rows("count(*) AS n, sum(sends) AS sends, min(date) AS first, max(date) AS last, min(tz) AS tz")[0]
        tap.is_((row["n"], str(row["sends"])), (truth["rows"], truth["sums"]["emails_sent"]), "days of the account's zone")
        tap.ok(row["first"] >= str(REPORTS.first) and row["last"] <= str(REPORTS.last), "no row outside of the window")
        tap.is_(row["tz"], "Pacific/Auckland", "each row says whose day it is")
        tap.ok(truth != stand_in.truth("mailchimp", REPORTS.first, REPORTS.last), "which are not those of UTC")


def test_rows():
    with bench(REPORTS) as b:
        b.pull()
        rows = b.rows("DISTINCT basis, channel, currency")
        tap.is_(rows, [{"basis": "send_date", "channel": "Email", "currency": "EUR"}], "basis, channel and currency of each row")
        tap.is_(b.rows("count(*) AS n", "clicks_unique > clicks")[0]["n"], 0, "people who clicked are at most the clicks")
    with bench(c.Subject(**dict(REPORTS.__dict__, stream="campaigns", dataset="messages", windowed=False))) as b:
        tap.is_(b.pull()["outcome"], "ok", "the campaigns")
        row = b.rows("count(*) AS n, min(subject) AS subject, min(sender) AS sender, min(template) AS template, min(status) AS status")[0]
        tap.is_((row["n"], row["subject"], row["sender"], row["template"], row["status"]),
                (stand_in.truth("mailchimp", c.ago(1), c.ago(1), of="campaigns")["rows"], "News \U0001f4ec", "The shop",
                 "900719925474099", "sent"), "subject, sender, template's number as text, status")
    with bench(LISTS) as b:
        b.pull()
        tap.is_(b.rows("list_id, name, members", "date = '%s'" % c.TODAY)[0],
                {"list_id": "l1a2b3c4d5", "name": "Newsletter", "members": 4200}, "members are of the day of the pull")


def test_refusals():
    with bench(REPORTS) as b:
        stand_in.control(fault={"platform": "mailchimp", "kind": "status", "code": 403, "times": 99,
                                "body": json.dumps({"title": "Forbidden", "status": 403, "detail": "no access"})})
        result = b.pull()
        tap.is_((result["outcome"], result["reason"]), ("failed", "auth"), "403 with a reason is no throttling")
        tap.has(result["message"], "no access", "and says the reason")
        stand_in.control(clear=True, fault={"platform": "mailchimp", "kind": "status", "code": 403, "times": 1, "body": ""})
        result = b.pull()
        tap.is_(result["outcome"], "ok", "403 without a body passes")
        b.configure(api_key=b.secret("wrong-us21"))
        result = b.pull()
        tap.is_(result["reason"], "auth", "a wrong key")
        tap.has(result["message"], "API Key Invalid", "and what the platform says of it")
        b.configure(page_size=1001)
        tap.has(b.pull()["message"], "1 to 1000", "a page too large")


def test_data_centre():
    """No api_url: the host comes from the key, which no message shows."""
    with bench(REPORTS) as b:
        b.configure(api_key=b.secret("0123456789abcdef0123456789abcdef"), api_url=None)
        result = b.pull()
        tap.is_(result["reason"], "config", "a key without its data centre")
        tap.has(result["message"], 'option "server"', "says which option helps")
        tap.ok("0123456789abcdef" not in json.dumps(result), "and keeps the key to itself")
        b.configure(server="us21.evil.example/", api_url=None)
        tap.has(b.pull()["message"], 'option "server"', "a data centre that would leave the host")
        cassette = b.lab.write("none.json", "")
        os.unlink(cassette)
        b.configure()
        done = b.lab.omnihub("pull", "it", "--record", cassette, *b.pull_command()[3:], env=c.NOW)
        tap.is_(done.code, 0, "recorded")
        with open(cassette, encoding="utf-8") as text:
            tap.ok(KEY not in text.read(), "the cassette has no key")


with omni.StandIn("--today", c.TODAY) as stand_in:
    tap.run([test_conformance, test_audiences, test_days_of_the_account, test_rows, test_refusals, test_data_centre])
