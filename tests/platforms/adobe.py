# SPDX-License-Identifier: Apache-2.0
"""Adobe Analytics' 2.0 reports as their sheet describes them: one dimension a request, pages, partial answers, the cap on values."""

import datetime
import json
import re
import secrets

from world import Reply, cents, days, parse_day

CLIENT_ID, CLIENT_SECRET = "stand-in-adobe-client", "p8e-stand-in-adobe-secret"
SCOPE = "openid,AdobeID,additional_info.projectedProductContext"
COMPANY, SUITE = "exampl0", "examplprod"
MAX_LIMIT, SETTLE_DAYS = 50000, 4
METRICS = ("visits", "bounces", "pageviews", "orders", "revenue", "cartadditions", "cartcheckouts", "visitors")
ITEMS = {"marketingchannel": ("Paid Search", "Natural Search", "Email", "None", "Direct"),
         "campaign": ("spring_sale", "Unspecified", "newsletter:w1"),
         "entrypage": tuple("page %d" % n for n in range(23)) + ("Low-Traffic",)}
DAY = "daterangeday"
SETTINGS = {"countRepeatInstances", "nonesBehavior", "dimensionSort", "limit", "page"}


def refuse(status, code, text, headers=None):
    raise Reply({"errorCode": code, "errorDescription": text, "errorId": "b5a7", "errorDetails": {}, "rootCauseService": "oberon"},
                status, headers)


def gate(status, code, message):
    raise Reply({"error_code": code, "message": message}, status)


