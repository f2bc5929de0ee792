# SPDX-License-Identifier: Apache-2.0
"""adobe_analytics against the stand-in: each stream's sums, partial answers, the cap on values, slow reports; the conformance list."""

import datetime

import conformance
import live
import omni
import tap

TODAY = conformance.TODAY
FIRST, LAST = TODAY - datetime.timedelta(12), TODAY - datetime.timedelta(1)
CLIENT, SECRET = "stand-in-adobe-client", "p8e-stand-in-adobe-secret"
COUNTS = {"sessions": "visits", "bounces": "bounces", "pageviews": "pageviews", "add_to_carts": "cartadditions",
          "checkouts": "cartcheckouts", "users": "visitors"}
EXACT = {"transactions": "orders", "revenue": "revenue"}
STREAMS = ("channels_daily", "entry_pages_daily", "totals_daily", "tracking_codes_daily")


def base():
    url = stand_in.url("adobe")
    return {"company_id": "exampl0", "report_suite": "examplprod", "client_id": CLIENT, "api_url": url, "currency": "EUR",
            "token_url": url + "/ims/token/v3", "zone": "Europe/Lisbon"}


def adobe(**options):
    stand_in.control(clear=True)
    return live.source("analytics", "adobe_analytics", dict(base(), client_secret=SECRET, **options))


def days():
    return ("--from", FIRST, "--to", LAST)


def same(it, stream, name, left_out=()):
    real = stand_in.truth("adobe", FIRST, LAST, stream=stream)
    asked = ["count(*) AS rows"] + ["sum(%s) AS %s" % (c, c) for c in COUNTS] + ["dec(sum(%s)) AS %s" % (c, c) for c in EXACT]
    row = it.rows("SELECT %s FROM web_daily WHERE stream = '%s'" % (", ".join(asked), stream))[0]
    wanted = {c: None if c in left_out else real["sums"][m] for c, m in {**COUNTS, **EXACT}.items()}
    tap.is_({c: None if v is None else str(v) for c, v in row.items()}, dict(wanted, rows=str(real["rows"])), name + ": exact sums")


def test_streams():
    with adobe(page_size=7) as it:
        it.pull_ok("all streams", *days())
        for stream in STREAMS:
            same(it, stream, stream)
        tap.is_(str(it.value("SELECT sum(sessions) FROM channel_daily")),
                stand_in.truth("adobe", FIRST, LAST, stream="channels_daily")["sums"]["visits"],
                "channel_daily takes the channels' stream")
        tap.is_(it.value("SELECT count(*) FROM web_daily WHERE quality IS NOT NULL"), 0, "no flag without a reason")
        tap.is_(it.value("SELECT min(date) || currency || tz FROM web_daily WHERE stream = 'totals_daily'"),
                "%sEUREurope/Lisbon" % FIRST, "days by their items' ids; currency and zone as the admin says")


def test_partial():
    with adobe(metrics={"checkouts": "metrics/nowhere", "add_to_carts": ""}) as it:
        it.pull_ok("a metric that is not there", *days(), streams=["channels_daily"])
        same(it, "channels_daily", "a metric that is not there", ("checkouts", "add_to_carts"))
        tap.is_(it.value("SELECT DISTINCT quality FROM web_daily"), "partial", "the rows are marked")
        tap.has(it.err, "metrics/nowhere is not available", "and the log says which")
    with adobe() as it:
        stand_in.control(knobs={"adobe": {"low_traffic": True}})
        it.pull_ok("more pages than the suite counts", *days(), streams=["entry_pages_daily"])
        same(it, "entry_pages_daily", "more pages than the suite counts")
        tap.is_(it.value("SELECT DISTINCT quality FROM web_daily WHERE landing_page = 'Low-Traffic'"), "truncated", "are marked")


def test_slow_and_refused():
    with adobe() as it:
        stand_in.control(knobs={"adobe": {"slow_days": 5}})
        it.pull_ok("reports that take too long are halved", *days(), streams=["totals_daily"])
        same(it, "totals_daily", "halved")
    for options, words in (({"report_suite": "other"}, "report_suite"), ({"company_id": "other"}, "company_id"),
                           ({"client_secret": "wrong"}, "invalid_client"), ({"page_size": 0}, "50000"),
                           ({"metrics": {"colour": "x"}}, "no such column"), ({"dimensions": {"totals_daily": "x"}}, "no such stream"),
                           ({"dimensions": {"channels_daily": "variables/evar99"}}, "evar99")):
        with adobe() as it:
            it.configure(**options)
            done = it.omnihub("pull", "--stream", "channels_daily", *days())
            tap.ok(done.code != 0 and words in done.out + done.err, "%s is refused" % options)


def subject(stream, **more):
    return conformance.Subject(**dict(dict(
        kit=True, plugin="adobe_analytics", family="analytics", platform="adobe", stream=stream, dataset="web_daily", truth={"stream": stream},
        counts=COUNTS, exact=EXACT, data="/reports", records="rows", field="data", number="data.0",
        options=lambda bench: dict(base(), client_secret=bench.secret(SECRET)), pages={"page_size": 2}, circle="another page", renews=True,
        first=conformance.ago(6), last=conformance.ago(1), scope={"knobs": {"adobe": {"profile": False}}, "says": "product profile"},
        lacks={"short": "lastPage says whether there is another page, whatever the length of this one", "report":
               "reports are not asynchronous", "version": "2.0 is the API's name, it has no versions to choose", "totals":
               "a report of one day and items has no total that its items add up to: a visit may be of several"}), **more))


def test_conformance():
    conformance.sample(subject("channels_daily"))
    conformance.conform(stand_in, subject("channels_daily"))
    conformance.conform(stand_in, subject("totals_daily", totals={"knobs": {"adobe": {"total_lies": 1}}, "column": "pageviews", "option": "totals"}))


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_streams, test_partial, test_slow_and_refused, test_conformance])
