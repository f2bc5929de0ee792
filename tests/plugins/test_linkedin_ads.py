# SPDX-License-Identifier: Apache-2.0
"""linkedin_ads: three levels under the names that others use, local money, versions, reports that are cut."""

import datetime

import conformance
import omni
import tap
from conformance import Bench, Subject, ago

ACCOUNT = "508123456"
COUNTS = {"impressions": "impressions", "clicks": "clicks"}
EXACT = {"cost": "costInLocalCurrency", "conversions": "conversions", "leads": "oneClickLeads",
         "conversion_value": "conversionValueInLocalCurrency"}


def options(bench):
    return {"account_id": ACCOUNT, "access_token": bench.secret("AQX-stand-in-token")}


def subject(stream="creatives", pivots="CAMPAIGN_GROUP,CAMPAIGN,CREATIVE", **more):
    return Subject(**dict(dict(
        kit=True, plugin="linkedin_ads", family="ads", platform="linkedin", stream=stream, dataset="ads_daily", account=ACCOUNT,
        truth={"pivots": pivots}, options=options, counts=COUNTS, exact=EXACT, data="adAnalytics", records="elements",
        field="pivotValues", number="costInLocalCurrency", version={"options": {"api_version": "202501"}},
        scope={"knobs": {"linkedin": {"scopes": ["r_ads"]}}, "says": "r_ads_reporting"},
        totals={"knobs": {"linkedin": {"total_lies": 1}}, "column": "clicks", "option": "totals"},
        lacks={"pages": "adAnalytics has no pages: a report ends at 15,000 elements, see test_limits", "short": "adAnalytics has no pages",
               "report": "reports are not asynchronous"}), **more))


def bench(*arguments, **more):
    stand_in.control(clear=True)
    return Bench(stand_in, subject(*arguments, **more))


def test_levels():
    for stream, pivots, level in (("campaign_groups", "CAMPAIGN_GROUP", "campaign"),
                                  ("campaigns", "CAMPAIGN_GROUP,CAMPAIGN", "ad_group"),
                                  ("creatives", "CAMPAIGN_GROUP,CAMPAIGN,CREATIVE", "ad")):
        with bench(stream, pivots) as b:
            b.good(stream)
            row = b.rows("level, campaign_id, ad_group_id, ad_id, currency, channel, tz", "1 ORDER BY ad_id, ad_group_id LIMIT 1")[0]
            tap.is_((row["level"], row["currency"], row["channel"], row["tz"]), (level, "EUR", "Paid Social", "UTC"), stream + ": whose")
            tap.ok(row["campaign_id"] in ("600", "601"), stream + ": the campaign is LinkedIn's campaign group")
            tap.is_((bool(row["ad_group_id"]), bool(row["ad_id"])), (level != "campaign", level == "ad"), stream + ": ids of its level")


def test_lists():
    with bench("campaign_list", windowed=False, dataset="ads_entities") as b:
        tap.is_(b.pull()["outcome"], "ok", "the list of campaigns")
        tap.is_(b.rows("entity_id, name, status, campaign_id, level", "entity_id = '1234510'"),
                [{"entity_id": "1234510", "name": "Campaign 0", "status": "PAUSED", "campaign_id": "601", "level": "ad_group"}],
                "names, and the group by its number")
        tap.is_(len(b.rows()), 4, "over four pages")
    with bench("campaign_group_list", windowed=False, dataset="ads_entities") as b:
        tap.is_(b.pull()["outcome"], "ok", "the list of campaign groups")
        tap.is_({(r["name"], r["level"]) for r in b.rows("name, level")}, {("Group \u00e9 0", "campaign"), ("Group \u00e9 1", "campaign")}, "all")


def test_scopes():
    with bench() as b:
        stand_in.control(knobs={"linkedin": {"scopes": ["r_ads_reporting"]}})
        tap.has(b.check()["message"], "scope r_ads,", "without r_ads the account cannot be read")


def test_days_that_grow():
    """Between the report and its total: no alarm about the days that are not over yet."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    with omni.StandIn("--today", today) as world, Bench(world, subject()) as b:
        world.control(knobs={"linkedin": {"grows": 5}})
        results = b.lab.omnihub("pull", "it", "--json", "--from", today - datetime.timedelta(4), "--to", today).json()["results"]
        tap.is_({r["outcome"] for r in results}, {"ok"}, "today's clicks grow")
        world.control(knobs={"linkedin": {"total_lies": 1}})
        results = b.lab.omnihub("pull", "it", "--json", "--from", today - datetime.timedelta(4), "--to", today).json()["results"]
        tap.ok("suspicious" in {r["outcome"] for r in results}, "an old day that differs is seen all the same")


def test_logins():
    with bench() as b:
        b.configure(access_token=None, client_id="linkedin-client", client_secret=b.secret("stand-in-linkedin-secret"),
                    refresh_token=b.secret("AQW-stand-in-refresh"), token_url=stand_in.url("linkedin") + "/oauth/v2/accessToken")
        b.good("a refresh token")
        b.configure(account_id="508999999")
        b.bad("an account that may not be read", reason="auth", says="role in the ad account")
        b.configure(account_id="1")
        b.bad("an account that is not there", says="account_id")
        b.configure(account_id="urn:li:sponsoredAccount:1")
        b.bad("an urn", says="number")
        b.configure(account_id=None)
        text = open(b.lab.path("omnihub.conf"), encoding="utf-8").read()
        b.lab.write("omnihub.conf", text.replace("options =", 'accounts = "all"; options ='))
        tap.is_(b.lab.omnihub(*b.pull_command(), env=conformance.NOW).code, 0, "all accounts")
        tap.is_({(r["account_id"], r["currency"]) for r in b.rows("DISTINCT account_id, currency")},
                {(ACCOUNT, "EUR"), ("508123457", "USD")}, "over two pages, each in its own currency")


def test_versions():
    with bench() as b:
        b.good("before")
        b.configure(api_version="202501")
        b.bad("a version that is switched off", says="api_version")
        b.configure(api_version="2026-04")
        b.bad("no version at all", says="202604")


def test_limits():
    with bench() as b:
        stand_in.control(faults=[{"platform": "linkedin", "kind": "quota"}])
        b.good("throttled for a moment")
        stand_in.control(faults=[{"platform": "linkedin", "kind": "quota", "times": 99}])
        b.bad("out of quota for today", "parked", "throttled", "throttle limit")
    with bench() as b:
        stand_in.control(knobs={"linkedin": {"full_from_days": 3}})
        result = b.good("reports of three days and more are cut")
        tap.is_(result["windows"], 3, "so they are halved until they are not")
    with bench(first=ago(6), last=ago(6)) as b:
        stand_in.control(knobs={"linkedin": {"full_from_days": 1}})
        tap.is_(b.pull()["outcome"], "ok", "a single day that is cut")
        tap.is_({r["quality"] for r in b.rows("DISTINCT quality")}, {"truncated"}, "is marked")


def test_conformance():
    conformance.sample(subject())
    conformance.conform(stand_in, subject())


with omni.StandIn("--today", conformance.TODAY) as stand_in:
    tap.run([test_levels, test_lists, test_scopes, test_days_that_grow, test_logins, test_versions, test_limits, test_conformance])
