#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-ins of the platforms on loopback: they check logins, page, throttle, restate and fail as their sheets say.

One server, one path prefix per platform: /ga4, /gads, /meta, /shop, /oauth … Beside them POST /_control (see World.control),
GET /_truth?platform=&account=&from=&to= (exact sums), GET /_log (requests so far, without credentials) and GET /_key
(the service account's key file).
"""

import argparse
import datetime
import http.server
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from adobe import Adobe  # noqa: E402
from amazon import Amazon  # noqa: E402
from emarsys import Emarsys  # noqa: E402
from ga4 import Ga4  # noqa: E402
from gads import GoogleAds  # noqa: E402
from gsc import SearchConsole  # noqa: E402
from hubspot import HubSpot  # noqa: E402
from instagram import Instagram  # noqa: E402
from klaviyo import Klaviyo  # noqa: E402
from linkedin import LinkedIn  # noqa: E402
from mailchimp import Mailchimp  # noqa: E402
from mastodon import Mastodon  # noqa: E402
from meta import Meta  # noqa: E402
from oauth import OAuth  # noqa: E402
from salesforce import Salesforce  # noqa: E402
from shop import Shop  # noqa: E402
from shopify import Shopify  # noqa: E402
from spoil import Spoiler  # noqa: E402
from square import Square  # noqa: E402
from stripe import Stripe  # noqa: E402
from world import Reply, Request, World  # noqa: E402

MAX_BODY = 1 << 20


class Platforms:
    """All stand-ins over one world; one request at a time."""

    def __init__(self, world):
        self.world = world
        self.oauth = OAuth(world)
        self.modules = {
            "oauth": self.oauth,
            "adobe": Adobe(world),
            "amazon": Amazon(world),
            "emarsys": Emarsys(world),
            "ga4": Ga4(world, self.oauth),
            "gads": GoogleAds(world, self.oauth),
            "gsc": SearchConsole(world, self.oauth),
            "hubspot": HubSpot(world),
            "instagram": Instagram(world),
            "klaviyo": Klaviyo(world),
            "linkedin": LinkedIn(world),
            "mailchimp": Mailchimp(world),
            "mastodon": Mastodon(world),
            "meta": Meta(world),
            "salesforce": Salesforce(world, self.oauth),
            "shop": Shop(world),
            "shopify": Shopify(world),
            "square": Square(world),
            "stripe": Stripe(world),
        }
        self.spoil = Spoiler(world)
        self.lock = threading.Lock()

    def answer(self, request):
        with self.lock:
            try:
                return self.route(request)
            except Reply as reply:
                return reply

    def route(self, request):
        name = request.path.split("/")[1]
        if name.startswith("_"):
            return self.manage(name, request)
        if name not in self.modules:
            return Reply({"error": "no stand-in is called %s" % name}, 404)
        shown = request.path + ("?" + "&".join(sorted(k for k in request.query)) if request.query else "")
        self.world.log.append({"method": request.method, "path": shown})
        fault = self.world.fault(name, "status", request.path)
        if fault:
            headers = {"Retry-After": str(fault["retry_after"])} if "retry_after" in fault else {}
            return Reply(fault.get("body", ""), fault.get("code", 503), headers)
        if self.world.fault(name, "html", request.path):
            return Reply("<html><body>Please log in to the network</body></html>", 200, {"Content-Type": "text/html"})
        reply = self.spoil(name, request, self.modules[name].answer(request))
        if self.world.fault(name, "sunset", request.path):
            reply.headers.update({"Deprecation": "@1790000000", "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT"})
        return reply

    def manage(self, name, request):
        if name == "_control" and request.method == "POST":
            self.spoil.forget()
            order = json.loads(request.body)
            if order.pop("revoke_tokens", False):
                self.oauth.tokens.clear()
            return self.world.control(order)
        if name == "_truth":
            return self.modules[request.query.get("platform", "")].truth(request.query)
        if name == "_log":
            return Reply(self.world.log)
        if name == "_key":
            return Reply(self.oauth.key_file(request.base() + "/oauth/token"))
        return Reply({"error": "unknown"}, 404)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self):
        length = int(self.headers.get("Content-Length", "0"))
        if length > MAX_BODY:
            self.send_error(413)
            return
        request = Request(self.command, self.path, self.headers, self.rfile.read(length))
        platforms = self.server.platforms
        reply = platforms.answer(request)
        self.deliver(reply, request, platforms.world)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def deliver(self, reply, request, world):
        platform, path = request.path.split("/")[1], request.path
        if world.fault(platform, "stall", path):
            time.sleep(world.knob(platform, "stall_s", 1))
        if world.fault(platform, "reset", path):
            self.close_connection = True
            return
        body = reply.body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if world.fault(platform, "stall_middle", path):
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            world.log.append({"method": "STALL", "path": "/" + platform})
            until = time.monotonic()
            while time.monotonic() < until + world.knob(platform, "stall_s", 1):
                time.sleep(0.02)  # a test that sets the knob to 0 lets it go on
            body = body[len(body) // 2:]
        if world.fault(platform, "truncate", path):
            body = body[:len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Silent: the tests read /_log."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away is no fault of ours; all else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(options):
    """A server that is ready to accept, not yet running."""
    world = World(options.seed, options.today, options.generation)
    server = Server(("127.0.0.1", options.port), Handler)
    server.platforms = Platforms(world)
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=datetime.date.fromisoformat, help="the platforms' today, YYYY-MM-DD")
    parser.add_argument("--generation", type=int, default=0, help="how often the past was restated")
    parser.add_argument("--key-file", help="write the service account's key file here")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = serve(options)
    port = server.server_address[1]
    if options.key_file:
        with open(os.open(options.key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(server.platforms.oauth.key_file("http://127.0.0.1:%d/oauth/token" % port), out)
    print("ready %d" % port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
