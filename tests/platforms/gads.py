# SPDX-License-Identifier: Apache-2.0
"""The Google Ads API as its sheet describes it: search, searchStream and the accounts of a login, by a small GAQL."""

import json
import re

from world import Reply, days, parse_day

DEVELOPER_TOKEN = "stand-in-dev-token-0001"
SCOPE = "https://www.googleapis.com/auth/adwords"
VERSIONS = {"v24", "v25"}
MANAGER = "9990001111"
SETTLE_DAYS = 30
BATCH = 20  # rows in one element of a stream; knob batch
# id: name, currency, time zone, status
CUSTOMERS = {"1112223333": ("Shop Europe", "EUR", "Europe/Rome", "ENABLED"),
             "4445556666": ("Shop US", "USD", "America/New_York", "ENABLED"),
             "7778889999": ("Old shop", "EUR", "Europe/Rome", "CANCELED")}
# name, kind, status, networks, ad groups, how busy
CAMPAIGNS = (("Brand \"EU\"", "SEARCH", "ENABLED", ("SEARCH", "SEARCH_PARTNERS"), 2, 90),
             ("Banners", "DISPLAY", "PAUSED", ("CONTENT",), 1, 200),
             ("Everything", "PERFORMANCE_MAX", "ENABLED", ("MIXED",), 0, 150),
             ("Last year", "SEARCH", "REMOVED", ("SEARCH",), 1, 30))
WORDS = ("red shoes", "schuhe größe 43", "shoes & boots", "cheap\tshoes")
METRICS = {"impressions": "int", "clicks": "int", "cost_micros": "int", "conversions": "double", "conversions_value": "double",
           "view_through_conversions": "int", "all_conversions": "double"}
ERRORS = "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure"
# Which fields a resource may be asked for, beside customer, campaign, metrics and segments.
RESOURCES = {"customer": (), "campaign": (), "ad_group": ("ad_group",), "ad_group_ad": ("ad_group", "ad_group_ad"),
             "keyword_view": ("ad_group", "ad_group_criterion"), "search_term_view": ("ad_group", "search_term_view"),
             "customer_client": ("customer_client",)}


def refuse(http, status, kind, code, message, details=None):
    failure = {"errorCode": {kind: code}, "message": message}
    if details:
        failure["details"] = details
    raise Reply({"error": {"code": http, "message": "Request contains an invalid argument.", "status": status,
                           "details": [{"@type": ERRORS, "errors": [failure], "requestId": "stand-in"}]}}, http)


def query_error(code, message):
    refuse(400, "INVALID_ARGUMENT", "queryError", code, message)


def camel(name):
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


