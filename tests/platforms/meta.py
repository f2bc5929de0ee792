# SPDX-License-Identifier: Apache-2.0
"""Meta's Marketing API as its sheet describes it: ad accounts, Insights and asynchronous report runs."""

import base64
import binascii
import json
import re
import urllib.parse

from world import Reply, cents, days, parse_day

TOKEN = "EAAB-stand-in-token"
VERSIONS = {"v24.0", "v25.0"}
SETTLE_DAYS, HISTORY_DAYS = 28, 37 * 30
MAX_LIMIT, DEFAULT_LIMIT = 500, 25
MAX_ROWS = 20000  # what one request may cover before it is "too much"; knob max_rows
# id: name, currency, time zone, reachable
ACCOUNTS = {"1001": ("Shop Europe", "EUR", "Europe/Lisbon", True), "1002": ("Shop US", "USD", "America/New_York", True),
            "1003": ("Closed client", "EUR", "Europe/Berlin", False)}
CAMPAIGNS = (("spring_sale", 100), ("retargeting", 40), ("awareness", 160))
WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view", "1d_ev", "default")
PLAIN_FIELDS = {"account_id", "account_name", "account_currency", "campaign_id", "campaign_name", "adset_id", "adset_name",
                "ad_id", "ad_name", "date_start", "date_stop", "impressions", "clicks", "inline_link_clicks", "spend", "reach",
                "frequency", "actions", "action_values", "objective"}
LEVELS = {"account": 0, "campaign": 1, "adset": 2, "ad": 3}
REGAIN_HEADER = "X-Business-Use-Case-Usage"


def refuse(code, message, status=400, subcode=None, kind="OAuthException", transient=False, headers=None):
    error = {"message": message, "type": kind, "code": code, "fbtrace_id": "AStandIn"}
    if subcode:
        error["error_subcode"] = subcode
    if transient:
        error["is_transient"] = True
    raise Reply({"error": error}, status, headers)


def too_much():
    refuse(100, "Invalid parameter", subcode=1487534, kind="OAuthException")


