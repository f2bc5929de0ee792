# SPDX-License-Identifier: Apache-2.0
"""F024 to F039, F041 to F050: replies, connections and pages that go wrong on the way. TLS is in f_b_tls.py."""

import email.utils
import gzip
import json
import socket
import time

import fault
from fault import case, page, row
from rawserver import RawServer, answer, by_request, drip, endless, head, raw, redirect, reset, stall, zipped

GOOD = page(row())
ONE = ("1", "n", 1000000, 1)
REPLY = head() + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD.encode()
BODY = len(REPLY) - len(GOOD)
SHUT = "1.0 Service Unavailable"
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in, please</title></head></html>"
LIMIT = 2 << 20
TOKEN = {"options": {"token": "fault-token-1", "api_url": None}}
LOGIN = {"client_id": "id", "client_secret": "fault-secret-1"}
CURSOR = {"paging": {"kind": "cursor", "path": "$.next", "param": "after"}}


def well(number, name, script, *stores, **how):
    return case(number, name, script, outcome="ok", reason="", stores=list(stores or [ONE]), **how)


def passing(number, name, deed, says, **how):
    """A fault that may pass by itself: sent again, then left for the next run."""
    return case(number, name, [deed], outcome="retrying", reason="retry", requests=2, says=says, **how)


def at_pages(pages):
    """The reply by what the request names after "after=" (or page=, offset=)."""
    def choose(exchange):
        key = exchange.target.rpartition("=")[2] if "&" in exchange.target.partition("to=")[2] else ""
        return answer(pages.get(key, '{"ads":[]}'))
    return by_request(choose)


# ---- redirects: the other server has another port of the same machine, so it is another host

class Other:
    """A second server that should never be asked."""

    def __init__(self):
        self.server = RawServer()
        self.server.healthy = answer(GOOD)

    def is_left_alone(self, bench, result, checks):
        asked = [(e.target, e.headers) for e in self.server.requests]
        checks.is_(asked, [], "nothing is sent there, least of all the login")


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
    case("F047", "this machine's clock is off", skewed, reason="auth", says=("clock off by 31", "ahead"), options=LOGIN),
    case("F031", "the login is down", [answer("oops", 503)], outcome="retrying", reason="retry", requests=2, options=LOGIN,
         says="for an access token"),
    case("F025", "the login answers with HTML", [answer(LOGIN_PAGE, kind="text/html")], options=LOGIN, says="for an access token"),
]


# ---- connections and lengths

def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = head(headers=["Transfer-Encoding: chunked"]) + b"\r\n"
LINES = b"".join(row(str(n)).encode() + b"\n" for n in range(500))
BOMB = page(row(name='"%s"' % ("0" * (LIMIT - 4096))), more="")


def nested(body, times):
    for _ in range(times):
        body = gzip.compress(body)
    return answer(body, headers=["Content-Encoding: " + ", ".join(["gzip"] * times)])


def unreachable(_):
    return [GOOD]


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


