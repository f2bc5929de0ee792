# SPDX-License-Identifier: Apache-2.0
"""Amazon's ads API as its sheet describes it: profiles, asynchronous reports and their download from another place."""

import datetime
import gzip
import json
import re
import time

from world import Reply, days, parse_day

REFRESH_TOKEN, CLIENT_ID, CLIENT_SECRET = "Atzr|stand-in-refresh", "amzn1.application-oa2-client.standin", "stand-in-amazon-secret"
SETTLE_DAYS, MAX_DAYS, RETENTION = 42, 31, 95
# id: country, currency, zone, type, name
PROFILES = {"158410630682987": ("IT", "EUR", "Europe/Paris", "seller", "Shop Europe"),
            "158410630682988": ("US", "USD", "America/Los_Angeles", "vendor", "Shop US"),
            "158410630682989": ("IT", "EUR", "Europe/Paris", "agency", "Agency")}
WINDOWS = ("1d", "7d", "14d", "30d")
FIGURES = ("impressions", "clicks", "cost") + tuple("purchases" + w for w in WINDOWS) + tuple("sales" + w for w in WINDOWS)
NAMES = {"spCampaigns": ("date", "campaignId", "campaignName", "campaignStatus"),
         "spAdvertisedProduct": ("date", "campaignId", "campaignName", "adGroupId", "adGroupName", "adId", "advertisedAsin")}
GROUPS = {"spCampaigns": {"campaign", "adGroup", "campaignPlacement"}, "spAdvertisedProduct": {"advertiser"}}
ORDER_TYPE = "application/vnd.createasyncreportrequest.v3+json"


def refuse(code, detail):
    raise Reply({"code": str(code), "detail": detail}, code)


