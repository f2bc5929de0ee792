# SPDX-License-Identifier: Apache-2.0
"""What the cases of a reply (f_b_*.py) have in common: good replies, kinds of outcome, a bench that knows proxies and
"localhost"."""

import fault
from fault import case, page, row
from rawserver import RawServer, answer, by_request, head

GOOD = page(row())
ONE = ("1", "n", 1000000, 1)
REPLY = head() + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD.encode()
BODY = len(REPLY) - len(GOOD)
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in, please</title></head></html>"
LIMIT = 2 << 20
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


class Other:
    """A second server that should never be asked: another port of this machine is another host."""

    def __init__(self):
        self.server = RawServer()
        self.server.healthy = answer(GOOD)

    def is_left_alone(self, bench, result, checks):
        asked = [(e.target, e.headers) for e in self.server.requests]
        checks.is_(asked, [], "nothing is sent there, least of all the login")


class Bench(fault.Bench):
    def settings(self, what):
        options = what.get("options", {})
        if "api_url" in options and options["api_url"] is None:
            what = dict(what, options=dict(options, api_url=self.server.url("localhost")))
        if what.get("proxy"):
            what = dict(what, hub={"proxy": self.server.url()})
        return super().settings(what)
