# SPDX-License-Identifier: Apache-2.0
"""The torture test's platforms: shops whose numbers change, with logins that rotate, which throttle, stall, break and cut what they
send. What each shop holds can be computed anew from its versions, so that nothing has to be believed that the hub says."""

import collections
import datetime
import hashlib
import json
import threading
import time
import urllib.parse

import rotating

THROTTLED_S, PARKED_S = 1, 60  # what 429 says: shorter and longer than a job waits itself
STALL_S, SLOW_S = 8, 0.15
TOKEN_S = 300
RECENT_DAYS = 5
CURRENCY = "EUR"


def orders(shop, day, version):
    """What a shop answers for a day once it was restated to that version: [(number, day, cents, version)]."""
    seed = int.from_bytes(hashlib.sha256(("%s %s" % (shop, day)).encode()).digest()[:4], "big")
    return [("%s-%s-%d" % (shop, day, n), day, (seed + 7919 * version + 104729 * n) % 100000, "v%d" % version)
            for n in range(3 + (seed + version) % 4)]


class Shop:
    """days: of a snapshot, each of the same version; None: any day is asked for by itself, each with its own."""

    def __init__(self, name, days=None):
        self.name, self.days = name, days
        self.versions = collections.defaultdict(lambda: 1)
        self.troubles = collections.deque()  # one for each request
        self.asked, self.last_day = 0, ""
        self.lock = threading.Lock()

    def version(self, day):
        return self.versions[self.name if self.days else day]

    def restate(self, day):
        with self.lock:
            self.versions[self.name if self.days else day] += 1

    def recent(self):
        """Days that may be restated: every later pull asks for them again."""
        with self.lock:
            return self.days or days_between(day_before(self.last_day, RECENT_DAYS), self.last_day)

    def answer(self, first, last):
        with self.lock:
            days = self.days or days_between(first, last)
            self.last_day = max([self.last_day] + days)
            return [order for day in days for order in orders(self.name, day, self.version(day))]

    def truth(self, first):
        """Of the days that were ever asked for."""
        with self.lock:
            days = self.days or days_between(first, self.last_day)
            return {day: set(orders(self.name, day, self.version(day))) for day in days}


def days_between(first, last):
    a, b = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return [(a + datetime.timedelta(n)).isoformat() for n in range((b - a).days + 1)]


def day_before(day, n):
    return (datetime.date.fromisoformat(day) - datetime.timedelta(n)).isoformat()


class Platform(rotating.Platform):
    """One login for all of its shops; is_open: none at all."""

    def __init__(self, clock, shops, is_open=False):
        self.clock, self.shops, self.is_open = clock, {shop.name: shop for shop in shops}, is_open
        self.turned_at, self.is_turn_used, self.misuses, self.logins = 0, True, [], 0
        self.guard = threading.Lock()
        self.is_ending = threading.Event()
        super().__init__()
        self.RequestHandlerClass = Handler
        self.life = TOKEN_S

    def log_in(self):
        self.logins += 1
        return super().log_in()

    def refresh(self, form):
        """Who sends an old refresh token has lost the new one, or two have renewed at once: told apart by what happened in between."""
        with self.guard:
            before, is_first = self.reuses, not self.is_revoked
            status, body = super().refresh(form)
            if self.reuses > before and is_first:
                self.misuses.append({"from": self.turned_at, "to": time.monotonic(), "was_used": self.is_turn_used,
                                     "sent": form.get("refresh_token"), "wanted": self.token("refresh")})
            elif status == 200:
                self.turned_at, self.is_turn_used = time.monotonic(), False
            return status, body

    def data(self, authorization):
        with self.guard:
            status, body = (200, None) if self.is_open else super().data(authorization)
            self.is_turn_used |= status == 200
            return status, body

    def take_token(self):
        """The access token is taken back before its time."""
        if self.access:
            self.dead_tokens.add(self.access)

    def handle_error(self, *_):
        pass  # the other side was killed: what this is about

    def end(self):
        self.is_ending.set()
        self.shutdown()
        self.server_close()


class Handler(rotating.Handler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.server.clock.wall())

    def do_POST(self):
        """The old refresh token is worth nothing while its sender waits for the new one."""
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers.get("content-length") or 0)).decode()))
        status, body = self.server.refresh(form)
        self.server.is_ending.wait(SLOW_S)
        self.finish_with(status, body)

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path)
        asked = urllib.parse.parse_qs(path.query)
        shop = self.server.shops[path.path.strip("/")]
        shop.asked += 1
        status, body = self.server.data(self.headers.get("authorization"))
        trouble = shop.troubles.popleft() if shop.troubles and status == 200 else "slow"
        rows = shop.answer(asked.get("from", [""])[0], asked.get("to", [""])[0]) if status == 200 else []
        if status == 200:
            body = {"orders": [{"id": number, "day": day, "net": "%d.%02d" % divmod(cents, 100), "status": version}
                               for number, day, cents, version in rows]}
        body = json.dumps(body).encode()
        try:
            getattr(self, trouble)(status, body)
        except OSError:
            pass  # the job that asked was killed

    def head(self, status, length, **more):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    # ---- how a reply goes

    def slow(self, status, body):
        self.server.is_ending.wait(SLOW_S)
        self.head(status, len(body))
        self.wfile.write(body)

    def held(self, status, body):
        """Until the gate opens; the numbers are those of when it was asked."""
        self.server.at_data.pass_through()
        self.head(status, len(body))
        self.wfile.write(body)

    def throttle(self, *_):
        self.head(429, 0, Retry_After=THROTTLED_S)

    def park(self, *_):
        self.head(429, 0, Retry_After=PARKED_S)

    def busy(self, *_):
        self.head(503, 0)

    def stall(self, status, body):
        self.head(status, len(body))
        self.wfile.write(body[:len(body) // 2])
        self.wfile.flush()
        self.server.is_ending.wait(STALL_S)
        self.close_connection = True

    def cut(self, status, body):
        self.head(status, len(body))
        self.wfile.write(body[:len(body) // 2])
        self.close_connection = True
