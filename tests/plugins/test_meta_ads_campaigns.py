# SPDX-License-Identifier: Apache-2.0
"""meta_ads at campaign level, with conversions by action and attribution window, by the real programs; the conformance list."""

import datetime

import conformance
import live
import omni
import tap

TODAY = conformance.TODAY
FIRST, LAST = TODAY - datetime.timedelta(20), TODAY - datetime.timedelta(1)
TOKEN = "EAAB-stand-in-token"


def meta(**options):
    stand_in.control(clear=True)
    return live.source("ads", "meta_ads", dict({"account_id": "act_1001", "access_token": TOKEN, "api_url": stand_in.url("meta")},
                                               **options))


def same_actions(it, windows, name):
    """Each window's actions, how many and what they are worth, to the cent."""
    real = stand_in.truth("meta", FIRST, LAST, account="act_1001", level="campaign", actions=",".join(windows) or "none")["windows"]
    found = {}
    for row in it.rows("SELECT attribution_window AS w, conversion_action AS a, sum(conversions) / 1000000 AS n, "
                       "sum(conversion_value) / 10000 AS v FROM ads_conversions WHERE level = 'campaign' GROUP BY 1, 2"):
        found.setdefault(row["w"], {})[row["a"]] = [row["n"] or 0, row["v"] or 0]
    tap.is_(found, real, name)
    tap.is_(it.value("SELECT count(*) FROM ads_conversions WHERE conversions IS NULL AND conversion_value IS NULL"), 0,
            name + ": no row without a number")


def test_levels():
    with meta() as it:
        it.pull_ok("both levels", "--from", FIRST, "--to", LAST)
        real = stand_in.truth("meta", FIRST, LAST, account="act_1001", level="campaign")
        for level in ("ad", "campaign"):
            row = it.row("SELECT sum(impressions), dec(sum(cost)), dec(sum(conversions)) FROM ads_daily WHERE level = '%s'" % level)
            tap.is_((str(row[0]),) + row[1:], (real["sums"]["impressions"], real["sums"]["spend"], real["sums"]["conversions"]),
                    level + ": exact sums")
        tap.is_(it.value("SELECT dec(sum(cost)) FROM channel_daily"), real["sums"]["spend"], "channel_daily counts one level")
        same_actions(it, [], "actions without windows")


def test_windows():
    with meta(attribution_windows=("1d_click", "7d_click", "1d_view")) as it:
        it.pull_ok("with windows", "--from", FIRST, "--to", LAST, streams=["campaign_insights"])
        same_actions(it, ["1d_click", "7d_click", "1d_view"], "actions by window")
        again = it.pull_ok("again", "--from", FIRST, "--to", LAST)["campaign_insights"]
        tap.is_((again["inserted"], again["changed"], again["removed"]), (0, 0, 0), "the same again changes nothing")
        stand_in.control(restate=3)
        it.pull_ok("restated", "--from", FIRST, "--to", LAST)
        same_actions(it, ["1d_click", "7d_click", "1d_view"], "restated actions")
    with meta(attribution_windows=("7d_click",)) as it:
        stand_in.control(knobs={"meta": {"max_rows": 10}})
        it.pull_ok("as a report run", "--from", FIRST, "--to", LAST, streams=["campaign_insights"])
        same_actions(it, ["7d_click"], "actions of a report run")
    with meta(attribution_windows=("7d_view",)) as it:
        done = it.omnihub("pull")
        tap.ok(done.code != 0 and "1d_click" in done.out + done.err, "a window that Meta has dropped is refused")


CAMPAIGNS = conformance.Subject(
    kit=True,
    plugin="meta_ads", family="ads", platform="meta", stream="campaign_insights", dataset="ads_daily", account="act_1001",
    truth={"level": "campaign"}, options=lambda bench: {"account_id": "act_1001", "access_token": bench.secret(TOKEN)},
    counts={"impressions": "impressions", "clicks_all": "clicks"}, exact={"cost": "spend", "conversions": "conversions"},
    data="/insights", records="data", field="campaign_id", number="impressions", pages={"page_size": 5},
    circle="again and again", version={"options": {"api_version": "v3.0"}},
    report={"knobs": {"meta": {"max_rows": 10, "async_polls": 1}}, "order": "/insights", "poll": "/60239201491"},
    scope={"knobs": {"meta": {"permissions": False}}, "says": "ads_read"},
    totals={"knobs": {"meta": {"total_lies": 1}}, "column": "impressions", "option": "totals"},
    lacks={"short": "only paging.next says whether there is another page, whatever the length of this one"})


def test_allowances():
    """Each header that tells how much is used is heard; what is said is in the log."""
    stall = {"call_count": 10, "total_cputime": 80, "total_time": 3, "estimated_time_to_regain_access": 0, "type": "ads_insights"}
    for header, usage in (("X-FB-Ads-Insights-Throttle", {"app_id_util_pct": 80, "acc_id_util_pct": 10}),
                          ("X-Ad-Account-Usage", {"acc_id_util_pct": 80.67}), ("X-App-Usage", {"call_count": 80}),
                          ("X-Business-Use-Case-Usage", {"1001": [stall]})):
        with meta() as it:
            it.configure(["campaign_insights"])
            stand_in.control(fault={"platform": "meta", "kind": "nearly_used", "header": header, "usage": usage, "path": "/insights"})
            done = it.omnihub("-v", "pull", "--from", LAST, "--to", LAST)
            tap.has(done.err, "80 % of Meta's allowance are used", header)
    with meta() as it:
        stand_in.control(fault={"platform": "meta", "kind": "throttle", "minutes": 5, "transient": True})
        it.pull_fails("parked", "User request limit", "a throttled request that is called transient waits as told", "--stream", "ad_insights")


def test_conformance():
    stand_in.control(clear=True, generation=0)
    conformance.sample(CAMPAIGNS)
    conformance.conform(stand_in, CAMPAIGNS)


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_levels, test_windows, test_allowances, test_conformance])
