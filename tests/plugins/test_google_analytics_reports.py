# SPDX-License-Identifier: Apache-2.0
"""google_analytics beside traffic_daily: landing pages and events, by the real programs; the conformance list."""

import datetime
import json

import conformance
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


def subject(stream, counts, exact):
    return conformance.Subject(
        plugin="google_analytics", family="analytics", platform="ga4", stream=stream, dataset="web_daily", account=PROPERTY,
        truth={"stream": stream}, counts=counts, exact=exact, data=":runReport", records="rows", field="dimensionValues",
        number="metricValues.0.value", pages={"page_size": 90}, circle=None, renews=True, emptied="failed",
        options=lambda bench: {"property_id": PROPERTY, "credentials": bench.secret(json.dumps(stand_in.key_file()))})


def test_landing_pages():
    conformance.conform(stand_in, subject("landing_pages_daily", COUNTS, EXACT))


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_three_grains, test_landing_pages])
