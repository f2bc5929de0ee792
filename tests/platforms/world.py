# SPDX-License-Identifier: Apache-2.0
"""What all stand-ins share: numbers that depend only on seed, day and restatement, faults on demand, requests and replies."""

import datetime
import hashlib
import json
import urllib.parse


class Request:
    """One HTTP request, decoded once."""

    def __init__(self, method, target, headers, body):
        parts = urllib.parse.urlsplit(target)
        self.method = method
        self.target = target
        self.path = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))

    def bearer(self):
        """The bearer token, or None."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" and token else None

    def base(self):
        """The address under which the client reached this stand-in."""
        return "http://" + self.headers.get("host", "127.0.0.1")


class Reply(Exception):
    """An answer; raised where a check fails deep inside, returned otherwise."""

    def __init__(self, body, status=200, headers=None):
        super().__init__(status)
        self.status = status
        self.headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            self.headers.setdefault("Content-Type", "application/json; charset=UTF-8")
            body = json.dumps(body, separators=(",", ":"))
        self.body = body.encode("utf-8") if isinstance(body, str) else body


class World:
    """The clock, the seed, how often the past was restated, and the faults that wait to happen."""

    def __init__(self, seed=1, today=None, generation=0):
        self.seed = seed
        self.fixed_today = today
        self.generation = generation
        self.faults = []
        self.knobs = {}
        self.log = []

    def today(self):
        return self.fixed_today or datetime.datetime.now(datetime.timezone.utc).date()

    def draw(self, low, high, *key):
        """A whole number from low to high, always the same for the same seed and key."""
        text = "\0".join(str(part) for part in (self.seed,) + key)
        digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
        return low + int.from_bytes(digest, "big") % (high - low + 1)

    def restated(self, day, settle_days, *key):
        """How much was added to this value since it was first published: grows with the generation, while the day settles."""
        if not 0 <= (self.today() - day).days < settle_days:
            return 0
        return sum(1 for g in range(1, self.generation + 1) if self.draw(0, 3, "late", g, day, *key) == 0)

    def knob(self, platform, name, otherwise):
        return self.knobs.get(platform, {}).get(name, otherwise)

    def fault(self, platform, kind, path=""):
        """Uses up one fault of this kind if one is due; its description, or None. A fault with a path is for requests below it."""
        for fault in self.faults:
            if fault.get("platform") == platform and fault.get("kind") == kind and fault.get("path", "") in path:
                return self._use(fault)
        return None

    def _use(self, fault):
        if fault.get("after", 0) > 0:
            fault["after"] -= 1
            return None
        fault["times"] = fault.get("times", 1) - 1
        if fault["times"] <= 0:
            self.faults.remove(fault)
        return fault

    def control(self, order):
        """The control call: {"today":…, "generation":…, "restate":n, "fault":{…}, "knobs":{platform:{…}}, "clear":true}."""
        unknown = set(order) - {"today", "generation", "restate", "fault", "faults", "knobs", "clear"}
        if unknown:
            raise Reply({"error": "unknown control: " + ", ".join(sorted(unknown))}, 400)
        if order.get("clear"):
            self.faults, self.knobs, self.log = [], {}, []
        if "today" in order:
            self.fixed_today = parse_day(order["today"])
        self.generation = order.get("generation", self.generation) + order.get("restate", 0)
        self.faults += order.get("faults", []) + ([order["fault"]] if "fault" in order else [])
        for platform, values in order.get("knobs", {}).items():
            self.knobs.setdefault(platform, {}).update(values)
        return Reply({"today": self.today().isoformat(), "generation": self.generation, "faults": len(self.faults)})


def parse_day(text):
    """YYYY-MM-DD, strictly; None for anything else."""
    try:
        day = datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if len(text) == 10 else None


def days(first, last):
    """Every day from first to last, both included."""
    return [first + datetime.timedelta(n) for n in range((last - first).days + 1)]


def cents(amount):
    """Whole cents as decimal text: 1234 is 12.34, 1230 is 12.3, 1200 is 12."""
    text = "%d.%02d" % divmod(amount, 100)
    return text.rstrip("0").rstrip(".")
