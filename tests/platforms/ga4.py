# SPDX-License-Identifier: Apache-2.0
"""The Google Analytics 4 Data API as its sheet describes it: runReport and metadata of two properties."""

import datetime
import json
import re

from world import Reply, cents, days, parse_day

PROPERTIES = {"313131313": ("EUR", "Europe/Lisbon"), "424242424": ("USD", "America/New_York")}
SCOPES = {"https://www.googleapis.com/auth/analytics.readonly", "https://www.googleapis.com/auth/analytics"}
SETTLE_DAYS = 12
MAX_LIMIT, MAX_DIMENSIONS, MAX_METRICS = 250000, 9, 10

# channel group, source, medium, campaign, how busy
TRAFFIC = (
    ("Direct", "(direct)", "(none)", "(direct)", 90),
    ("Organic Search", "google", "organic", "(organic)", 120),
    ("Organic Search", "bing", "organic", "(organic)", 15),
    ("Paid Search", "google", "cpc", "brand", 60),
    ("Paid Social", "facebook", "paid_social", "spring_sale", 70),
    ("Paid Social", "instagram", "paid_social", "spring_sale", 45),
    ("Paid Social", "facebook", "paid_social", "retargeting", 25),
    ("Organic Social", "instagram", "social", "(not set)", 30),
    ("Email", "newsletter", "email", "weekly", 35),
    ("Referral", "blog.example.com", "referral", "(referral)", 12),
    ("Display", "banners", "display", "awareness \"2026\"", 18),
    ("Unassigned", "(not set)", "(not set)", "(not set)", 4),
)
DIMENSIONS = {"date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium", "sessionSourceMedium",
              "sessionCampaignName", "landingPage", "eventName"}
METRICS = {"sessions": "TYPE_INTEGER", "engagedSessions": "TYPE_INTEGER", "screenPageViews": "TYPE_INTEGER",
           "eventCount": "TYPE_INTEGER", "keyEvents": "TYPE_FLOAT", "userEngagementDuration": "TYPE_SECONDS",
           "transactions": "TYPE_INTEGER", "purchaseRevenue": "TYPE_CURRENCY", "totalRevenue": "TYPE_CURRENCY",
           "totalUsers": "TYPE_INTEGER", "activeUsers": "TYPE_INTEGER", "newUsers": "TYPE_INTEGER"}
# Where a kind of traffic lands; the platform leaves the page empty where there was none.
LANDING_PAGES = ("/", "/sale", "/blog/\u00e1rvore", "(not set)", "")
MONEY = {"purchaseRevenue", "totalRevenue"}
MEMBERS = {"dateRanges", "dimensions", "metrics", "dimensionFilter", "metricFilter", "orderBys", "offset", "limit",
           "metricAggregations", "currencyCode", "keepEmptyRows", "returnPropertyQuota", "property", "cohortSpec",
           "comparisons"}


def refuse(code, status, message, details=None, headers=None):
    error = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = details
    raise Reply({"error": error}, code, headers)


def bad(message):
    refuse(400, "INVALID_ARGUMENT", message)