class Amazon:
    def __init__(self, world):
        self.world = world
        self.tokens, self.reports = {}, {}

    # ---- what is true

    def line(self, profile, day, ids):
        """Of one ad on one day; None without activity. Money in cents; a wider window holds the narrower ones."""
        world, key = self.world, (profile, day) + ids
        if world.draw(0, 4, "active", *key) == 0:
            return None
        impressions = world.draw(20, 3000, "impressions", *key)
        clicks = impressions * world.draw(0, 30, "ctr", *key) // 1000
        numbers = {"impressions": impressions, "clicks": clicks, "cost": clicks * world.draw(8, 140, "cpc", *key)}
        purchases = world.restated(day, SETTLE_DAYS, "late", *key)
        for window in WINDOWS:
            purchases += world.draw(0, 1 + clicks // 20, "buys", window, *key)
            numbers["purchases" + window], numbers["sales" + window] = purchases, purchases * 1995
        return numbers

    def rows(self, profile, kind, first, last):
        """(names, numbers) a day and campaign or ad."""
        sums = {}
        for day in days(first, min(last, self.world.today())):
            for campaign in range(3):
                for ad in range(4):
                    ids = (290000000000001 + campaign, 170000000000010 + campaign * 10 + ad // 2, 990000000000100 + campaign * 10 + ad)
                    numbers = self.line(profile, day, ids)
                    if numbers is None:
                        continue
                    names = {"date": day.isoformat(), "campaignId": ids[0], "campaignName": "Campaign \"%d\"" % campaign,
                             "campaignStatus": "ENABLED", "adGroupId": ids[1], "adGroupName": "Group %d" % (ad // 2),
                             "adId": ids[2], "advertisedAsin": "B0%08d" % ids[2]}
                    if kind == "spCampaigns":
                        names = {n: names[n] for n in NAMES[kind]}
                    into = sums.setdefault(json.dumps(names), dict.fromkeys(FIGURES, 0))
                    for name, value in numbers.items():
                        into[name] += value
        return [(json.loads(names), numbers) for names, numbers in sums.items()]

    def truth(self, query):
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        if not first or not last:
            raise Reply({"error": "from and to are needed"}, 400)
        rows = self.rows(query.get("account", "158410630682987"), query.get("type", "spCampaigns"), first, last)
        sums = {name: sum(numbers[name] for _, numbers in rows) for name in FIGURES}
        return Reply({"rows": len(rows), "sums": {n: cents_text(v) if is_money(n) else str(v) for n, v in sums.items()}})

    # ---- what is answered

    def answer(self, request):
        if request.path == "/amazon/auth/o2/token":
            return self.token(request)
        if request.path.startswith("/amazon/s3/"):
            return self.download(request)
        if self.tokens.get(request.bearer(), 0) < time.time():
            refuse(401, "UNAUTHORIZED")
        if request.headers.get("amazon-advertising-api-clientid") != CLIENT_ID:
            refuse(401, "No matching client found.")
        if not self.world.knob("amazon", "permitted", True):
            refuse(403, "Access Denied")
        scope = request.headers.get("amazon-advertising-api-scope")
        if request.path == "/amazon/v2/profiles" and request.method == "GET":
            if scope is not None:
                refuse(400, "The Scope header is not for this resource.")
            return Reply([profile(number) for number in PROFILES])
        if scope is None:
            refuse(401, "Scope header is missing")
        if scope not in PROFILES:
            refuse(401, "Not authorized to access scope %s" % scope)
        if request.path == "/amazon/reporting/reports" and request.method == "POST":
            return self.order(scope, request)
        where = re.fullmatch(r"/amazon/reporting/reports/([0-9a-f-]+)", request.path)
        if where and request.method == "GET" and where.group(1) in self.reports:
            return self.look(where.group(1), request)
        refuse(404, "Report not found")

    def token(self, request):
        form = request.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise Reply({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != REFRESH_TOKEN:
            raise Reply({"error": "invalid_grant", "error_description": "The request has an invalid grant parameter : refresh_token"}, 400)
        token = "Atza|stand-in-%d" % len(self.tokens)
        self.tokens[token] = time.time() + 3600
        return Reply({"access_token": token, "refresh_token": REFRESH_TOKEN, "token_type": "bearer", "expires_in": 3600})

    def order(self, scope, request):
        if request.headers.get("content-type") != ORDER_TYPE:
            refuse(415, "Unsupported Media Type")
        if PROFILES[scope][3] == "agency":
            refuse(400, "This profile is not eligible for reports.")
        try:
            asked = json.loads(request.body)
        except ValueError:
            refuse(400, "Could not parse the request.")
        config, first, last = asked.get("configuration", {}), parse_day(asked.get("startDate")), parse_day(asked.get("endDate"))
        self.check(config, first, last)
        key = json.dumps([scope, config, asked["startDate"], asked["endDate"]], sort_keys=True)
        for number, report in self.reports.items():
            if report["key"] == key and report["day"] == self.world.today() and not report["fetched"]:
                refuse(425, "The Request is a duplicate of : " + number)
        number = "%08x-0000-4000-8000-%012x" % (len(self.reports) + 1, self.world.seed)
        self.reports[number] = {"key": key, "scope": scope, "config": config, "first": first, "last": last, "polls": 0,
                                "day": self.world.today(), "fetched": False, "fails": bool(self.world.fault("amazon", "report_fails"))}
        return Reply(self.shown(number, "PENDING", None))

    def check(self, config, first, last):
        kind = config.get("reportTypeId")
        if config.get("adProduct") != "SPONSORED_PRODUCTS" or kind not in NAMES or set(config.get("groupBy", ["?"])) - GROUPS[kind]:
            refuse(400, "configuration reportTypeId %s is not supported" % kind)
        unknown = sorted(set(config.get("columns", [])) - set(NAMES[kind]) - set(FIGURES))
        if unknown or "date" not in config["columns"] or config.get("timeUnit") != "DAILY" or config.get("format") != "GZIP_JSON":
            refuse(400, "configuration columns includes invalid values: (%s)" % ", ".join(unknown))
        if not first or not last or first > last or (last - first).days >= MAX_DAYS:
            refuse(400, "configuration startDate to endDate must be at most %d days" % MAX_DAYS)
        if first <= self.world.today() - datetime.timedelta(RETENTION):
            refuse(400, "configuration startDate is beyond the retention of %d days" % RETENTION)

    def shown(self, number, status, url):
        report = self.reports[number]
        return {"reportId": number, "status": status, "configuration": report["config"], "name": "n", "url": url, "fileSize": None,
                "failureReason": "Internal Error" if status == "FAILED" else None, "startDate": report["first"].isoformat(),
                "endDate": report["last"].isoformat()}

    def look(self, number, request):
        report = self.reports[number]
        report["polls"] += 1
        if report["polls"] <= self.world.knob("amazon", "polls", 1):
            return Reply(self.shown(number, "PENDING" if report["polls"] == 1 else "PROCESSING", None))
        if report["fails"]:
            report["fetched"] = True
            return Reply(self.shown(number, "FAILED", None))
        return Reply(self.shown(number, "COMPLETED", "%s/amazon/s3/%s.json.gz?X-Amz-Signature=0123abc" % (request.base(), number)))

    def download(self, request):
        """The store takes a signed link and nothing else: a second login is refused."""
        number = request.path[len("/amazon/s3/"):-len(".json.gz")]
        if {"authorization", "amazon-advertising-api-clientid", "amazon-advertising-api-scope"} & set(request.headers):
            return Reply("<Error><Code>InvalidArgument</Code></Error>", 400, {"Content-Type": "application/xml"})
        if request.query.get("X-Amz-Signature") != "0123abc" or number not in self.reports or self.world.fault("amazon", "expired"):
            return Reply("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", 403,
                         {"Content-Type": "application/xml"})
        report = self.reports[number]
        report["fetched"] = True
        table = [{column: shown_value(column, {**names, **numbers}[column]) for column in report["config"]["columns"]}
                 for names, numbers in self.rows(report["scope"], report["config"]["reportTypeId"], report["first"], report["last"])]
        return Reply(gzip.compress(json.dumps(table).encode("utf-8")), 200, {"Content-Type": "application/octet-stream"})


def profile(number):
    country, currency, zone, kind, name = PROFILES[number]
    return {"profileId": int(number), "countryCode": country, "currencyCode": currency, "timezone": zone,
            "accountInfo": {"marketplaceStringId": "A" + country, "id": "ENTITY" + number, "type": kind, "name": name}}


def is_money(name):
    return name == "cost" or name.startswith("sales")


def shown_value(name, value):
    return value / 100 if is_money(name) else value


def cents_text(value):
    return ("%d.%02d" % divmod(value, 100)).rstrip("0").rstrip(".")
