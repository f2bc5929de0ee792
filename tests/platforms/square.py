# SPDX-License-Identifier: Apache-2.0
"""Square's API as its sheet describes it: a seller's locations, the orders of their tills, catalog and stock."""

import datetime
import json
import re

from world import Reply, days, parse_day

TOKEN = "EAAA-stand-in-token"
PERMISSIONS = ("ORDERS_READ", "MERCHANT_PROFILE_READ", "ITEMS_READ", "INVENTORY_READ", "CUSTOMERS_READ")
# id: name, currency, its decimals, zone, status
LOCATIONS = {"LISBON": ("Chiado", "EUR", 2, "Europe/Lisbon", "ACTIVE"), "TOKYO": ("Shibuya", "JPY", 0, "Asia/Tokyo", "ACTIVE"),
             "KUWAIT": ("Salmiya", "KWD", 3, "Asia/Kuwait", "INACTIVE")}
TILL_DAYS = 30
ARTICLES = tuple("TILL-%02d" % n for n in range(30))
SOURCES = ("Square Point of Sale", "Square Online", None)
SEARCH = {"location_ids", "query", "limit", "cursor", "return_entries"}


def refuse(status, category, code, detail, field=None):
    error = {"category": category, "code": code, "detail": detail}
    if field:
        error["field"] = field
    raise Reply({"errors": [error]}, status)


def bad(detail, field=None):
    refuse(400, "INVALID_REQUEST_ERROR", "BAD_REQUEST", detail, field)


