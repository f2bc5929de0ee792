# SPDX-License-Identifier: Apache-2.0
"""meta_ads against the stand-in: exact sums, pages, report runs, and each kind of refusal."""

import json

import plugin_test as t
import hub
import omni
import tap

hub.plugin("meta_ads")
FIRST, LAST = hub.ago(29), hub.ago(1)
DAYS = hub.days(FIRST, LAST)
COLUMNS = {"impressions": "impressions", "clicks": "inline_link_clicks", "clicks_all": "clicks", "micros:cost": "spend",
           "reach": "reach", "micros:conversions": "conversions", "micros:conversion_value": "conversion_value",
           "micros:purchases": "purchases", "micros:leads": "leads"}
FEED = ("ads", "act_1001", "ad_insights")


def truth(world):
    return world.truth("meta", FIRST, LAST, account="act_1001")


def posts(world):
    return sum(entry["method"] == "POST" for entry in world.log())


def reports(lab):
    """Ids of reports that are remembered."""
    feeds = lab.run("state", "export", "ads").json()["feeds"]
    return [value for feed in feeds for key, value in feed["state"].items() if key.startswith("plugin.report:")]


def pulled(name, page_size=500, **order):
    """A pull with these knobs and faults that has to give every row."""
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.meta(world, lab, options={"page_size": page_size}))
        world.control(**order)
        results, code = lab.pull(*DAYS)
        tap.is_(code, 0, name)
        t.same_sums(lab, "ads_daily", truth(world), COLUMNS, name)
        return results[FEED], world.log(), reports(lab), lab.rows("SELECT * FROM ads_daily")


def test_sums():
    _, _, _, rows = pulled("a month")
    tap.is_({row["currency"] for row in rows}, {"EUR"}, "every row has its currency")
    tap.is_({row["level"] for row in rows}, {"ad"}, "and its level")
    tap.is_({row["tz"] for row in rows}, {"Europe/Lisbon"}, "its day is the account's")
    tap.ok(max(len(row["ad_id"]) for row in rows) >= 18, "long ids stay whole")
    keys = {tuple(row[k] for k in ("date", "campaign_id", "ad_group_id", "ad_id")) for row in rows}
    tap.is_(len(keys), len(rows), "the grain is unique")


def test_pages():
    _, log, _, _ = pulled("small pages", page_size=17)
    tap.ok(sum("after" in entry["path"] for entry in log) > 10, "many pages were asked for")


def test_report_run():
    _, log, left, _ = pulled("too much at once: a report run", knobs={"meta": {"max_rows": 10, "async_polls": 1}},
                             fault={"platform": "meta", "kind": "run_not_there_yet"})
    tap.is_(sum(entry["method"] == "POST" for entry in log), 1, "it was ordered by POST")
    tap.is_(left, [], "and forgotten once fetched")
    for kind in ("too_much", "reduce"):
        _, log, _, _ = pulled("refused as %s: a report run" % kind, knobs={"meta": {"async_polls": 1}},
                              fault={"platform": "meta", "kind": kind})
        tap.is_(sum(entry["method"] == "POST" for entry in log), 1, "refused as %s: ordered once" % kind)
    result, _, left, _ = pulled("report runs that fail are halved", knobs={"meta": {"max_rows": 10, "max_async_rows": 100, "async_polls": 1}})
    tap.ok(result["windows"] > 1, "into several windows")
    tap.is_(left, [], "none of which is remembered")


def test_passing_faults():
    result, _, _, _ = pulled("passing faults", faults=[{"platform": "meta", "kind": "transient"}, {"platform": "meta", "kind": "throttle"}])
    tap.is_(result["retries"], 2, "each is tried once more")