class Adobe:
    def __init__(self, world):
        self.world = world
        self.tokens = set()

    # ---- what is true

    def numbers(self, day, dimension, n):
        """By metric; revenue in cents. None: the item did not occur."""
        world, key = self.world, (day, dimension, n)
        if world.draw(0, 6, "aa", *key) == 0:
            return None
        visits = world.draw(3, 400, "aa-visits", *key) + world.restated(day, SETTLE_DAYS, "aa", *key)
        orders = visits // 11
        return {"visits": visits, "bounces": visits // 3, "pageviews": visits * 4, "orders": orders,
                "revenue": orders * world.draw(900, 9000, "aa-basket", *key), "cartadditions": orders * 2, "cartcheckouts": orders + 1,
                "visitors": visits - visits // 9}

    def items(self, day, dimension):
        """(name, numbers) of one day; the day itself is the sum over its channels."""
        if dimension == DAY:
            sums = dict.fromkeys(METRICS, 0)
            for _, numbers in self.items(day, "marketingchannel"):
                for metric, value in numbers.items():
                    sums[metric] += value
            return [(day, sums)] if sums["visits"] else []
        names = ITEMS[dimension]
        if dimension == "entrypage" and not self.world.knob("adobe", "low_traffic", False):
            names = names[:-1]
        found = [(name, self.numbers(day, dimension, n)) for n, name in enumerate(names)]
        return [(name, numbers) for name, numbers in found if numbers]

    def truth(self, query):
        dimension = {"channels_daily": "marketingchannel", "entry_pages_daily": "entrypage", "tracking_codes_daily": "campaign"}.get(
            query.get("stream"), DAY)
        rows = [row for day in days(parse_day(query["from"]), min(parse_day(query["to"]), self.world.today()))
                for row in self.items(day, dimension)]
        sums = {m: sum(numbers[m] for _, numbers in rows) for m in METRICS}
        return Reply({"rows": len(rows), "sums": {m: cents(v) if m == "revenue" else str(v) for m, v in sums.items()}})

    # ---- what is answered

    def answer(self, request):
        if request.path == "/adobe/ims/token/v3" and request.method == "POST":
            return self.token(request.form())
        if self.world.fault("adobe", "auth") or request.bearer() not in self.tokens:
            gate(401, "401013", "Oauth token is not valid")
        if not self.world.knob("adobe", "profile", True):
            gate(403, "403025", "Profile is not valid")
        if request.headers.get("x-api-key") != CLIENT_ID:
            gate(403, "403000", "Api Key is required")
        found = re.fullmatch(r"/adobe/api/(\w+)/reports", request.path)
        if not found or found.group(1) != COMPANY or request.headers.get("x-proxy-global-company-id") != COMPANY:
            gate(404, "404000", "Unknown company")
        if request.method != "POST" or request.headers.get("content-type") != "application/json":
            refuse(400, "invalid_data", "Content-Type application/json is needed")
        if self.world.fault("adobe", "throttle"):
            gate(429, "429050", "Too many requests")
        return self.report(request.body)

    def token(self, form):
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise Reply({"error": "invalid_client", "error_description": "invalid client_id parameter"}, 400)
        if form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
            raise Reply({"error": "invalid_scope"}, 400)
        token = "eyJ-" + secrets.token_urlsafe(24)
        self.tokens.add(token)
        return Reply({"access_token": token, "token_type": "bearer", "expires_in": 86399})

    def report(self, body):
        try:
            asked = json.loads(body)
            first, end = asked["globalFilters"][0]["dateRange"].split("/")
            wanted = asked["metricContainer"]["metrics"]
            dimension, settings = asked["dimension"].replace("variables/", "", 1), asked["settings"]
        except (ValueError, KeyError, IndexError):
            refuse(400, "invalid_data", "The request body is not a report")
        if asked.get("rsid") != SUITE:
            refuse(400, "invalid_data", "The report suite %s was not found" % asked.get("rsid"))
        if set(settings) - SETTINGS or not 0 < settings["limit"] <= MAX_LIMIT:
            refuse(400, "invalid_data", "settings are not valid")
        if dimension != DAY and dimension not in ITEMS:
            refuse(400, "invalid_data", "Dimension %s is not valid" % asked["dimension"])
        midnight = "T00:00:00.000"
        from_day, until = parse_day(first.replace(midnight, "")), parse_day(end.replace(midnight, ""))
        if not from_day or not until or until <= from_day:
            refuse(400, "invalid_data", "dateRange is not valid")
        last = until - datetime.timedelta(1)
        if (last - from_day).days >= self.world.knob("adobe", "slow_days", 10**6):
            raise Reply("", 504)
        return self.page(dimension, settings, wanted, days(from_day, min(last, self.world.today())))

    def page(self, dimension, settings, wanted, span):
        sums = {}
        for day in span:
            for name, numbers in self.items(day, dimension):
                into = sums.setdefault(name, dict.fromkeys(METRICS, 0))
                for metric, value in numbers.items():
                    into[metric] += value
        table = sorted(sums.items(), key=lambda row: str(row[0]))
        limit, number = settings["limit"], settings["page"]
        rows = [self.row(n, name, numbers, wanted) for n, (name, numbers) in enumerate(table)][number * limit:(number + 1) * limit]
        pages = -(-len(table) // limit)
        bad = [m for m in wanted if m["id"].replace("metrics/", "", 1) not in METRICS]
        columns = {"dimension": {"id": "variables/" + dimension, "type": "time" if dimension == DAY else "string"},
                   "columnIds": [m["columnId"] for m in wanted]}
        if bad:
            columns["columnErrors"] = [{"columnId": m["columnId"], "errorCode": "unauthorized_metric", "errorId": "e1",
                                        "errorDescription": "%s is not available" % m["id"]} for m in bad]
        body = {"totalPages": pages, "firstPage": number == 0, "lastPage": number + 1 >= pages, "numberOfElements": len(rows),
                "number": number, "totalElements": len(table), "columns": columns, "rows": rows, "summaryData": {"totals": self.totals(table, wanted)}}
        return Reply(body, 206 if bad else 200)

    def totals(self, table, wanted):
        """Of all rows; knob total_lies: of a page view more."""
        sums = {m: sum(numbers[m] for _, numbers in table) for m in METRICS}
        sums["pageviews"] += self.world.knob("adobe", "total_lies", 0)
        return self.row(0, "", sums, wanted)["data"]

    def row(self, n, name, numbers, wanted):
        """Every number a double; a day's text is in the user's language."""
        data = []
        for metric in wanted:
            value = numbers.get(metric["id"].replace("metrics/", "", 1))
            is_money = metric["id"] == "metrics/revenue"
            data.append("NaN" if value is None else value / 100 if is_money else float(value))
        if isinstance(name, datetime.date):
            return {"itemId": "%d%02d%02d" % (name.year - 1900, name.month - 1, name.day), "value": name.strftime("%d. %b %Y"), "data": data}
        return {"itemId": str(2000000 + n), "value": name, "data": data}
