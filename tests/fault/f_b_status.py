# SPDX-License-Identifier: Apache-2.0
"""F024 to F031, F047: what the status says, redirects, logins."""

import email.utils
import json
import time

import fault
from fault import case, page, row
from http_lab import CURSOR, GOOD, LOGIN_PAGE, ONE, Bench, Other, at_pages, passing, well
from rawserver import answer, by_request, redirect

LOGIN = {"client_id": "id", "client_secret": "fault-secret-1"}

# ---- redirects

OTHER = Other()
REFUSED = ("redirect refused", "is not one that may be asked")


def redirected(name, target, says=REFUSED, **how):
    return case("F026", name, [redirect(target)], reason="config", requests=1, says=says, check=OTHER.is_left_alone,
                options={"token": "fault-token-1"}, **how)


REDIRECTS = [
    case("F026", "redirects in a circle", [redirect("/ads?again")], says="more than 5 redirects", requests=6),
    well("F026", "a redirect on the same host", [redirect("/v2/ads"), GOOD]),
    redirected("to another host", OTHER.server.url() + "/ads"),
    redirected("to another name of this host", OTHER.server.url("localhost") + "/ads"),
    redirected("to a private address", "http://10.0.0.1/ads"),
    redirected("to where clouds keep their secrets", "http://169.254.169.254/latest/meta-data"),
    redirected("to a file", "file:///etc/passwd", says="redirect refused"),
    redirected("to another protocol", "gopher://127.0.0.1:25/x", says="redirect refused"),
    redirected("to a host that only looks like this one", "http://127.0.0.1@evil.example/", says="redirect refused"),
    case("F026", "a POST is not redirected", [redirect("/elsewhere", 307)], reason="config", requests=1,
         says="a redirect is followed only for GET", stream={"body": '{"from":"{from}"}', "url": "/ads"}),
]


# ---- what the status says

def retry_after(value):
    return answer("slow down", 429, ["Retry-After: " + value])


def in_an_hour():
    return email.utils.formatdate(time.time() + 3600, usegmt=True)


def an_hour_ago():
    return email.utils.formatdate(time.time() - 3600, usegmt=True)


def throttled(name, value):
    return case("F030", name, lambda _: [retry_after(value() if callable(value) else value)], outcome="parked", reason="throttled",
                requests=1, says=("HTTP 429: too many requests", "try again after 20"))


def permanent(status, body="no", says=(), number="F027", reason="config"):
    return case(number, "%d is not sent again" % status, [answer(body, status)], reason=reason, requests=1,
                says=("HTTP %d" % status, "GET http://127.0.0.1:", *says))


STATUSES = [
    case("F024", "an error object with 200", ['{"error":{"code":190,"message":"expired"}}'], requests=1,
         says=("HTTP 200 with an error inside", "expired")),
    case("F024", "errors beside rows", [page(row(), more=',"errors":["half of it is missing"]')], says="half of it is missing"),
    well("F024", "a list of no errors", [page(row(), more=',"errors":[],"error":null')]),
    case("F025", "a login page with 200", [answer(LOGIN_PAGE, kind="text/html")], requests=1,
         says='unexpected HTML instead of data: page "Log in, please"'),
    case("F025", "a login page that calls itself JSON", [answer(LOGIN_PAGE)], says="unexpected HTML"),
    case("F025", "a page without title", [answer("<p>Checking your browser</p>", kind="text/html")], says="Checking your browser"),
    *[permanent(status) for status in (400, 404, 410, 422)],
    permanent(400, "API version v3 is no longer supported", ["was this API version switched off?"]),
    permanent(403, "not yours", ["this login may not do that"], number="F029", reason="auth"),
    permanent(418, number="F027"),
    well("F030", "429, then well", [answer("slow down", 429), GOOD]),
    well("F030", "Retry-After: 1", [retry_after("1"), GOOD]),
    well("F030", "Retry-After: 0", [retry_after("0"), GOOD]),
    well("F030", "Retry-After in the past", lambda _: [retry_after(an_hour_ago()), GOOD]),
    well("F030", "a negative Retry-After", [retry_after("-5"), GOOD]),
    well("F030", "a Retry-After of nonsense", [retry_after("soon"), GOOD]),
    throttled("Retry-After: 2 hours", "7200"),
    throttled("Retry-After: a billion seconds", "1000000000"),
    throttled("Retry-After: more digits than any number has", "9" * 40),
    throttled("Retry-After as a date", in_an_hour),
    case("F030", "429 without end", [answer("slow down", 429)], outcome="parked", reason="throttled", requests=2, says="try again after"),
    *[well("F031", "%d, then well" % status, [answer("oops", status), GOOD]) for status in (500, 502, 503, 504, 520, 529)],
    passing("F031", "503 without end", answer("<title>Maintenance</title>", 503, kind="text/html"), "Maintenance"),
    passing("F031", "503 with a wait", answer("", 503, ["Retry-After: 1"]), "HTTP 503"),
]


