# SPDX-License-Identifier: Apache-2.0
"""Shopify's GraphQL Admin API as its sheet describes it: one shop, its orders and goods, the cost of queries."""

import datetime
import json
import re

import graphql
from shopify_bulk import Bulk
from world import Reply, cents, days, parse_day

TOKEN = "shpat_stand-in-token"
VERSIONS = {"2026-01", "2026-04", "2026-07", "2026-10"}
MOST_POINTS, MOST_FIRST, WALL_DAYS = 1000, 250, 60
SCOPES = ("read_orders", "read_all_orders", "read_products", "read_inventory", "read_locations", "read_customers")
NEEDS = {"orders": "read_orders", "abandonedCheckouts": "read_orders", "productVariants": "read_products",
         "inventoryItems": "read_inventory", "customers": "read_customers"}
SHOP_DAYS = 70  # how long the shop has been open
SOURCES = ("web", "web", "pos", "580111")
UTM = ((None, None, None), ("google", "cpc", "brand"), ("newsletter", "email", "weekly"))
SKUS = tuple("SKU-%02d" % n for n in range(12))


def money(amount, currency="EUR"):
    """A MoneyBag of cents."""
    one = {"amount": "%d.%02d" % divmod(amount, 100), "currencyCode": currency}
    return {"shopMoney": one, "presentmentMoney": one}


def gid(kind, number):
    return "gid://shopify/%s/%d" % (kind, number)


def stamp(day, hour, minute=0):
    return "%sT%02d:%02d:00Z" % (day, hour, minute)


def since(items, text):
    """The search updated_at:>='…', to the second."""
    found = re.fullmatch(r"updated_at:>='(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)'", text)
    if not found:
        raise graphql.Refused("Invalid search query: %s" % text, "BAD_REQUEST")
    return [item for item in items if item["updatedAt"] >= found.group(1)]