def test_forgotten_report():
    """The platform keeps reports for a while only."""
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.meta(world, lab))
        world.control(knobs={"meta": {"max_rows": 10, "async_polls": 1, "stall_s": 300}},
                      fault={"platform": "meta", "kind": "stall_middle", "after": 3})
        running = lab.start("pull", *DAYS)
        hub.wait_for(lambda: any(e["method"] == "STALL" for e in world.log()), "a report that is worked on")
        running.terminate()
        running.communicate(timeout=hub.WAIT_SECONDS)
        kept = reports(lab)
        tap.is_(len(kept), 1, "the report's id is remembered when the run is stopped")
        state = json.dumps(lab.run("state", "export", "ads").json()).replace(kept[0], kept[0].replace(kept[0][:5], "99999", 1))
        lab.write("state.json", state)
        with open(lab.path("state.json"), encoding="utf-8") as f:
            done = lab.start("state", "import", "ads", stdin=f)
            done.communicate(timeout=hub.WAIT_SECONDS)
        tap.is_(done.returncode, 0, "another id, that the platform does not know")
        world.control(faults=[], knobs={"meta": {"stall_s": 0}})
        _, code = lab.pull(*DAYS)
        tap.is_((code, posts(world)), (0, 2), "is ordered anew")
        t.same_sums(lab, "ads_daily", truth(world), COLUMNS, "ordered anew")


def test_report_run_fails():
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.meta(world, lab))
        world.control(knobs={"meta": {"max_rows": 1, "max_async_rows": 1, "async_polls": 1}})
        results, code = lab.pull("--from", LAST.isoformat(), "--to", LAST.isoformat())
        tap.is_((code, results[FEED]["outcome"], results[FEED]["reason"]), (1, "failed", "too_much"), "even a day is too much")
        tap.is_((reports(lab), results[FEED]["read"]), ([], 0), "the failed report is forgotten, no rows are left of it")


def refusal(name, fault, outcome, reason, part):
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.meta(world, lab, options={"page_size": 17}))
        world.control(**fault)
        results, _ = lab.pull(*DAYS)
        result = t.by_connector(results)["ads"]
        tap.is_((result["outcome"], result["reason"]), (outcome, reason), name)
        tap.has(result["message"], part, name + ": says why")


def test_refusals():
    refusal("dead token", {"fault": {"platform": "meta", "kind": "auth", "times": 9}}, "failed", "auth", "renew access_token")
    refusal("throttled for long", {"fault": {"platform": "meta", "kind": "throttle", "minutes": 5}}, "parked", "throttled",
            "User request limit reached")
    refusal("pages in a circle", {"knobs": {"meta": {"repeat_cursor": True}}}, "failed", "data", "again and again")


def test_options():
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        variants = {"number": ("1001", {}), "path": ("act_1/../2", {}), "pages": ("act_1001", {"page_size": 501}),
                    "version": ("act_1001", {"api_version": "v3.0"}), "other": ("act_1003", {}), "nobody": ("act_7", {})}
        lab.configure(*[hub.meta(world, lab, name, account, options=more) for name, (account, more) in variants.items()])
        t.refused(lab, {"number": ("an account without prefix", "account_id", "act_"), "path": ("an account that is a path", "account_id", "act_"),
                        "pages": ("a page too large", "page_size", "500"), "version": ("a dead version", None, "api_version"),
                        "other": ("an account that is not ours", None, "ads_read"),
                        "nobody": ("an account that does not exist", None, "does not exist")}, *DAYS)


def test_check_and_accounts():
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        lab.configure(hub.meta(world, lab, account=None, accounts="all"))
        tap.is_(lab.run("check", "--connect").code, 0, "the login is proven")
        results, _ = lab.pull(*DAYS)
        tap.is_(sorted(key[1] for key in results if key[1]), ["act_1001", "act_1002", "act_1003"], "all accounts of the login")


def test_no_rows():
    with omni.StandIn("--today", hub.ago(60)) as world, hub.Hub() as lab:
        lab.configure(hub.meta(world, lab))
        results, code = lab.pull(*DAYS)
        tap.is_((code, results[FEED]["outcome"], results[FEED]["read"]), (0, "ok", 0), "days without rows are no error and give none")


tap.run([test_sums, test_pages, test_report_run, test_passing_faults, test_forgotten_report, test_report_run_fails, test_refusals,
         test_options, test_check_and_accounts, test_no_rows])
