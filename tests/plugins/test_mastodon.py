#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mastodon through the real programs: followers of today, posts page by page, with and without a token."""

import conformance as c
import omni
import tap

TOKEN = "mastodon-stand-in-token"
COUNTS = {"likes": "favourites_count", "comments": "replies_count", "shares": "reblogs_count"}

POSTS = c.Subject(
    kit=True,
    plugin="mastodon", family="social", platform="mastodon", stream="posts", dataset="social_posts", account="shop",
    options=lambda bench: {"instance": "m.example", "account": "shop"}, windowed=False, counts=COUNTS, data="/statuses",
    field="id", number="favourites_count", pages={"posts": 0}, circle="one page again and again",
    short={"knobs": {"mastodon": {"short": 13}}}, restates=False,
    scope={"knobs": {"mastodon": {"scopes": False}}, "says": "may not see this"},
    lacks={"restates": "counters are read as of today, they have no past", "report": "there are no reports",
           "version": "a server has one version of the API", "totals": "a server tells no totals of its posts"})
PROFILE = c.Subject(**dict(
    POSTS.__dict__, kit=False, stream="profile", dataset="social_daily", counts={"followers": "followers"}, truth={"of": "profile"}))


def bench(subject, **more):
    return c.opened(stand_in, subject, **more)


def test_conformance():
    c.conform(stand_in, POSTS)


def test_followers():
    with bench(PROFILE) as b:
        b.good("the profile")
        tap.is_(b.rows("date, page_id, page_name, channel, followers"),
                [{"date": str(c.TODAY), "page_id": "shop", "page_name": "The shop \U0001f6cd", "channel": "Organic Social",
                  "followers": 1234}], "the followers of today")
        tomorrow = {"OMNIHUB_NOW": "2026-11-21T08:00:00Z"}
        tap.is_(b.lab.omnihub("pull", "it", env=tomorrow).code, 0, "the next day")
        tap.is_(b.rows("count(*) AS n")[0]["n"], 2, "yesterday's followers stay")


def test_posts():
    with bench(POSTS) as b:
        b.good("posts")
        row = b.rows("min(as_of) AS first, max(as_of) AS last, max(length(post_id)) AS id, max(body) AS body, count(impressions) AS seen")[0]
        tap.is_((row["first"], row["last"], row["id"], row["seen"]), (str(c.TODAY), str(c.TODAY), 17, 0),
                "as of today, long ids whole, no impressions where there are none")
        tap.has(row["body"], "\u201e", "the text as the server has it")
        stand_in.control(restate=2)
        tap.ok(b.good("posts that were liked since")["changed"] > 0, "their counters change in place, within the day")
        stand_in.control(generation=0)
        tomorrow = {"OMNIHUB_NOW": "2026-11-21T08:00:00Z"}
        b.lab.omnihub("pull", "it", env=tomorrow)
        tap.is_(b.rows("count(DISTINCT as_of) AS n")[0]["n"], 2, "each day's reading stays")
    with bench(POSTS, posts=60) as b:
        b.pull()
        tap.is_(len(b.requests()), 2, "60 posts are two pages of 40")
        tap.is_(b.rows("count(*) AS n")[0]["n"], 80, "whole pages are kept")
    with bench(POSTS, posts=0, replies=False) as b:
        b.pull()
        truth = stand_in.truth("mastodon", c.TODAY, c.TODAY, replies="0")
        tap.is_(b.rows("count(*) AS n")[0]["n"], truth["rows"], "without answers to others")
    with bench(POSTS, account="@press@other.example") as b:
        tap.is_(b.pull()["outcome"], "ok", "an account of another server, as people write it")


def test_login_and_limits():
    with bench(POSTS) as b:
        stand_in.control(knobs={"mastodon": {"limited": True}})
        result = b.pull()
        tap.is_(result["reason"], "auth", "a server that shows nothing to the public")
        tap.has(result["message"], "give access_token", "says what it wants")
        b.configure(access_token=b.secret(TOKEN))
        b.good("with a token")
        b.configure(access_token=b.secret("dead"))
        tap.is_(b.pull()["reason"], "auth", "with a dead token")
        b.configure(account="nobody", access_token=b.secret(TOKEN))
        result = b.pull()
        tap.is_(result["reason"], "config", "an account that is not there")
        stand_in.control(clear=True, fault={"platform": "mastodon", "kind": "limit"}, knobs={"mastodon": {"reset_s": 0}})
        b.configure()
        tap.is_(b.pull()["outcome"], "ok", "a used-up quota that is whole again at once")
        stand_in.control(fault={"platform": "mastodon", "kind": "limit", "times": 9}, knobs={"mastodon": {"reset_s": 299}})
        tap.is_(b.pull()["outcome"], "parked", "five minutes are not waited for")
        b.configure(instance="m.example/evil", api_url=None)
        tap.has(b.pull()["message"], 'option "instance"', "an instance that is no host")
        b.configure(posts=-1)
        tap.has(b.pull()["message"], "0 or more", "less than no posts")


with omni.StandIn("--today", c.TODAY) as stand_in:
    tap.run([test_conformance, test_followers, test_posts, test_login_and_limits])
