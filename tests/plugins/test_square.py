# SPDX-License-Identifier: Apache-2.0
"""square through the real programs: net of orders with returns in three kinds of currency, articles, stock and refusals."""

import shop_lab as t
import conformance
import omni
import tap

MONEY = ("gross", "discount", "refund", "net", "tax", "tip", "total", "items")
SUBJECT = conformance.Subject(
    kit=True,
    plugin="square", family="commerce", platform="square", stream="orders", dataset="orders", windowed=False, since=t.ago(400), first=t.ago(400),
    last=t.TODAY, emptied="ok", exact={name: name for name in MONEY},
    options=lambda bench: {"location_id": "LISBON", "access_token": bench.secret("EAAA-stand-in-token")}, data="/orders/search",
    records="orders", field="updated_at", number="total_tip_money.amount", pages={"page_size": 20},
    short={"knobs": {"square": {"short": 7}}}, scope={"knobs": {"square": {"permissions": []}}, "says": "MERCHANT_PROFILE_READ"},
    lacks={"report": "there are no reports", "version": "the platform tells nothing about versions that it no longer serves",
           "totals": "orders that changed have no total"})


def till(place="LISBON", start="-90d", more="", **options):
    return t.Shop(stand_in, "square", "square", dict({"location_id": place}, **options), {"access_token": "EAAA-stand-in-token"}, start, more)


def test_orders():
    for place, currency, zone in (("LISBON", "EUR", "Europe/Lisbon"), ("TOKYO", "JPY", "Asia/Tokyo"), ("KUWAIT", "KWD", "Asia/Kuwait")):
        with till(place) as s:
            s.good("orders", currency)
            truth = s.truth(account=place)
            s.same("orders", truth, MONEY, currency)
            tap.is_(s.one("SELECT count(*) AS n FROM order_lines")["n"], truth["lines"], currency + ": every line")
            tap.is_(s.sums("order_lines", "gross", "discount", "tax"), {n: truth["sums"][n] for n in ("gross", "discount", "tax")},
                    currency + ": lines add up to orders")
            tap.is_(s.one("SELECT count(*) AS n, dec(sum(amount)) AS paid FROM refunds"), {"n": truth["refunds"], "paid": truth["refunded"]},
                    currency + ": refunds")
            tap.is_(s.query("SELECT DISTINCT currency AS c, tz AS z, location_id AS l FROM orders"), [{"c": currency, "z": zone, "l": place}],
                    currency + ": currency, zone and place")
            tap.is_(s.one("SELECT count(*) AS n FROM orders WHERE net <> gross - discount - refund")["n"], 0,
                    currency + ": net = gross - discount - refund")


def test_changes():
    with till(page_size=7, overlap="0s") as s:
        s.good("orders", "small pages")
        s.same("orders", s.truth(), MONEY, "small pages")
        again = s.good("orders", "again")
        tap.is_((again["inserted"], again["changed"]), (0, 0), "nothing new: nothing written")
        before = s.truth()
        s.stand_in.control(restate=1)
        tap.ok(s.truth()["sums"] != before["sums"], "goods are brought back")
        tap.ok(s.good("orders", "after returns")["changed"] > 0, "they come again")
        s.same("orders", s.truth(), MONEY, "after returns")
    with till(start="-5d") as s:
        s.good("orders", "the last five days")
        tap.is_(s.one("SELECT min(date) AS d FROM orders")["d"], str(t.ago(5)), "start says how far back")


def test_all_locations():
    with till(place="LISBON", more='accounts = "all";') as s:
        s.pull("orders")
        for place in ("LISBON", "TOKYO", "KUWAIT"):
            wanted = s.truth(account=place)["sums"]["net"]
            tap.is_(s.sums("orders", "net", where="location_id = '%s'" % place)["net"], wanted, "all locations: " + place)


def test_channels():
    with till(sales_channels=("Square Online=web",)) as s:
        s.good("orders", "sales channels")
        tap.is_({r["c"] for r in s.query("SELECT DISTINCT sales_channel AS c FROM orders")}, {"web", "pos"}, "by source, else the till")


def test_goods():
    with till() as s:
        s.good("locations", "locations")
        tap.is_(s.one("SELECT location_id, name, zone, active FROM locations"),
                {"location_id": "LISBON", "name": "Chiado", "zone": "Europe/Lisbon", "active": 1}, "the location")
        s.good("products", "products")
        tap.is_(s.one("SELECT count(*) AS n FROM products")["n"], 28, "all variations but deleted ones, over two pages")
        tap.is_(s.one("SELECT title, dec(price) AS price, product_id, currency FROM products WHERE sku = 'TILL-03'"),
                {"title": "Tea 2 / large", "price": "1.03", "product_id": "I2", "currency": "EUR"}, "an article")
        tap.is_(s.one("SELECT sku FROM products WHERE variant_id = 'V0'")["sku"], "V0", "an article without SKU goes by its id")
        s.good("inventory", "inventory")
        tap.is_(s.one("SELECT count(*) AS n, dec(sum(available)) AS available FROM inventory"), {"n": 30, "available": "1085"}, "what is in stock")
        tap.is_(s.one("SELECT sku, dec(available) AS a FROM inventory WHERE sku LIKE '%08'"), {"sku": "TILL-08", "a": "8.5"}, "by SKU, in parts")
        s.knob(twin_sku=True)
        s.bad("products", "two articles with one SKU", "data", "two rows with one key")
        s.configure(article="id")
        s.good("products", "by id")


def test_customers():
    with till() as s:
        s.good("customers", "customers")
        tap.is_(s.one("SELECT count(*) AS n, count(email) AS mail, count(consent) AS consent, count(DISTINCT city) AS cities FROM crm_people"),
                {"n": 130, "mail": 86, "consent": 69, "cities": 1}, "over two pages, with address and consent")
        tap.is_(s.one("SELECT name, email, country, consent FROM crm_people WHERE contact_id = 'C004'"),
                {"name": "Ana Núñez 4", "email": "ana4@example.com", "country": "PT", "consent": "email"}, "a customer")
        s.stand_in.control(restate=1)
        result = s.good("customers", "after changes")
        tap.ok(0 < result["read"] < 130 and result["changed"] > 0, "only what changed is read")


def test_login():
    with till() as s:
        tap.is_(s.check().code, 0, "the login is good")
        s.fault("auth", times=9)
        s.bad("orders", "dead token", "auth", "access_token")
        s.stand_in.control(clear=True)
        s.knob(permissions=["ORDERS_READ", "MERCHANT_PROFILE_READ"])
        done = s.check()
        tap.is_(done.code, 0, "the login is good, though permissions are missing")
        for permission in ("ITEMS_READ", "INVENTORY_READ", "CUSTOMERS_READ"):
            tap.has(done.err, permission, "check names what is missing")
        tap.ok("ORDERS_READ" not in done.err, "and nothing else")
        s.bad("inventory", "a permission is missing", "config", "ITEMS_READ")
        s.good("orders", "orders go on")
        s.stand_in.control(clear=True)
        s.fault("rate")
        s.fault("internal")
        s.good("orders", "passing faults")
        s.configure(location_id="PARIS")
        s.bad("orders", "no such location", "config", "location_id")
        s.configure(page_size=1001)
        s.bad("orders", "a page too large", "config", "page_size")


def test_conformance():
    conformance.conform(stand_in, SUBJECT)


with omni.StandIn("--today", t.TODAY) as stand_in:
    tap.run([test_orders, test_changes, test_all_locations, test_channels, test_goods, test_customers, test_login, test_conformance])
