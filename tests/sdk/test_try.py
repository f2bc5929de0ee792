#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pull --plugin: a plugin is tried against a living API without configuring or installing it; --explain tells what came of what."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import api  # noqa: E402
import tap  # noqa: E402

TOKEN = "tok-4711-secret"


SEEN = []


def answer(asked):
    SEEN.append((asked.target, asked.headers.get("Authorization")))
    rows = [{"day": asked.query["from"], "id": str(n), "name": "n%d" % n, "shown": n, "clicks": 1, "amount": "0.%d" % n}
            for n in ((1, 2) if "cursor" not in asked.query else (3,))]
    return 200, {"data": rows, "next_cursor": None if "cursor" in asked.query else "p2"}


def tries(desk, url):
    desk.good("omnihub new-plugin acme", "new-plugin")
    tap.is_(desk.compile("acme", folder="acme").code, 0, "builds")
    desk.write("acme/token", TOKEN, 0o600)
    options = "-o account_id=42 -o access_token=file:token -o api_url=%s" % url
    days = "--from 2026-03-01 --to 2026-03-01"
    done = desk.good("omnihub pull --plugin ./acme.so --dry-run %s %s" % (options, days), "pull --plugin --dry-run, without any "
                     "configuration", "acme", OMNIHUB_CONF="/nonexistent")
    rows = [json.loads(line) for line in done.out.splitlines()]
    tap.is_([r["values"]["campaign_id"] for r in rows], ["1", "2", "3"], "prints the rows")
    tap.has(done.err, "3 records read, nothing stored", "and says that they were read, and are not kept")
    tap.is_({a for _, a in SEEN}, {"Bearer " + TOKEN}, "the login went along")
    done = desk.good("omnihub pull --plugin ./acme.so --dry-run --explain %s -o page_size=2 %s" % (options, days), "--explain", "acme")
    for part in ("1. GET %s/v1/accounts/42/report?from=2026-03-01&to=2026-03-01&limit=2 → HTTP 200, 2 records" % url,
                 "2. GET %s/v1/accounts/42/report?from=2026-03-01&to=2026-03-01&limit=2&cursor=p2 → HTTP 200, 1 records" % url,
                 "campaign_id=3", "Stream daily → ads_daily, 3 rows", "← $.amount"):
        tap.has(done.out, part, "explained: " + part.replace(url, ""))
    tap.ok("ad_group_id" not in done.out, "keys that the platform does not have are left out")
    first = done.out.partition("2. GET")[0]
    tap.ok("campaign_id=2" in first and "campaign_id=3" not in first, "rows stand with the request that they came of")
    tap.ok(TOKEN not in done.out + done.err, "no secret is shown")
    left = [f for f in os.listdir(os.environ.get("TMPDIR", "/tmp")) if f.startswith("omnihub-trial-%s" % os.getpid())]
    tap.is_(left, [], "nothing is left")
    for more, says in (("-o page_size=many", "must be a whole number"), ("-o acount_id=1", 'did you mean "account_id"'),
                       ("-o page_size", "is not NAME=VALUE")):
        done = desk.run("omnihub pull --plugin ./acme.so --dry-run %s %s %s" % (options, days, more), "acme")
        tap.is_(done.code, 2, more + " is refused")
        tap.has(done.err, says, more + ": says why")
        tap.ok("omnihub-trial" not in done.err, more + ": without a file that nobody knows")
    for arguments, says in (("--plugin ./acme.so", "add --dry-run"), ("-o a=b", "belongs to --plugin"),
                            ("--explain", "tells of a --dry-run"), ("shop --plugin ./acme.so --dry-run", "one too many"),
                            ("--plugin ./none.so --dry-run", "none.so")):
        done = desk.run("omnihub pull " + arguments, "acme")
        tap.ok(done.code == 2 and says in done.err, "pull %s: is refused, and says why" % arguments)


def without_configuration(desk):
    """Who has only installed the package: neither -c nor OMNIHUB_CONF, and nothing in sysconfdir."""
    nothing = {"OMNIHUB_CONF": ""}
    done = desk.good("omnihub datasets ads_daily", "datasets without any configuration", **nothing)
    tap.has(done.out, "campaign_id", "lists the columns")
    tap.has(desk.good("omnihub datasets", "datasets, all of them", **nothing).out, "channel_daily", "the combined ones, too")
    done = desk.good("omnihub describe ./acme.so", "describe of a file", "acme", **nothing)
    for part in ("access_token", "Stream ", "campaign_id"):
        tap.has(done.out, part, "describes: " + part)
    tap.has(desk.good("omnihub describe ./acme.so --conf", "describe --conf", "acme", **nothing).out, "connectors", "prints a piece of configuration")
    tap.has(desk.good("omnihub describe file", "describe of one that is installed", **nothing).out, "path", "describes it")
    tap.has(desk.good("omnihub plugins", "plugins", **nothing).out, "mastodon", "lists what is installed")
    left = [f for f in os.listdir(desk.folder) if f != "acme" and not f.startswith("probe")]
    tap.is_(left, [], "nothing is made here")
    for command in ("datasets", "describe ./acme.so", "plugins"):
        done = desk.run("omnihub -c none.conf " + command, "acme")
        tap.ok(done.code == 2 and "none.conf" in done.err, command + ": a configuration that is named has to be there")
        done = desk.run("omnihub " + command, "acme", OMNIHUB_CONF="/nonexistent/omnihub.conf")
        tap.ok(done.code == 2 and "/nonexistent" in done.err, command + ": so has one of OMNIHUB_CONF")
    what = "what speaks of connectors needs one"
    if os.path.exists(desk.built_in_conf):
        tap.skip(what, "%s is there" % desk.built_in_conf)
        return
    done = desk.run("omnihub status", **nothing)
    tap.ok(done.code == 2 and "cannot be read" in done.err, what)


def run(desk):
    with api.Api(answer) as server:
        tries(desk, server.url)


with author.Desk() as the_desk:
    tap.run([lambda: run(the_desk), lambda: without_configuration(the_desk)])