CONNECTIONS = [
    case("F032", "connection refused", [GOOD], outcome="retrying", reason="retry", options={"api_url": "http://127.0.0.1:%d" % closed_port()},
         says="connect"),
    *[well("F032", "reset after %d bytes, then well" % at, [reset(REPLY[:at]), GOOD], requests=2)
      for at in (0, 9, BODY - 2, BODY, BODY + 1, BODY + 30, len(REPLY) - 1)],
    *[well("F032", "closed after %d bytes, then well" % at, [raw(REPLY[:at]), GOOD], requests=2)
      for at in (0, 9, BODY - 2, BODY, BODY + 1, BODY + 30, len(REPLY) - 1)],
    passing("F032", "reset in the middle of the page, every time", reset(REPLY[:BODY + 30]), "reset by peer"),
    case("F033", "a body shorter than announced", [raw(REPLY[:-5])], outcome="retrying", reason="retry", requests=2,
         says="5 bytes remaining"),
    passing("F033", "chunks without an end", raw(CHUNKED + chunk(GOOD.encode())), "transfer closed"),
    passing("F033", "half a chunk", raw(CHUNKED + chunk(GOOD.encode())[:20]), "transfer closed"),
    passing("F033", "a chunk of nonsense", raw(CHUNKED + b"zz\r\n" + GOOD.encode()), "chunked-encoding"),
    case("F033", "whole rows, but not the whole page", [raw(head() + b"\r\n" + GOOD[:-2].encode())], requests=2, says="in the middle of the document"),
    case("F034", "a body longer than announced", [raw(head() + b"Content-Length: 20\r\n\r\n" + GOOD.encode())], requests=2,
         says="it ends here"),
    passing("F034", "two different lengths", raw(head() + b"Content-Length: 20\r\n" + REPLY[len(head()):]), "two different Content-Length"),
    passing("F034", "a negative length", raw(head() + b"Content-Length: -1\r\n\r\n" + GOOD.encode()), "Content-Length"),
    case("F035", "a gzip bomb", [zipped(BOMB)], requests=1, says="times its size", http={"max_body_mb": 100}),
    case("F035", "a gzip bomb over the limit", [zipped(b" " * (LIMIT * 2))], requests=1, says="the reply"),
    well("F035", "gzip", [zipped(GOOD)]),
    case("F035", "gzip in gzip", [nested(GOOD.encode(), 2)], requests=1, says="which nobody asked for"),
    case("F035", "a packing of its own", [answer(GOOD, headers=["Content-Encoding: zstd"])], requests=1, says='packed as "zstd"'),
    well("F035", "two members of gzip", [answer(gzip.compress(GOOD[:9].encode()) + gzip.compress(GOOD[9:].encode()) + bytes(9),
         headers=["Content-Encoding: gzip"])]),
    passing("F035", "cut gzip", answer(gzip.compress(GOOD.encode())[:-20], headers=["Content-Encoding: gzip"]), "gzip"),
    passing("F035", "gzip cut between two lines", answer(gzip.compress(LINES)[:-30], headers=["Content-Encoding: gzip"]), "gzip",
            stream={"format": "ndjson", "records": "$"}),
    passing("F035", "not gzip at all", answer(GOOD, headers=["Content-Encoding: gzip"]), "not the gzip that it says it is"),
    well("F035", "a gzip file, served as it is", [answer(gzip.compress(GOOD.encode()))]),
    case("F035", "half a gzip file", [answer(gzip.compress(GOOD.encode())[:-20])], requests=2, says="ends too early"),
    case("F035", "a bomb of a file", [answer(gzip.compress(BOMB.encode()))], requests=2, says="times their size", http={"max_body_mb": 100}),
    passing("F036", "silence after the request", stall(), "Operation "),
    passing("F036", "silence after the head", stall(head() + b"Content-Length: 99\r\n\r\n"), "Operation "),
    passing("F036", "silence in the middle", stall(REPLY[:BODY + 30]), "Operation "),
    passing("F036", "one byte after the other", drip(b" ", 0.2, head() + b"\r\n"), "timed out", http={"request_timeout": "2s"}),
    passing("F036", "a head drop by drop", drip(b"X-A: b\r\n", 0.2, head()), "Operation ", http={"request_timeout": "2s"}),
    case("F036", "a head without end", [endless(head(), b"X-Padding: %s\r\n" % (b"x" * 900))], requests=1, says="head"),
    case("F037", "a body without end", [endless(head() + b'\r\n{"x":[', b"1," * 4096)], requests=2, says="bytes around the records"),
    case("F037", "chunks without number", [endless(CHUNKED, chunk(b" " * 8192))], requests=1, says="the reply is larger than"),
    case("F049", "a header of a megabyte", [raw(head() + b"X-Big: " + b"x" * (1 << 20) + b"\r\n\r\n")], requests=1, says="head"),
    case("F049", "ten thousand headers", [raw(head() + b"X-A: b\r\n" * 10000 + b"\r\n")], requests=1, says="500 lines"),
    well("F049", "a lonely CR in a header", [raw(REPLY.replace(b"HTTP/1.1 200 Because\r\n", b"HTTP/1.1 200 Because\r\nX-Odd: a\rX-Fake: b\r\n"))]),
    case("F049", "a second reply inside a header", [raw(head() + b"X-A: b\n\nHTTP/1.1 200 OK\n" + REPLY[17:])], says="expected a value", requests=2),
    well("F050", "421, then a new connection", [answer("wrong server", 421), GOOD]),
    case("F050", "HTTP/0.9", [raw(GOOD.encode())], requests=1, says="the server does not speak HTTP"),
]


