# SPDX-License-Identifier: Apache-2.0
"""F038, F039, F041, F042, F045, F046: names and addresses, proxies, pages."""

import datetime
from email.utils import format_datetime

import fault
from fault import case, page, row
from http_lab import GOOD, LOGIN_PAGE, Bench, Other, at_pages, well
from rawserver import answer, by_request

OTHER = Other()
SOON = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(20)

# ---- names and addresses

def elsewhere(name, url, says, number="F038", **how):
    return case(number, name, [GOOD], outcome="failed", reason="config", requests=0, options={"api_url": url}, says=says, **how)


NAMES = [
    elsewhere("the address where clouds keep their secrets", "https://169.254.169.254/", "(169.254.169.254): refused"),
    elsewhere("an IPv4 address in IPv6 clothes", "https://[::ffff:169.254.169.254]/", "refused"),
    elsewhere("the address that means this host", "https://0.0.0.0/", "(0.0.0.0): refused"),
    elsewhere("plain http to a public address", "http://192.0.2.1/", "only https is allowed"),
    case("F038", "a name that does not exist", [GOOD], outcome="retrying", reason="retry", requests=0, says="resolve",
         options={"api_url": "https://%s.example/" % ("x" * 64)}),
    well("F039", "a server on IPv4 alone under a name with both", lambda bench: [GOOD], options={"api_url": None}),
]

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
    pages("F042", "a next page on another host", "next", answer(page(row(), more=',"next":"%s/ads"' % OTHER.server.url())), "denied", "host",
          paging={"path": "$.next"}, says="is not one that may be asked", check=OTHER.is_left_alone, options={"token": "fault-token-1"}),
    pages("F042", "a cursor that is an object", "cursor", answer(page(row(), more=',"next":{"a":1}')), paging=BY_CURSOR,
          says="neither a text nor a number"),
    pages("F042", "the second page fails for good", "cursor", by_request(lambda e: answer("x", 500) if "after=" in e.target else
          answer(page(row("7"), more=',"next":"a"'))), "retrying", "retry", paging=BY_CURSOR, says="HTTP 500"),
    case("F045", "a row outside of the window", [page(row(), row("2", date='"2026-11-19"'))], requests=2,
         says="2026-11-19 is outside of the window 2026-11-20 to 2026-11-20"),
]


def warns_of_the_end(bench, result, checks):
    text = "the platform announces the end of this API version: it is switched off on 2033-12-31; deprecated since 2023-06-30"
    checks.has(result.err, text, "a warning")
    told = bench.query("SELECT text FROM notices WHERE kind = 'deprecated' AND scope = 'shop' AND until IS NULL")
    checks.ok(len(told) == 1 and told[0][0].startswith(text), "an event that lasts", repr(told))
    shown = bench.lab.omnihub("status").out
    checks.has(shown, text, "status shows it")
    again = bench.pull()
    checks.ok(text not in again.err, "the same is not said twice")


def ends_soon(bench, result, checks):
    checks.has(result.err, "switched off on %s, within 30 days" % SOON.date().isoformat(), "says how near it is")
    checks.has(result.err, "(v9 goes)", "with the platform's own words")


def is_over(bench, result, checks):
    checks.is_(bench.query("SELECT count(*) FROM notices WHERE kind = 'deprecated' AND until IS NULL"), [(0,)],
               "ends with the first run whose replies do not say it")


OTHERS = [
    well("F046", "a version that ends", [answer(GOOD, headers=["Deprecation: @1688169599", "Sunset: Sat, 31 Dec 2033 23:59:59 GMT"])],
         check=warns_of_the_end),
    well("F046", "a version that ends soon", [answer(GOOD, headers=["Deprecation: true", "X-Api-Warn: v9 goes",
                                                                    "Sunset: " + format_datetime(SOON, usegmt=True)])], check=ends_soon),
    well("F046", "a version that does not end", [answer(GOOD, headers=["Deprecation: ?0"])], check=is_over),
]

if __name__ == "__main__":
    fault.run(NAMES + PROXIES + PAGES + OTHERS, Bench)