class GoogleAds:
    def __init__(self, world, oauth):
        self.world = world
        self.oauth = oauth

    # ---- what is true

    def numbers(self, *key):
        """Of one line of one day; None where nothing was shown. Money in micros, conversions in thousandths."""
        world, day = self.world, key[1]
        if world.draw(0, 6, "shown", *key) == 0:
            return None
        impressions = world.draw(key[-1], key[-1] * 30, "impressions", *key)
        clicks = impressions * world.draw(0, 80, "ctr", *key) // 1000
        late = world.restated(day, SETTLE_DAYS, "late", *key)
        conversions = clicks * world.draw(0, 250, "cvr", *key) + late * 500
        return {"impressions": impressions, "clicks": clicks, "cost_micros": clicks * world.draw(10000, 990000, "cpc", *key),
                "conversions": conversions, "conversions_value": conversions * world.draw(10, 90, "basket", *key),
                "view_through_conversions": world.draw(0, 2, "views", *key), "all_conversions": conversions * 2}

    def entities(self, customer, resource):
        """Every entity below a resource as nested members, with its campaign's number."""
        for c, (name, kind, status, _, groups, _) in enumerate(CAMPAIGNS):
            campaign = {"id": str(77000000000 + c), "name": name, "status": status, "advertising_channel_type": kind}
            if resource in ("customer", "campaign"):
                yield c, (c,), {"campaign": campaign}
                continue
            for g in range(groups):
                group = {"id": str(9007199254740993 + 10 * c + g), "name": "Group %d" % g, "status": "ENABLED"}
                base = {"campaign": campaign, "ad_group": group}
                for n, more in enumerate(self.below(resource, group["id"])):
                    yield c, (c, g, n), dict(base, **more)

    def below(self, resource, group):
        if resource == "ad_group":
            return [{}]
        if resource == "ad_group_ad":
            return [{"ad_group_ad": {"ad": {"id": str(600 + n), "name": "Ad %d" % n}, "status": "ENABLED"}} for n in range(2)]
        if resource == "keyword_view":
            return [{"ad_group_criterion": {"criterion_id": str(300 + n), "keyword": {"text": word, "match_type": "PHRASE"}}}
                    for n, word in enumerate(WORDS[:3])]
        return [{"search_term_view": {"search_term": word, "resource_name": group}} for word in WORDS]

    def lines(self, customer, resource, first, last):
        """(members, numbers) a day, network and entity."""
        for day in days(first, min(last, self.world.today())):
            for c, where, members in self.entities(customer, resource):
                for network in CAMPAIGNS[c][3]:
                    numbers = self.numbers(customer, day, resource, where, network, CAMPAIGNS[c][5])
                    if numbers:
                        yield dict(members, segments={"date": day.isoformat(), "ad_network_type": network}), numbers

    def truth(self, query):
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        if not first or not last:
            raise Reply({"error": "from and to are needed"}, 400)
        total, rows = dict.fromkeys(METRICS, 0), 0
        for _, numbers in self.lines(query.get("account", "1112223333"), query.get("resource", "campaign"), first, last):
            rows += 1
            for name, value in numbers.items():
                total[name] += value
        return Reply({"rows": rows, "sums": {name: exact(name, value) for name, value in total.items()}})

    # ---- what is answered

    def answer(self, request):
        version, call = self.admit(request)
        if version not in VERSIONS:
            refuse(400, "INVALID_ARGUMENT", "requestError", "UNSUPPORTED_VERSION", "Version %s is deprecated." % version)
        if call == "customers:listAccessibleCustomers" and request.method == "GET":
            return Reply({"resourceNames": ["customers/" + c for c in (MANAGER, "1112223333")]})
        where = re.fullmatch(r"customers/(\d+)/googleAds:(search|searchStream)", call)
        if not where or request.method != "POST":
            refuse(404, "NOT_FOUND", "requestError", "RESOURCE_NAME_MALFORMED", "Not found.")
        customer, is_stream = where.group(1), where.group(2) == "searchStream"
        try:
            self.may_read(customer, request)
            self.passing_trouble()
            return self.search(customer, request, is_stream)
        except Reply as refused:
            if is_stream and refused.status != 200:
                refused.body = b"[" + refused.body + b"]"
            raise

    def admit(self, request):
        scopes = self.oauth.scopes(request.bearer())
        if self.world.fault("gads", "auth") or scopes is None:
            refuse(401, "UNAUTHENTICATED", "authenticationError", "OAUTH_TOKEN_INVALID", "Request had invalid authentication.")
        if SCOPE not in scopes:
            raise Reply({"error": {"code": 403, "message": "Request had insufficient authentication scopes.", "status": "PERMISSION_DENIED",
                                   "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com",
                                                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}, 403)
        if request.headers.get("developer-token") != DEVELOPER_TOKEN and not self.world.knob("gads", "cloud_access", False):
            refuse(401, "UNAUTHENTICATED", "authenticationError", "DEVELOPER_TOKEN_INVALID", "The developer token is not valid.")
        where = re.fullmatch(r"/gads/(v\d+)/(.+)", request.path)
        if not where:
            refuse(404, "NOT_FOUND", "requestError", "UNKNOWN", "Not found.")
        return where.groups()

    def may_read(self, customer, request):
        login = request.headers.get("login-customer-id")
        if login is not None and not login.isdigit():
            refuse(400, "INVALID_ARGUMENT", "headerError", "INVALID_LOGIN_CUSTOMER_ID", "The login customer ID is not valid.")
        if customer not in CUSTOMERS and customer != MANAGER:
            refuse(401, "UNAUTHENTICATED", "authenticationError", "CUSTOMER_NOT_FOUND", "No customer was found for the ID.")
        if customer != "1112223333" and customer != MANAGER and login != MANAGER:
            refuse(403, "PERMISSION_DENIED", "authorizationError", "USER_PERMISSION_DENIED",
                   "User doesn't have permission to access customer.")
        if customer in CUSTOMERS and CUSTOMERS[customer][3] != "ENABLED":
            refuse(403, "PERMISSION_DENIED", "authorizationError", "CUSTOMER_NOT_ENABLED",
                   "The customer can't be used because it isn't enabled.")

    def passing_trouble(self):
        world = self.world
        if world.fault("gads", "transient"):
            refuse(500, "INTERNAL", "internalError", "TRANSIENT_ERROR", "A transient error occurred.")
        quota = world.fault("gads", "quota")
        if quota:
            details = {"quotaErrorDetails": {"rateScope": "DEVELOPER", "rateName": quota.get("rate", "Requests per minute")}}
            if "delay" in quota:
                details["quotaErrorDetails"]["retryDelay"] = quota["delay"]
            refuse(429, "RESOURCE_EXHAUSTED", "quotaError", quota.get("code", "RESOURCE_EXHAUSTED"), "Too many requests.", details)

    def search(self, customer, request, is_stream):
        try:
            asked = json.loads(request.body)
        except ValueError:
            refuse(400, "INVALID_ARGUMENT", "requestError", "BAD_JSON", "Invalid JSON payload received.")
        if asked.get("summaryRowSetting", "NO_SUMMARY_ROW") not in ("NO_SUMMARY_ROW", "SUMMARY_ROW_WITH_RESULTS"):
            refuse(400, "INVALID_ARGUMENT", "requestError", "INVALID_ENUM_VALUE", "Enum value is not valid.")
        if set(asked) - {"query", "summaryRowSetting", "pageToken", "searchSettings", "validateOnly"}:
            refuse(400, "INVALID_ARGUMENT", "requestError", "PAGE_SIZE_NOT_SUPPORTED", "Setting the page size is not supported.")
        names, resource, first, last = parse_query(asked.get("query", ""))
        rows = self.results(customer, names, resource, first, last)
        mask = ",".join(camel(n) for n in names)
        if not is_stream:
            start = int(asked.get("pageToken") or 0)
            size = self.world.knob("gads", "page", 10000)
            reply = {"results": rows[start:start + size], "fieldMask": mask}
            if start + size < len(rows):
                reply["nextPageToken"] = str(start + size)
            return Reply(reply)
        has_summary = asked.get("summaryRowSetting") == "SUMMARY_ROW_WITH_RESULTS"
        return self.stream(rows, mask, self.summary(customer, resource, first, last) if has_summary else None)

    def summary(self, customer, resource, first, last):
        """The sum of all rows; knob total_lies: a click more."""
        total = dict.fromkeys(METRICS, 0)
        for _, numbers in self.lines(customer, resource, first, last):
            for name, value in numbers.items():
                total[name] += value
        total["clicks"] += self.world.knob("gads", "total_lies", 0)
        return {"summaryRow": {"metrics": shown(total)}, "requestId": "stand-in"}

    def stream(self, rows, mask, summary):
        size = self.world.knob("gads", "batch", BATCH)
        batches = [{"results": rows[n:n + size], "fieldMask": mask, "requestId": "stand-in"} for n in range(0, len(rows), size)]
        broken = self.world.fault("gads", "breaks_off")
        if broken:
            code = broken.get("code", "INTERNAL_ERROR")
            batches[1:] = [{"error": {"code": broken.get("http", 500), "message": "Internal error.", "status": "INTERNAL", "details": [
                {"@type": ERRORS, "errors": [{"errorCode": {"internalError": code}, "message": "An internal error."}]}]}}]
        batches = batches or [{"fieldMask": mask, "requestId": "stand-in"}]
        return Reply(batches + [summary] if summary and not broken else batches)

    def results(self, customer, names, resource, first, last):
        if any(n.startswith("metrics.") for n in names):
            if customer == MANAGER:
                query_error("REQUESTED_METRICS_FOR_MANAGER", "Metrics cannot be requested for a manager account.")
            return [row(names, dict(members, metrics=shown(numbers))) for members, numbers in
                    self.lines(customer, resource, first, last)]
        if resource == "customer_client":
            return [row(names, {"customer_client": {"id": c, "descriptive_name": name, "currency_code": currency,
                                                    "time_zone": zone, "manager": False, "status": status}})
                    for c, (name, currency, zone, status) in CUSTOMERS.items() if status == "ENABLED"]
        if resource == "customer":
            name, currency, zone, _ = CUSTOMERS.get(customer, ("Agency", "EUR", "Europe/Rome", "ENABLED"))
            known = {"id": customer, "descriptive_name": name, "currency_code": currency, "time_zone": zone}
            return [row(names, {"customer": dict(known, **({"manager": True} if customer == MANAGER else {}))})]
        return [row(names, members) for _, _, members in self.entities(customer, resource)]


GAQL = re.compile(r"SELECT\s+(?P<names>[\w.,\s]+?)\s+FROM\s+(?P<from>\w+)(?:\s+WHERE\s+(?P<where>.+?))?\s*")
BETWEEN = re.compile(r"segments\.date\s+BETWEEN\s+'([\d-]+)'\s+AND\s+'([\d-]+)'")


def parse_query(text):
    """(fields, resource, first day, last day); refuses as the platform does."""
    parts = GAQL.fullmatch(text)
    if not parts:
        query_error("SYNTAX_ERROR", "Error in query.")
    names = [name.strip() for name in parts.group("names").split(",")]
    resource, where = parts.group("from"), parts.group("where") or ""
    if resource not in RESOURCES:
        query_error("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", "%s is not a resource." % resource)
    known = {"customer", "campaign", "segments", "metrics"} | set(RESOURCES[resource])
    for name in names:
        head, _, tail = name.partition(".")
        if head not in known or (head == "metrics" and tail not in METRICS) or not tail:
            query_error("UNRECOGNIZED_FIELD", "Unrecognized field in the query: '%s'." % name)
    range_ = BETWEEN.search(where)
    if any(n.startswith("segments.") for n in names) and not range_:
        query_error("EXPECTED_FILTERS_ON_DATE_RANGE", "Segments of the date need a finite range in WHERE.")
    first, last = (parse_day(d) for d in range_.groups()) if range_ else (None, None)
    if range_ and (not first or not last or first > last):
        query_error("INVALID_VALUE_WITH_BETWEEN_OPERATOR", "Bad dates.")
    return names, resource, first, last


def row(names, members):
    """Nested lowerCamelCase members of the fields asked for; what is not there is left out."""
    out = {}
    for name in names:
        value, into = members, out
        *way, last = name.split(".")
        for part in way:
            value = value.get(part, {}) if isinstance(value, dict) else {}
            into = into.setdefault(camel(part), {"resourceName": "customers/1/x"} if part not in ("metrics", "segments") else {})
        if last in value:
            into[camel(last)] = value[last]
    return out


def shown(numbers):
    """int64 as text, doubles as numbers, zeros of doubles left out as proto3 does."""
    found = {}
    for name, value in numbers.items():
        if METRICS[name] == "int":
            found[name] = str(value)
        elif value:
            found[name] = value / 1000 if value % 1000 else value // 1000
    return found


def exact(name, value):
    if name == "cost_micros":
        return decimal_text(value, 6)
    return decimal_text(value, 3) if METRICS[name] == "double" else str(value)


def decimal_text(value, places):
    whole, part = divmod(value, 10 ** places)
    return ("%d.%0*d" % (whole, places, part)).rstrip("0").rstrip(".")
