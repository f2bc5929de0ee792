# SPDX-License-Identifier: Apache-2.0
"""shopify through the real programs: net out of the lines, cost of queries, what changed since, and what is refused."""

import os
import signal
import subprocess
import time

import shop_lab as t
import conformance
import omni
import tap

MONEY = ("gross", "discount", "refund", "net", "tax", "shipping", "total", "items")
# Every request has one path, so the driver's way of repeating a page is not for it: see test_circle.
SUBJECT = conformance.Subject(
    kit=True,
    plugin="shopify", family="commerce", platform="shopify", stream="orders", dataset="orders", windowed=False, since=t.ago(400), first=t.ago(400),
    last=t.TODAY, emptied="ok", circle=None, exact={name: name for name in MONEY},
    options=lambda bench: {"shop": "stand-in", "access_token": bench.secret("shpat_stand-in-token")}, data="/graphql.json",
    records="data.orders.edges", field="node.updatedAt", number="node.totalTaxSet.shopMoney.amount", pages={"page_size": 30},
    scope={"knobs": {"shopify": {"scopes": []}}, "says": "read_orders"},
    lacks={"circle": "all requests have one path: see test_circle", "short": "only pageInfo says whether there is another page",
           "report": "all requests have one path: see test_bulk_outlives_its_run", "version": "an old version is silently served by the oldest that is left: see test_refusals",
           "totals": "orders that changed have no total"})


def shop(start="-400d", **options):
    return t.Shop(stand_in, "shopify", "shopify", dict({"shop": "stand-in"}, **options), {"access_token": "shpat_stand-in-token"}, start)


def test_orders():
    with shop() as s:
        s.good("orders", "orders")
        truth = s.truth()
        s.same("orders", truth, MONEY, "orders")
        tap.is_(s.one("SELECT count(*) AS n FROM order_lines")["n"], truth["lines"], "every line, also those of long orders")
        tap.is_(s.sums("order_lines", "gross", "discount"), {n: truth["sums"][n] for n in ("gross", "discount")}, "lines add up to orders")
        tap.is_(s.one("SELECT count(*) AS n, dec(sum(amount)) AS paid FROM refunds"), {"n": truth["refunds"], "paid": truth["refunded"]},
                "refunds")
        tap.is_(s.one("SELECT sum(is_test) AS n FROM orders")["n"], int(truth["sums"]["tests"]), "test orders are flagged")
        tap.is_(s.one("SELECT count(*) AS n FROM orders WHERE net <> gross - discount - refund")["n"], 0, "net = gross - discount - refund")
        tap.is_({r["c"] for r in s.query("SELECT DISTINCT sales_channel AS c FROM orders")}, {"web", "pos", None}, "how they were sold")
        tap.is_({r["c"] for r in s.query("SELECT DISTINCT channel AS c FROM orders WHERE utm_source = 'google'")}, {"Paid Search"},
                "marketing channel by utm")
        row = s.one("SELECT * FROM orders ORDER BY order_id LIMIT 1")
        tap.is_((row["order_id"], row["currency"], row["tz"]), ("73987000", "EUR", "Europe/Lisbon"), "id, currency and zone")
        tap.ok(row["at"] != row["processed_at"], "created and processed are kept apart")


