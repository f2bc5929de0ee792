# SPDX-License-Identifier: Apache-2.0
"""google_analytics against the stand-in: exact sums, pages, quality flags, quota and refusals."""

import plugin_test as t
import hub
import omni
import tap

hub.plugin("google_analytics")
FIRST, LAST = hub.ago(29), hub.ago(1)
DAYS = hub.days(FIRST, LAST)
COLUMNS = {"sessions": "sessions", "engaged_sessions": "engagedSessions", "pageviews": "screenPageViews", "events": "eventCount",
           "micros:key_events": "keyEvents", "micros:engagement_seconds": "userEngagementDuration",
           "micros:transactions": "transactions", "micros:revenue": "purchaseRevenue", "users": "totalUsers", "new_users": "newUsers"}
PROPERTY = "313131313"
FEED = ("web", PROPERTY, "traffic_daily")


def pulled(name, page_size=100000, **order):
    """A pull with these knobs and faults that has to give every row."""
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.ga4(world, lab, options={"page_size": page_size}))
        world.control(**order)
        results, code = lab.pull(*DAYS)
        tap.is_(code, 0, name)
        t.same_sums(lab, "web_daily", world.truth("ga4", FIRST, LAST), COLUMNS, name)
        return results[FEED], world.log(), lab.rows("SELECT * FROM web_daily")


def test_sums():
    _, log, rows = pulled("a month")
    tap.is_({(row["currency"], row["tz"]) for row in rows}, {("EUR", "Europe/Lisbon")}, "currency and zone are the property's")
    tap.is_({row["quality"] for row in rows}, {None}, "no flag without a reason")
    tap.ok(all(e["method"] == "POST" for e in log if e["path"].startswith("/ga4")), "all requests are report queries")


def test_pages():
    _, log, rows = pulled("small pages", page_size=7)
    tap.ok(len(log) > 20, "small pages: many requests")
    keys = {tuple(row[k] for k in ("date", "channel", "source_name", "medium", "campaign")) for row in rows}
    tap.is_(len(keys), len(rows), "the grain is unique")


def test_quality():
    for knob, flag in (("sampled", "sampled"), ("thresholded", "thresholded"), ("other", "truncated")):
        _, _, rows = pulled(knob, knobs={"ga4": {knob: True}})
        tap.is_({row["quality"] for row in rows}, {flag}, "%s rows are marked" % knob)


def test_no_rows():
    with omni.StandIn("--today", hub.ago(60)) as world, hub.Hub() as lab:
        lab.configure(hub.ga4(world, lab))
        results, code = lab.pull(*DAYS)
        tap.is_((code, results[FEED]["outcome"], results[FEED]["read"]), (0, "ok", 0), "absent rows and rowCount are no error")


def refusal(name, outcome, reason, part, prop=PROPERTY, **order):
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.ga4(world, lab, prop=prop))
        world.control(**order)
        results, _ = lab.pull(*DAYS)
        result = t.by_connector(results)["web"]
        tap.is_((result["outcome"], result["reason"]), (outcome, reason), name)
        tap.has(result["message"], part, name + ": says why")
        return result


def test_quota():
    for bucket in ("hour", "day"):
        result = refusal("tokens per %s are used up" % bucket, "parked", "throttled", "per " + bucket,
                         knobs={"ga4": {"exhausted": bucket}})
        tap.has(result["message"], "try again after", "tokens per %s: until when" % bucket)
    result, _, _ = pulled("too many at once", faults=[{"platform": "ga4", "kind": "throttle"}])
    tap.is_(result["retries"], 1, "is tried again after the wait that RetryInfo asks for")


def test_refusals():
    refusal("a property that is not shared with us", "failed", "auth", "Viewer", prop="999")
    refusal("a token that is refused", "failed", "auth", "", fault={"platform": "ga4", "kind": "auth", "times": 9})
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.ga4(world, lab, "measurement", "G-ABC123"), hub.ga4(world, lab, "pages", options={"page_size": 0}))
        t.refused(lab, {"measurement": ("a measurement id", "property_id", "digits"), "pages": ("no rows a page", "page_size", "1")}, *DAYS)


def test_passing_faults():
    result, _, _ = pulled("passing faults", page_size=100, faults=[{"platform": "ga4", "kind": "reset", "after": 2},
                                                                   {"platform": "ga4", "kind": "status", "code": 503}])
    tap.ok(result["retries"] >= 1, "are tried once more")
    result, log, _ = pulled("a token that dies between", page_size=100, faults=[{"platform": "ga4", "kind": "auth", "after": 1}])
    tap.is_(sum(e["path"].startswith("/oauth") for e in log), 2, "is renewed once")


def test_check():
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.ga4(world, lab))
        tap.is_(lab.run("check", "--connect").code, 0, "the login is proven")
        tap.is_(sum(e["path"].startswith("/ga4") for e in world.log()), 1, "by one request")


tap.run([test_sums, test_pages, test_quality, test_no_rows, test_quota, test_refusals, test_passing_faults, test_check])
