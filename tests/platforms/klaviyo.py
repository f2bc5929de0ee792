# SPDX-License-Identifier: Apache-2.0
"""Klaviyo's API as its sheet describes it: JSON:API lists, campaign values and flow series reports."""

import datetime
import json
import re
import time
import urllib.parse
import zoneinfo

from world import Reply, cents, days, parse_day

KEY = "pk_stand_in_private_key"
REVISIONS = {"2026-07-15", "2026-04-15"}
ZONE, CURRENCY = zoneinfo.ZoneInfo("America/New_York"), "USD"
LISTS = (("LsT001", "Newsletter"), ("LsT002", "VIP \u2764"), ("LsT003", "Twins"), ("LsT004", "Twins"))
JOINED, LEFT = ("JoIn01", "Subscribed to List"), ("LeFt01", "Unsubscribed from List")
METRICS = (JOINED, LEFT, ("AbC123", "Opened Email"), ("XyZ789", "Placed Order"), ("DuP001", "Checkout"), ("DuP002", "Checkout"))
FLOWS = (("flo001", "Welcome series", ("msg001", "msg002"), "email"), ("flo002", "Abandoned cart \u20ac", ("msg003",), "sms"))
JSONAPI = "application/vnd.api+json"
SETTLE_DAYS, HISTORY_DAYS, MAX_SPAN_DAYS = 30, 120, 366
STATISTICS = ("recipients", "delivered", "bounced", "failed", "opens", "opens_unique", "clicks", "clicks_unique", "unsubscribes",
              "spam_complaints", "conversions", "conversion_value", "text_message_spend")
MONEY = {"conversion_value", "text_message_spend"}


def refuse(status, code, detail, headers=None):
    error = {"id": "00000000-0000-4000-8000-000000000000", "status": status, "code": code, "title": code.replace("_", " "),
             "detail": detail, "source": {"pointer": "/data/"}, "links": {}, "meta": {}}
    raise Reply({"errors": [error]}, status, dict({"Content-Type": JSONAPI}, **(headers or {})))


