# SPDX-License-Identifier: Apache-2.0
"""The stand-ins themselves: if they were wrong, everything tested against them would prove nothing."""

import base64
import datetime
import decimal
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import omni  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)
FIRST, LAST = TODAY - datetime.timedelta(9), TODAY - datetime.timedelta(1)
META = {"Authorization": "Bearer EAAB-stand-in-token"}
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"


def call(path, body=None, headers=None):
    """(status, headers, JSON or text); a dict is sent as JSON, a text as a form."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if body is not None else None
    request = urllib.request.Request(stand_in.base + path, data, headers or {})
    try:
        reply = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
    except urllib.error.HTTPError as refused:
        reply = refused
    with reply:
        text = reply.read().decode()
        return reply.status, reply.headers, json.loads(text) if text.startswith(("{", "[")) else text


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def assertion(key, **changes):
    """A JWT, signed by the openssl command with the key file's key."""
    now = int(time.time())
    claims = dict({"iss": key["client_email"], "scope": SCOPE, "aud": key["token_uri"], "iat": now, "exp": now + 3600}, **changes)
    signed = b64(json.dumps({"alg": "RS256", "typ": "JWT", "kid": key["private_key_id"]}).encode()) + "." + \
        b64(json.dumps(claims).encode())
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
        pem.write(key["private_key"])
        pem.flush()
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", pem.name], input=signed.encode(), check=True,
                                   capture_output=True).stdout
    return signed + "." + b64(signature)


