#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""instagram through the real programs: one refused metric never loses the others, followers of today, posts as of today."""

import datetime

import conformance as c
import omni
import tap

TOKEN = "IGQV-stand-in-token"
ACCOUNT = "17841400000000001"


def options(bench):
    return {"user_id": ACCOUNT, "access_token": bench.secret(TOKEN)}


DAYS = c.Subject(
    plugin="instagram", family="social", platform="instagram", stream="account_daily", dataset="social_daily", account=ACCOUNT,
    options=options, first=c.ago(6), last=c.ago(1),
    counts={"impressions": "views", "reach": "reach", "page_views": "profile_views", "engagements": "total_interactions",
            "clicks": "website_clicks"},
    data="/insights", records="data", field="name", number="total_value.value", emptied="ok", long=(45, 1),
    totals={"knobs": {"instagram": {"total_lies": 1}}, "column": "impressions"})
POSTS = c.Subject(
    kit=True,
    plugin="instagram", family="social", platform="instagram", stream="posts", dataset="social_posts", account=ACCOUNT,
    options=options, windowed=False, truth={"of": "posts"}, restates=False, data="/media", records="data", field="id",
    number="like_count", short={"knobs": {"instagram": {"short": 7}}}, exact={"watch_seconds": "watch"},
    counts={"impressions": "views", "reach": "reach", "likes": "likes", "comments": "comments", "shares": "shares", "saves": "saved",
            "engagements": "total_interactions"},
    version={"options": {"api_version": "v1.0"}}, scope={"knobs": {"instagram": {"permissions": []}}, "says": "permission"},
    lacks={"pages": "a hundred posts are one page; shorter ones make several", "restates": "counters are read as of today, they have no past",
           "report": "insights are not asynchronous", "totals": "there are no totals of posts; of days there are, see test_days"})
PROFILE = c.Subject(**dict(POSTS.__dict__, kit=False, stream="profile", dataset="social_daily"))


def bench(subject, **more):
    return c.opened(stand_in, subject, **more)


def knobs(**values):
    stand_in.control(clear=True, knobs={"instagram": values})


def test_conformance():
    c.conform(stand_in, POSTS)


def test_days():
    """The cases in which days are unlike posts."""
    with bench(DAYS) as b:
        for case in (c.first_pull, c.same_window_twice, c.empty_page, c.wrong_type, c.totals_that_differ, c.restated_days, c.cancelled):
            b.calm()
            case(b)
        tap.is_(b.rows("DISTINCT tz, channel"), [{"tz": "America/Los_Angeles", "channel": "Organic Social"}], "whose days they are")
    with bench(DAYS) as b:
        spring, autumn = datetime.date(2026, 3, 8), datetime.date(2026, 11, 1)
        for day in (spring, autumn):
            around = (day - datetime.timedelta(2), day + datetime.timedelta(2))
            tap.is_(b.pull(*around)["outcome"], "ok", "days around the change of clocks, %s" % day)
            truth = stand_in.truth("instagram", *around, account=ACCOUNT)
            row = b.rows("count(*) AS n, sum(reach) AS reach, sum(impressions) AS views", "date BETWEEN '%s' AND '%s'" % around)[0]
            tap.is_((row["n"], str(row["reach"]), str(row["views"])), (5, truth["sums"]["reach"], truth["sums"]["views"]), "and exact")
    with bench(DAYS) as b:
        c.window_split(b)


def test_refused_metric_of_days():
    truth = stand_in.truth("instagram", DAYS.first, DAYS.last, account=ACCOUNT)["sums"]
    for gone, column in (("website_clicks", "clicks"), ("views", "impressions"), ("reach", "reach")):
        with bench(DAYS) as b:
            knobs(retired=[gone])
            result = b.pull()
            tap.is_(result["outcome"], "ok", "%s is retired: the others come" % gone)
            tap.has(result["err"], "metric %s is left out" % gone, "and the log says what is missing")
            sums = b.sums()
            for name, member in DAYS.counts.items():
                tap.is_(sums[name], None if name == column else truth[member], "%s without %s" % (name, gone))
            tap.is_(b.rows("DISTINCT quality"), [{"quality": "partial"}], "the rows say that they are not whole")
            tap.ok(len(b.requests()) < 25, "what was refused once is not asked for each day again")
    with bench(DAYS) as b:
        everything = ["reach", "views", "profile_views", "total_interactions", "website_clicks", "accounts_engaged", "likes", "comments",
                      "shares", "saves", "replies"]
        knobs(retired=everything)
        result = b.pull()
        tap.is_((result["outcome"], result["reason"]), ("failed", "config"), "nothing at all is left: that is no success")
        b.configure(skip_metrics=["website_clicks", "views"])
        knobs(retired=["website_clicks"])
        tap.is_(b.pull()["outcome"], "ok", "a metric that is not wanted")
        tap.is_(len(b.requests()), 8, "costs no question; one more is for the total")


