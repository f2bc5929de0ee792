# SPDX-License-Identifier: Apache-2.0
"""Stripe's API as its sheet describes it: charges, refunds and customers of an account and of one connected to it."""

import calendar
import datetime
import re

from world import Reply, days, parse_day

KEY = "rk_live_stand-in-key"
READS = ("charges", "refunds", "customers")
CONNECTED = "acct_stand_in"
HISTORY_DAYS = 60
# how many decimals Stripe's amounts have
CURRENCIES = (("eur", 2), ("eur", 2), ("usd", 2), ("jpy", 0), ("kwd", 3), ("mga", 0), ("isk", 2))
FILTERS = {"limit", "starting_after", "ending_before", "created[gt]", "created[gte]", "created[lt]", "created[lte]"}


def refuse(status, kind, message, code=None, param=None, headers=None):
    error = {"type": kind, "message": message}
    if code:
        error["code"] = code
    if param:
        error["param"] = param
    raise Reply({"error": error}, status, dict({"Request-Id": "req_StandIn"}, **(headers or {})))


def bad(message, param=None):
    refuse(400, "invalid_request_error", message, "parameter_invalid", param)


def epoch(day, seconds):
    return calendar.timegm(day.timetuple()) + seconds


class Stripe:
    def __init__(self, world):
        self.world = world

    # ---- what is true

    def charge(self, account, day, n):
        draw, key = self.world.draw, (account, day, n)
        currency, decimals = CURRENCIES[draw(0, len(CURRENCIES) - 1, "currency", *key)]
        amount = draw(1, 200, "amount", *key) * 10 ** decimals + (draw(0, 9, "part", *key) * 10 ** (decimals - 1) if decimals else 0)
        kind = draw(0, 12, "kind", *key)
        status = "failed" if kind == 0 else "pending" if kind == 1 else "succeeded"
        captured = status == "succeeded" and kind != 2
        late = self.world.restated(day, 30, "refund", *key)
        refunded = amount if captured and late == 1 else amount // 2 if captured and (late or draw(0, 9, "refund", *key) == 0) else 0
        # Two charges of one second now and then.
        second = draw(3600, 80000, "second", account, day, n - n % 2)
        return {"id": "ch_%s%s%d" % ("C" if account else "", day.strftime("%Y%m%d"), n), "object": "charge", "amount": amount,
                "amount_captured": amount if captured else 0, "amount_refunded": refunded, "currency": currency,
                "created": epoch(day, second), "paid": status == "succeeded", "captured": captured,
                "refunded": refunded == amount, "disputed": kind == 3, "status": status, "payment_intent": "pi_%d" % n, "invoice": None,
                "customer": "cus_%d" % draw(1, 30, "customer", *key) if kind % 2 else None, "livemode": kind != 4,
                "metadata": {}, "billing_details": {"email": None}, "_decimals": decimals, "_day": day}

    def charges(self, account=""):
        today = self.world.today()
        found = [self.charge(account, day, n) for day in days(today - datetime.timedelta(HISTORY_DAYS), today)
                 for n in range(self.world.draw(1, 6, "charges", account, day))]
        return sorted(found, key=lambda c: (-c["created"], c["id"]))

    def refunds(self, account=""):
        return [{"id": "re_" + c["id"][3:], "object": "refund", "amount": c["amount_refunded"], "charge": c["id"], "currency": c["currency"],
                 "created": c["created"] + 3600, "reason": "requested_by_customer",
                 "status": "failed" if c["created"] % 11 == 0 else "succeeded", "_decimals": c["_decimals"]}
                for c in self.charges(account) if c["amount_refunded"]]

    def customers(self, account=""):
        return [{"id": "cus_%d" % n, "object": "customer", "email": "ana%d@example.com" % n if n % 3 else None, "name": "Ana %d" % n,
                 "phone": None, "created": epoch(self.world.today() - datetime.timedelta(n), 500), "livemode": True} for n in range(1, 31)]

    def truth(self, query):
        """Sums by currency; money taken only."""
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        account = query.get("account", "")
        taken = [c for c in self.charges(account) if c["captured"] and first <= c["_day"] <= last]
        sums = {}
        for charge in taken:
            into = sums.setdefault(charge["currency"].upper(), {"gross": 0, "refund": 0, "net": 0, "_": charge["_decimals"]})
            into["gross"] += charge["amount_captured"]
            into["refund"] += charge["amount_refunded"]
            into["net"] += charge["amount_captured"] - charge["amount_refunded"]
        every = {name: decimal(sum(into[name] * 10 ** (3 - into["_"]) for into in sums.values()), 3)
                 for name in ("gross", "refund", "net")}  # over all currencies: only for comparing
        given_back = {}
        for refund in self.refunds(account):
            if refund["status"] == "succeeded":
                code = refund["currency"].upper()
                given_back[code] = given_back.get(code, 0) + refund["amount"]
        if "all" in query:
            return Reply({"rows": len(taken), "sums": every})
        return Reply({"rows": len(taken), "tests": sum(not c["livemode"] for c in taken), "refunds": len(self.refunds(account)),
                      "sums": {code: {name: decimal(into[name], into["_"]) for name in ("gross", "refund", "net")}
                               for code, into in sums.items()},
                      "given_back": {code: decimal(amount, sums[code]["_"]) for code, amount in given_back.items()}})

    # ---- what is answered

    def answer(self, request):
        if request.bearer() != KEY or self.world.fault("stripe", "auth"):
            refuse(401, "invalid_request_error", "Invalid API Key provided: rk_live_************")
        if not re.fullmatch(r"20\d\d-\d\d-\d\d(\.\w+)?", request.headers.get("stripe-version", "")):
            bad("Invalid Stripe API version")
        where = re.fullmatch(r"/stripe/v1/(charges|refunds|customers)", request.path)
        if not where or request.method != "GET":
            refuse(404, "invalid_request_error", "Unrecognized request URL (%s: %s)." % (request.method, request.path))
        account = request.headers.get("stripe-account", "")
        if account and account != CONNECTED:
            refuse(403, "invalid_request_error", "The provided key does not have access to account '%s'." % account, "account_invalid")
        if where.group(1) not in self.world.knob("stripe", "reads", READS):
            refuse(403, "invalid_request_error", "The provided key does not have the required permissions for this endpoint. Having the "
                   "'rak_%s_read' permission would allow this request to continue." % where.group(1)[:-1])
        if self.world.fault("stripe", "rate"):
            refuse(429, "invalid_request_error", "Request rate limit exceeded.", "rate_limit")
        if self.world.fault("stripe", "lock"):
            refuse(429, "invalid_request_error", "This object cannot be accessed right now.", "lock_timeout")
        if self.world.fault("stripe", "hopeless"):
            refuse(500, "api_error", "An error that stays.", headers={"Stripe-Should-Retry": "false"})
        return self.list(where.group(1), request.query, account)

    def list(self, name, query, account):
        unknown = set(query) - FILTERS
        if unknown:
            refuse(400, "invalid_request_error", "Received unknown parameter: %s" % sorted(unknown)[0], "parameter_unknown", sorted(unknown)[0])
        limit = query.get("limit", "10")
        if not re.fullmatch(r"\d+", limit) or not 1 <= int(limit) <= 100:
            bad("Invalid integer: %s" % limit, "limit")
        limit = str(min(int(limit), self.world.knob("stripe", "short", int(limit))))
        items = getattr(self, name)(account)
        for sign, keeps in (("gte", lambda a, b: a >= b), ("gt", lambda a, b: a > b), ("lt", lambda a, b: a < b), ("lte", lambda a, b: a <= b)):
            if "created[%s]" % sign in query:
                items = [item for item in items if keeps(item["created"], int(query["created[%s]" % sign]))]
        start = 0
        if query.get("starting_after"):
            ids = [item["id"] for item in items]
            if query["starting_after"] not in ids:
                refuse(400, "invalid_request_error", "No such %s: '%s'" % (name[:-1], query["starting_after"]), "resource_missing", "starting_after")
            start = ids.index(query["starting_after"]) + 1
        some = [{key: value for key, value in item.items() if key[0] != "_"} for item in items[start:start + int(limit)]]
        return Reply({"object": "list", "url": "/v1/" + name, "has_more": start + len(some) < len(items), "data": some},
                     headers={"Request-Id": "req_StandIn"})


def decimal(amount, decimals):
    """Minor units as decimal text without trailing zeros."""
    whole, part = divmod(amount, 10 ** decimals)
    text = "%d.%0*d" % (whole, decimals, part) if decimals else "%d" % whole
    return text.rstrip("0").rstrip(".") if "." in text else text