def log_in(text):
    form = urllib.parse.urlencode({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": text})
    return call("/oauth/token", form)


def google():
    return {"Authorization": "Bearer " + log_in(assertion(stand_in.key_file()))[2]["access_token"]}


def clean():
    stand_in.control(clear=True)


# ---- the token endpoint

def test_service_account():
    clean()
    key = stand_in.key_file()
    status, _, reply = log_in(assertion(key))
    tap.is_((status, reply.get("token_type")), (200, "Bearer"), "a good assertion gives a token")
    now = int(time.time())
    for name, changes, error in (
            ("other audience", {"aud": "https://example.com"}, "invalid_grant"),
            ("too long", {"exp": now + 7200}, "invalid_grant"), ("expired", {"iat": now - 7200, "exp": now - 3600}, "invalid_grant"),
            ("from the future", {"iat": now + 600, "exp": now + 1200}, "invalid_grant"),
            ("another account", {"iss": "x@example.com"}, "invalid_grant"), ("no scope", {"scope": ""}, "invalid_scope")):
        status, _, reply = log_in(assertion(key, **changes))
        tap.is_((status, reply.get("error")), (400, error), "refused: " + name)
    good = assertion(key)
    head, claims, signature = good.split(".")
    forged = b64(json.dumps(dict(json.loads(base64.urlsafe_b64decode(claims + "==")), scope="all")).encode())
    tap.is_(log_in(head + "." + forged + "." + signature)[0], 400, "refused: changed claims under the old signature")
    tap.is_(log_in("nonsense")[0], 400, "refused: no JWT at all")


def test_refresh_token():
    clean()
    form = {"grant_type": "refresh_token", "client_id": "client-1.apps.example.com", "client_secret": "stand-in-client-secret",
            "refresh_token": "1//stand-in-refresh-token"}
    tap.is_(call("/oauth/token", urllib.parse.urlencode(form))[0], 200, "a refresh token gives a token")
    for name, error, status in (("refresh_token", "invalid_grant", 400), ("client_secret", "invalid_client", 401)):
        answer = call("/oauth/token", urllib.parse.urlencode(dict(form, **{name: "wrong"})))
        tap.is_((answer[0], answer[2]["error"]), (status, error), "a wrong %s is refused" % name)


# ---- GA4

def report(headers, prop="313131313", **changes):
    body = dict({"dateRanges": [{"startDate": str(FIRST), "endDate": str(LAST)}], "dimensions": [{"name": "date"}],
                 "metrics": [{"name": "sessions"}, {"name": "purchaseRevenue"}], "limit": "100000"}, **changes)
    return call("/ga4/v1beta/properties/%s:runReport" % prop, body, headers)


def test_ga4_report():
    clean()
    login = google()
    status, _, reply = report(login, returnPropertyQuota=True)
    truth = stand_in.truth("ga4", FIRST, LAST)
    tap.is_((status, reply["rowCount"]), (200, 9), "a row a day")
    tap.ok(all(isinstance(v["value"], str) for row in reply["rows"] for v in row["metricValues"]), "every number is a text")
    tap.ok(all(len(row["dimensionValues"][0]["value"]) == 8 for row in reply["rows"]), "days are YYYYMMDD")
    for n, metric in enumerate(("sessions", "purchaseRevenue")):
        got = sum(decimal.Decimal(row["metricValues"][n]["value"]) for row in reply["rows"])
        tap.is_(got, decimal.Decimal(truth["sums"][metric]), "sum of %s is the truth" % metric)
    tap.is_((reply["metadata"]["currencyCode"], reply["metadata"]["timeZone"]), ("EUR", "Europe/Lisbon"), "currency and zone")
    tap.ok("tokensPerDay" in reply["propertyQuota"], "the quota, because it was asked for")
    first, second = (report(login, limit="5", offset=offset)[2]["rows"] for offset in ("0", "5"))
    tap.is_(first + second, report(login)[2]["rows"], "pages make up the whole")
    future = {"startDate": "2027-01-01", "endDate": "2027-01-02"}
    empty = report(login, dateRanges=[future])[2]
    tap.ok("rows" not in empty and "rowCount" not in empty, "without rows, rows and rowCount are absent")


def test_ga4_refusals():
    clean()
    login = google()
    for name, status, code, answer in (
            ("no login", 401, "UNAUTHENTICATED", report({})),
            ("a foreign token", 401, "UNAUTHENTICATED", report({"Authorization": "Bearer x"})),
            ("a foreign property", 403, "PERMISSION_DENIED", report(login, prop="1")),
            ("a measurement id", 400, "INVALID_ARGUMENT", report(login, prop="G-1")),
            ("an unknown metric", 400, "INVALID_ARGUMENT", report(login, metrics=[{"name": "conversionz"}])),
            ("eleven metrics", 400, "INVALID_ARGUMENT", report(login, metrics=[{"name": "sessions"}] * 11)),
            ("an unknown member", 400, "INVALID_ARGUMENT", report(login, dimension=[])),
            ("limit 0", 400, "INVALID_ARGUMENT", report(login, limit="0")),
            ("a page too large", 400, "INVALID_ARGUMENT", report(login, limit="250001")),
            ("no day", 400, "INVALID_ARGUMENT", report(login, dateRanges=[{"startDate": "1.1.26", "endDate": "x"}]))):
        tap.is_((answer[0], answer[2]["error"]["status"]), (status, code), "GA4 refuses " + name)
    call("/_control", {"revoke_tokens": True})
    tap.is_(report(login)[0], 401, "a token that died is refused")
    stand_in.control(knobs={"ga4": {"exhausted": "hour"}})
    answer = report(google())
    tap.is_((answer[0], answer[2]["error"]["status"]), (429, "RESOURCE_EXHAUSTED"), "an empty bucket")


# ---- Meta

def insights(account="act_1001", headers=None, version="v24.0", **changes):
    query = dict({"level": "ad", "fields": "ad_id,impressions,spend,actions", "time_increment": "1", "limit": "500",
                  "time_range": json.dumps({"since": str(FIRST), "until": str(LAST)})}, **changes)
    return call("/meta/%s/%s/insights?%s" % (version, account, urllib.parse.urlencode(query)), None,
                META if headers is None else headers)


def test_meta_insights():
    clean()
    status, headers, reply = insights()
    truth = stand_in.truth("meta", FIRST, LAST, account="act_1001")
    tap.is_((status, len(reply["data"])), (200, truth["rows"]), "a row for each ad and day that had any")
    for field, member in (("impressions", "impressions"), ("spend", "spend")):
        got = sum(decimal.Decimal(row[field]) for row in reply["data"])
        tap.is_(got, decimal.Decimal(truth["sums"][member]), "sum of %s is the truth" % field)
    tap.ok(any("actions" not in row for row in reply["data"]), "what is zero is absent")
    tap.ok("X-Business-Use-Case-Usage" in headers, "usage is in a header")
    tap.ok("next" not in reply["paging"] and reply["paging"]["cursors"]["after"], "the last page has cursors, but no next")
    rows, after = [], None
    while True:
        page = insights(limit="13", **({"after": after} if after else {}))[2]
        rows += page["data"]
        if "next" not in page["paging"]:
            break
        after = page["paging"]["cursors"]["after"]
    tap.is_(rows, reply["data"], "pages make up the whole")


def test_meta_refusals():
    clean()
    old = json.dumps({"since": "2020-01-01", "until": "2020-01-02"})
    for name, code, answer in (
            ("no token", 2500, insights(headers={})), ("a wrong token", 190, insights(headers={"Authorization": "Bearer x"})),
            ("an old version", 2635, insights(version="v3.1")), ("an unknown account", 100, insights("act_9")),
            ("a foreign account", 200, insights("act_1003")), ("an unknown field", 100, insights(fields="spent")),
            ("a page too large", 1, insights(limit="501")), ("days before 37 months", 3018, insights(time_range=old)),
            ("a retired window", 100, insights(action_attribution_windows='["7d_view"]'))):
        tap.is_(answer[2].get("error", {}).get("code"), code, "Meta refuses " + name)
    stand_in.control(fault={"platform": "meta", "kind": "throttle", "minutes": 4})
    status, headers, reply = insights()
    tap.is_((status, reply["error"]["code"]), (400, 17), "throttled")
    usage = json.loads(headers["X-Business-Use-Case-Usage"])
    tap.is_(usage["1001"][0]["estimated_time_to_regain_access"], 4, "and says for how long")
    tap.is_(insights()[0], 200, "once")


def test_meta_report_run():
    clean()
    stand_in.control(knobs={"meta": {"max_rows": 5}})
    tap.is_(insights()[2]["error"]["error_subcode"], 1487534, "too much for one request")
    form = urllib.parse.urlencode({"level": "ad", "fields": "ad_id,spend", "time_increment": "1",
                                   "time_range": json.dumps({"since": str(FIRST), "until": str(LAST)})})
    run_id = call("/meta/v24.0/act_1001/insights", form, META)[2]["report_run_id"]
    tap.is_(call("/meta/v24.0/%s/insights" % run_id, None, META)[0], 400, "nothing to fetch before it is complete")
    states = []
    for _ in range(4):
        state = call("/meta/v24.0/" + run_id, None, META)[2]
        states.append((state["async_status"], state["async_percent_completion"]))
    tap.is_(states, [("Job Not Started", 0), ("Job Running", 40), ("Job Running", 100), ("Job Completed", 100)], "its life")
    data = call("/meta/v24.0/%s/insights?limit=500" % run_id, None, META)[2]["data"]
    tap.is_(len(data), stand_in.truth("meta", FIRST, LAST)["rows"], "all its rows")


# ---- common to all

def test_restatement():
    clean()
    before = stand_in.truth("meta", FIRST, LAST)
    old = stand_in.truth("meta", TODAY - datetime.timedelta(60), TODAY - datetime.timedelta(50))
    tap.is_(before, stand_in.truth("meta", FIRST, LAST), "the same question, the same answer")
    stand_in.control(restate=1)
    tap.ok(before["sums"] != stand_in.truth("meta", FIRST, LAST)["sums"], "recent days are restated")
    tap.is_(old, stand_in.truth("meta", TODAY - datetime.timedelta(60), TODAY - datetime.timedelta(50)), "settled days are not")
    stand_in.control(generation=0)
    tap.is_(before, stand_in.truth("meta", FIRST, LAST), "and back")


def test_faults():
    clean()
    stand_in.control(faults=[{"platform": "meta", "kind": "status", "code": 503, "retry_after": 7, "after": 1}])
    tap.is_(insights()[0], 200, "a fault waits for its turn")
    status, headers, _ = insights()
    tap.is_((status, headers["Retry-After"]), (503, "7"), "a status on demand")
    for kind in ("reset", "truncate"):
        stand_in.control(fault={"platform": "meta", "kind": kind})
        try:
            insights()
            tap.ok(False, kind + " breaks the reply")
        except (OSError, ValueError, urllib.error.URLError, http.client.HTTPException):
            tap.ok(True, kind + " breaks the reply")
    stand_in.control(fault={"platform": "meta", "kind": "html"})
    tap.is_(insights()[1]["Content-Type"], "text/html", "a page for people on demand")
    tap.ok(not any("stand-in-token" in json.dumps(entry) for entry in stand_in.log()), "the log holds no credentials")


def test_shop():
    clean()
    truth = stand_in.truth("shop", FIRST, LAST)
    status, _, reply = call("/shop/all/orders?from=%s&to=%s" % (FIRST, LAST), None, {"X-Api-Key": "stand-in-api-key"})
    tap.is_((status, len(reply["orders"])), (200, truth["rows"]), "all orders")
    tap.is_(call("/shop/all/orders?from=%s&to=%s" % (FIRST, LAST))[0], 401, "not without a key")


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_service_account, test_refresh_token, test_ga4_report, test_ga4_refusals, test_meta_insights, test_meta_refusals,
             test_meta_report_run, test_restatement, test_faults, test_shop])
