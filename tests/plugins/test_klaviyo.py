#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""klaviyo through the real programs: campaigns on their day of sending, automations day by day, two reports a minute."""

import conformance as c
import omni
import tap

KEY = "pk_stand_in_private_key"
COUNTS = {"sends": "recipients", "delivered": "delivered", "dropped": "failed", "opens": "opens", "opens_unique": "opens_unique",
          "clicks": "clicks", "clicks_unique": "clicks_unique", "unsubscribes": "unsubscribes", "spam_reports": "spam_complaints"}
EXACT = {"conversions": "conversions", "revenue": "conversion_value", "cost": "text_message_spend"}


def options(bench):
    return {"api_key": bench.secret(KEY)}


CAMPAIGNS = c.Subject(
    kit=True,
    plugin="klaviyo", family="email", platform="klaviyo", stream="campaigns", dataset="messages_daily", options=options,
    first=c.ago(30), last=c.ago(5), counts=COUNTS, exact=EXACT, data="/campaign-values-reports",
    records="data.attributes.results", field="groupings.campaign_id", number="statistics.opens", restates=True, long=(70, 1),
    short={"knobs": {"klaviyo": {"page_size": 3}}}, version={"options": {"api_version": "2020-01-01"}},
    scope={"knobs": {"klaviyo": {"no_scopes": ["metrics:read"]}}, "says": "metrics:read"},
    lacks={"pages": "the platform decides how long a page is: see test_pages", "report": "reports are answered at once",
           "totals": "a second report for the totals would cost one of 225 a day"})
FLOWS = c.Subject(**dict(
    CAMPAIGNS.__dict__, kit=False, stream="flows", truth={"of": "flows"}, data="/flow-series-reports", field="groupings.flow_message_id",
    number="statistics.opens.0"))


GROWTH = c.Subject(**dict(
    CAMPAIGNS.__dict__, kit=False, stream="list_growth", dataset="lists_daily", first=c.ago(9), last=c.ago(1), truth={"of": "lists"}, counts={"subscribed": "joined", "unsubscribed": "left"},
    exact={}, data="/metric-aggregates", records="data.attributes.data", field="measurements.count", number="measurements.count.0"))


def bench(subject, **more):
    return c.opened(stand_in, subject, **more)


def test_conformance():
    c.conform(stand_in, CAMPAIGNS)


def test_flows():
    """The cases in which automations are unlike campaigns."""
    with bench(FLOWS) as b:
        for case in (c.first_pull, c.same_window_twice, c.missing_member, c.wrong_type, c.no_rows_any_more, c.restated_days):
            b.calm()
            case(b)
        b.calm()
        rows = b.rows("DISTINCT basis, channel, flow_id, campaign_name, currency, tz")
        tap.is_(sorted((r["channel"], r["flow_id"], r["campaign_name"]) for r in rows),
                [("Email", "flo001", "Welcome series"), ("SMS", "flo002", "Abandoned cart \u20ac")], "channel and name of each flow")
        tap.is_({(r["basis"], r["currency"], r["tz"]) for r in rows}, {("event_date", "USD", "America/New_York")},
                "days of the event, in the account's zone and currency")
        stand_in.control(fault={"platform": "klaviyo", "kind": "short_series"})
        b.bad("fewer values than days", reason="data", says="fewer values than days")


def test_lists():
    """The cases in which lists are unlike campaigns."""
    with bench(GROWTH) as b:
        for case in (c.first_pull, c.same_window_twice, c.missing_member, c.wrong_type, c.no_rows_any_more, c.restated_days):
            b.calm()
            case(b)
        b.calm()
        rows = b.rows("DISTINCT list_id, name, tz")
        tap.is_({(r["list_id"], r["name"]) for r in rows}, {("LsT001", "Newsletter"), ("LsT002", "VIP \u2764"), ("Twins", "Twins"),
                                                            ("Gone list", "Gone list")},
                "lists by id; one that is gone, or shares its name, by that name")
        stand_in.control(knobs={"klaviyo": {"page_size": 2}})
        b.good("lists and their aggregates in small pages")
        stand_in.control(clear=True)
        b.configure(joined_metric_id="JoIn01", left_metric_id="LeFt01")
        b.good("metrics by their ids")
        tap.ok(not any("/api/metrics" in entry["path"] for entry in stand_in.log()), "need not be looked for")


