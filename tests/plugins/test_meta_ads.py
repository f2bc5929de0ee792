# SPDX-License-Identifier: Apache-2.0
"""meta_ads against the stand-in: exact sums, pages, report runs, and each kind of refusal."""

import datetime

import plugin_test as t
import abi
import host
import omni
import tap

PATH = t.needs("meta_ads", "ads")
LAST = t.TODAY - datetime.timedelta(1)
FIRST = t.TODAY - datetime.timedelta(29)
COLUMNS = {"impressions": "impressions", "clicks": "inline_link_clicks", "clicks_all": "clicks", "cost": "spend", "reach": "reach",
           "conversions": "conversions", "conversion_value": "conversion_value",
           "purchases": "purchases", "leads": "leads"}
LOGIN = {"Authorization": "Bearer EAAB-stand-in-token"}


def plugin(**options):
    options = dict({"account_id": "act_1001", "access_token": "x"}, **options)
    return host.Plugin(PATH, options, stand_in.url("meta"), LOGIN)


def pull(source, first=FIRST, last=LAST):
    return source.pull("ad_insights", first, last, "act_1001")


def truth():
    return stand_in.truth("meta", FIRST, LAST, account="act_1001")


def clean():
    stand_in.control(clear=True)


def test_sums():
    clean()
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.OK, "a month")
        t.same_sums(source.rows, truth(), COLUMNS, "a month")
        tap.is_(source.accounts[0], ("act_1001", "Shop Europe", "EUR", "Europe/Lisbon"), "the account's currency and zone")
        tap.is_({row["currency"] for row in source.rows}, {"EUR"}, "every row has its currency")
        tap.ok(max(len(row["ad_id"]) for row in source.rows) >= 18, "long ids stay whole")
        keys = {tuple(row[k] for k in ("date", "campaign_id", "ad_group_id", "ad_id")) for row in source.rows}
        tap.is_(len(keys), len(source.rows), "the grain is unique")


def test_pages():
    clean()
    with t.opened(plugin(page_size=17)) as source:
        tap.is_(pull(source), abi.OK, "small pages")
        t.same_sums(source.rows, truth(), COLUMNS, "small pages")
        tap.ok(sum("after=" in url for _, url, _ in source.requests) > 10, "many pages were asked for")
    stand_in.control(knobs={"meta": {"repeat_cursor": True}})
    with t.opened(plugin(page_size=17)) as source:
        tap.is_(pull(source), abi.DATA, "pages in a circle are noticed")
        tap.has(source.message, "circle", "and named")


def test_report_run():
    clean()
    stand_in.control(knobs={"meta": {"max_rows": 10}}, fault={"platform": "meta", "kind": "run_not_there_yet"})
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.OK, "too much at once: a report run")
        t.same_sums(source.rows, truth(), COLUMNS, "report run")
        tap.ok(any(method == "POST" for method, _, _ in source.requests), "it was ordered by POST")
        tap.is_([key for key in source.memory if key.startswith(b"report:")], [], "and forgotten once fetched")


def test_report_run_goes_on_after_a_restart():
    clean()
    stand_in.control(knobs={"meta": {"max_rows": 10}})
    first = plugin()
    with t.opened(first):
        first.is_cancelled = True
        tap.is_(pull(first), abi.CANCELLED, "cancelled while it waits for the report")
    kept = [value for key, value in first.memory.items() if key.startswith(b"report:")]
    tap.is_(len(kept), 1, "the report's id is remembered")
    second = plugin()
    second.memory = dict(first.memory)
    with t.opened(second):
        tap.is_(pull(second), abi.OK, "the next process goes on")
        t.same_sums(second.rows, truth(), COLUMNS, "after a restart")
        tap.ok(not any(method == "POST" for method, _, _ in second.requests), "without ordering it again")
    third = plugin()
    third.memory = {key: b"999999999" for key in first.memory}
    with t.opened(third):
        tap.is_(pull(third), abi.OK, "a report that the platform has forgotten is ordered anew")
        t.same_sums(third.rows, truth(), COLUMNS, "ordered anew")


def test_report_run_fails():
    clean()
    stand_in.control(knobs={"meta": {"max_rows": 10, "max_async_rows": 10}})
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.TOO_MUCH, "a failed report run: the window is to be split")
        tap.is_([key for key in source.memory if key.startswith(b"report:")], [], "the failed one is forgotten")
        tap.is_(source.rows, [], "no rows are left of it")


def refusal(name, status, fault, part, **options):
    clean()
    stand_in.control(faults=[dict({"platform": "meta", "times": 20}, **fault)] if fault else [])
    with t.opened(plugin(**options)) as source:
        tap.is_(pull(source), status, name)
        tap.has(source.message, part, name + ": says why")


def test_refusals():
    refusal("dead token", abi.AUTH, {"kind": "auth"}, "renew access_token")
    refusal("throttled for long", abi.THROTTLED, {"kind": "throttle", "minutes": 5}, "User request limit reached")
    refusal("dead version", abi.CONFIG, None, "api_version", api_version="v3.0")
    refusal("passing trouble that stays", abi.RETRY, {"kind": "transient"}, "temporarily unavailable")
    clean()
    source = plugin(account_id="act_1003")
    with t.opened(source):
        tap.is_(source.pull("ad_insights", FIRST, LAST, "act_1003"), abi.AUTH, "an account that is not ours")
        tap.has(source.message, "ads_read", "an account that is not ours: what to do")
        tap.is_(source.pull("ad_insights", FIRST, LAST, "act_7"), abi.CONFIG, "an account that does not exist")
    clean()
    stand_in.control(faults=[{"platform": "meta", "kind": "throttle", "minutes": 3}])
    with t.opened(plugin()) as source:
        pull(source)
        tap.is_(source.waits, [180000], "waits as long as the header says")


def test_passing_faults():
    clean()
    stand_in.control(faults=[{"platform": "meta", "kind": "transient"}, {"platform": "meta", "kind": "throttle"},
                             {"platform": "meta", "kind": "reset"}, {"platform": "meta", "kind": "status", "code": 502}])
    with t.opened(plugin()) as source:
        tap.is_(pull(source), abi.OK, "passing faults")
        t.same_sums(source.rows, truth(), COLUMNS, "passing faults")


def test_accounts_and_options():
    clean()
    with t.opened(plugin()) as source:
        tap.is_(source.check(), abi.OK, "the login is proven")
        tap.is_(source.find_accounts(), abi.OK, "all accounts of the login")
        tap.is_([a[0] for a in source.accounts], ["act_1001", "act_1001", "act_1002", "act_1003"], "are told")
    for name, value in (("account_id", "1001"), ("account_id", "act_1/../2"), ("page_size", 501)):
        source = plugin(**{name: value})
        tap.is_(source.open(), abi.CONFIG, "%s = %s is refused" % (name, value))
        tap.is_(source.details.get("option"), name, "and named")


def test_no_rows():
    clean()
    with t.opened(plugin()) as source:
        future = t.TODAY + datetime.timedelta(5)
        tap.is_(pull(source, future, future), abi.OK, "a day without rows is no error")
        tap.is_(source.rows, [], "and gives none")


with omni.StandIn("--today", t.TODAY) as stand_in:
    tap.run([test_sums, test_pages, test_report_run, test_report_run_goes_on_after_a_restart, test_report_run_fails, test_refusals,
             test_passing_faults, test_accounts_and_options, test_no_rows])