def test_refused_metric_of_posts():
    with bench(POSTS) as b:
        b.good("all posts")
        feed = b.rows("post_id, impressions", "type = 'FEED'")[2]
        knobs(unfit=feed["post_id"])
        result = b.pull()
        tap.is_(result["outcome"], "ok", "views do not fit one post")
        tap.is_(b.rows("count(*) AS n", "impressions IS NULL")[0]["n"], 1, "only that one lacks them")
        row = b.rows("reach, shares, saves, likes", "post_id = '%s'" % feed["post_id"])[0]
        tap.ok(None not in row.values(), "and has all else")
        knobs(before_business=feed["post_id"])
        tap.is_(b.pull()["outcome"], "ok", "a post from before the account was a business")
        row = b.rows("reach, shares, likes", "post_id = '%s'" % feed["post_id"])[0]
        tap.ok(row["reach"] is None and row["likes"] is not None, "has its own counters, no insights")
        knobs(few_viewers=True)
        tap.is_(b.pull()["outcome"], "ok", "stories that hardly anyone saw")
        row = b.rows("count(*) AS n, count(reach) AS seen", "type = 'STORY'")[0]
        tap.ok(row["n"] > 0 and row["seen"] == 0, "have no insights")
        tap.ok(b.rows("count(reach) AS n", "type <> 'STORY'")[0]["n"] > 0, "and cost no other post its own")
        knobs(retired=["saved"])
        tap.is_(b.pull()["outcome"], "ok", "a metric retired for all posts")
        tap.is_(b.rows("count(saves) AS saves, count(reach) = count(*) AS others")[0], {"saves": 0, "others": 1}, "loses nothing else")
    with bench(POSTS, posts=5) as b:
        b.pull()
        tap.is_(b.rows("count(*) AS n")[0]["n"], 5, "as many posts as asked for")


def test_profile_and_accounts():
    with bench(PROFILE) as b:
        tap.is_(b.pull()["outcome"], "ok", "the profile")
        tap.is_(b.rows("date, page_id, page_name, followers"),
                [{"date": str(c.TODAY), "page_id": ACCOUNT, "page_name": "theshop", "followers": 5400}], "followers are of today")
        conf = b.lab.path("omnihub.conf")
        with open(conf, encoding="utf-8") as text:
            told = text.read().replace('user_id = "%s";' % ACCOUNT, "").replace('name = "it";', 'name = "it"; accounts = "all";')
        b.lab.write("omnihub.conf", told)
        tap.is_(b.lab.omnihub("pull", "it", env=c.NOW).code, 0, "all accounts that the token reaches")
        tap.is_(b.rows("count(DISTINCT page_id) AS n")[0]["n"], 2, "each for itself; a page without Instagram is none")


def test_refusals():
    with bench(DAYS) as b:
        stand_in.control(fault={"platform": "instagram", "kind": "auth", "times": 9})
        result = b.pull()
        tap.is_(result["reason"], "auth", "a dead token")
        tap.has(result["message"], "renew access_token", "and what to do")
        stand_in.control(clear=True, fault={"platform": "instagram", "kind": "throttle", "minutes": 7, "times": 9})
        tap.is_(b.pull()["outcome"], "parked", "seven minutes of throttling are not waited for")
        stand_in.control(clear=True)
        for given, says in (({"user_id": "theshop"}, "is a number"), ({"api_version": "v1.0"}, "api_version"), ({"posts": -1}, "0 or more"),
                            ({"login": "twitter"}, "login")):
            b.configure(**given)
            tap.has(str(b.pull()["message"]), says, "refused: %s" % given)


with omni.StandIn("--today", c.TODAY) as stand_in:
    tap.run([test_conformance, test_days, test_refused_metric_of_days, test_refused_metric_of_posts, test_profile_and_accounts,
             test_refusals])