def test_scopes():
    with bench(CAMPAIGNS) as b:
        stand_in.control(knobs={"klaviyo": {"no_scopes": ["flows:read", "lists:read", "accounts:read"]}})
        done = b.lab.omnihub("check", "--connect", env=c.NOW)
        tap.is_(done.code, 0, "check --connect: the key is good")
        for scope in ("flows:read", "lists:read", "accounts:read"):
            tap.has(done.err, "lacks the scope " + scope, "and it says what is missing")
        tap.ok("campaigns:read" not in done.err, "and nothing else")


def test_pages():
    with bench(CAMPAIGNS) as b:
        stand_in.control(knobs={"klaviyo": {"page_size": 3}})
        b.good("campaigns and report in small pages")
        paths = [entry["path"] for entry in stand_in.log()]
        tap.ok(sum("page_cursor" in path for path in paths) > 3, "report: page by page")
        tap.ok(sum("page[cursor]" in path for path in paths) > 3, "campaigns: page by page")
        stand_in.control(fault={"platform": "klaviyo", "kind": "same_reply", "path": "/campaign-values-reports", "times": 99})
        b.bad("the same page again and again", says="circle")


def test_pace():
    """What the platform says about its quota is obeyed: no report is ever refused."""
    with bench(CAMPAIGNS) as b:
        stand_in.control(knobs={"klaviyo": {"gap_s": 1}})
        b.good("reports a second apart", c.ago(60), c.ago(1))
        tap.is_(stand_in.truth("klaviyo", c.ago(1), c.ago(1))["too_soon"], 0, "none was asked for too early")
        tap.is_(len(b.requests()), 2, "one report for each window")


def test_names():
    for stream, kind, row in (("campaign_list", "campaigns", {"message_id": "draft1", "name": "Campaign draft1", "status": "Draft", "sent_at": None}),
                              ("flow_list", "flows", {"message_id": "flo001", "name": "Welcome series", "status": "live", "sent_at": None})):
        with bench(c.Subject(**dict(CAMPAIGNS.__dict__, kit=False, stream=stream, dataset="messages", windowed=False))) as b:
            tap.is_(b.pull()["outcome"], "ok", stream)
            tap.is_(b.rows("count(*) AS n")[0]["n"], stand_in.truth("klaviyo", c.ago(1), c.ago(1), of="names", kind=kind)["rows"],
                    stream + ": all of them")
            tap.is_(b.rows("message_id, name, status, sent_at", "message_id = '%s'" % row["message_id"]), [row], stream + ": a row")


def test_what_is_odd():
    with bench(CAMPAIGNS) as b:
        stand_in.control(knobs={"klaviyo": {"deleted": 1}})
        result = b.good("a result of a campaign that is not in the list")
        tap.is_(b.rows("DISTINCT quality"), [{"quality": "truncated"}], "marks the rows")
        tap.has(result["err"], "1 results belong to campaigns", "and says so")
        stand_in.control(clear=True)
        b.configure(channels=["email"])
        b.pull()
        tap.is_(b.rows("DISTINCT channel"), [{"channel": "Email"}], "only the channels asked for")


def test_refusals():
    cases = (({"conversion_metric": "Nothing"}, "no metric of this name"), ({"conversion_metric": "Checkout"}, "give conversion_metric_id"),
             ({"conversion_metric_id": "none"}, "conversion_metric_id is not a metric"), ({"api_version": "2020-01-01"}, "api_version"))
    with bench(CAMPAIGNS) as b:
        for given, says in cases:
            b.configure(**given)
            result = b.pull()
            tap.is_(result["reason"], "config", "refused: %s" % given)
            tap.has(result["message"], says, "and says why")
        b.configure(conversion_metric_id="DuP002")
        tap.is_(b.pull()["outcome"], "ok", "the metric by its id")
        stand_in.control(fault={"platform": "klaviyo", "kind": "no_accounts_scope", "times": 9})
        b.configure()
        tap.has(b.pull()["message"], "accounts:read", "a key without a scope: which one")
        b.configure(timezone="Europe/Lisbon", currency="USD")
        tap.is_(b.pull()["outcome"], "ok", "not needed where zone and currency are given")


with omni.StandIn("--today", c.TODAY) as stand_in:
    tap.run([test_conformance, test_flows, test_lists, test_scopes, test_pages, test_pace, test_names, test_what_is_odd, test_refusals])
