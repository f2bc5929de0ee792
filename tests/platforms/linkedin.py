# SPDX-License-Identifier: Apache-2.0
"""LinkedIn's marketing API as its sheet describes it: ad accounts and adAnalytics, with Rest.li's own query syntax."""

import datetime
import re
import time

from world import Reply, days, parse_day

TOKEN = "AQX-stand-in-token"
REFRESH_TOKEN, CLIENT = "AQW-stand-in-refresh", ("linkedin-client", "stand-in-linkedin-secret")
VERSIONS = {"202604", "202605", "202606"}
SETTLE_DAYS = 30
MAX_FIELDS, MAX_ELEMENTS = 20, 15000
# id: name, currency, may be read
ACCOUNTS = {"508123456": ("Shop Europe", "EUR", True), "508123457": ("Shop US", "USD", True), "508999999": ("Closed", "EUR", False)}
PIVOTS = ("CAMPAIGN_GROUP", "CAMPAIGN", "CREATIVE")
URNS = {"ACCOUNT": "urn:li:sponsoredAccount:%d", "CAMPAIGN_GROUP": "urn:li:sponsoredCampaignGroup:%d", "CAMPAIGN": "urn:li:sponsoredCampaign:%d",
        "CREATIVE": "urn:li:sponsoredCreative:%d"}
METRICS = ("impressions", "clicks", "costInLocalCurrency", "costInUsd", "externalWebsiteConversions", "oneClickLeads",
           "conversionValueInLocalCurrency")
MONEY = {"costInLocalCurrency": 13, "costInUsd": 13, "conversionValueInLocalCurrency": 2}  # places
DATE = r"\(year:(\d{4}),month:(\d{1,2}),day:(\d{1,2})\)"


def refuse(status, code, message, service=None):
    body = {"status": status, "code": code, "message": message}
    if service:
        body["serviceErrorCode"] = service
    raise Reply(body, status)