class Ga4:
    def __init__(self, world, oauth):
        self.world = world
        self.oauth = oauth
        self.tokens_used = 0

    # ---- what is true

    def line(self, prop, day, n):
        """The numbers of one kind of traffic on one day; None where there was none. Money in cents."""
        world = self.world
        key = (prop, day, n)
        busy = TRAFFIC[n][4]
        if busy < 40 and world.draw(0, 5, "quiet", *key) == 0:
            return None
        sessions = world.draw(busy // 2 + 1, busy * 2, "sessions", *key) + world.restated(day, SETTLE_DAYS, "sessions", *key)
        orders = min(sessions, world.draw(0, 1 + busy // 25, "orders", *key) + world.restated(day, SETTLE_DAYS, "orders", *key))
        revenue = sum(world.draw(900, 14000, "basket", i, *key) for i in range(orders))
        users = sessions - world.draw(0, sessions // 8, "users", *key)
        return {"sessions": sessions, "engagedSessions": sessions * world.draw(45, 70, "engaged", *key) // 100,
                "screenPageViews": sessions * 3 + world.draw(0, 40, "views", *key), "eventCount": sessions * 9 + orders,
                "keyEvents": orders + world.draw(0, 3, "signups", *key),
                "userEngagementDuration": sessions * world.draw(20, 90, "seconds", *key), "transactions": orders,
                "purchaseRevenue": revenue, "totalRevenue": revenue, "totalUsers": users, "activeUsers": users,
                "newUsers": users * world.draw(30, 60, "new", *key) // 100}

    def table(self, prop, first, last, dimensions, metrics):
        """Sums by the dimensions asked for, ordered as the platform does without orderBys: busiest first."""
        rows = {}
        for day in days(first, min(last, self.world.today())):
            for n in range(len(TRAFFIC)):
                numbers = self.line(prop, day, n)
                if numbers is None:
                    continue
                group, source, medium, campaign, _ = TRAFFIC[n]
                names = {"date": day.strftime("%Y%m%d"), "sessionDefaultChannelGroup": group, "sessionSource": source,
                         "sessionMedium": medium, "sessionSourceMedium": source + " / " + medium,
                         "sessionCampaignName": campaign, "landingPage": LANDING_PAGES[n % len(LANDING_PAGES)]}
                for event, part in (by_event(numbers) if "eventName" in dimensions else {"": numbers}).items():
                    names["eventName"] = event
                    sums = rows.setdefault(tuple(names[d] for d in dimensions), dict.fromkeys(metrics, 0))
                    for metric in metrics:
                        sums[metric] += part[metric]
        return sorted(rows.items(), key=lambda row: (-row[1][metrics[0]], row[0]))

    def truth(self, query):
        """Exact sums for tests: decimal text by metric, whole and by day."""
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        if not first or not last:
            raise Reply({"error": "from and to are needed"}, 400)
        by = {"landing_pages_daily": ["landingPage"], "events_daily": ["sessionCampaignName", "eventName"]}
        rows = self.table(query.get("account", "313131313"), first, last, ["date", "sessionDefaultChannelGroup", "sessionSource",
                          "sessionMedium"] + by.get(query.get("stream"), ["sessionCampaignName"]), list(METRICS))
        by_day, total = {}, dict.fromkeys(METRICS, 0)
        for key, numbers in rows:
            day = by_day.setdefault(str(datetime.datetime.strptime(key[0], "%Y%m%d").date()), dict.fromkeys(METRICS, 0))
            for metric, value in numbers.items():
                total[metric] += value
                day[metric] += value
        return Reply({"rows": len(rows), "sums": show_all(total), "days": {d: show_all(v) for d, v in by_day.items()}})

    # ---- what is answered

    def answer(self, request):
        if request.path == "/ga4/v1beta/accountSummaries":
            return self.summaries(request)
        prop = self.admit(request)
        if self.world.fault("ga4", "throttle"):
            refuse(429, "RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota. Please return some quota by waiting for "
                   "requests to complete.", [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.2s"}])
        self.spend()
        if request.path.endswith(":runReport") and request.method == "POST":
            return self.report(prop, request)
        if request.path.endswith("/metadata") and request.method == "GET":
            return Reply({"name": "properties/%s/metadata" % prop, "dimensions": [{"apiName": d} for d in sorted(DIMENSIONS)],
                          "metrics": [{"apiName": m, "type": t} for m, t in sorted(METRICS.items())]})
        refuse(404, "NOT_FOUND", "Method not found.")

    def summaries(self, request):
        """The Admin API: an account a page, with its properties."""
        self.log_in(request)
        number = int(request.query.get("pageToken") or 0)
        prop, (_, zone) = list(PROPERTIES.items())[number]
        page = {"accountSummaries": [{"account": "accounts/%d" % number, "propertySummaries": [
            {"property": "properties/" + prop, "displayName": "Shop in " + zone}]}]}
        return Reply(dict(page, nextPageToken=str(number + 1)) if number + 1 < len(PROPERTIES) else page)

    def log_in(self, request):
        scopes = self.oauth.scopes(request.bearer())
        if self.world.fault("ga4", "auth") or scopes is None:
            refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
                   "cookie or other valid authentication credential.", None,
                   {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'})
        if not SCOPES & set(scopes):
            refuse(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.",
                   [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                     "domain": "googleapis.com"}])

    def admit(self, request):
        """Login, path and property; the property's id."""
        self.log_in(request)
        where = re.fullmatch(r"/ga4/v1beta/properties/([^/:]+)(:runReport|/metadata)", request.path)
        if not where:
            refuse(404, "NOT_FOUND", "Requested entity was not found.")
        prop = where.group(1)
        if not prop.isdigit():
            bad("Invalid property ID: %s. A numeric Property ID is required. To learn more about Property ID, see "
                "https://developers.google.com/analytics/devguides/reporting/data/v1/property-id." % prop)
        if prop not in PROPERTIES:
            refuse(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.")
        return prop

    def spend(self):
        """Tokens of the property; the bucket that a test declares empty refuses."""
        empty = self.world.knob("ga4", "exhausted", None)
        if empty:
            refuse(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per %s. These quota tokens will return in under one %s. "
                   "To learn more, see https://developers.google.com/analytics/devguides/reporting/data/v1/quotas" % (empty, empty))
        self.tokens_used += 3

    def report(self, prop, request):
        asked = self.asked(request)
        first, last = self.range(asked["dateRanges"])
        dimensions, metrics = names(asked.get("dimensions", []), DIMENSIONS, "dimension", MAX_DIMENSIONS), \
            names(asked.get("metrics", []), METRICS, "metric", MAX_METRICS)
        if not dimensions and not metrics:
            bad("At least one dimension or metric is required.")
        limit, offset = whole(asked.get("limit", 10000), "limit", 1, MAX_LIMIT), whole(asked.get("offset", 0), "offset", 0, 2**62)
        table = [] if self.world.fault("ga4", "empty") else self.table(prop, first, last, dimensions, metrics)
        table = ordered(table, dimensions, asked.get("orderBys", []))
        reply = {"dimensionHeaders": [{"name": d} for d in dimensions],
                 "metricHeaders": [{"name": m, "type": METRICS[m]} for m in metrics]}
        rows = [{"dimensionValues": [{"value": v} for v in key],
                 "metricValues": [{"value": show(m, numbers[m])} for m in metrics]}
                for key, numbers in table[offset:offset + limit]]
        self.spoil(rows)
        if rows:
            reply["rows"] = rows
        if table:
            reply["rowCount"] = len(table)
            if asked.get("metricAggregations") == ["TOTAL"]:
                reply["totals"] = [self.totals(table, dimensions, metrics)]
        reply["metadata"] = self.metadata(prop)
        if asked.get("returnPropertyQuota"):
            reply["propertyQuota"] = self.quota()
        reply["kind"] = "analyticsData#runReport"
        return Reply(reply)

    def totals(self, table, dimensions, metrics):
        """Of all rows, not of the page; knob total_lies: of one view more."""
        sums = {m: sum(numbers[m] for _, numbers in table) for m in metrics}
        sums["screenPageViews"] = sums.get("screenPageViews", 0) + self.world.knob("ga4", "total_lies", 0)
        return {"dimensionValues": [{"value": "RESERVED_TOTAL"} for _ in dimensions],
                "metricValues": [{"value": show(m, sums[m])} for m in metrics]}

    def asked(self, request):
        try:
            asked = json.loads(request.body or b"{}")
        except ValueError:
            bad("Invalid JSON payload received.")
        if not isinstance(asked, dict):
            bad("Invalid JSON payload received.")
        unknown = sorted(set(asked) - MEMBERS)
        if unknown:
            refuse(400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "%s": Cannot find field.' % unknown[0],
                   [{"@type": "type.googleapis.com/google.rpc.BadRequest",
                     "fieldViolations": [{"description": 'Unknown name "%s": Cannot find field.' % unknown[0]}]}])
        if len(asked.get("dateRanges", [])) != 1:
            bad("This stand-in answers requests with exactly one date range.")
        return asked

    def range(self, ranges):
        first, last = self.day(ranges[0].get("startDate")), self.day(ranges[0].get("endDate"))
        if not first or not last:
            bad("Invalid startDate : %s. The startDate must be one of the following: today, yesterday, NdaysAgo, YYYY-MM-DD."
                % ranges[0].get("startDate"))
        if first > last:
            bad("endDate %s is before startDate %s." % (last, first))
        return first, last

    def day(self, text):
        """A day as the platform writes it, also relative to its today; None where it is none."""
        ago = {"today": "0", "yesterday": "1"}.get(text) or (re.fullmatch(r"(\d{1,5})daysAgo", text or "") or ("", None))[1]
        return self.world.today() - datetime.timedelta(int(ago)) if ago else parse_day(text)

    def metadata(self, prop):
        currency, zone = PROPERTIES[prop]
        metadata = {"currencyCode": currency, "timeZone": zone}
        if self.world.knob("ga4", "other", False):
            metadata["dataLossFromOtherRow"] = True
        if self.world.knob("ga4", "thresholded", False):
            metadata["subjectToThresholding"] = True
        if self.world.knob("ga4", "sampled", False):
            metadata["samplingMetadatas"] = [{"samplesReadCount": "500000", "samplingSpaceSize": "1200000"}]
        return metadata

    def quota(self):
        """Knob tokens_left: of the hour."""
        def left(most):
            status = {"consumed": 3}
            if most > self.tokens_used:
                status["remaining"] = most - self.tokens_used
            return status
        hour = self.world.knob("ga4", "tokens_left", None)
        return {"tokensPerDay": left(200000), "tokensPerHour": left(40000) if hour is None else dict({"consumed": 3}, **({"remaining": hour} if hour else {})),
                "concurrentRequests": {"remaining": 10},
                "serverErrorsPerProjectPerHour": {"remaining": 10},
                "potentiallyThresholdedRequestsPerHour": {"remaining": 120}, "tokensPerProjectPerHour": left(14000)}

    def spoil(self, rows):
        """Replies that break the platform's promise, on demand."""
        if not rows:
            return
        if self.world.fault("ga4", "unknown_field"):
            rows[0]["note"] = {"hello": ["world"]}
        if self.world.fault("ga4", "missing_field"):
            for row in rows:
                del row["metricValues"]
        if self.world.fault("ga4", "wrong_type"):
            rows[0]["metricValues"][0]["value"] = "many"


def by_event(numbers):
    """The same visits by what happened in them; without events there is no row."""
    orders, signups = numbers["transactions"], numbers["keyEvents"] - numbers["transactions"]
    counts = {"session_start": numbers["sessions"], "purchase": orders, "sign_up": signups}
    counts["page_view"] = numbers["eventCount"] - sum(counts.values())
    return {event: dict(numbers, eventCount=count, keyEvents=count if event in ("purchase", "sign_up") else 0,
                        purchaseRevenue=numbers["purchaseRevenue"] if event == "purchase" else 0,
                        totalUsers=min(count, numbers["totalUsers"]))
            for event, count in counts.items() if count}


def names(wanted, known, kind, most):
    found = [entry.get("name") for entry in wanted]
    for name in found:
        if name not in known:
            bad("Field %s is not a valid %s. For a list of valid dimensions and metrics, see "
                "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema" % (name, kind))
    if len(found) > most:
        bad("Requests are limited to %d %ss. This request is for %d %ss." % (most, kind, len(found), kind))
    return found


def ordered(table, dimensions, order_by):
    """By dimensions only; otherwise as it comes."""
    wanted = [entry.get("dimension", {}).get("dimensionName") for entry in order_by]
    for name in wanted:
        if name not in dimensions:
            bad("Ordering dimension %s is not in the request." % name)
    places = [dimensions.index(name) for name in wanted]
    return sorted(table, key=lambda row: [row[0][n] for n in places]) if places else table


def whole(value, name, least, most):
    """int64 in requests: a string or a number."""
    text = str(value)
    if not re.fullmatch(r"-?\d+", text) or not least <= int(text) <= most:
        bad("Invalid %s: %s. It must be from %d to %d." % (name, text, least, most))
    return int(text)


def show(metric, value):
    return cents(value) if metric in MONEY else str(value)


def show_all(numbers):
    return {metric: show(metric, value) for metric, value in numbers.items()}
