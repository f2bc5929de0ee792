# SPDX-License-Identifier: Apache-2.0
"""google_analytics beside traffic_daily: landing pages and events, by the real programs; the conformance list."""

import datetime
import json
import re
import zoneinfo

import conformance
import kit
import live
import omni
import tap

TODAY = conformance.TODAY
FIRST, LAST = TODAY - datetime.timedelta(20), TODAY - datetime.timedelta(1)
PROPERTY = "313131313"
COUNTS = {"sessions": "sessions", "engaged_sessions": "engagedSessions", "pageviews": "screenPageViews", "events": "eventCount",
          "users": "totalUsers", "new_users": "newUsers"}
EXACT = {"key_events": "keyEvents", "transactions": "transactions", "revenue": "purchaseRevenue"}


def test_three_grains():
    stand_in.control(clear=True)
    with live.source("analytics", "google_analytics", {"property_id": PROPERTY, "api_url": stand_in.url("ga4")}) as it:
        it.configure(credentials="file:" + it.write("key.json", json.dumps(stand_in.key_file()), 0o600))
        it.pull_ok("all reports", "--from", FIRST, "--to", LAST)
        real = stand_in.truth("ga4", FIRST, LAST)["sums"]
        sums = {row["stream"]: row for row in it.rows(
            "SELECT stream, sum(sessions) AS sessions, sum(events) AS events, dec(sum(revenue)) AS revenue, dec(sum(key_events)) AS keys "
            "FROM web_daily GROUP BY stream")}
        for stream in ("traffic_daily", "landing_pages_daily"):
            tap.is_(str(sums[stream]["sessions"]), real["sessions"], stream + ": all sessions")
        for stream, row in sums.items():
            tap.is_((str(row["events"]), row["revenue"], row["keys"]), (real["eventCount"], real["purchaseRevenue"], real["keyEvents"]),
                    stream + ": all events, revenue and key events")
        tap.ok(it.value("SELECT count(*) FROM web_daily WHERE stream = 'landing_pages_daily' AND landing_page = ''") > 0,
               "visits without a page are kept")
        tap.is_(str(it.value("SELECT sum(sessions) FROM channel_daily")), real["sessions"],
                "channel_daily counts one of the three")
        tap.is_({row["event_name"] for row in it.rows("SELECT DISTINCT event_name FROM web_daily WHERE stream = 'events_daily'")},
                {"page_view", "purchase", "session_start", "sign_up"}, "events by name")


def bench(**more):
    stand_in.control(clear=True)
    b = conformance.Bench(stand_in, subject("traffic_daily", COUNTS, EXACT))
    b.configure(**more)
    return b


def test_logins_and_accounts():
    user = {"credentials": None, "client_id": "client-1.apps.example.com", "token_url": stand_in.base + "/oauth/token"}
    with bench() as b:
        b.configure(client_secret=b.secret("stand-in-client-secret"), refresh_token=b.secret("1//stand-in-refresh-token"), **user)
        b.good("a user's login")
        b.configure(property_id=None, admin_url=stand_in.url("ga4"))
        text = open(b.lab.path("omnihub.conf"), encoding="utf-8").read()
        b.lab.write("omnihub.conf", text.replace("options =", 'accounts = "all"; options ='))
        tap.is_(b.lab.omnihub(*b.pull_command(), env=conformance.NOW).code, 0, "all properties")
        tap.is_({(r["property_id"], r["currency"]) for r in b.rows("DISTINCT property_id, currency")},
                {(PROPERTY, "EUR"), ("424242424", "USD")}, "over two pages, each in its own currency")


def test_quota_in_the_body():
    with bench(page_size=20) as b:
        b.good("enough tokens")
        stand_in.control(clear=True, knobs={"ga4": {"tokens_left": 2}})
        b.bad("a page costs more than what is left", "parked", "throttled", "has 2 left in this hour")
        tap.is_(len(b.requests()), 2, "after the account's facts and one page no request is sent that would be refused")
    with bench() as b:
        stand_in.control(knobs={"ga4": {"tokens_left": 0}})
        b.good("what is left pays for nothing more, but nothing more is wanted")


def test_pacific_midnight():
    with bench() as b:
        stand_in.control(knobs={"ga4": {"exhausted": "day"}})
        california = zoneinfo.ZoneInfo("America/Los_Angeles")
        result = b.bad("daily tokens are used up", "parked", "throttled", "try again after")
        until = datetime.datetime.fromisoformat(re.search(r"try again after ([\dT:-]+)", result["message"]).group(1) + "+00:00")
        begins = until.astimezone(california)
        tap.is_((begins.hour, begins.minute), (0, 0), "until midnight in California")


def subject(stream, counts, exact):
    return conformance.Subject(
        kit=True, plugin="google_analytics", family="analytics", platform="ga4", stream=stream, dataset="web_daily", account=PROPERTY,
        truth={"stream": stream}, counts=counts, exact=exact, data=":runReport", records="rows", field="dimensionValues",
        number="metricValues.0.value", pages={"page_size": 15}, circle=None, renews=True, emptied="failed",
        version={"options": {"api_version": "v0beta"}}, scope={"knobs": {"oauth": {"scopes": []}}, "says": "analytics.readonly"},
        totals={"knobs": {"ga4": {"total_lies": 1}}, "column": "pageviews", "option": "totals"},
        lacks={"circle": "pages are asked for by offset: the same page again has rows that came before, which the grain check refuses",
               "short": "a report says how many rows it has: pages of any length are added up to that", "report": "reports are not asynchronous"},
        options=lambda bench: {"property_id": PROPERTY, "credentials": bench.secret(json.dumps(stand_in.key_file()))})


def test_landing_pages():
    conformance.sample(subject("landing_pages_daily", COUNTS, EXACT))
    conformance.conform(stand_in, subject("landing_pages_daily", COUNTS, EXACT))


def test_kit():
    """The streams that do not go through the whole list."""
    for stream in ("traffic_daily", "events_daily"):
        tap.note(stream)
        stand_in.control(clear=True)
        with conformance.Bench(stand_in, subject(stream, COUNTS, EXACT)) as b:
            kit.holds(b)


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_three_grains, test_logins_and_accounts, test_quota_in_the_body, test_pacific_midnight, test_landing_pages, test_kit])
