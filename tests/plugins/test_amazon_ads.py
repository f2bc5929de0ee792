# SPDX-License-Identifier: Apache-2.0
"""amazon_ads: asynchronous reports that outlive the process, downloads without login, windows of attribution kept apart."""

import conformance
import omni
import tap
from conformance import Bench, Subject, ago

PROFILE = "158410630682987"
COUNTS = {"impressions": "impressions", "clicks": "clicks"}
EXACT = {"cost": "cost", "conversions": "purchases30d", "conversion_value": "sales30d"}


def options(bench):
    return {"profile_id": PROFILE, "client_id": "amzn1.application-oa2-client.standin",
            "client_secret": bench.secret("stand-in-amazon-secret"), "refresh_token": bench.secret("Atzr|stand-in-refresh"),
            "token_url": stand_in.url("amazon") + "/auth/o2/token", "poll": "0s"}


def subject(stream="campaigns", kind="spCampaigns", **more):
    return Subject(**dict(dict(
        kit=True, plugin="amazon_ads", family="ads", platform="amazon", stream=stream, dataset="ads_daily", account=PROFILE,
        truth={"type": kind}, options=options, counts=COUNTS, exact=EXACT, data="/s3/", records="", field="campaignId",
        number="clicks", report={"knobs": {"amazon": {"polls": 2}}, "order": "/reporting/reports", "poll": "/reporting/reports/"},
        scope={"knobs": {"amazon": {"permitted": False}}, "says": "advertising::campaign_management"},
        lacks={"pages": "a report is one file", "short": "a report is one file",
               "version": "the version is part of paths and media types, no option", "totals":
               "a summary would be a second report, of minutes to hours"}), **more))


def bench(*arguments, **more):
    stand_in.control(clear=True)
    return Bench(stand_in, subject(*arguments, **more))


def orders():
    return sum(entry["method"] == "POST" and entry["path"].endswith("/reports") for entry in stand_in.log())


def test_levels():
    for stream, kind, level in (("campaigns", "spCampaigns", "campaign"), ("ads", "spAdvertisedProduct", "ad")):
        with bench(stream, kind) as b:
            b.good(stream)
            row = b.rows("level, campaign_id, ad_id, currency, channel, tz", "1 ORDER BY campaign_id, ad_id LIMIT 1")[0]
            tap.is_((row["level"], row["currency"], row["channel"], row["tz"]), (level, "EUR", "Paid Shopping", "Europe/Paris"),
                    stream + ": whose")
            tap.is_((row["campaign_id"], bool(row["ad_id"])), ("290000000000001", level == "ad"), stream + ": ids stay whole")
            for window in ("1d", "7d", "14d", "30d"):
                b.subject = subject("%s_%s" % (stream, window), kind, dataset="ads_conversions", counts={},
                                    exact={"conversions": "purchases" + window, "conversion_value": "sales" + window})
                tap.is_(b.sums(), b.truth(), "%s: purchases within %s, exact" % (stream, window))
                tap.is_({r["attribution_window"] for r in b.rows("DISTINCT attribution_window")}, {window + "_click"}, "kept apart")


def test_restart():
    with bench() as b:
        stand_in.control(knobs={"amazon": {"polls": 3}})
        b.configure(patience="0s")
        b.bad("a report that is not ready", "parked", "throttled", "next run")
        tap.is_(orders(), 1, "is ordered once")
        for _ in range(2):
            b.bad("still not ready", "parked", "throttled")
        b.good("the run that finds it ready")
        tap.is_(orders(), 1, "has not ordered it again")
        b.configure()
        b.good("the next pull")
        tap.is_(orders(), 2, "orders a new one: the old one is forgotten")


def test_interrupted():
    with bench() as b:
        b.fault("status", code=429, retry_after=3000, times=99)
        b.bad("the download is put off", "parked")
        b.lab.wait_is_over()
        stand_in.control(clear=True)
        b.good("the next run fetches what was ordered")
        tap.is_(orders(), 0, "without an order")
    with bench() as b:
        stand_in.control(fault={"platform": "amazon", "kind": "status", "code": 401, "path": "/reporting/", "after": 1})
        b.good("the token dies while the report is made, and is renewed")


def test_duplicates():
    with bench() as b:
        stand_in.control(knobs={"amazon": {"polls": 3}})
        b.configure(patience="0s")
        b.bad("ordered, and then the state is lost", "parked")
        with bench() as other:
            other.good("425: the report on its way is taken")
            tap.is_(sum("/s3/" in entry["path"] for entry in stand_in.log()), 1, "one download")


def test_reports_that_fail():
    with bench() as b:
        stand_in.control(fault={"platform": "amazon", "kind": "report_fails"})
        b.bad("a report that Amazon cannot make", says="Internal Error")
        stand_in.control(fault={"platform": "amazon", "kind": "expired"})
    with bench(first=ago(12), last=ago(8)) as b:
        stand_in.control(fault={"platform": "amazon", "kind": "expired"})
        b.good("a link that has expired is asked for again")
        stand_in.control(fault={"platform": "amazon", "kind": "expired", "times": 9})
        b.bad("links that are always dead", says="expired")


def test_profiles():
    with bench(first=ago(20), last=ago(18)) as b:
        b.good("before")
        b.configure(profile_id="5")
        b.bad("a profile that is not ours", says="endpoint")
        b.configure(profile_id="ENTITY1")
        b.bad("no profile at all", says="digits")
        b.configure(profile_id="158410630682989")
        b.bad("an agency has no reports", says="eligible")
        b.configure(profile_id=None)
        text = open(b.lab.path("omnihub.conf"), encoding="utf-8").read()
        b.lab.write("omnihub.conf", text.replace("options =", 'accounts = "all"; options ='))
        tap.is_(b.lab.omnihub(*b.pull_command(), env=conformance.NOW).code, 0, "all profiles")
        tap.is_({(r["account_id"], r["currency"]) for r in b.rows("DISTINCT account_id, currency")},
                {(PROFILE, "EUR"), ("158410630682988", "USD")}, "but the agency's, each in its own currency")


def test_conformance():
    conformance.sample(subject())
    conformance.conform(stand_in, subject())


with omni.StandIn("--today", conformance.TODAY) as stand_in:
    tap.run([test_levels, test_restart, test_interrupted, test_duplicates, test_reports_that_fail, test_profiles, test_conformance])
