# SPDX-License-Identifier: Apache-2.0
"""google_ads: every level, both logins, its own errors, and the list that every plugin has to survive."""

import json

import conformance
import omni
import tap
from conformance import Bench, Subject

CUSTOMER, MANAGER = "1112223333", "9990001111"
COUNTS = {"impressions": "impressions", "clicks": "clicks"}
EXACT = {"cost": "cost_micros", "conversions": "conversions", "conversion_value": "conversions_value",
         "view_conversions": "view_through_conversions"}
LEVELS = (("campaigns", "campaign"), ("ad_groups", "ad_group"), ("ads", "ad_group_ad"), ("keywords", "keyword_view"),
          ("search_terms", "search_term_view"))


def options(bench):
    return {"customer_id": CUSTOMER, "developer_token": bench.secret("stand-in-dev-token-0001"),
            "client_id": "client-1.apps.example.com", "client_secret": bench.secret("stand-in-client-secret"),
            "refresh_token": bench.secret("1//stand-in-refresh-token"), "token_url": stand_in.base + "/oauth/token"}


def subject(stream="campaigns", resource="campaign", **more):
    return Subject(**dict(dict(
        kit=True, plugin="google_ads", family="ads", platform="gads", stream=stream, dataset="ads_daily", account=CUSTOMER,
        truth={"resource": resource}, options=options, counts=COUNTS, exact=EXACT, data="searchStream", records="*.results",
        field="segments.date", number="metrics.costMicros", renews=True, version={"options": {"api_version": "v19"}},
        scope={"knobs": {"oauth": {"scopes": ["openid"]}}, "says": "auth/adwords"},
        totals={"knobs": {"gads": {"total_lies": 1}}, "column": "clicks", "option": "totals"},
        lacks={"pages": "searchStream gives a report as a whole, in batches", "short": "there are no pages", "report":
               "reports are not asynchronous"}), **more))


def bench(*arguments, **more):
    stand_in.control(clear=True)
    return Bench(stand_in, subject(*arguments, **more))


def test_levels():
    for stream, resource in LEVELS:
        with bench(stream, resource) as b:
            b.good(stream)
    with bench("search_terms", "search_term_view") as b:
        b.pull()
        rows = b.rows("DISTINCT level, ad_group_id, currency, search_term")
        tap.ok({row["search_term"] for row in rows} >= {"schuhe größe 43", "cheap\tshoes"}, "search terms as they were typed")
        tap.is_({row["level"] for row in rows}, {"search_term"}, "every row says its level")
        tap.is_({row["currency"] for row in rows}, {"EUR"}, "and the account's currency")
        tap.ok("9007199254740993" in {row["ad_group_id"] for row in rows}, "ids beyond 2^53 stay whole")
        tap.is_({row["tz"] for row in b.rows("DISTINCT tz")}, {"Europe/Rome"}, "days are the account's")
    with bench() as b:
        b.pull()
        rows = b.rows("DISTINCT campaign_name, network, channel")
        tap.is_({(r["network"], r["channel"]) for r in rows}, {("SEARCH", "Paid Search"), ("SEARCH_PARTNERS", "Paid Search"),
                ("CONTENT", "Display"), ("MIXED", "Cross-network")}, "the network decides on the channel")
        tap.ok("Last year" in {r["campaign_name"] for r in rows}, "removed campaigns keep their figures")


def test_lists():
    with bench("campaign_list", windowed=False, dataset="ads_entities") as b:
        tap.is_(b.pull()["outcome"], "ok", "the list of campaigns")
        rows = b.rows("name, status, objective, level")
        tap.is_(len(rows), 4, "removed ones too")
        tap.ok({"name": "Everything", "status": "ENABLED", "objective": "PERFORMANCE_MAX", "level": "campaign"} in rows, "as set")
    with bench("ad_group_list", windowed=False, dataset="ads_entities") as b:
        tap.is_((b.pull()["outcome"], len(b.rows())), ("ok", 4), "the list of ad groups")