class Shopify:
    def __init__(self, world):
        self.world = world
        self.made = (None, [])
        self.bulk, self.base = Bulk(world), ""

    # ---- what is true

    def first_day(self):
        return self.world.today() - datetime.timedelta(SHOP_DAYS)

    def late(self, *key):
        """The generation in which something was changed afterwards; 0: never."""
        for generation in range(1, self.world.generation + 1):
            if self.world.draw(0, 5, "late", generation, *key) == 0:
                return generation
        return 0

    def facts(self, day, n):
        """One order in cents: lines as (sku, qty, price, discount, tax, returned pieces), and what follows from them."""
        draw = self.world.draw
        number = day.toordinal() * 100 + n
        lines = []
        late = self.late("order", number)
        count = 14 if draw(0, 40, "long", number) == 0 else draw(1, 4, "lines", number)
        for i in range(count):
            qty, price = draw(1, 3, "qty", number, i), draw(499, 9999, "price", number, i)
            discount = qty * price * draw(0, 3, "off", number) // 20
            tax = (qty * price - discount) * 23 // 123
            back = 1 if i == 0 and (late or draw(0, 9, "back", number) == 0) else 0
            lines.append({"sku": SKUS[(number + i) % len(SKUS)], "qty": qty, "price": price, "discount": discount, "tax": tax,
                          "back": back, "back_amount": (qty * price - discount) * back // qty, "back_tax": tax * back // qty})
        shipping = draw(0, 2, "shipping", number) * 350
        included = bool(self.world.knob("shopify", "taxes_included", True))
        gross = sum(line["qty"] * line["price"] - (line["tax"] if included else 0) for line in lines)
        discount = sum(line["discount"] for line in lines)
        discrepancy = 5 if any(line["back"] for line in lines) and draw(0, 2, "discrepancy", number) == 0 else 0
        refund = sum(line["back_amount"] - (line["back_tax"] if included else 0) for line in lines) - discrepancy
        tax = sum(line["tax"] for line in lines)
        paid = gross + tax - discount + shipping
        given_back = sum(line["back_amount"] + (0 if included else line["back_tax"]) for line in lines) - discrepancy
        return {"number": number, "day": day, "n": n, "lines": lines, "late": late, "included": included, "shipping": shipping,
                "gross": gross, "discount": discount, "refund": refund, "net": gross - discount - refund, "tax": tax,
                "total": paid - given_back, "given_back": given_back, "discrepancy": discrepancy,
                "items": sum(line["qty"] for line in lines), "test": draw(0, 25, "test", number) == 0}

    def all_facts(self, first=None, last=None):
        first, last = max(first or self.first_day(), self.first_day()), min(last or self.world.today(), self.world.today())
        return [self.facts(day, n) for day in days(first, last) for n in range(self.world.draw(1, 4, "orders", day))]

    def truth(self, query):
        """Sums over the orders made in a range of days; tests=0: without test orders."""
        facts = self.all_facts(parse_day(query.get("from", "")), parse_day(query.get("to", "")))
        facts = [fact for fact in facts if not fact["test"] or query.get("tests") != "0"]
        names = ("gross", "discount", "refund", "net", "tax", "shipping", "total")
        sums = {name: cents_of(sum(fact[name] for fact in facts)) for name in names}
        sums["items"] = str(sum(fact["items"] for fact in facts))
        sums["tests"] = str(sum(fact["test"] for fact in facts))
        returned = [fact for fact in facts if any(line["back"] for line in fact["lines"])]
        return Reply({"rows": len(facts), "sums": sums, "bulks": len(self.bulk.made), "lines": sum(len(fact["lines"]) for fact in facts),
                      "refunds": len(returned), "refunded": cents_of(sum(fact["given_back"] for fact in returned))})

    # ---- as the platform writes it

    def order(self, fact):
        number, draw = fact["number"], self.world.draw
        created = stamp(fact["day"], 9 + fact["n"], 30)
        back = any(line["back"] for line in fact["lines"])
        changed = stamp(self.world.today(), 16 + fact["late"], 15) if fact["late"] else stamp(fact["day"], 16)
        utm = UTM[number % len(UTM)]
        visit = {"landingPage": "https://shop.example.com/", "referrerUrl": None, "source": utm[0] or "direct",
                 "utmParameters": dict(zip(("source", "medium", "campaign", "content", "term"), utm + (None, None))) if utm[0] else None}
        lines = [self.line(number, i, line) for i, line in enumerate(fact["lines"])]
        refunds = [{"id": gid("Refund", number), "createdAt": changed, "note": "too small", "totalRefundedSet": money(fact["given_back"]),
                    "refundLineItems": graphql.Connection([
                        {"id": gid("RefundLineItem", number), "quantity": line["back"], "subtotalSet": money(line["back_amount"]),
                         "totalTaxSet": money(line["back_tax"]), "lineItem": {"id": gid("LineItem", number * 100 + i), "isGiftCard": False}}
                        for i, line in enumerate(fact["lines"]) if line["back"]])}] if back else []
        return {"id": gid("Order", number), "name": "#%d" % number, "createdAt": created, "updatedAt": changed,
                "processedAt": stamp(fact["day"], 9 + fact["n"], 31), "cancelledAt": None, "test": fact["test"],
                "sourceName": SOURCES[draw(0, 3, "source", number)], "taxesIncluded": fact["included"],
                "displayFinancialStatus": "PARTIALLY_REFUNDED" if back else "PAID", "displayFulfillmentStatus": "FULFILLED",
                "currencyCode": "EUR", "presentmentCurrencyCode": "EUR", "discountCode": "SPRING" if fact["discount"] else None,
                "currentTotalPriceSet": money(fact["total"]), "totalPriceSet": money(fact["total"] + fact["given_back"]),
                "totalTaxSet": money(fact["tax"]), "totalShippingPriceSet": money(fact["shipping"]),
                "totalTipReceivedSet": money(0), "refundDiscrepancySet": money(fact["discrepancy"]),
                "totalRefundedSet": money(fact["given_back"]), "customer": {"id": gid("Customer", 1 + number % 40)},
                "customerJourneySummary": {"firstVisit": visit, "lastVisit": visit, "daysToConversion": 2},
                "lineItems": graphql.Connection(lines), "refunds": refunds}

    @staticmethod
    def line(number, i, line):
        return {"id": gid("LineItem", number * 100 + i), "sku": line["sku"], "title": "Article \u201c%s\u201d" % line["sku"],
                "quantity": line["qty"], "currentQuantity": line["qty"] - line["back"], "isGiftCard": False,
                "product": {"id": gid("Product", 7)}, "variant": {"id": gid("ProductVariant", 70 + i)},
                "originalTotalSet": money(line["qty"] * line["price"]),
                "discountedTotalSet": money(line["qty"] * line["price"] - line["discount"]),
                "discountAllocations": [{"allocatedAmountSet": money(line["discount"])}] if line["discount"] else [],
                "taxLines": [{"priceSet": money(line["tax"])}]}

    def orders(self):
        """All that the token may see; made once for each state of the world."""
        state = (self.world.today(), self.world.generation, self.scopes(), self.world.knob("shopify", "taxes_included", True))
        if self.made[0] != state:
            self.made = (state, self.make_orders())
        return self.made[1]

    def make_orders(self):
        wall = self.world.today() - datetime.timedelta(WALL_DAYS)
        facts = self.all_facts() if "read_all_orders" in self.scopes() else self.all_facts(wall)
        return sorted((self.order(fact) for fact in facts), key=lambda order: (order["updatedAt"], order["id"]))

    def variants(self):
        changed = stamp(self.world.today() - datetime.timedelta(3), 8)
        return [{"id": gid("ProductVariant", 70 + n), "title": "Default Title" if n % 2 else "Size %d" % n,
                 "sku": sku if n else "", "price": cents_of(499 + 100 * n), "compareAtPrice": None if n % 3 else cents_of(900 + 100 * n),
                 "createdAt": changed, "updatedAt": changed, "image": None, "inventoryItem": {"id": gid("InventoryItem", 170 + n)},
                 "product": {"id": gid("Product", n // 2), "title": "Product %d" % (n // 2), "vendor": "House", "status": "ACTIVE",
                             "productType": "Shirts", "onlineStoreUrl": "https://shop.example.com/p/%d" % (n // 2)}}
                for n, sku in enumerate(SKUS)]

    def stock(self):
        names = ("available", "on_hand", "committed", "incoming")
        twin = self.world.knob("shopify", "twin_sku", False)
        places = range(12) if self.world.knob("shopify", "many_places", False) else range(2)

        def level(n, place):
            def quantities(given):
                return [{"name": name, "quantity": n * 10 + place + names.index(name)} for name in given.get("names", [])]
            return {"id": gid("InventoryLevel", n), "updatedAt": stamp(self.world.today(), 5), "location": {"id": gid("Location", place)},
                    "quantities": quantities}
        return [{"id": gid("InventoryItem", 170 + n), "sku": SKUS[1] if twin and n == 2 else sku if n else None,
                 "inventoryLevels": graphql.Connection([level(n, place) for place in places])} for n, sku in enumerate(SKUS)]

    def customers(self):
        changed = stamp(self.world.today() - datetime.timedelta(2), 7)
        return [{"id": gid("Customer", n), "displayName": "Ana %d" % n, "createdAt": changed, "updatedAt": changed,
                 "numberOfOrders": str(n), "amountSpent": {"amount": cents_of(n * 1234), "currencyCode": "EUR"},
                 "defaultEmailAddress": {"emailAddress": "ana%d@example.com" % n,
                                         "marketingState": "SUBSCRIBED" if n % 2 else "UNSUBSCRIBED"} if n % 5 else None}
                for n in range(1, 41)]

    def checkouts(self):
        def one(day):
            number = day.toordinal()
            return {"id": gid("AbandonedCheckout", number) + "?key=x", "createdAt": stamp(day, 20), "updatedAt": stamp(day, 21),
                    "completedAt": stamp(day, 22) if number % 3 == 0 else None, "customer": {"id": gid("Customer", 3)} if number % 2 else None,
                    "totalPriceSet": money(number % 9000), "lineItems": graphql.Connection([{"quantity": 2}] * (number % 3 + 1))}
        return [one(day) for day in days(self.first_day(), self.world.today())]

    # ---- what is answered

    def scopes(self):
        return self.world.knob("shopify", "scopes", SCOPES)

    def answer(self, request):
        file = re.fullmatch(r"/shopify/bulk/(\d+)\.jsonl", request.path)
        if file and request.method == "GET":
            return self.bulk.download(int(file.group(1)), request)
        self.base = request.base()
        where = re.fullmatch(r"/shopify/admin/api/(\d{4}-\d\d|unstable)/graphql\.json", request.path)
        if request.headers.get("x-shopify-access-token") != TOKEN or self.world.fault("shopify", "auth"):
            return Reply({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401)
        if not where or request.method != "POST":
            return Reply({"errors": "Not Found"}, 404)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Reply({"errors": "Unsupported Media Type"}, 415)
        asked = json.loads(request.body)
        version = where.group(1) if where.group(1) in VERSIONS else min(VERSIONS)
        reply = self.graphql(asked.get("query", ""), asked.get("variables") or {})
        return Reply(reply, headers={"X-Shopify-API-Version": version})

    def graphql(self, text, variables):
        points = {"requestedQueryCost": None, "actualQueryCost": None, "throttleStatus": {
            "maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0}}
        try:
            if text.startswith("mutation($query:String!){bulkOperationRunQuery(query:$query){"):
                self.charge(dict(points, requestedQueryCost=10))
                return {"data": {"bulkOperationRunQuery": self.bulk.start(variables["query"], self.root)}, "extensions": {"cost": points}}
            query = graphql.Query(text, variables)
            points["requestedQueryCost"] = graphql.cost(query.fields, MOST_FIRST)
            self.charge(points)
            data = graphql.pick(self.root(query), query.fields)
        except graphql.Refused as refused:
            error = {"message": str(refused), "locations": [{"line": 1, "column": 1}]}
            if refused.code:
                error["extensions"] = {"code": refused.code}
            return {"errors": [error], "extensions": {"cost": points}}
        points["actualQueryCost"] = points["requestedQueryCost"]
        return {"data": data, "extensions": {"cost": points}}

    def charge(self, points):
        fault = self.world.fault("shopify", "throttle")
        if fault:
            points["throttleStatus"].update(currentlyAvailable=fault.get("available", 0), restoreRate=fault.get("restore", 2000.0))
            raise graphql.Refused("Throttled", "THROTTLED")
        if self.world.fault("shopify", "internal"):
            raise graphql.Refused("Internal error. Looks like something went wrong on our end.", "INTERNAL_SERVER_ERROR")
        most = self.world.knob("shopify", "most_points", MOST_POINTS)
        if points["requestedQueryCost"] > most:
            raise graphql.Refused("Query cost is %d, which exceeds the single query max cost limit %d."
                                  % (points["requestedQueryCost"], most), "MAX_COST_EXCEEDED")

    def root(self, query):
        for name, _, _ in query.fields:
            if name in NEEDS and NEEDS[name] not in self.scopes():
                raise graphql.Refused("Access denied for %s field. Required access: `%s` access scope." % (name, NEEDS[name]),
                                      "ACCESS_DENIED")
        lists = {"orders": self.orders, "productVariants": self.variants, "inventoryItems": self.stock, "customers": self.customers,
                 "abandonedCheckouts": self.checkouts}
        root = {name: (lambda given, make=make: graphql.Connection(make(), since, self.world.knob("shopify", "repeat_cursor", False))) for name, make in lists.items()}
        root["shop"] = {"name": "Stand-in shop", "currencyCode": "EUR", "ianaTimezone": "Europe/Lisbon", "plan": {"displayName": "Basic"}}
        root["currentAppInstallation"] = {"accessScopes": [{"handle": scope} for scope in self.scopes()]}
        root["node"] = lambda given: self.node(given["id"])
        return root

    def node(self, wanted):
        if "/BulkOperation/" in wanted:
            return self.bulk.node(wanted, self.base)
        for make in (self.orders, self.stock, self.checkouts):
            for item in make():
                if item["id"] == wanted:
                    return item
                for refund in item.get("refunds", []):
                    if refund["id"] == wanted:
                        return refund
        return None


def cents_of(amount):
    return ("-" if amount < 0 else "") + cents(abs(amount))
