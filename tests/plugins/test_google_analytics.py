# SPDX-License-Identifier: Apache-2.0
"""google_analytics against the stand-in: exact sums, pages, quality flags, quota and refusals."""

import datetime
import json
import urllib.parse
import urllib.request

import plugin_test as t
import abi
import host
import omni
import tap

PATH = t.needs("google_analytics", "analytics")
LAST = t.TODAY - datetime.timedelta(1)
FIRST = t.TODAY - datetime.timedelta(29)
COLUMNS = {"sessions": "sessions", "engaged_sessions": "engagedSessions", "pageviews": "screenPageViews", "events": "eventCount",
           "key_events": "keyEvents", "engagement_seconds": "userEngagementDuration", "transactions": "transactions",
           "revenue": "purchaseRevenue", "users": "totalUsers", "new_users": "newUsers"}
PROPERTY = "313131313"


def login():
    """A token by the refresh grant; that the service account's grant works is for the hub's own tests."""
    form = urllib.parse.urlencode({"grant_type": "refresh_token", "client_id": "client-1.apps.example.com",
                                   "client_secret": "stand-in-client-secret", "refresh_token": "1//stand-in-refresh-token"})
    with urllib.request.urlopen(stand_in.base + "/oauth/token", form.encode()) as reply:
        return {"Authorization": "Bearer " + json.load(reply)["access_token"]}


def plugin(**options):
    options = dict({"property_id": PROPERTY, "credentials": "x"}, **options)
    return host.Plugin(PATH, options, stand_in.url("ga4"), login())


def pull(source, first=FIRST, last=LAST, account=PROPERTY):
    return source.pull("traffic_daily", first, last, account)


def clean():
    stand_in.control(clear=True)


def test_sums():
    clean()
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.OK, "a month")
        t.same_sums(source.rows, stand_in.truth("ga4", FIRST, LAST), COLUMNS, "a month")
        tap.is_(source.accounts, [(PROPERTY, None, "EUR", "Europe/Lisbon")], "currency and zone, once")
        tap.is_(source.qualities, set(), "no flag without a reason")
        tap.ok(all(method == "POST" for method, _, _ in source.requests), "all requests are report queries")


def test_pages():
    clean()
    with t.opened(plugin(page_size=7)) as source:
        tap.is_(pull(source), abi.OK, "small pages")
        t.same_sums(source.rows, stand_in.truth("ga4", FIRST, LAST), COLUMNS, "small pages")
        keys = {tuple(row[k] for k in ("date", "channel", "source_name", "medium", "campaign")) for row in source.rows}
        tap.is_(len(keys), len(source.rows), "the grain is unique")


def test_no_rows():
    clean()
    with t.opened(plugin()) as source:
        future = t.TODAY + datetime.timedelta(3)
        tap.is_(pull(source, future, future), abi.OK, "absent rows and rowCount are no error")
        tap.is_(source.rows, [], "and give no rows")


def test_quality():
    for knob, flag in (("sampled", "sampled"), ("thresholded", "thresholded"), ("other", "truncated")):
        clean()
        stand_in.control(knobs={"ga4": {knob: True}})
        with t.opened(plugin()) as source:
            tap.is_(pull(source), abi.OK, knob)
            tap.is_(source.qualities, {flag}, "%s rows are marked" % knob)


def test_quota():
    for bucket, least, most in (("hour", 1, 3600), ("day", 1, 86400)):
        clean()
        stand_in.control(knobs={"ga4": {"exhausted": bucket}})
        with t.opened(plugin()) as source:
            pull(source)
            tap.ok(least * 1000 <= source.waits[0] <= most * 1000, "tokens per %s: waits until there are new ones" % bucket)
            tap.has(source.message, "per " + bucket, "tokens per %s: says so" % bucket)
    clean()
    stand_in.control(faults=[{"platform": "ga4", "kind": "throttle"}])
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.OK, "too many at once: passes")
        tap.is_(source.waits, [1000], "after the wait that RetryInfo asks for")


def test_refusals():
    clean()
    with t.opened(plugin()) as source:
        tap.is_(pull(source, account="999"), abi.AUTH, "a property that is not shared with us")
        tap.has(source.message, "Viewer", "says what to do")
    stand_in.control(fault={"platform": "ga4", "kind": "auth", "times": 9})
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.AUTH, "a token that is refused")
    for name, value in (("property_id", "G-ABC123"), ("page_size", 0)):
        source = plugin(**{name: value})
        tap.is_(source.open(), abi.CONFIG, "%s = %s is refused" % (name, value))
        tap.is_(source.details.get("option"), name, "and named")


def test_passing_faults():
    clean()
    stand_in.control(faults=[{"platform": "ga4", "kind": "reset"}, {"platform": "ga4", "kind": "status", "code": 503}])
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.OK, "passing faults")
        t.same_sums(source.rows, stand_in.truth("ga4", FIRST, LAST), COLUMNS, "passing faults")


def test_check():
    clean()
    with t.opened(plugin()) as source:
        tap.is_(source.check(), abi.OK, "the login is proven")
        tap.is_(len(source.requests), 1, "by one request")


with omni.StandIn("--today", t.TODAY) as stand_in:
    tap.run([test_sums, test_pages, test_no_rows, test_quality, test_quota, test_refusals, test_passing_faults, test_check])
