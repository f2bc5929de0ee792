# SPDX-License-Identifier: Apache-2.0
"""stripe through the real programs: amounts in every kind of currency, pages, refunds that come later, and refusals."""

import shop_lab as t
import conformance
import omni
import tap

SUBJECT = conformance.Subject(
    kit=True,
    plugin="stripe", family="commerce", platform="stripe", stream="charges", dataset="orders", windowed=False, since=t.ago(400), first=t.ago(400),
    last=t.TODAY, emptied="failed", exact={name: name for name in ("gross", "refund", "net")},
    truth={"all": 1}, options=lambda bench: {"api_key": bench.secret("rk_live_stand-in-key")}, data="/v1/charges", records="data",
    field="created", number="amount_refunded", pages={"page_size": 20},
    short={"knobs": {"stripe": {"short": 7}}}, version={"options": {"api_version": "first"}},
    scope={"knobs": {"stripe": {"reads": []}}, "says": "rak_customer_read"},
    lacks={"report": "there are no reports", "totals": "charges since a time have no total"})


def shop(start="-400d", **options):
    return t.Shop(stand_in, "stripe", "stripe", options, {"api_key": "rk_live_stand-in-key"}, start)


def same(s, name, **more):
    """By currency: what is stored is what Stripe took."""
    truth = s.truth(**more)
    rows = s.query("SELECT currency, dec(sum(gross)) AS gross, dec(sum(refund)) AS refund, dec(sum(net)) AS net FROM orders GROUP BY currency")
    tap.is_({row.pop("currency"): row for row in rows}, truth["sums"], name + ": exact sums of each currency")
    tap.is_(s.one("SELECT count(*) AS n FROM orders")["n"], truth["rows"], name + ": every charge once")


def test_charges():
    with shop() as s:
        s.good("charges", "charges")
        same(s, "charges")
        tap.is_({r["c"] for r in s.query("SELECT DISTINCT currency AS c FROM orders")}, {"EUR", "USD", "JPY", "KWD", "MGA", "ISK"},
                "currencies with 0, 2 and 3 decimals")
        tap.is_(s.one("SELECT sum(is_test) AS n FROM orders")["n"], s.truth()["tests"], "test charges are flagged")
        tap.is_(s.one("SELECT count(*) AS n FROM orders WHERE status <> 'succeeded' OR gross = 0")["n"], 0, "what failed is no order")
        tap.is_({r["z"] for r in s.query("SELECT DISTINCT tz AS z FROM orders")}, {"UTC"}, "days of UTC")
    with shop(minor_units="") as s:
        s.good("charges", "without exceptions")
        mga = s.one("SELECT dec(sum(gross)) AS g FROM orders WHERE currency = 'MGA'")["g"]
        tap.is_(round(float(mga) * 100), round(float(s.truth()["sums"]["MGA"]["gross"])), "ISO 4217 alone would be wrong")


def test_pages():
    with shop(page_size=7) as s:
        s.good("charges", "small pages")
        same(s, "small pages")
        tap.ok(len(s.stand_in.log()) > 20, "there were many")


def test_changes():
    with shop() as s:
        s.good("charges", "first pull")
        again = s.good("charges", "second pull")
        tap.is_((again["inserted"], again["changed"]), (0, 0), "nothing new: nothing written")
        before = s.truth()
        s.stand_in.control(restate=1)
        tap.ok(s.truth()["sums"] != before["sums"], "charges are refunded later")
        tap.ok(s.good("charges", "after refunds")["changed"] > 0, "they are read again")
        same(s, "after refunds")


def test_refunds_and_customers():
    with shop() as s:
        s.good("refunds", "refunds")
        rows = s.query("SELECT currency, dec(sum(amount)) AS amount FROM refunds GROUP BY currency HAVING sum(amount) > 0")
        tap.is_({row["currency"]: row["amount"] for row in rows}, s.truth()["given_back"], "money given back, of failed refunds none")
        tap.is_(s.one("SELECT count(*) AS n FROM refunds")["n"], s.truth()["refunds"], "every refund")
        s.good("customers", "customers")
        tap.is_(s.one("SELECT count(*) AS n, count(email) AS mail FROM crm_people"), {"n": 30, "mail": 20}, "customers")


def test_connected():
    with shop(account="acct_stand_in") as s:
        s.good("charges", "a connected account")
        truth = s.truth(account="acct_stand_in")
        tap.is_(s.one("SELECT count(*) AS n, account_id AS a FROM orders"), {"n": truth["rows"], "a": "acct_stand_in"}, "has its own charges")
        s.configure(account="acct_other")
        s.bad("charges", "an account of somebody else", "config", "acct_other")
        s.configure(account="1234")
        s.bad("charges", "no account at all", "config", "account")


def test_refusals():
    with shop() as s:
        tap.is_(s.check().code, 0, "the login is good")
        s.fault("auth", times=9)
        s.bad("charges", "dead key", "auth", "api_key")
        s.stand_in.control(clear=True)
        s.knob(reads=["charges"])
        done = s.check()
        tap.is_(done.code, 0, "the login is good, though permissions are missing")
        tap.has(done.err, "permission to read refunds", "check names what is missing")
        tap.ok("read charges" not in done.err, "and nothing else")
        s.bad("refunds", "a permission is missing", "config", "rak_refund_read")
        s.good("charges", "charges go on")
        s.stand_in.control(clear=True)
        s.fault("rate")
        s.fault("lock")
        s.good("charges", "too many requests, a lock")
        s.fault("hopeless")
        s.bad("charges", "Stripe says not to try again", "data", "stays")
        s.configure(page_size=101)
        s.bad("charges", "a page too large", "config", "page_size")
        for wrong in ("MGA", "mga=0", "MGA=7", "MGA=0;"):
            s.configure(minor_units=wrong)
            s.bad("charges", "minor_units = " + wrong, "config", "minor_units")


def test_conformance():
    conformance.conform(stand_in, SUBJECT)


with omni.StandIn("--today", t.TODAY) as stand_in:
    tap.run([test_charges, test_pages, test_changes, test_refunds_and_customers, test_connected, test_refusals, test_conformance])