class Klaviyo:
    def __init__(self, world):
        self.world = world
        self.last_report = 0.0
        self.too_soon = 0

    # ---- what is true

    def campaigns(self, channel=None):
        """(id, channel, time of sending or None for a draft), oldest first."""
        found = [("draft1", "email", None)]
        for day in days(self.world.today() - datetime.timedelta(HISTORY_DAYS), self.world.today() - datetime.timedelta(1)):
            if self.world.draw(0, 2, "campaign", day):
                at = datetime.datetime.combine(day, datetime.time(self.world.draw(0, 23, "hour", day), 30), datetime.timezone.utc)
                found.append(("01K%s" % day.strftime("%y%m%d"), "sms" if self.world.draw(0, 4, "sms", day) == 0 else "email", at))
        return [c for c in found if channel in (None, c[1])]

    def numbers(self, day, *key):
        """Whole numbers; money in cents."""
        draw, late = self.world.draw, self.world.restated(day, SETTLE_DAYS, *key)
        sent = draw(100, 3000, "sent", *key)
        opens = sent * draw(20, 60, "opens", *key) // 100 + late
        clicks = opens * draw(5, 30, "clicks", *key) // 100 + late
        bought = draw(0, 1 + clicks // 8, "bought", *key)
        return {"recipients": sent, "delivered": sent - 3, "bounced": 3, "failed": draw(0, 2, "failed", *key), "opens": opens + opens // 4,
                "opens_unique": opens, "clicks": clicks + 2, "clicks_unique": clicks, "unsubscribes": draw(0, 5, "un", *key),
                "spam_complaints": 0, "conversions": bought, "conversion_value": sum(draw(900, 20000, "basket", i, *key) for i in range(bought)),
                "text_message_spend": draw(0, 900, "spend", *key)}

    @staticmethod
    def list_names():
        """As aggregates know them: also one that was deleted."""
        return sorted({name for _, name in LISTS}) + ["Gone list"]

    def grown(self, name, day):
        """(joined, left) of a list on a day of the account; both 0 on quiet days."""
        quiet = self.world.draw(0, 2, "quiet list", name, day) == 0
        late = self.world.restated(day, 3, "list", name)
        return (0, 0) if quiet else (self.world.draw(0, 20, "joined", name, day) + late, self.world.draw(1, 5, "left", name, day))

    def flow_day(self, flow, message, day):
        """None on a quiet day, on which everything is 0."""
        return None if self.world.draw(0, 3, "quiet", flow, message, day) == 0 else self.numbers(day, flow, message, day)

    def truth(self, query):
        first, last = parse_day(query["from"]), parse_day(query["to"])
        if query.get("of") == "names":
            return Reply({"rows": len(self.campaigns()) if query.get("kind") == "campaigns" else len(FLOWS), "sums": {},
                          "too_soon": self.too_soon})
        if query.get("of") == "lists":
            found = [self.grown(name, day) for name in self.list_names() for day in days(first, last)]
            return Reply({"rows": sum(any(pair) for pair in found),
                          "sums": {"joined": str(sum(p[0] for p in found)), "left": str(sum(p[1] for p in found))}})
        if query.get("of") == "flows":
            found = [self.flow_day(f, m, day) for f, _, messages, _ in FLOWS for m in messages for day in days(first, last)]
        else:
            found = [self.numbers(at.date(), i, i + "m") for i, _, at in self.campaigns() if at and first <= at.astimezone(ZONE).date() <= last]
        found = [n for n in found if n]
        sums = {name: sum(n[name] for n in found) for name in STATISTICS}
        return Reply({"rows": len(found), "too_soon": self.too_soon,
                      "sums": {name: cents(v) if name in MONEY else str(v) for name, v in sums.items()}})

    # ---- what is asked

    def answer(self, request):
        reply = self.route(request)
        reply.headers["Content-Type"] = JSONAPI
        reply.headers.setdefault("RateLimit-Remaining", "149")
        reply.headers.setdefault("RateLimit-Reset", "30")
        return reply

    def route(self, request):
        self.admit(request)
        path = request.path[len("/klaviyo"):]
        if request.method == "POST" and path in ("/api/campaign-values-reports", "/api/flow-series-reports"):
            return self.report(request, path)
        if request.method == "POST" and path == "/api/metric-aggregates":
            return self.aggregates(request)
        if request.method != "GET":
            refuse(405, "method_not_allowed", "Method not allowed.")
        for scope in self.world.knob("klaviyo", "no_scopes", []):
            if path == "/api/" + scope.split(":")[0]:
                refuse(403, "permission_denied", "The API key is missing required scopes: " + scope)
        if path == "/api/lists":
            return self.page([{"type": "list", "id": i, "attributes": {"name": n, "created": "2026-01-01T00:00:00+00:00"}} for i, n in LISTS],
                             request, 10)
        if path == "/api/campaigns":
            channel = re.fullmatch(r"equals\(messages\.channel,'(email|sms|mobile_push)'\)", request.query.get("filter", ""))
            if not channel:
                refuse(400, "invalid", "A channel filter is required to list campaigns.")
            return self.page([self.campaign(c) for c in self.campaigns(channel.group(1))], request, 100)
        if path == "/api/flows":
            return self.page([{"type": "flow", "id": i, "attributes": {"name": n, "status": "live", "archived": False,
                                                                      "updated": "2026-01-02T03:04:05+00:00"}} for i, n, _, _ in FLOWS],
                             request, 50)
        if path == "/api/metrics":
            return self.page([{"type": "metric", "id": i, "attributes": {"name": n, "integration": {"name": "API"}}} for i, n in METRICS],
                             request, 200)
        if path == "/api/accounts":
            if self.world.fault("klaviyo", "no_accounts_scope"):
                refuse(403, "permission_denied", "The API key is missing required scopes: accounts:read")
            return Reply({"data": [{"type": "account", "id": "acc", "attributes": {"timezone": ZONE.key, "preferred_currency": CURRENCY}}]})
        return refuse(404, "not_found", "A path could not be found.")

    def admit(self, request):
        if request.headers.get("authorization") != "Klaviyo-API-Key " + KEY:
            refuse(401, "not_authenticated", "Missing or invalid private key.")
        if "revision" not in request.headers:
            refuse(400, "invalid", "The revision header is required.")
        if request.headers["revision"] not in REVISIONS:
            refuse(400, "invalid", "The revision %s is not valid." % request.headers["revision"])
        if request.method == "POST" and request.headers.get("content-type") != JSONAPI:
            refuse(415, "unsupported_media_type", "Content-Type must be application/vnd.api+json.")

    def campaign(self, campaign):
        ident, channel, at = campaign
        sent = at.isoformat() if at else None
        return {"type": "campaign", "id": ident,
                "attributes": {"name": "Campaign " + ident, "status": "Sent" if at else "Draft", "archived": False, "send_time": sent,
                               "created_at": "2026-01-01T00:00:00+00:00", "updated_at": sent or "2026-01-01T00:00:00+00:00"},
                "links": {"self": "https://a.klaviyo.com/api/campaigns/" + ident}}

    def page(self, rows, request, size):
        size = min(self.world.knob("klaviyo", "page_size", size), int(request.query.get("page[size]", size)))
        start = int(request.query.get("page[cursor]", "0"))
        query = {name: value for name, value in request.query.items() if name != "page[cursor]"}
        query["page[cursor]"] = str(start + size)
        more = request.base() + request.path + "?" + urllib.parse.urlencode(query) if start + size < len(rows) else None
        return Reply({"data": rows[start:start + size], "links": {"self": "x", "next": more, "prev": None}})

    # ---- reports

    def pace(self):
        """Knob gap_s: that many seconds between two reports; the sheet's two a minute would be 30."""
        gap = self.world.knob("klaviyo", "gap_s", 0)
        now = time.monotonic()
        if gap and now - self.last_report < gap:
            self.too_soon += 1
            refuse(429, "throttled", "Request was throttled.", {"Retry-After": str(gap)})
        self.last_report = now if gap else 0.0
        return {"RateLimit-Remaining": "0", "RateLimit-Reset": str(gap)} if gap else {"RateLimit-Remaining": "1"}

    def report(self, request, path):
        headers = self.pace()
        attributes = self.attributes(request, path)
        try:
            first, last = (datetime.datetime.fromisoformat(attributes["timeframe"][name]) for name in ("start", "end"))
        except (KeyError, ValueError):
            refuse(400, "invalid", "timeframe must have a key, or a start and an end")
        if last <= first or (last - first).days > MAX_SPAN_DAYS:
            refuse(400, "invalid", "The timeframe must be at most a year")
        wanted = attributes["statistics"]
        if path.endswith("campaign-values-reports"):
            return self.values(request, first, last, wanted, headers)
        if attributes.get("interval") != "daily":
            refuse(400, "invalid", "interval must be hourly, daily, weekly or monthly")
        return self.series(first, last, wanted, headers)

    def aggregates(self, request):
        try:
            asked = json.loads(request.body)["data"]
            wanted = asked["attributes"]
            first, end = (re.fullmatch(r"%s\(datetime,(\d{4}-\d\d-\d\d)T00:00:00\)" % word, text).group(1)
                          for word, text in zip(("greater-or-equal", "less-than"), wanted["filter"]))
        except (ValueError, KeyError, AttributeError):
            refuse(400, "invalid", "The request body is not valid")
        if asked.get("type") != "metric-aggregate" or wanted.get("measurements") != ["count"] or wanted.get("interval") != "day":
            refuse(400, "invalid", "This stand-in counts by day")
        if wanted.get("by") != ["List"] or wanted.get("timezone") != ZONE.key:
            refuse(400, "invalid", "This stand-in counts by List, in the account's time zone")
        if wanted.get("metric_id") not in (JOINED[0], LEFT[0]):
            refuse(404, "not_found", "There is no metric %s" % wanted.get("metric_id"))
        side = 0 if wanted["metric_id"] == JOINED[0] else 1
        span = [d for d in days(parse_day(first), parse_day(end) - datetime.timedelta(1))]
        rows = [{"dimensions": [name], "measurements": {"count": [float(self.grown(name, d)[side]) for d in span]}}
                for name in self.list_names()] + [{"dimensions": [], "measurements": {"count": [9.0] * len(span)}}]
        size = min(self.world.knob("klaviyo", "page_size", 500), wanted.get("page_size", 500))
        start = int(request.query.get("page_cursor", "0"))
        more = "%s%s?page_cursor=%d" % (request.base(), request.path, start + size) if start + size < len(rows) else None
        times = [datetime.datetime.combine(d, datetime.time(0), ZONE).isoformat() for d in span]
        return Reply({"data": {"type": "metric-aggregate", "id": "a1", "attributes": {"dates": times, "data": rows[start:start + size]}},
                      "links": {"self": "x", "next": more, "prev": None}})

    def attributes(self, request, path):
        kind = path[len("/api/"):-1]
        try:
            data = json.loads(request.body)["data"]
            attributes = data["attributes"]
        except (ValueError, KeyError):
            refuse(400, "invalid", "The request body is not valid")
        if data.get("type") != kind:
            refuse(409, "conflict", "type must be " + kind)
        if attributes.get("conversion_metric_id") not in [m[0] for m in METRICS]:
            refuse(400, "invalid", "conversion_metric_id is not a metric of this account")
        for name in attributes.get("statistics") or [None]:
            if name not in STATISTICS:
                refuse(400, "invalid", "%s is not a valid statistic" % name)
        if len(set(attributes["statistics"])) != len(attributes["statistics"]):
            refuse(400, "invalid", "statistics must be unique")
        return attributes

    def written(self, numbers, wanted):
        """Counts are floats, as in the vendor's examples; text messages have no opens: the member is null."""
        return {name: None if numbers.get(name) is None else numbers[name] / 100 if name in MONEY else float(numbers[name])
                for name in wanted}

    def values(self, request, first, last, wanted, headers):
        rows = [{"groupings": {"send_channel": channel, "campaign_id": ident, "campaign_message_id": ident + "m"},
                 "statistics": self.written(self.numbers(at.date(), ident, ident + "m"), wanted)}
                for ident, channel, at in self.campaigns() if at and first <= at < last]
        rows += [{"groupings": {"send_channel": "email", "campaign_id": "gone", "campaign_message_id": "gonem"},
                  "statistics": self.written(self.numbers(first.date(), "gone"), wanted)}
                 for _ in range(self.world.knob("klaviyo", "deleted", 0))]
        size, start = self.world.knob("klaviyo", "page_size", 1000), int(request.query.get("page_cursor", "0"))
        more = "%s%s?page_cursor=%d" % (request.base(), request.path, start + size) if start + size < len(rows) else None
        return Reply({"data": {"type": "campaign-values-report", "id": "r1", "attributes": {"results": rows[start:start + size]}},
                      "links": {"self": "x", "next": more, "prev": None}}, 200, headers)

    def series(self, first, last, wanted, headers):
        """Buckets are days of the account."""
        span = days(first.astimezone(ZONE).date(), last.astimezone(ZONE).date())
        results = []
        for flow, _, messages, channel in FLOWS:
            for message in messages:
                found = [self.written(self.flow_day(flow, message, day) or dict.fromkeys(STATISTICS, 0), wanted) for day in span]
                results.append({"groupings": {"flow_id": flow, "flow_message_id": message, "send_channel": channel},
                                "statistics": {name: [f[name] for f in found] for name in wanted}})
        if self.world.fault("klaviyo", "short_series"):
            results[0]["statistics"]["opens"].pop()
        times = [datetime.datetime.combine(day, datetime.time(0), ZONE).isoformat() for day in span]
        return Reply({"data": {"type": "flow-series-report", "id": "r2", "attributes": {"date_times": times, "results": results}},
                      "links": {"self": "x", "next": None, "prev": None}}, 200, headers)