# ---- logins

def tokens(*given, refuse=()):
    """Hands out `given` at /token, one after the other; the API refuses those of `refuse`."""
    left = list(given)

    def choose(exchange):
        if exchange.target.startswith("/token"):
            name = left.pop(0) if left else "none-left"
            return answer(json.dumps({"access_token": name, "token_type": "bearer", "expires_in": 3600}))
        if exchange.headers.get("authorization", "")[len("Bearer "):] in refuse:
            return answer("expired", 401)
        return at_pages({"": '{"ads":[%s],"next":"2"}' % row("1"), "2": '{"ads":[%s]}' % row("2")})
    return lambda _: [by_request(choose)]


def odd_token(name, reply, **how):
    """The token's reply with other members; the API does not mind."""
    def choose(exchange):
        if exchange.target.startswith("/token"):
            return answer(reply if isinstance(reply, str) else json.dumps(reply))
        return answer(GOOD)
    if how:
        return case("F052", name, [by_request(choose)], options=LOGIN, **how)
    return well("F052", name, [by_request(choose)], options=LOGIN)


def asks_once_more(bench, result, checks):
    asked = [e.target.partition("?")[0] for e in bench.server.requests]
    checks.is_(asked, ["/token", "/ads", "/token", "/ads", "/ads"], "the same page again with a new token, then the next")


def dies_between_pages(_):
    """The token is refused from the second page on, until a new one is fetched."""
    seen = []

    def choose(exchange):
        if exchange.target.startswith("/token"):
            seen.append("t")
            return answer('{"access_token":"fault-access-%d","expires_in":3600}' % len(seen))
        is_old = exchange.headers.get("authorization") == "Bearer fault-access-1"
        if "after=2" in exchange.target and is_old:
            return answer("expired", 401)
        return at_pages({"": '{"ads":[%s],"next":"2"}' % row("1"), "2": '{"ads":[%s]}' % row("2")})
    return [by_request(choose)]


def skewed(_):
    date = email.utils.formatdate(time.time() - 312, usegmt=True)
    return [answer('{"error":"invalid_grant","error_description":"iat is in the future"}', 400, ["Date: " + date])]


LOGINS = [
    well("F028", "401 in the middle", tokens("fault-access-1", "fault-access-2", refuse=["fault-access-1"]), ONE, ("2", "n", 1000000, 1),
         options=LOGIN, stream=CURSOR, check=asks_once_more),
    well("F028", "401 between two pages", dies_between_pages, ONE, ("2", "n", 1000000, 1), options=LOGIN, stream=CURSOR),
    case("F028", "401 with the new token, too", tokens("fault-access-1", "fault-access-2", refuse=["fault-access-1", "fault-access-2"]),
         reason="auth", says="HTTP 401: the login was refused", requests=4, options=LOGIN, stream=CURSOR),
    case("F028", "401 where nothing can be renewed", [answer("no", 401)], reason="auth", requests=1, options={"token": "fault-token-1"}),
    *[odd_token("expires_in is %r" % (lifetime,), {"access_token": "fault-access-1", "token_type": "bearer", "expires_in": lifetime})
      for lifetime in ("3600", 0, -1, 10**18, None, "soon", [], 0.5)],
    odd_token("without expires_in and token_type", {"access_token": "fault-access-1"}),
    odd_token("another token_type", {"access_token": "fault-access-1", "token_type": "MAC", "expires_in": 60}),
    odd_token("no token", {"token_type": "bearer", "expires_in": 60}, reason="data", says="holds no access_token, and no error either"),
    odd_token("a token that is a number", {"access_token": 7}, reason="data", says="access_token"),
    odd_token("a token with a line end in it", {"access_token": "fault\r\nX-Smuggled: 1"}, reason="data", says="has a line break"),
    odd_token("cut in the middle", '{"access_token": "fault-acc', reason="data", says="access_token"),
    case("F047", "this machine's clock is off", skewed, reason="auth", says=("clock off by 31", "ahead"), options=LOGIN),
    case("F031", "the login is down", [answer("oops", 503)], outcome="retrying", reason="retry", requests=2, options=LOGIN,
         says="for an access token"),
    case("F025", "the login answers with HTML", [answer(LOGIN_PAGE, kind="text/html")], options=LOGIN, says="for an access token"),
]

if __name__ == "__main__":
    fault.run(REDIRECTS + STATUSES + LOGINS, Bench)