class Square:
    def __init__(self, world):
        self.world = world

    # ---- what is true

    def late(self, *key):
        for generation in range(1, self.world.generation + 1):
            if self.world.draw(0, 4, "brought back", generation, *key) == 0:
                return generation
        return 0

    def facts(self, place, day, n):
        """One order in minor units: lines as (quantity in thousandths, gross, discount, tax, included), and what came back."""
        draw, key = self.world.draw, (place, day, n)
        unit = 10 ** LOCATIONS[place][2]
        included = draw(0, 1, "included", *key) == 0
        lines = []
        for i in range(draw(1, 3, "lines", *key)):
            qty = draw(1, 4, "qty", i, *key) * 1000 + (500 if draw(0, 5, "weighed", i, *key) == 0 else 0)
            gross = draw(unit, 60 * unit, "gross", i, *key)
            discount = gross // 10 if draw(0, 3, "discount", i, *key) == 0 else 0
            tax = (gross - discount) * 23 // (123 if included else 100)
            lines.append({"i": i, "qty": qty, "gross": gross, "discount": discount, "tax": tax, "included": included,
                          "total": gross - discount + (0 if included else tax)})
        late = self.late(*key)
        back = lines[:1] if late or draw(0, 12, "back", *key) == 0 else []
        return {"place": place, "day": day, "n": n, "lines": lines, "back": back, "late": late, "tip": draw(0, 3, "tip", *key) * unit}

    def all_facts(self, place, first=None, last=None):
        today = self.world.today()
        first = max(first or today, today - datetime.timedelta(TILL_DAYS)) if first else today - datetime.timedelta(TILL_DAYS)
        return [self.facts(place, day, n) for day in days(first, min(last or today, today))
                for n in range(self.world.draw(1, 5, "sales", place, day))]

    def truth(self, query):
        place = query.get("account", "LISBON")
        decimals = LOCATIONS[place][2]
        facts = self.all_facts(place, parse_day(query.get("from", "")), parse_day(query.get("to", "")))

        def worth(lines):
            return sum(line["gross"] - line["discount"] - (line["tax"] if line["included"] else 0) for line in lines)
        lines = [line for fact in facts for line in fact["lines"]]
        sums = {"discount": sum(line["discount"] for line in lines), "refund": sum(worth(fact["back"]) for fact in facts),
                "tax": sum(line["tax"] for line in lines), "tip": sum(fact["tip"] for fact in facts),
                "total": sum(line["total"] for line in lines) + sum(fact["tip"] for fact in facts)
                - sum(line["total"] for fact in facts for line in fact["back"])}
        sums["net"] = worth(lines) - sums["refund"]
        sums["gross"] = worth(lines) + sums["discount"]
        shown = {name: decimal(value, decimals) for name, value in sums.items()}
        shown["items"] = decimal(sum(line["qty"] for line in lines), 3)
        returned = [line for fact in facts for line in fact["back"]]
        return Reply({"rows": len(facts), "sums": shown, "lines": len(lines), "refunds": len(returned),
                      "refunded": decimal(sum(line["total"] for line in returned), decimals)})

    # ---- as the platform writes it

    def order(self, fact):
        currency = LOCATIONS[fact["place"]][1]

        def money(amount):
            return {"amount": amount, "currency": currency}
        number = "%s-%s-%d" % (fact["place"], fact["day"].strftime("%Y%m%d"), fact["n"])
        changed = "%sT%02d:00:00Z" % (self.world.today(), 16 + fact["late"]) if fact["late"] else "%sT14:00:00.250Z" % fact["day"]
        total = sum(line["total"] for line in fact["lines"]) + fact["tip"]
        back = sum(line["total"] for line in fact["back"])
        source = SOURCES[fact["n"] % len(SOURCES)]
        order = {"id": number, "location_id": fact["place"], "state": "COMPLETED", "version": 4 + fact["late"],
                 "created_at": "%sT%02d:05:00Z" % (fact["day"], 9 + fact["n"]), "updated_at": changed,
                 "closed_at": "%sT%02d:10:00Z" % (fact["day"], 9 + fact["n"]), "total_money": money(total),
                 "total_tax_money": money(sum(line["tax"] for line in fact["lines"])), "total_tip_money": money(fact["tip"]),
                 "total_discount_money": money(sum(line["discount"] for line in fact["lines"])),
                 "net_amounts": {"total_money": money(total - back)},
                 "line_items": [{"uid": "u%d" % line["i"], "name": "Tea \u2615", "quantity": quantity(line["qty"]),
                                 "catalog_object_id": "V%d" % line["i"], "base_price_money": money(line["gross"] * 1000 // line["qty"]),
                                 "gross_sales_money": money(line["gross"]), "total_tax_money": money(line["tax"]),
                                 "total_discount_money": money(line["discount"]), "total_money": money(line["total"])}
                                for line in fact["lines"]]}
        if source:
            order["source"] = {"name": source}
        if fact["back"]:
            order["returns"] = [{"uid": "r", "source_order_id": number, "return_line_items": [
                {"uid": "b%d" % line["i"], "quantity": quantity(line["qty"]), "gross_return_money": money(line["gross"]),
                 "total_tax_money": money(line["tax"]), "total_discount_money": money(line["discount"]),
                 "total_money": money(line["total"])} for line in fact["back"]]}]
            order["refunds"] = [{"id": number + "-R", "location_id": fact["place"], "tender_id": "t", "created_at": changed,
                                 "reason": "Returned goods", "amount_money": money(back), "status": "APPROVED"}]
        return order

    # ---- what is answered

    def answer(self, request):
        self.admit(request)
        path = request.path[len("/square"):]
        routes = {("GET", "/v2/locations"): ("MERCHANT_PROFILE_READ", self.locations), ("POST", "/v2/orders/search"): ("ORDERS_READ", self.search),
                  ("GET", "/v2/catalog/list"): ("ITEMS_READ", self.catalog),
                  ("POST", "/v2/customers/search"): ("CUSTOMERS_READ", self.customers),
                  ("POST", "/v2/inventory/counts/batch-retrieve"): ("INVENTORY_READ", self.counts)}
        permission, act = routes.get((request.method, path), (None, None))
        if not act:
            refuse(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "API endpoint for URL path `%s` and HTTP method `%s` is not found."
                   % (path, request.method))
        if permission not in self.world.knob("square", "permissions", PERMISSIONS):
            refuse(403, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", "The merchant has not given your application sufficient "
                   "permissions to do that. The following permissions were required: %s" % permission)
        if self.world.fault("square", "rate"):
            refuse(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Your request has been rate-limited.")
        if self.world.fault("square", "internal"):
            refuse(500, "API_ERROR", "INTERNAL_SERVER_ERROR", "Internal server error.")
        return act(request)

    def admit(self, request):
        if request.bearer() != TOKEN or self.world.fault("square", "auth"):
            refuse(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized.")
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", request.headers.get("square-version", "")):
            bad("Square-Version must be a date.")

    def locations(self, request):
        return Reply({"locations": [{"id": place, "name": name, "currency": currency, "timezone": zone, "status": status,
                                     "address": {"locality": name, "country": "PT"}}
                                    for place, (name, currency, _, zone, status) in sorted(LOCATIONS.items())]})

    def search(self, request):
        asked = self.asked(request, SEARCH)
        places = asked.get("location_ids", [])
        if not 1 <= len(places) <= 10:
            bad("Array must have between 1 and 10 items.", "location_ids")
        if set(asked) == {"location_ids", "limit"}:
            return self.page("orders", [], 1, asked)
        query = asked.get("query", {})
        filters = query.get("filter", {})
        if filters.get("state_filter", {}).get("states") != ["COMPLETED"]:
            bad("This stand-in knows completed orders only.", "query.filter.state_filter")
        if query.get("sort", {}).get("sort_field") != "UPDATED_AT" or list(filters.get("date_time_filter", {})) != ["updated_at"]:
            bad("The sort_field must match the date_time_filter's field.", "query.sort.sort_field")
        since = filters["date_time_filter"]["updated_at"].get("start_at", "")
        limit = asked.get("limit", 500)
        if not 1 <= limit <= 1000:
            bad("limit must be from 1 to 1000.", "limit")
        orders = [self.order(fact) for place in places if place in LOCATIONS for fact in self.all_facts(place)]
        orders = sorted((o for o in orders if o["updated_at"][:19] >= since[:19]), key=lambda o: (o["updated_at"], o["id"]))
        return self.page("orders", orders, limit, asked)

    def page(self, name, items, limit, asked):
        """The cursor holds for the same body only; the last page has none, an empty one no list either."""
        body = json.dumps({key: value for key, value in asked.items() if key != "cursor"}, sort_keys=True)
        start = 0
        if asked.get("cursor"):
            start, _, rest = asked["cursor"].partition("|")
            if rest != str(len(body)):
                bad("Invalid cursor: the query has changed.", "cursor")
            start = int(start)
        limit = min(limit, self.world.knob("square", "short", limit))
        some = items[start:start + limit]
        reply = {name: some} if some else {}
        if start + limit < len(items):
            reply["cursor"] = "%d|%d" % (start + limit, len(body))
        return Reply(reply)

    def catalog(self, request):
        if request.query.get("types") != "ITEM":
            bad("This stand-in knows items only.", "types")
        items = []
        for n in range(0, len(ARTICLES), 2):
            items.append({"type": "ITEM", "id": "I%d" % n, "updated_at": "2026-05-01T10:00:00Z", "is_deleted": n == 4, "item_data": {
                "name": "Tea %d" % n, "variations": [self.variation(n), self.variation(n + 1)]}})
        return self.page("objects", items, 10, {"cursor": request.query.get("cursor")})

    def variation(self, n):
        sku = ARTICLES[1] if n == 2 and self.world.knob("square", "twin_sku", False) else ARTICLES[n]
        data = {"item_id": "I%d" % (n - n % 2), "name": "large" if n % 2 else "small", "price_money": {"amount": 100 + n, "currency": "EUR"}}
        if n:
            data["sku"] = sku
        return {"type": "ITEM_VARIATION", "id": "V%d" % n, "updated_at": "2026-05-01T10:00:00Z", "item_variation_data": data}

    def counts(self, request):
        asked = self.asked(request, {"location_ids", "cursor"})
        counts = [{"catalog_object_id": "V%d" % n, "catalog_object_type": "ITEM_VARIATION", "state": state, "location_id": place,
                   "quantity": "%d" % (n * 3) if n % 4 else "%d.5" % n, "calculated_at": "2026-11-20T10:00:00.5Z"}
                  for place in asked.get("location_ids", []) for n in range(len(ARTICLES)) for state in ("IN_STOCK", "WASTE")]
        return self.page("counts", counts, 25, asked)

    def customers(self, request):
        asked = self.asked(request, {"query", "limit", "cursor"})
        since = asked.get("query", {}).get("filter", {}).get("updated_at", {}).get("start_at", "")
        limit = asked.get("limit", 100)
        if not 1 <= limit <= 100:
            bad("limit must be from 1 to 100.", "limit")
        people = []
        for n in range(130):
            late = self.late("customer", n)
            one = {"id": "C%03d" % n, "created_at": "2026-09-%02dT10:00:00Z" % (1 + n % 28), "given_name": "Ana", "family_name": "Núñez %d" % n,
                   "updated_at": "%sT%02d:00:00Z" % (self.world.today(), 16 + late) if late else "2026-10-%02dT10:00:00.5Z" % (1 + n % 28),
                   "preferences": {"email_unsubscribed": n % 5 == 0}, "address": {"locality": "Porto", "country": "PT"}}
            if n % 3:
                one.update(email_address="ana%d@example.com" % n)
            people.append(one)
        return self.page("customers", [p for p in people if p["updated_at"][:19] >= since[:19]], limit, asked)

    @staticmethod
    def asked(request, known):
        try:
            asked = json.loads(request.body)
        except ValueError:
            bad("Expected a JSON object.")
        if set(asked) - known:
            bad("The field named '%s' is unrecognized" % sorted(set(asked) - known)[0], sorted(set(asked) - known)[0])
        return asked


def quantity(thousandths):
    return decimal(thousandths, 3)


def decimal(amount, decimals):
    """Minor units as decimal text without trailing zeros."""
    whole, part = divmod(abs(amount), 10 ** decimals)
    text = "%d.%0*d" % (whole, decimals, part) if decimals else "%d" % whole
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("-" if amount < 0 and text != "0" else "") + text