class LinkedIn:
    def __init__(self, world):
        self.world = world
        self.tokens = {}

    # ---- what is true

    def line(self, account, day, ids):
        """Of one creative on one day; None where nothing was shown. Money as whole numbers of its last place."""
        world, key = self.world, (account, day) + ids
        if world.draw(0, 5, "shown", *key) == 0:
            return None
        impressions = world.draw(50, 4000, "impressions", *key)
        clicks = impressions * world.draw(0, 20, "ctr", *key) // 1000
        conversions = min(clicks, world.draw(0, 3, "conv", *key)) + world.restated(day, SETTLE_DAYS, "late", *key)
        cents = clicks * world.draw(150, 900, "cpc", *key)
        # The long tail that LinkedIn's sums have.
        cost = cents * 10 ** 11 + (6 if cents else 0)
        return {"impressions": impressions, "clicks": clicks, "costInLocalCurrency": cost, "costInUsd": cost * 2,
                "externalWebsiteConversions": conversions, "oneClickLeads": world.draw(0, 2, "leads", *key),
                "conversionValueInLocalCurrency": conversions * 4999}

    def lines(self, account, first, last, pivots):
        sums = {}
        for day in days(first, min(last, self.world.today())):
            for group in range(2):
                for campaign in range(2):
                    for creative in range(3):
                        ids = (600 + group, 1234500 + 10 * group + campaign, 987654000 + 100 * group + 10 * campaign + creative)
                        numbers = self.line(account, day, ids)
                        if numbers:
                            named = dict(zip(PIVOTS, ids), ACCOUNT=int(account))
                            into = sums.setdefault((day, tuple(named[p] for p in pivots)), dict.fromkeys(METRICS, 0))
                            for name, value in numbers.items():
                                into[name] += value
        return sums

    def truth(self, query):
        """As the hub shall store it: money of each row rounded to micros."""
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        if not first or not last:
            raise Reply({"error": "from and to are needed"}, 400)
        pivots = query.get("pivots", "CAMPAIGN_GROUP").split(",")
        rows = self.lines(query.get("account", "508123456"), first, last, pivots)
        sums = {name: sum(micros(row[name], MONEY[name]) if name in MONEY else row[name] for row in rows.values()) for name in METRICS}
        sums["conversions"] = sums["externalWebsiteConversions"] + sums["oneClickLeads"]
        return Reply({"rows": len(rows), "sums": {n: trim(v, 6) if n in MONEY else str(v) for n, v in sums.items()}})

    # ---- what is answered

    def answer(self, request):
        if request.path == "/linkedin/oauth/v2/accessToken":
            return self.token(request)
        self.admit(request)
        if self.world.fault("linkedin", "quota"):
            refuse(429, "TOO_MANY_REQUESTS", "Resource level throttle limit for calls to this resource is reached.", 101)
        path, _, query = request.target.partition("?")
        needed = "r_ads_reporting" if path == "/linkedin/rest/adAnalytics" else "r_ads"
        if needed not in self.world.knob("linkedin", "scopes", ("r_ads", "r_ads_reporting")):
            refuse(403, "ACCESS_DENIED", "Not enough permissions to access: GET %s" % path, 100)
        if path == "/linkedin/rest/adAnalytics":
            return self.analytics(query)
        if path == "/linkedin/rest/adAccounts":
            return self.accounts(query)
        where = re.fullmatch(r"/linkedin/rest/adAccounts/(\d+)", path)
        if where and where.group(1) in ACCOUNTS:
            return Reply(self.account(self.readable(where.group(1))))
        where = re.fullmatch(r"/linkedin/rest/adAccounts/(\d+)/(adCampaignGroups|adCampaigns)", path)
        if where and where.group(1) in ACCOUNTS:
            return self.listed(self.readable(where.group(1)), where.group(2), query)
        refuse(404, "RESOURCE_NOT_FOUND", "Could not find entity")

    def listed(self, account, kind, query):
        """One a page; a campaign names its group by URN."""
        given = dict(part.partition("=")[::2] for part in query.split("&"))
        if given.get("q") != "search" or not 1 <= int(given.get("pageSize", 100)) <= 1000 or set(given) - {"q", "pageSize", "pageToken"}:
            refuse(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")
        found = [{"id": 600 + g, "name": "Group \u00e9 %d" % g, "status": "ACTIVE"} for g in range(2)]
        if kind == "adCampaigns":
            found = [{"id": 1234500 + 10 * g + c, "name": "Campaign %d" % c, "status": "PAUSED",
                      "campaignGroup": URNS["CAMPAIGN_GROUP"] % (600 + g)} for g in range(2) for c in range(2)]
        start = int(given.get("pageToken", "0"))
        metadata = {"nextPageToken": str(start + 1)} if start + 1 < len(found) else {}
        return Reply({"elements": [dict(found[start], account="urn:li:sponsoredAccount:" + account)], "metadata": metadata})

    def token(self, request):
        form = request.form()
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            raise Reply({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != REFRESH_TOKEN:
            raise Reply({"error": "invalid_grant", "error_description": "The provided authorization grant or refresh token is invalid"},
                        400)
        token = "AQX-%d" % len(self.tokens)
        self.tokens[token] = time.time() + 5184000
        return Reply({"access_token": token, "expires_in": 5184000, "refresh_token": REFRESH_TOKEN,
                      "refresh_token_expires_in": 31536000, "scope": "r_ads,r_ads_reporting"})

    def admit(self, request):
        token = request.bearer()
        if token != TOKEN and self.tokens.get(token, 0) < time.time():
            refuse(401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user", 65601)
        version = request.headers.get("linkedin-version")
        if version is None:
            refuse(400, "VERSION_MISSING", "A version must be present. Please specify a version by adding the LinkedIn-Version header.")
        if version not in VERSIONS:
            refuse(426, "NONEXISTENT_VERSION", "Requested version %s01 is not active" % version)
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            refuse(400, "ILLEGAL_ARGUMENT", "Rest.li protocol version 2.0.0 is needed for this syntax.")

    def readable(self, account):
        if not ACCOUNTS[account][2]:
            refuse(403, "ACCESS_DENIED", "Not enough permissions to access: GET /adAccounts", 100)
        return account

    def account(self, number):
        name, currency, _ = ACCOUNTS[number]
        return {"id": int(number), "name": name, "currency": currency, "status": "ACTIVE", "type": "BUSINESS"}

    def accounts(self, query):
        given = dict(part.partition("=")[::2] for part in query.split("&"))
        if given.get("q") != "search" or given.get("search") != "(status:(values:List(ACTIVE)))":
            refuse(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")
        listed = [a for a in ACCOUNTS if ACCOUNTS[a][2]]
        start = int(given.get("pageToken", "0"))
        metadata = {"nextPageToken": str(start + 1)} if start + 1 < len(listed) else {}
        return Reply({"elements": [self.account(a) for a in listed[start:start + 1]], "metadata": metadata})

    def analytics(self, query):
        given = dict(part.partition("=")[::2] for part in query.split("&"))
        bad = set(given) - {"q", "pivot", "pivots", "timeGranularity", "dateRange", "accounts", "fields"}
        if bad:
            refuse(400, "QUERY_PARAM_NOT_ALLOWED", "Query parameters %s are not allowed" % sorted(bad))
        pivots = self.pivots(given)
        range_ = re.fullmatch(r"\(start:%s,end:%s\)" % (DATE, DATE), given.get("dateRange", ""))
        accounts = re.fullmatch(r"List\(urn%3Ali%3AsponsoredAccount%3A(\d+)\)", given.get("accounts", ""))
        if not range_ or not accounts or given.get("timeGranularity") != "DAILY":
            refuse(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")
        first, last = (datetime.date(*map(int, range_.groups()[n:n + 3])) for n in (0, 3))
        fields = given.get("fields", "impressions,clicks").split(",")
        if len(fields) > MAX_FIELDS or set(fields) - set(METRICS) - {"dateRange", "pivotValues"}:
            refuse(400, "PARAM_INVALID", "Invalid fields")
        account = accounts.group(1)
        readable = account in ACCOUNTS and ACCOUNTS[account][2]  # else an empty list, no error
        rows = self.lines(account, first, last, pivots) if readable else {}
        shown = [element(day, dict(zip(pivots, ids)), numbers, fields) for (day, ids), numbers in sorted(rows.items())]
        if shown and pivots == ("ACCOUNT",):  # knob total_lies: a click more on the first day
            shown[0]["clicks"] = shown[0].get("clicks", 0) + self.world.knob("linkedin", "total_lies", 0)
            grown = self.world.knob("linkedin", "grows", 0) if rows and max(rows)[0] == self.world.today() else 0
            shown[-1]["clicks"] = shown[-1].get("clicks", 0) + grown
        if shown and pivots != ("ACCOUNT",) and (last - first).days + 1 >= self.world.knob("linkedin", "full_from_days", 1000):
            # As long as reports get: further creatives that nobody saw.
            none = dict.fromkeys(METRICS, 0)
            shown += [element(first, dict.fromkeys(pivots, n), none, fields) for n in range(MAX_ELEMENTS)]
        return Reply({"paging": {"start": 0, "count": 10, "links": []}, "elements": shown[:MAX_ELEMENTS]})

    def pivots(self, given):
        if given.get("q") == "analytics" and given.get("pivot") in PIVOTS + ("ACCOUNT",):
            return (given["pivot"],)
        several = re.fullmatch(r"List\(([A-Z_,]+)\)", given.get("pivots", ""))
        names = several.group(1).split(",") if several else []
        if given.get("q") != "statistics" or not 1 <= len(names) <= 3 or set(names) - set(PIVOTS):
            refuse(400, "ILLEGAL_ARGUMENT", "Invalid pivots")
        return tuple(names)


def element(day, ids, numbers, fields):
    date = {"year": day.year, "month": day.month, "day": day.day}
    known = {"dateRange": {"start": date, "end": date}, "pivotValues": [URNS[p] % n for p, n in ids.items()]}
    for name, value in numbers.items():
        known[name] = trim(value, MONEY[name]) if name in MONEY else value
    return {name: known[name] for name in fields}


def micros(value, places):
    """Rounded half to even."""
    if places <= 6:
        return value * 10 ** (6 - places)
    whole, rest = divmod(value, 10 ** (places - 6))
    half = 10 ** (places - 6) // 2
    return whole + (rest > half or (rest == half and whole % 2))


def trim(value, places):
    whole, part = divmod(value, 10 ** places)
    return ("%d.%0*d" % (whole, places, part)).rstrip("0").rstrip(".")
