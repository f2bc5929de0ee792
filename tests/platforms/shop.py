# SPDX-License-Identifier: Apache-2.0
"""A made-up shop API for the `rest` source: the same orders behind every kind of paging and most kinds of login."""

import base64
import json

from oauth import CLIENT_ID, CLIENT_SECRET
from world import Reply, cents, days, parse_day

API_KEY = "stand-in-api-key"
USER, PASSWORD = "reporter", "stand-in-password"
TOKEN = "stand-in-shop-token"
PAGE = 50
SETTLE_DAYS = 12


def size_of(params):
    return min(PAGE, int(params.get("limit", PAGE)))


def as_lines(orders, *_):
    return Reply("".join(json.dumps(order) + "\n" for order in orders), headers={"Content-Type": "application/x-ndjson"})


def as_csv(orders, *_):
    """What spreadsheets make of it: a title above the header, semicolons, decimal commas."""
    lines = ["Orders", "Id;Created;Net;Status"]
    lines += ["%s;%s;%s;%s" % (o["id"], o["created"], o["total"]["amount"].replace(".", ","), o["status"]) for o in orders]
    return Reply("\r\n".join(lines) + "\r\n", headers={"Content-Type": "text/csv"})


class Shop:
    """GET|POST /shop/{next,cursor,page,offset,link,all,csv,ndjson}/orders?from=&to=; POST /shop/token."""

    def __init__(self, world):
        self.world = world

    def orders(self, first, last):
        return [self.order(day, n) for day in days(first, min(last, self.world.today()))
                for n in range(self.world.draw(3, 9, "shop", day))]

    def order(self, day, n):
        gross = self.world.draw(1000, 20000, "gross", day, n) + self.world.restated(day, SETTLE_DAYS, "gross", n)
        return {"id": "%s-%03d" % (day.strftime("%Y%m%d"), n), "created": "%sT%02d:15:00Z" % (day, 8 + n), "status": "paid",
                "customer": {"id": "c%d" % self.world.draw(1, 90, "customer", day, n)},
                "total": {"amount": cents(gross), "minor": gross, "currency": "EUR"}}

    def truth(self, query):
        orders = self.orders(parse_day(query["from"]), parse_day(query["to"]))
        return Reply({"rows": len(orders), "sums": {"net": cents(sum(order["total"]["minor"] for order in orders))}})

    def answer(self, request):
        if request.path == "/shop/token":
            return self.token(request)
        self.admit(request)
        parts = request.path.split("/")
        params = dict(request.query, **(request.form() if request.method == "POST" else {}))
        first, last = parse_day(params.get("from", "")), parse_day(params.get("to", ""))
        if len(parts) != 4 or parts[3] != "orders":
            return Reply({"error": "no such resource"}, 404)
        if not first or not last:
            return Reply({"error": "from and to must be days"}, 422)
        if self.world.fault("shop", "throttle"):
            return Reply({"error": "slow down"}, 429, {"Retry-After": "0"})
        kinds = {"next": self.by_next, "cursor": self.by_cursor, "page": self.by_page, "offset": self.by_offset,
                 "link": self.by_link, "all": lambda orders, *_: Reply({"orders": orders}), "csv": as_csv, "ndjson": as_lines}
        if parts[2] not in kinds:
            return Reply({"error": "no such paging"}, 404)
        return kinds[parts[2]](self.orders(first, last), params, request)

    def token(self, request):
        form = request.form()
        pair = "Basic " + base64.b64encode((CLIENT_ID + ":" + CLIENT_SECRET).encode()).decode()
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET) or \
            request.headers.get("authorization") == pair
        if not known:
            return Reply({"error": "invalid_client"}, 401)
        return Reply({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 600})

    def admit(self, request):
        basic = "Basic " + base64.b64encode((USER + ":" + PASSWORD).encode()).decode()
        known = request.headers.get("x-api-key") == API_KEY or request.query.get("api_key") == API_KEY or \
            request.bearer() == TOKEN or request.headers.get("authorization") == basic
        if not known or self.world.fault("shop", "auth"):
            raise Reply({"error": "unknown key"}, 401)

    def by_next(self, orders, params, request):
        start, size = int(params.get("start", "0")), size_of(params)
        body = {"orders": orders[start:start + size], "next": None}
        if start + size < len(orders):
            body["next"] = self.address(params, request, start + size)
        return Reply(body)

    def by_cursor(self, orders, params, request):
        start, size = int(params["after"][1:]) if params.get("after") else 0, size_of(params)
        more = start + size < len(orders)
        return Reply({"result": {"orders": orders[start:start + size], "cursor": "c%d" % (start + size) if more else ""}})

    def by_page(self, orders, params, request):
        page, size = int(params.get("page", "1")), size_of(params)
        return Reply({"orders": orders[(page - 1) * size:page * size]})

    def by_offset(self, orders, params, request):
        start, size = int(params.get("offset", "0")), size_of(params)
        return Reply({"total": len(orders), "orders": orders[start:start + size]})

    def by_link(self, orders, params, request):
        start, size = int(params.get("start", "0")), size_of(params)
        headers = {}
        if start + size < len(orders):
            headers["Link"] = '<%s>; rel="next"' % self.address(params, request, start + size)
        return Reply(orders[start:start + size], headers=headers)

    def address(self, params, request, start):
        """Of the page that begins there."""
        return "%s%s?from=%s&to=%s&limit=%d&start=%d" % (request.base(), request.path, params["from"], params["to"], size_of(params), start)