# ---- names and addresses

def elsewhere(name, url, says, number="F038", **how):
    return case(number, name, [GOOD], outcome="failed", reason="config", requests=0, options={"api_url": url}, says=says, **how)


def named_like_this_host():
    """A name that is not localhost and still leads back to this machine: what a rebinding name server would say."""
    name = socket.gethostname()
    try:
        return name if socket.gethostbyname(name).startswith("127.") and "localhost" not in name else None
    except OSError:
        return None


NAMES = [
    elsewhere("the address where clouds keep their secrets", "https://169.254.169.254/", "(169.254.169.254): refused"),
    elsewhere("an IPv4 address in IPv6 clothes", "https://[::ffff:169.254.169.254]/", "refused"),
    elsewhere("the address that means this host", "https://0.0.0.0/", "(0.0.0.0): refused"),
    elsewhere("plain http to a public address", "http://192.0.2.1/", "only https is allowed"),
    case("F038", "a name that does not exist", [GOOD], outcome="retrying", reason="retry", requests=0, says="resolve",
         options={"api_url": "https://%s.example/" % ("x" * 64)}),
    well("F039", "a server on IPv4 alone under a name with both", lambda bench: [GOOD], options={"api_url": None}),
]
if named_like_this_host():
    NAMES.append(elsewhere("a name that leads to this machine", "https://%s:1/" % named_like_this_host(), "loopback address (127."))


# ---- proxies: the bench's server plays the proxy

def proxied(number, name, deed, outcome, reason, says, url="https://api.example", **how):
    return case(number, name, [deed], outcome=outcome, reason=reason, says=says, proxy=True, options={"api_url": url}, **how)


PROXIES = [
    proxied("F041", "a proxy that wants a password", answer("", 407), "failed", "config", "it wants a user and password"),
    proxied("F041", "a proxy that is down", answer("", 503), "retrying", "retry", "the proxy answered 503"),
    proxied("F041", "a captive portal", answer(LOGIN_PAGE, 302, ["Location: http://portal.example/"], "text/html"), "failed", "config",
            "the proxy answered 302"),
    proxied("F041", "a portal's page through the proxy", answer(LOGIN_PAGE, kind="text/html"), "failed", "data", "unexpected HTML",
            url="http://127.0.0.1:1"),
    proxied("F041", "a proxy that works", answer(GOOD), "ok", "", (), url="http://127.0.0.1:1"),
]


# ---- pages

def paged(kind, pages, **how):
    return dict(how, stream=dict(how.pop("stream", {}), paging=dict({"kind": kind}, **how.pop("paging", {})))), [at_pages(pages)]


def pages(number, name, kind, script, outcome="failed", reason="data", paging=None, **how):
    return case(number, name, [at_pages(script) if isinstance(script, dict) else script], outcome=outcome, reason=reason,
                stream={"paging": dict({"kind": kind}, **(paging or {}))}, **how)


BY_CURSOR = {"path": "$.next", "param": "after"}
BY_OFFSET = {"size": 2, "total": "$.total"}


def three(*keys):
    return [(key, "n", 1000000, 1) for key in keys]


def two(first, more=""):
    return page(row(str(first)), row(str(first + 1)), more=more)


