# SPDX-License-Identifier: Apache-2.0
"""Mailchimp's Marketing API 3.0 as its sheet describes it: reports, campaigns, lists and their activity."""

import base64
import binascii
import datetime
import zoneinfo

from world import Reply, cents, days, parse_day

KEY = "0123456789abcdef0123456789abcdef-us21"
TOKEN = "mailchimp-stand-in-token"
MAX_COUNT, DEFAULT_COUNT = 1000, 10
SETTLE_DAYS, ACTIVITY_DAYS, HISTORY_DAYS = 30, 180, 200
LISTS = (("l1a2b3c4d5", "Newsletter", 4200), ("l6e7f8a9b0", "Shop \"customers\"", 900))
SUMS = {"emails_sent": ("emails_sent",), "hard_bounces": ("bounces", "hard_bounces"), "soft_bounces": ("bounces", "soft_bounces"),
        "opens_total": ("opens", "opens_total"), "unique_opens": ("opens", "unique_opens"),
        "clicks_total": ("clicks", "clicks_total"), "unique_subscriber_clicks": ("clicks", "unique_subscriber_clicks"),
        "unsubscribed": ("unsubscribed",), "abuse_reports": ("abuse_reports",), "total_orders": ("ecommerce", "total_orders")}


def refuse(status, title, detail):
    raise Reply({"type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title, "status": status,
                 "detail": detail, "instance": "4a1c6b1e-0000-4000-8000-000000000000"}, status,
                {"Content-Type": "application/problem+json; charset=utf-8"})


def instant(text):
    """An ISO 8601 time with its offset."""
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if not at or not at.tzinfo:
        refuse(400, "Invalid Resource", "The resource submitted could not be validated: %s is no time with an offset" % text)
    return at