def test_changes():
    with shop() as s:
        s.good("orders", "first pull")
        first = len(s.stand_in.log())
        again = s.good("orders", "second pull")
        tap.is_((again["inserted"], again["changed"]), (0, 0), "nothing new: nothing written")
        before, requests = s.truth(), len(s.stand_in.log())
        s.stand_in.control(restate=1)
        tap.ok(s.truth()["sums"] != before["sums"], "orders are returned later")
        result = s.good("orders", "after returns")
        tap.ok(result["changed"] > 0, "they come again")
        s.same("orders", s.truth(), MONEY, "after returns")
        tap.ok(len(s.stand_in.log()) - requests < first // 2, "and only they")
        s.good("orders", "--from once more", "--from", t.ago(80))
        s.same("orders", s.truth(), MONEY, "--from once more")


def test_equal_times():
    """Whole days of orders share one updated_at; the cursor stands in the middle of them."""
    with shop(page_size=2, overlap="0s") as s:
        s.good("orders", "pages that end between equal times")
        s.same("orders", s.truth(), MONEY, "equal times")
        s.stand_in.control(restate=2)
        s.good("orders", "and again")
        s.same("orders", s.truth(), MONEY, "equal times, changed")


def test_start():
    with shop(start="-10d") as s:
        s.good("orders", "the last ten days")
        tap.is_(s.one("SELECT min(date) AS d FROM orders")["d"], str(t.ago(10)), "start says how far back")


def test_tax():
    with shop() as s:
        s.knob(taxes_included=False)
        s.good("orders", "tax on top")
        s.same("orders", s.truth(), MONEY, "tax on top")
    with shop(included_tax="keep") as s:
        s.good("orders", "included tax is kept")
        row = s.sums("orders", "gross", "tax")
        tap.is_(float(row["gross"]), round(float(s.truth()["sums"]["gross"]) + float(row["tax"]), 2), "gross with tax")


def test_channels():
    with shop(sales_channels=("580111=marketplace", "web=app")) as s:
        s.good("orders", "sales channels of the admin's own")
        tap.is_({r["c"] for r in s.query("SELECT DISTINCT sales_channel AS c FROM orders")}, {"app", "pos", "marketplace"}, "are used")


def test_cost():
    with shop(page_size=250) as s:
        s.good("orders", "a query that is too dear is asked in smaller ones")
        s.same("orders", s.truth(), MONEY, "smaller queries")
    with shop() as s:
        s.fault("throttle", available=-500, restore=2000.0, after=2)
        s.good("orders", "an empty bucket inside a 200 is waited for")
        s.same("orders", s.truth(), MONEY, "after the wait")
        s.knob(most_points=3)
        s.bad("orders", "one order is too dear", "config", "points")
        s.stand_in.control(clear=True)
        s.fault("internal")
        s.good("orders", "an internal error passes")


def test_goods():
    with shop() as s:
        s.good("products", "products")
        tap.is_(s.one("SELECT count(*) AS n FROM products")["n"], 12, "all variants")
        tap.is_(s.one("SELECT sku, title, dec(price) AS price, dec(compare_price) AS old, currency FROM products WHERE variant_id = '73'"),
                {"sku": "SKU-03", "title": "Product 1", "price": "7.99", "old": "12", "currency": "EUR"}, "a variant")
        tap.is_(s.one("SELECT sku FROM products WHERE variant_id = '70'")["sku"], "170", "an article without SKU goes by its id")
        s.good("inventory", "inventory")
        tap.is_(s.sums("inventory", "available", "on_hand", "incoming"), {"available": "1332", "on_hand": "1356", "incoming": "1404"}, "stock")
        s.knob(many_places=True)
        s.good("inventory", "more places than one page has")
        tap.is_(s.one("SELECT count(*) AS n FROM inventory")["n"], 144, "every article at every place")
        s.knob(twin_sku=True)
        s.bad("inventory", "two articles with one SKU", "data", "two rows with one key")
        s.configure(article="id")
        s.good("inventory", "by id")
        tap.is_(s.one("SELECT count(*) AS n FROM inventory")["n"], 144, "by id: all of them, none twice")


def test_people():
    with shop() as s:
        s.good("customers", "customers")
        tap.is_(s.one("SELECT count(*) AS n, count(email) AS mail, count(consent) AS consent FROM crm_people"),
                {"n": 40, "mail": 32, "consent": 16}, "with address and consent")
        s.good("checkouts", "checkouts")
        tap.is_(s.one("SELECT count(*) AS n, count(completed_at) AS done FROM checkouts"), {"n": 71, "done": 23}, "left and completed")


def test_scopes():
    with shop() as s:
        s.knob(scopes=["read_orders"])
        s.bad("customers", "no scope for customers", "config", "read_customers")
        s.good("orders", "orders go on")
        tap.is_(s.one("SELECT min(date) AS d FROM orders")["d"], str(t.ago(60)), "read_orders ends after 60 days")
        done = s.check()
        tap.is_(done.code, 0, "the login is good")
        for scope in ("read_all_orders", "read_products", "read_inventory", "read_customers"):
            tap.has(done.err, scope, "check names what is missing")


def test_circle():
    with shop(page_size=20) as s:
        s.knob(repeat_cursor=True)
        s.bad("orders", "pages in a circle", "data", "circle")


def test_conformance():
    conformance.conform(stand_in, SUBJECT)


def test_bulk():
    """The whole history as one operation: the same rows, to the last digit, as by pages."""
    with shop(bulk=True) as s:
        s.knob(bulk_polls=2, bulk_busy=1, bulk_piece=50000)
        s.good("orders", "orders by a bulk operation, behind another one, in pieces")
        truth = s.truth()
        s.same("orders", truth, MONEY, "bulk")
        tap.is_(s.one("SELECT count(*) AS n FROM order_lines")["n"], truth["lines"], "bulk: every line")
        tap.is_(s.sums("order_lines", "gross", "discount"), {n: truth["sums"][n] for n in ("gross", "discount")}, "bulk: lines add up")
        tap.is_(s.one("SELECT count(*) AS n, dec(sum(amount)) AS paid FROM refunds"), {"n": truth["refunds"], "paid": truth["refunded"]},
                "bulk: refunds")
        before = s.query("SELECT * FROM orders ORDER BY order_id")
        operations = truth["bulks"]
        s.stand_in.control(clear=True)
        again = s.good("orders", "what changed since, by pages")
        tap.is_((again["inserted"], again["changed"], s.truth()["bulks"]), (0, 0, operations), "needs no operation, and changes nothing")
        s.configure(bulk=False)
        s.good("orders", "all of it by pages", "--from", t.ago(400))
        tap.is_([{k: v for k, v in row.items() if k != "pulled_at"} for row in s.query("SELECT * FROM orders ORDER BY order_id")],
                [{k: v for k, v in row.items() if k != "pulled_at"} for row in before], "gives the very same rows")
        s.configure(bulk=True)
        s.stand_in.control(restate=1)
        s.good("orders", "returns come by pages")
        s.same("orders", s.truth(), MONEY, "bulk, then returns")
    with shop(bulk=True) as s:
        for stream, dataset, n in (("products", "products", 12), ("customers", "crm_people", 40), ("inventory", "inventory", 24),
                                   ("checkouts", "checkouts", 71)):
            s.good(stream, stream + " by a bulk operation")
            tap.is_(s.one("SELECT count(*) AS n FROM " + dataset)["n"], n, stream + ": all of them")
        tap.is_(s.sums("inventory", "available", "on_hand", "incoming"), {"available": "1332", "on_hand": "1356", "incoming": "1404"}, "stock")


def test_bulk_that_is_wrong():
    with shop(bulk=True) as s:
        s.knob(bulk_lost=1)
        s.bad("products", "a line is missing from the file", "data", "has 11 objects, Shopify counted 12")
        tap.is_(s.one("SELECT count(*) AS n FROM products")["n"], 0, "nothing of it is stored")
        s.stand_in.control(clear=True)
        s.good("products", "and the next run is whole")
        s.knob(bulk_mixed=True)
        s.bad("orders", "children away from their parents", "data", "does not stand behind its object")
        s.stand_in.control(clear=True)
        s.knob(bulk_status="FAILED", bulk_code="ACCESS_DENIED")
        s.bad("customers", "no approval", "config", "scope")
        s.stand_in.control(clear=True)
        s.knob(bulk_status="FAILED", bulk_code="INTERNAL_SERVER_ERROR")
        result = s.pull("customers")
        tap.is_(result["outcome"], "retrying", "an operation that failed is tried again later")
        tap.has(result["message"], "failed at Shopify", "and says so")
        s.stand_in.control(clear=True)
        s.good("customers", "by a new one")


def test_bulk_outlives_its_run():
    with shop(bulk=True) as s:
        s.knob(bulk_polls=10**9)
        before = s.truth()["bulks"]
        program = [os.path.join(omni.BUILD, "omnihub"), "-c", s.lab.path("omnihub.conf"), "pull", "it", "--stream", "orders"]
        job = subprocess.Popen(program, env=dict(os.environ, **t.NOW), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
        until = time.monotonic() + 60
        while len(s.stand_in.log()) < 4 and time.monotonic() < until:  # shop, order, and two looks at it
            time.sleep(0.02)
        os.killpg(job.pid, signal.SIGKILL)
        job.wait(omni.STOP_SECONDS)
        s.stand_in.control(clear=True)
        s.good("orders", "killed while the operation is at work: the next run")
        s.same("orders", s.truth(), MONEY, "killed in between")
        tap.is_(s.truth()["bulks"], before + 1, "goes on with the same operation")


def test_refusals():
    with shop() as s:
        s.fault("auth", times=9)
        s.bad("orders", "dead token", "auth", "access_token")
        s.stand_in.control(clear=True)
        s.fault("status", code=402, times=9)
        s.bad("orders", "frozen shop", "config", "frozen")
        s.stand_in.control(clear=True)
        s.fault("status", code=430, times=9)
        s.bad("orders", "taken for an attack", "config", "attack")
        s.stand_in.control(clear=True)
        s.configure(page_size=251)
        s.bad("orders", "a page too large", "config", "page_size")
        s.configure(api_version="2019-04")
        tap.has(s.good("orders", "an old version is served by another")["err"], "2026-01", "which is noticed")
        s.configure(api_url=None, shop="evil.example.com/")
        s.bad("orders", "a shop that is no name", "config", "shop")


with omni.StandIn("--today", t.TODAY) as stand_in:
    tap.run([test_orders, test_changes, test_equal_times, test_start, test_tax, test_channels, test_cost, test_goods, test_people,
             test_scopes, test_circle, test_bulk, test_bulk_that_is_wrong, test_bulk_outlives_its_run, test_refusals, test_conformance])