def shrinking(exchange):
    """Asked for two at a time; the second page has one only."""
    at = int(exchange.target.rpartition("offset=")[2].partition("&")[0] or 0) if "offset=" in exchange.target else 0
    rows = [row(str(n)) for n in (1, 2, 3, 4, 5)]
    return answer(page(*rows[at:at + (1 if at == 2 else 2)], more=',"total":5'))


PAGES = [
    pages("F042", "the next cursor is this one", "cursor", {"": page(row("1"), more=',"next":"a"'), "a": page(row("2"), more=',"next":"a"')},
          paging=BY_CURSOR, says="round in a circle"),
    pages("F042", "cursors in a circle of three", "cursor", by_request(lambda e: answer(page(row(str(len(e.server.requests))),
          more=',"next":"%d"' % (len(e.server.requests) % 3)))), paging=BY_CURSOR, says="round in a circle"),
    pages("F042", "the same page for every number", "page", answer(GOOD), says="one page again and again"),
    pages("F042", "the same page for every offset", "offset", answer(two(1)), says="one page again and again", paging={"size": 2}),
    pages("F042", "an invalid cursor in the middle", "cursor", by_request(lambda e: answer("invalid cursor", 400) if "after=" in e.target
          else answer(page(row(), more=',"next":"a"'))), reason="config", paging=BY_CURSOR, says="invalid cursor"),
    pages("F042", "fewer rows than announced", "offset", by_request(lambda e: answer(two(1, ',"total":5') if "offset=0" in e.target or
          "offset=" not in e.target else page(more=',"total":5'))), paging=BY_OFFSET, says="announced 5 records and sent 2"),
    pages("F042", "rows that shift while they are read", "offset", by_request(lambda e: answer(two(2 if "offset=2" in e.target else 1,
          ',"total":4'))), paging=BY_OFFSET, says="two rows with one key"),
    pages("F042", "an empty page with a next one", "cursor", {"": page(more=',"next":"a"'), "a": page(row())}, "ok", "", paging=BY_CURSOR,
          stores=three("1")),
    pages("F042", "pages get shorter", "offset", by_request(shrinking), "ok", "", paging=BY_OFFSET, stores=three("1", "2", "3", "4", "5")),
    pages("F042", "a next page on another host", "next", answer(page(row(), more=',"next":"%s/ads"' % OTHER.server.url())), reason="config",
          paging={"path": "$.next"}, says="is not one that may be asked", check=OTHER.is_left_alone, options={"token": "fault-token-1"}),
    pages("F042", "a cursor that is an object", "cursor", answer(page(row(), more=',"next":{"a":1}')), paging=BY_CURSOR,
          says="neither a text nor a number"),
    pages("F042", "the second page fails for good", "cursor", by_request(lambda e: answer("x", 500) if "after=" in e.target else
          answer(page(row("7"), more=',"next":"a"'))), "retrying", "retry", paging=BY_CURSOR, says="HTTP 500"),
    case("F045", "a row outside of the window", [page(row(), row("2", date='"2026-11-19"'))], requests=2,
         says="2026-11-19 is outside of the window 2026-11-20 to 2026-11-20"),
]


def warns_of_the_end(bench, result, checks):
    checks.has(result.err, "the platform announces the end of this API version: Sat, 31 Dec 2033", "a warning")


OTHERS = [
    well("F046", "a version that ends", [answer(GOOD, headers=["Deprecation: @1", "Sunset: Sat, 31 Dec 2033 23:59:59 GMT"])],
         check=warns_of_the_end),
]


class Bench(fault.Bench):
    def settings(self, what):
        options = what.get("options", {})
        if "api_url" in options and options["api_url"] is None:
            what = dict(what, options=dict(options, api_url=self.server.url("localhost")))
        if what.get("proxy"):
            what = dict(what, hub={"proxy": self.server.url()})
        return super().settings(what)


if __name__ == "__main__":
    fault.run(REDIRECTS + STATUSES + LOGINS + CONNECTIONS + NAMES + PROXIES + PAGES + OTHERS, Bench)