def test_logins():
    with bench() as b:
        b.configure(client_id=None, client_secret=None, refresh_token=None, token_url=None,
                    credentials=b.secret(json.dumps(stand_in.key_file())))
        b.good("a service account")
        b.configure(developer_token=None)
        b.bad("no developer token where one is wanted", reason="auth", says="DEVELOPER_TOKEN_INVALID")
        stand_in.control(knobs={"gads": {"cloud_access": True}})
        b.good("no developer token where none is wanted")
        stand_in.control(clear=True, fault={"platform": "oauth", "kind": "revoked", "times": 9})
        b.bad("the grant is revoked", reason="auth", says="invalid_grant")
    with bench() as b:
        b.configure(customer_id="4445556666")
        result = b.bad("an account behind a manager", reason="auth", says="login_customer_id")
        tap.ok("stand-in-dev" not in json.dumps(result), "no secret in the message")
        b.configure(customer_id="4445556666", login_customer_id=MANAGER)
        tap.is_(b.pull()["outcome"], "ok", "through its manager")
        tap.is_({r["currency"] for r in b.rows("DISTINCT currency")}, {"USD"}, "in its own currency")


def test_accounts():
    with bench() as b:
        b.configure(login_customer_id=MANAGER, customer_id=None)
        text = open(b.lab.path("omnihub.conf"), encoding="utf-8").read()
        b.lab.write("omnihub.conf", text.replace("options =", 'accounts = "all"; options ='))
        done = b.lab.omnihub(*b.pull_command(), env=conformance.NOW)
        tap.is_(done.code, 0, "all accounts below a manager")
        tap.is_({r["account_id"] for r in b.rows("DISTINCT account_id")}, {CUSTOMER, "4445556666"}, "each has its rows, closed ones none")


def refusal(b, name, fault, outcome, says, **changes):
    stand_in.control(clear=True, faults=[dict({"platform": "gads", "times": 99}, **fault)] if fault else [])
    b.configure(**changes)
    b.bad(name, outcome, says=says)


def test_errors():
    with bench() as b:
        b.good("before the errors")
        refusal(b, "out of operations for today", {"kind": "quota", "rate": "Operations per day"}, "parked", "RESOURCE_EXHAUSTED")
        refusal(b, "told to wait long", {"kind": "quota", "delay": "900s"}, "parked", "RESOURCE_EXHAUSTED")
        refusal(b, "a dead version", None, "failed", "api_version", api_version="v19")
        refusal(b, "a closed account", None, "failed", "CUSTOMER_NOT_ENABLED", customer_id="7778889999", login_customer_id=MANAGER)
        refusal(b, "a manager account", None, "failed", "login_customer_id", customer_id=MANAGER)
        refusal(b, "an account that does not exist", None, "failed", "CUSTOMER_NOT_FOUND", customer_id="123")
        refusal(b, "dashes", None, "failed", "dashes", customer_id="111-222-3333")
        for fault, name in (({"kind": "quota", "delay": "0.3s"}, "told to wait a moment"), ({"kind": "transient"}, "a passing fault"),
                            ({"kind": "breaks_off"}, "an error among the batches, once")):
            stand_in.control(clear=True, faults=[dict(fault, platform="gads")])
            b.configure()
            b.good(name)
        refusal(b, "an error among the batches that stays", {"kind": "breaks_off", "http": 403, "code": "SOMETHING_NEW"}, "failed",
                "SOMETHING_NEW")


def test_too_much():
    with bench() as b:
        stand_in.control(fault={"platform": "gads", "kind": "quota", "code": "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION",
                                "after": 1})
        result = b.good("a query that costs too much is halved")
        tap.is_(result.get("windows"), 2, "into two windows")


def test_conformance():
    conformance.sample(subject())
    conformance.conform(stand_in, subject())


with omni.StandIn("--today", conformance.TODAY) as stand_in:
    tap.run([test_levels, test_lists, test_logins, test_accounts, test_errors, test_too_much, test_conformance])