class Meta:
    def __init__(self, world):
        self.world = world
        self.runs = {}
        self.run_serial = 0

    # ---- what is true

    def ads(self, account):
        """(campaign number, ad set number, ad number) of the account; ids are beyond 2^53 as the real ones."""
        return [(c, s, a) for c in range(len(CAMPAIGNS)) for s in range(2) for a in range(2)]

    def line(self, account, day, ad):
        """The numbers of one ad on one day; None where it was not shown, or the platform has withdrawn the row. Money in cents."""
        world = self.world
        key = (account, day) + ad
        if world.draw(0, 8, "shown", *key) == 0 or world.restated(day, SETTLE_DAYS, "withdrawn", *key) > 4:
            return None
        busy = CAMPAIGNS[ad[0]][1]
        impressions = world.draw(busy * 5, busy * 60, "impressions", *key)
        clicks = impressions * world.draw(0, 30, "ctr", *key) // 1000
        links = clicks * world.draw(50, 95, "links", *key) // 100
        purchases = min(links, world.draw(0, 1 + links // 12, "purchases", *key) + world.restated(day, SETTLE_DAYS, "buys", *key))
        leads = min(links - purchases, world.draw(0, 2, "leads", *key))
        value = sum(world.draw(900, 12000, "basket", i, *key) for i in range(purchases))
        return {"impressions": impressions, "clicks": clicks, "inline_link_clicks": links,
                "spend": impressions * world.draw(4, 11, "cpm", *key) // 10, "reach": impressions * world.draw(70, 95, "reach", *key) // 100,
                "purchases": purchases, "leads": leads, "value": value, "lead_value": leads * 500}

    def lines(self, account, first, last, level):
        """((day, parents), numbers) at this level, in a stable order."""
        depth, sums = LEVELS[level], {}
        for day in days(first, min(last, self.world.today())):
            for ad in self.ads(account):
                numbers = self.line(account, day, ad)
                if numbers is None:
                    continue
                into = sums.setdefault((day, ad[:depth]), dict.fromkeys(numbers, 0))
                for name, value in numbers.items():
                    into[name] += value
        return list(sums.items())

    def truth(self, query):
        """Exact sums for tests, whole and by day; conversions count the documented action types once each."""
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        if not first or not last:
            raise Reply({"error": "from and to are needed"}, 400)
        rows = self.lines(query.get("account", "act_1001").replace("act_", ""), first, last, query.get("level", "ad"))
        by_day, total = {}, None
        if query.get("actions"):
            return self.actions_truth(rows, query["actions"].split(","))
        for (day, _), numbers in rows:
            into = by_day.setdefault(day.isoformat(), dict.fromkeys(numbers, 0))
            total = total or dict.fromkeys(numbers, 0)
            for name, value in numbers.items():
                into[name] += value
                total[name] += value
        return Reply({"rows": len(rows), "sums": shown_sums(total or {}),
                      "days": {day: shown_sums(numbers) for day, numbers in by_day.items()}})

    def actions_truth(self, rows, windows):
        """{window: {action: [how many, worth in cents]}}, with the totals as default."""
        found = {}
        for _, numbers in rows:
            for place, entries in enumerate(actions(numbers, windows)):
                for entry in entries:
                    for window, value in entry.items():
                        if window == "action_type":
                            continue
                        into = found.setdefault("default" if window == "value" else window, {}).setdefault(entry["action_type"], [0, 0])
                        into[place] += round(float(value) * 100) if place else int(value)
        return Reply({"windows": found})

    # ---- what is answered

    def answer(self, request):
        path = request.path.split("/")[2:]
        params = dict(request.query, **(request.form() if request.method == "POST" else {}))
        self.admit(path, params, request)
        node, edge = (path[1:] + ["", ""])[:2]
        if node == "me":
            reply = self.my_accounts(params, request) if edge == "adaccounts" else Reply({"id": "9001", "name": "System user"})
        elif node.startswith("act_"):
            reply = self.account(node[4:], edge, params, request)
        elif node in self.runs:
            reply = self.run_result(node, params, request) if edge == "insights" else self.run_state(node)
        else:
            self.missing(node)
        reply.headers.setdefault(REGAIN_HEADER, self.usage(0, 28))
        used = self.world.fault("meta", "nearly_used", request.path)
        if used:
            reply.headers[used["header"]] = json.dumps(used["usage"])
        return reply

    def missing(self, node):
        refuse(100, "Unsupported get request. Object with ID '%s' does not exist, cannot be loaded due to missing permissions, or "
               "does not support this operation" % node, subcode=33, kind="GraphMethodException")

    def usage(self, minutes, percent):
        return json.dumps({"1001": [{"type": "ads_insights", "call_count": percent, "total_cputime": 25, "total_time": 25,
                                     "estimated_time_to_regain_access": minutes, "ads_api_access_tier": "standard_access"}]})

    def admit(self, path, params, request):
        if not path or not re.fullmatch(r"v\d+\.\d", path[0]):
            refuse(2500, "Unknown path components: /" + "/".join(path))
        if path[0] not in VERSIONS:
            refuse(2635, "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v25.0.",
                   kind="FacebookApiException")
        token = request.bearer() or params.get("access_token")
        if not token:
            refuse(2500, "An active access token must be used to query information about the current user.")
        if not self.world.knob("meta", "permissions", True):
            refuse(200, "(#200) Requires ads_read or ads_management permission to manage the object", 403)
        if token != TOKEN or self.world.fault("meta", "auth"):
            refuse(190, "Error validating access token: Session has expired.", 401, 463)
        fault = self.world.fault("meta", "throttle")
        if fault:
            minutes = fault.get("minutes", 0)
            refuse(17, "(#17) User request limit reached", subcode=2446079, transient=fault.get("transient", False),
                   headers={REGAIN_HEADER: self.usage(minutes, 100)})
        if self.world.fault("meta", "transient"):
            refuse(2, "Service temporarily unavailable", 500, transient=True)

    def my_accounts(self, params, request):
        rows = [{"id": "act_" + number, "account_id": number, "name": name, "currency": currency, "timezone_name": zone}
                for number, (name, currency, zone, _) in sorted(ACCOUNTS.items())]
        return self.page(rows, params, request)

    def account(self, number, edge, params, request):
        if number not in ACCOUNTS:
            self.missing("act_" + number)
        name, currency, zone, is_open = ACCOUNTS[number]
        if not is_open:
            refuse(200, "(#200) Ad account owner has NOT grant ads_management or ads_read permission", 403)
        if not edge:
            facts = {"name": name, "currency": currency, "timezone_name": zone, "account_id": number}
            wanted = [f for f in params.get("fields", "").split(",") if f in facts]
            return Reply(dict({f: facts[f] for f in wanted}, id="act_" + number))
        if edge != "insights":
            refuse(2500, "Unknown path components: /" + edge)
        query = self.insights_query(number, params)
        if request.method == "POST":
            return self.start_run(query)
        if self.world.fault("meta", "too_much"):
            too_much()
        if self.world.fault("meta", "reduce"):
            refuse(1, "Please reduce the amount of data you're asking for, then retry your request", 500)
        rows = self.rows(query)
        if len(rows) > self.world.knob("meta", "max_rows", MAX_ROWS):
            too_much()
        return self.page(rows, params, request, self.summary(query, params.get("summary")))

    def summary(self, query, fields):
        """Of the account over all days, of the fields that summary names; knob total_lies: an impression more."""
        if not fields:
            return None
        sums = dict.fromkeys(("impressions", "clicks", "spend"), 0)
        for _, numbers in self.lines(query["account"], query["first"], query["last"], "account"):
            for name in sums:
                sums[name] += numbers[name]
        sums["impressions"] += self.world.knob("meta", "total_lies", 0)
        if set(fields.split(",")) - set(sums):
            refuse(100, "(#100) %s is not valid for summary param." % fields)
        return {f: cents(sums[f]) if f == "spend" else str(sums[f]) for f in fields.split(",")}

    def insights_query(self, number, params):
        level, fields = params.get("level", "account"), params.get("fields", "impressions,spend").split(",")
        if level not in LEVELS:
            refuse(100, "(#100) level must be one of the following values: ad, adset, campaign, account")
        for field in fields:
            if field not in PLAIN_FIELDS:
                refuse(100, "(#100) %s is not valid for fields param. please check "
                       "https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values" % field)
        try:
            span = json.loads(params.get("time_range", "{}"))
            windows = json.loads(params.get("action_attribution_windows", "[]"))
        except ValueError:
            refuse(100, "(#100) Invalid parameter")
        first, last = parse_day(span.get("since")), parse_day(span.get("until"))
        if not first or not last or first > last:
            refuse(100, "(#100) time_range must be a dictionary with keys 'since' and 'until' in the format 'YYYY-MM-DD'")
        if (self.world.today() - first).days > HISTORY_DAYS:
            refuse(3018, "(#3018) The start date of the time range cannot be beyond 37 months from the current date")
        for window in windows:
            if window not in WINDOWS:
                refuse(100, "(#100) action_attribution_windows[0] must be one of the following values: " + ", ".join(WINDOWS))
        if params.get("time_increment") != "1":
            refuse(100, "This stand-in answers daily reports only (time_increment=1)")
        return {"account": number, "level": level, "fields": fields, "first": first, "last": last, "windows": windows}

    def rows(self, query):
        if self.world.fault("meta", "empty"):
            return []
        rows = [self.row(query, day, ad, numbers)
                for (day, ad), numbers in self.lines(query["account"], query["first"], query["last"], query["level"])]
        self.spoil(rows)
        return rows

    def row(self, query, day, ad, numbers):
        """As Insights writes it: every number a string, what is zero left out."""
        name, currency, _, _ = ACCOUNTS[query["account"]]
        full = {"account_id": query["account"], "account_name": name, "account_currency": currency,
                "impressions": str(numbers["impressions"])}
        for field in ("clicks", "inline_link_clicks", "reach"):
            if numbers[field]:
                full[field] = str(numbers[field])
        full["spend"] = cents(numbers["spend"])
        full["actions"], full["action_values"] = actions(numbers, query["windows"])
        full = {field: value for field, value in full.items() if value != []}
        for depth, (kind, field) in enumerate((("campaign", "campaign"), ("ad set", "adset"), ("ad", "ad"))):
            if len(ad) > depth:
                number = int(query["account"]) * 100 + 10 * (depth + 1)
                full[field + "_id"] = "120200%012d" % (number * 1000 + int("".join(str(part + 1) for part in ad[:depth + 1])))
                full[field + "_name"] = CAMPAIGNS[ad[0]][0] if depth == 0 else "%s %s" % (kind, "-".join(str(p + 1) for p in ad[:depth + 1]))
        full["date_start"] = full["date_stop"] = day.isoformat()
        asked = set(query["fields"]) | {"date_start", "date_stop"}
        return {field: value for field, value in full.items() if field in asked}

    def spoil(self, rows):
        if not rows:
            return
        if self.world.fault("meta", "unknown_field"):
            rows[0]["quality_ranking"] = {"x": [1, None]}
        if self.world.fault("meta", "missing_field"):
            for row in rows:
                row.pop("ad_id", None)
        if self.world.fault("meta", "wrong_type"):
            rows[0]["impressions"] = "lots"

    def page(self, rows, params, request, summary=None):
        """One page behind a cursor; `next` only where there is one, the cursors always where there are rows."""
        limit = whole(params.get("limit", str(DEFAULT_LIMIT)))
        if limit < 1 or limit > MAX_LIMIT:
            refuse(1, "Please reduce the amount of data you're asking for, then retry your request", 500)
        start = 0
        if params.get("after"):
            try:
                start = whole(base64.urlsafe_b64decode(params["after"]).decode("ascii"))
            except (binascii.Error, UnicodeDecodeError):
                refuse(100, "Invalid cursors values")
        data = rows[start:start + limit]
        body = {"data": data, **({"summary": summary} if summary else {})}
        if data:
            last = 0 if self.world.knob("meta", "repeat_cursor", False) else start + len(data)
            after = base64.urlsafe_b64encode(b"%d" % last).decode("ascii")
            body["paging"] = {"cursors": {"before": base64.urlsafe_b64encode(b"%d" % start).decode("ascii"), "after": after}}
            if start + len(data) < len(rows):
                query = {name: value for name, value in params.items() if name != "access_token"}
                query.update(limit=str(limit), after=after)
                body["paging"]["next"] = request.base() + request.path + "?" + urllib.parse.urlencode(query)
        return Reply(body)

    # ---- asynchronous report runs

    def start_run(self, query):
        self.run_serial += 1
        run_id = "60239201491%05d" % self.run_serial
        too_big = len(self.lines(query["account"], query["first"], query["last"], query["level"])) > \
            self.world.knob("meta", "max_async_rows", 10 * MAX_ROWS)
        self.runs[run_id] = {"query": query, "polls": 0, "fails": too_big or bool(self.world.fault("meta", "job_failed")),
                             "hidden": bool(self.world.fault("meta", "run_not_there_yet"))}
        return Reply({"report_run_id": run_id})

    def run_state(self, run_id):
        """One step further with each look: not started, running, 100 % but running, completed."""
        run = self.runs[run_id]
        if run["hidden"]:
            run["hidden"] = False
            self.missing(run_id)
        run["polls"] += 1
        steps = [("Job Not Started", 0), ("Job Running", 40), ("Job Running", 100)]
        steps = steps[:self.world.knob("meta", "async_polls", len(steps))]
        status, percent = steps[run["polls"] - 1] if run["polls"] <= len(steps) else ("Job Completed", 100)
        if run["fails"] and status == "Job Completed":
            status, percent = "Job Failed", 40
        query = run["query"]
        body = {"id": run_id, "account_id": query["account"], "async_status": status, "async_percent_completion": percent,
                "date_start": query["first"].isoformat(), "date_stop": query["last"].isoformat()}
        if status in ("Job Not Started", "Job Running"):
            body["is_running"] = True
        run["done"] = status == "Job Completed"
        return Reply(body)

    def run_result(self, run_id, params, request):
        if not self.runs[run_id].get("done"):
            refuse(2601, "(#2601) Error accessing adreport job.")
        return self.page(self.rows(self.runs[run_id]["query"]), params, request)


def actions(numbers, windows):
    """The overlapping action types of a row: a purchase of the pixel is also in purchase and omni_purchase."""
    counts = (("link_click", numbers["inline_link_clicks"], 0), ("landing_page_view", numbers["inline_link_clicks"] * 8 // 10, 0),
              ("purchase", numbers["purchases"], numbers["value"]), ("omni_purchase", numbers["purchases"], numbers["value"]),
              ("offsite_conversion.fb_pixel_purchase", numbers["purchases"], numbers["value"]),
              ("lead", numbers["leads"], numbers["lead_value"]),
              ("offsite_conversion.fb_pixel_lead", numbers["leads"], numbers["lead_value"]))
    times, values = [], []
    for name, count, value in counts:
        if count:
            times.append(dict({"action_type": name, "value": str(count)}, **split(str(count), windows)))
        if value:
            values.append(dict({"action_type": name, "value": cents(value)}, **split(cents(value), windows)))
    return times, values


def split(value, windows):
    """Without action_attribution_windows only `value` is there; with them, windows without a conversion are left out."""
    shown = {window: value for window in windows if window.endswith("_click")}
    if "1d_view" in windows and value.endswith("2"):
        shown["1d_view"] = "1"
    return shown


def shown_sums(numbers):
    money = {"spend", "value", "lead_value"}
    shown = {name: cents(value) if name in money else str(value) for name, value in numbers.items()}
    if numbers:
        shown["conversions"] = str(numbers["purchases"] + numbers["leads"])
        shown["conversion_value"] = cents(numbers["value"] + numbers["lead_value"])
    return shown


def whole(text):
    if not re.fullmatch(r"\d{1,9}", text):
        refuse(100, "(#100) Invalid parameter: %s must be a number" % text)
    return int(text)