class Mailchimp:
    def __init__(self, world):
        self.world = world

    # ---- what is true

    def campaigns(self):
        """Every campaign ever sent: (id, list, time of sending, emails sent), oldest first."""
        found = []
        for day in days(self.world.today() - datetime.timedelta(HISTORY_DAYS), self.world.today() - datetime.timedelta(1)):
            for n in range(self.world.draw(0, 2, "campaigns", day)):
                minute = self.world.draw(0, 1439, "minute", day, n)
                at = datetime.datetime.combine(day, datetime.time(minute // 60, minute % 60), datetime.timezone.utc)
                found.append(("c%s%d" % (day.strftime("%y%m%d"), n), self.world.draw(0, 1, "list", day, n), at,
                              self.world.draw(300, 4000, "sent", day, n)))
        return sorted(found, key=lambda c: c[2])

    def report(self, campaign):
        ident, list_no, at, sent = campaign
        draw, late = self.world.draw, self.world.restated(at.date(), SETTLE_DAYS, ident)
        opens = sent * draw(20, 45, "opens", ident) // 100 + late
        clicks = opens * draw(5, 25, "clicks", ident) // 100 + late
        orders = draw(0, 1 + clicks // 10, "orders", ident)
        revenue = sum(draw(900, 9000, "basket", i, ident) for i in range(orders))
        return {"id": ident, "campaign_title": "Week \u201e%s\u201c" % at.strftime("%V"), "type": "regular", "list_id": LISTS[list_no][0],
                "list_name": LISTS[list_no][1], "subject_line": "News \U0001f4ec", "emails_sent": sent, "abuse_reports": draw(0, 1, "abuse", ident),
                "unsubscribed": draw(0, 9, "unsub", ident) + late, "send_time": at.isoformat(),
                "bounces": {"hard_bounces": draw(0, 9, "hard", ident), "soft_bounces": draw(0, 20, "soft", ident), "syntax_errors": 0},
                "forwards": {"forwards_count": 0, "forwards_opens": 0},
                "opens": {"opens_total": opens + opens // 3, "unique_opens": opens, "open_rate": round(opens / sent, 4), "last_open": ""},
                "clicks": {"clicks_total": clicks + clicks // 4, "unique_clicks": clicks + 1, "unique_subscriber_clicks": clicks,
                           "click_rate": round(clicks / sent, 4), "last_click": ""},
                "industry_stats": {"type": "Retail", "open_rate": 0.17}, "list_stats": {"sub_rate": 0},
                "ecommerce": {"total_orders": orders, "total_spent": float(cents(revenue + 500 * orders)),
                              "total_revenue": float(cents(revenue)), "currency_code": "EUR"},
                "timeseries": [{"timestamp": at.isoformat(), "emails_sent": sent, "unique_opens": opens, "recipients_clicks": clicks}],
                "_links": [{"rel": "self", "method": "GET"}]}

    def listed(self, campaign):
        ident, list_no, at, sent = campaign
        return {"id": ident, "web_id": 17, "type": "regular", "create_time": (at - datetime.timedelta(1)).isoformat(), "status": "sent",
                "emails_sent": sent, "send_time": at.isoformat(), "recipients": {"list_id": LISTS[list_no][0]},
                "settings": {"title": "Week " + at.strftime("%V"), "subject_line": "News \U0001f4ec", "from_name": "The shop",
                             "template_id": 900719925474099}, "_links": []}

    def activity(self, list_id):
        """Newest day first, as the platform lists it."""
        today = self.world.today()
        return [{"day": day.isoformat(), "emails_sent": 0, "unique_opens": 0, "recipient_clicks": 0, "hard_bounce": 0, "soft_bounce": 0,
                 "subs": self.world.draw(0, 30, "subs", list_id, day), "unsubs": self.world.draw(0, 9, "unsubs", list_id, day),
                 "other_adds": 0, "other_removes": 0, "_links": []}
                for day in reversed(days(today - datetime.timedelta(ACTIVITY_DAYS - 1), today))]

    def truth(self, query):
        """Sums over the campaigns whose day of sending, in the zone asked for, lies in the range."""
        first, last = parse_day(query["from"]), parse_day(query["to"])
        zone = zoneinfo.ZoneInfo(query.get("zone", "UTC"))
        chosen = [self.report(c) for c in self.campaigns() if first <= c[2].astimezone(zone).date() <= last]
        sums = {name: 0 for name in SUMS}
        for report in chosen:
            for name, path in SUMS.items():
                value = report
                for member in path:
                    value = value[member]
                sums[name] += value
        shown = {name: str(value) for name, value in sums.items()}
        shown["total_revenue"] = cents(sum(round(r["ecommerce"]["total_revenue"] * 100) for r in chosen))
        growth = [a for l in LISTS for a in self.activity(l[0]) if first <= parse_day(a["day"]) <= last]
        shown.update(subs=str(sum(a["subs"] for a in growth)), unsubs=str(sum(a["unsubs"] for a in growth)),
                     members=str(sum(l[2] for l in LISTS)))
        return Reply({"rows": {"growth": len(growth), "lists": len(LISTS), "campaigns": len(self.campaigns())}
                      .get(query.get("of"), len(chosen)), "sums": shown})

    # ---- what is asked

    def answer(self, request):
        self.admit(request)
        path = request.path.split("/")[3:]
        if request.method != "GET":
            refuse(405, "Method Not Allowed", "The requested method and resource are not compatible.")
        if path == ["reports"]:
            return self.page("reports", [self.report(c) for c in self.sent(request.query)], request.query)
        if path == ["campaigns"]:
            return self.page("campaigns", [self.listed(c) for c in self.sent(request.query)], request.query)
        if path == ["lists"]:
            return self.page("lists", [{"id": i, "name": n, "stats": {"member_count": m, "unsubscribe_count": 9, "cleaned_count": 2,
                                                                      "last_unsub_date": ""}, "_links": []} for i, n, m in LISTS],
                             request.query)
        if len(path) == 3 and path[0] == "lists" and path[2] == "activity" and path[1] in [l[0] for l in LISTS]:
            reply = self.page("activity", self.activity(path[1]), request.query)
            return reply
        return refuse(404, "Resource Not Found", "The requested resource could not be found.")

    def admit(self, request):
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            password = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2] if kind == "Basic" else None
        except (binascii.Error, UnicodeDecodeError):
            password = None
        if password != KEY and request.bearer() != TOKEN:
            refuse(401, "API Key Invalid", "Your API key may be invalid, or you've attempted to access the wrong datacenter.")
        if request.path.split("/")[2] != "3.0":
            refuse(404, "Resource Not Found", "The requested resource could not be found.")

    def sent(self, query):
        since = instant(query["since_send_time"]) if "since_send_time" in query else None
        before = instant(query["before_send_time"]) if "before_send_time" in query else None
        if query.get("sort_field", "create_time") not in ("create_time", "send_time"):
            refuse(400, "Invalid Resource", "sort_field must be create_time or send_time")
        return [c for c in self.campaigns() if (not since or c[2] > since) and (not before or c[2] < before)]

    def page(self, name, rows, query):
        """count and offset; ten records where nothing is asked for."""
        try:
            count, offset = int(query.get("count", DEFAULT_COUNT)), int(query.get("offset", 0))
        except ValueError:
            count, offset = -1, -1
        if not 0 <= count <= MAX_COUNT or offset < 0:
            refuse(400, "Invalid Resource", "count must be 0 to %d" % MAX_COUNT)
        count = min(count, self.world.knob("mailchimp", "short", count))
        excluded = query.get("exclude_fields", "").split(",")
        body = {name: [{k: v for k, v in row.items() if "%s.%s" % (name, k) not in excluded} for row in rows[offset:offset + count]],
                "total_items": len(rows), "_links": []}
        return Reply(body)
