# SPDX-License-Identifier: Apache-2.0
"""google_search_console: totals, queries and pages, positions that add up, days that are not complete, quota."""

import json

import conformance
import omni
import tap
from conformance import Bench, Subject, ago

SITE = "sc-domain:example.com"
COUNTS = {"clicks": "clicks", "impressions": "impressions"}


def subject(stream="queries", dimension="query", **more):
    return Subject(**dict(dict(
        kit=True, plugin="google_search_console", family="search", platform="gsc", stream=stream, dataset="search_daily", account=SITE,
        first=ago(7), last=ago(3),
        truth={"dimension": dimension} if dimension else {},
        options=lambda bench: {"site_url": SITE, "credentials": bench.secret(json.dumps(stand_in.key_file()))},
        counts=COUNTS, exact={"position_weighted": "positions"}, data="searchAnalytics", records="rows", field="keys.1",
        number="position", pages={"page_size": 7}, renews=True, version={"options": {"api_version": "v2"}},
        scope={"knobs": {"oauth": {"scopes": ["openid"]}}, "says": "webmasters.readonly"},
        totals={"knobs": {"gsc": {"total_lies": 1}}, "column": "impressions", "option": "totals"} if not dimension else None,
        lacks={"short": "a page that is not full is the last: the platform tells nothing else", "report": "reports are not asynchronous",
               "totals": "queries are fewer and pages more than the site's totals, by their nature"}), **more))


def bench(*arguments, **more):
    stand_in.control(clear=True)
    return Bench(stand_in, subject(*arguments, **more))


def test_streams():
    with bench("site_totals", None) as b:
        b.good("totals")
        tap.is_({r["tz"] for r in b.rows("DISTINCT tz")}, {"America/Los_Angeles"}, "days are Pacific ones")
        tap.is_({(r["search_type"], r["channel"]) for r in b.rows("DISTINCT search_type, channel")}, {("web", "Organic Search")},
                "type and channel")
        whole = b.sums()
        b.configure(page_size=2)
        b.good("totals in pages")
    with bench("pages", "page") as b:
        b.good("pages")
        tap.ok("https://shop.example.com/größe" in {r["page"] for r in b.rows("DISTINCT page")}, "urls as they are")
    with bench() as b:
        b.good("queries")
        tap.ok("靴" in {r["query"] for r in b.rows("DISTINCT query")}, "queries as they were typed")
        tap.ok(int(b.sums()["impressions"]) < int(whole["impressions"]), "anonymised queries are in the totals only")
    with bench("site_totals", None, account="https://shop.example.com/", truth={"type": "image"}) as b:
        b.configure(site_url="https://shop.example.com/", search_type="image")
        b.good("a site with slashes, and pictures")


def test_incomplete_days():
    with bench("site_totals", None, last=ago(0)) as b:
        b.good("final days only")
        tap.is_({r["quality"] for r in b.rows("DISTINCT quality")}, {None}, "without a flag")
        b.subject.truth = {"state": "all"}
        b.configure(data_state="all")
        b.good("all days")
        tap.is_({r["quality"] for r in b.rows("DISTINCT quality")}, {"provisional"}, "are marked")


def test_unstable_pages():
    with bench() as b:
        stand_in.control(knobs={"gsc": {"unstable": 1}})
        b.configure(page_size=7)
        tap.is_(b.pull()["outcome"], "ok", "a row that comes on two pages")
        tap.is_({r["quality"] for r in b.rows("DISTINCT quality")}, {"truncated"}, "another one may be missing: marked")


def test_no_queries():
    with bench() as b:
        b.configure(search_type="discover")
        result = b.pull()
        tap.is_((result["outcome"], result["read"]), ("ok", 0), "Discover has no queries")


def test_logins():
    with bench() as b:
        b.configure(credentials=None, client_id="client-1.apps.example.com", client_secret=b.secret("stand-in-client-secret"),
                    refresh_token=b.secret("1//stand-in-refresh-token"), token_url=stand_in.base + "/oauth/token")
        b.good("a user's login")
        b.configure(site_url="https://other.example.com/")
        b.bad("a site that is not ours", reason="auth", says="users")
        result = b.check()
        tap.is_(result["outcome"], "failed", "check sees it")
        tap.has(result["message"], "slash", "and says what to look at")
        b.configure(site_url=None)
        text = open(b.lab.path("omnihub.conf"), encoding="utf-8").read()
        b.lab.write("omnihub.conf", text.replace("options =", 'accounts = "all"; options ='))
        tap.is_(b.lab.omnihub(*b.pull_command(), env=conformance.NOW).code, 0, "all sites")
        tap.is_({r["site"] for r in b.rows("DISTINCT site")}, {SITE, "https://shop.example.com/"}, "those that we may read")


def test_quota():
    with bench() as b:
        b.good("before")
        for fault in ({"reason": "quotaExceeded"}, {"reason": "quotaExceeded", "code": 429}):
            stand_in.control(clear=True, fault=dict(fault, platform="gsc", kind="quota", times=9))
            b.bad("out of quota", "parked", "throttled", "load quota")


def test_conformance():
    conformance.sample(subject())
    conformance.conform(stand_in, subject())
    conformance.conform(stand_in, subject("site_totals", None, field="keys.0", pages={"page_size": 2}))


with omni.StandIn("--today", conformance.TODAY) as stand_in:
    tap.run([test_streams, test_incomplete_days, test_unstable_pages, test_no_queries, test_logins, test_quota, test_conformance])
