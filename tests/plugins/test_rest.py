# SPDX-License-Identifier: Apache-2.0
"""rest: the same orders behind every kind of paging and login, and clear refusals of a wrong description."""

import copy
import json

import plugin_test as t
import api
import hub
import omni
import tap

hub.plugin("rest")
FIRST, LAST = hub.ago(40), hub.ago(1)
DAYS = hub.days(FIRST, LAST)
KEY = {"header_value": "stand-in-api-key"}
FIELDS = [{"path": "$.id", "column": "order_id"}, {"path": "$.created", "column": "at"},
          {"path": "$.total.amount", "column": "net", "format": "major"}, {"path": "$.customer.id", "column": "customer_id"}]
STREAM = {"name": "orders", "dataset": "orders", "url": "/all/orders?from={from}&to={to}", "records": "$.orders[*]",
          "fields": FIELDS}
KINDS = {
    "all": {},
    "next": {"paging": {"kind": "next", "path": "$.next"}},
    "cursor": {"records": "$.result.orders[*]", "paging": {"kind": "cursor", "path": "$.result.cursor", "param": "after"}},
    "page": {"paging": {"kind": "page"}},
    "offset": {"paging": {"kind": "offset", "total": "$.total", "size": 30}},
    "link": {"records": "$[*]", "paging": {"kind": "link"}},
}
LOGINS = {
    "header": KEY,
    "query": {"query_value": "stand-in-api-key"},
    "basic": {"user": "reporter", "password": "stand-in-password"},
    "bearer": {"token": "stand-in-shop-token"},
    "oauth": {"client_id": "client-1.apps.example.com", "client_secret": "stand-in-client-secret"},
}


def shop(world, name, stream, **options):
    return hub.connector(name, "rest", dict({"api_url": world.url("shop"), "streams": [stream]}, **options))


def same_as_truth(world, lab, name):
    truth = world.truth("shop", FIRST, LAST)
    t.same_sums(lab, "orders", truth, {"micros:net": "net"}, name, "connector = '%s'" % name)


def test_paging():
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        post = dict(STREAM, url="/cursor/orders", body="from={from}&to={to}&after={cursor}", records="$.result.orders[*]",
                    headers=["Content-Type: application/x-www-form-urlencoded"], paging={"kind": "cursor", "path": "$.result.cursor"})
        lab.configure(*[shop(world, kind, dict(STREAM, url="/%s/orders?from={from}&to={to}" % kind, **more), **KEY)
                        for kind, more in KINDS.items()], shop(world, "post", post, **KEY))
        results, code = lab.pull(*DAYS)
        tap.is_(code, 0, "every kind of paging")
        results = t.by_connector(results)
        for name in list(KINDS) + ["post"]:
            same_as_truth(world, lab, name)
            tap.ok((results[name]["requests"] > results[name]["windows"]) == (name != "all"), name + ": as many requests as it takes")
        before = lab.dump()
        lab.pull(*DAYS)
        tap.is_(lab.dump(), before, "again: no byte differs")


def test_logins():
    with omni.StandIn("--today", hub.TODAY) as world, hub.Hub() as lab:
        secret = {"token", "header_value", "query_value", "password", "client_secret"}
        env = {}
        connectors = []
        for name, options in LOGINS.items():
            for key in secret & set(options):
                env[(name + "_" + key).upper()] = options[key]
            hidden = {key: "env:" + (name + "_" + key).upper() if key in secret else value for key, value in options.items()}
            more = {"token_url": world.url("shop") + "/token"} if name == "oauth" else {}
            connectors.append(shop(world, name, STREAM, **hidden, **more))
        lab.configure(*connectors, shop(world, "none", STREAM))
        results, _ = lab.pull(*DAYS, env=env)
        results = t.by_connector(results)
        tap.is_({name: results[name]["outcome"] for name in LOGINS}, dict.fromkeys(LOGINS, "ok"), "every kind of login")
        tap.is_((results["none"]["outcome"], results["none"]["reason"]), ("failed", "auth"), "none is refused")
        for name in LOGINS:
            same_as_truth(world, lab, name)


class Listener(api.Api):
    """Answers with {"orders": …} and remembers what was asked."""

    def __init__(self):
        super().__init__()
        self.asked, self.orders = [], []

    def answer(self, asked):
        self.asked.append((asked.method, asked.target, asked.body.decode()))
        return 200, {"orders": self.orders}


def local(listener, stream, **options):
    return hub.connector("local", "rest", dict({"api_url": listener.url, "streams": [stream]}, **options))


def test_placeholders():
    body = '{"since":"{from}","until":"{to_next}","who":"{account}","keep":"{this}"}'
    with Listener() as listener, hub.Hub() as lab:
        lab.configure(local(listener, dict(STREAM, url="/x?a={account}&d={from}&brace={", body=body, date_format="%Y%m%d"),
                            account_id='a&"b'))
        tap.is_(lab.run("pull", "--from", "2026-01-31", "--to", "2026-01-31").code, 0, "placeholders")
        method, url, sent = listener.asked[0]
        tap.is_(method, "POST", "a body makes it a POST")
        tap.ok(url.startswith("/x?a=a%26%22b&d=20260131&brace="), "values in a url are percent-encoded")
        tap.is_(sent, '{"since":"20260131","until":"20260201","who":"a&\\"b","keep":"{this}"}', "values in JSON are escaped")


def order(number, day, net="1"):
    return {"id": number, "created": day + "T12:00:00Z", "total": {"amount": net}, "customer": {"id": "c"}}


def test_description():
    with Listener() as listener, hub.Hub() as lab:
        listener.orders = [order("1", "2026-01-05"), order("2", "2026-01-05", "2.50")]
        lab.configure(local(listener, dict(STREAM, settle_days=9, max_window_days=5, constants={"sales_channel": "web"}),
                            currency="EUR", zone="Europe/Lisbon"))
        results, code = lab.pull("--from", "2026-01-05", "--to", "2026-01-05")
        tap.is_(code, 0, "a stream with its facts")
        feed = lab.run("status", "--json").json()[0]["feeds"][0]
        tap.is_((feed["settle_days"], feed["tz"], feed["currency"]), (9, "Europe/Lisbon", "EUR"), "settling, zone and currency")
        tap.is_(lab.row("SELECT count(*), sum(net), min(currency), min(sales_channel) FROM orders"), (2, 3500000, "EUR", "web"),
                "constants and the account's currency")
        listener.orders = []
        results, _ = lab.pull("--from", "2026-01-06", "--to", "2026-01-17")
        tap.is_(t.by_connector(results)["local"]["windows"], 3, "at most five days in one request")
        tap.is_(lab.run("check", "--connect").code, 0, "the login is proven")
        # An order that moved to another day is there once, whichever window is pulled first.
        listener.orders = [order("1", "2026-01-07")]
        lab.pull("--from", "2026-01-07", "--to", "2026-01-07")
        tap.is_(lab.rows("SELECT order_id, date FROM orders ORDER BY 1"),
                [{"order_id": "1", "date": "2026-01-07"}, {"order_id": "2", "date": "2026-01-05"}], "an order that moved is there once")


def test_snapshot():
    with Listener() as listener, hub.Hub() as lab:
        listener.orders = [order(n, "2026-01-05") for n in "123"]
        lab.configure(local(listener, dict(STREAM, url="/list")))
        lab.pull()
        listener.orders = listener.orders[1:]
        results, code = lab.pull()
        tap.is_((code, t.by_connector(results)["local"]["removed"], lab.value("SELECT count(*) AS n FROM orders")), (0, 1, 2),
                "no days in the url: the whole list each time, what is gone is removed")


REFUSED = {
    "url": ("no url", "streams[0].url", "missing", lambda s: s.pop("url")),
    "member": ("unknown member", "streams[0].urll", "known are: name", lambda s: s.update(urll="x")),
    "field": ("unknown member of a field", "streams[0].fields[2].unit", "known are: path", lambda s: s["fields"][2].update(unit="x")),
    "column": ("no column", "streams[0].fields[1].column", "missing", lambda s: s["fields"][1].pop("column")),
    "format": ("unknown format", "streams[0].fields[2].format", "majr", lambda s: s["fields"][2].update(format="majr")),
    "paging": ("unknown paging", "streams[0].paging.kind", "must be", lambda s: s.update(paging={"kind": "scroll"})),
    "path": ("paging without path", "streams[0].paging.path", "missing", lambda s: s.update(paging={"kind": "next"})),
    "cursor": ("cursor that goes nowhere", "streams[0].paging.param", "missing", lambda s: s.update(paging={"kind": "cursor", "path": "$.c"})),
    "fields": ("no fields", "streams[0].fields", "missing", lambda s: s.update(fields=[])),
    "window": ("window without days", "streams[0].url", "{from}", lambda s: s.update(url="/x", sync="window")),
    "method": ("not a request that only reads", "streams[0].method", "GET or POST", lambda s: s.update(method="DELETE")),
    "header": ("header with a line end", "streams[0].headers", "must be texts", lambda s: s.update(headers=["A: b\r\nC: d"])),
}


def test_refusals():
    with hub.Hub() as lab:
        connectors = []
        for name, (_, _, _, change) in REFUSED.items():
            stream = copy.deepcopy(STREAM)
            change(stream)
            connectors.append(hub.connector(name, "rest", {"api_url": "http://127.0.0.1:9", "streams": [stream]}))
        lab.configure(*connectors, hub.connector("nothing", "rest", {"api_url": "http://127.0.0.1:9", "streams": []}))
        t.refused(lab, dict({name: case[:3] for name, case in REFUSED.items()}, nothing=("no streams at all", "streams", "list")), *DAYS)


tap.run([test_paging, test_logins, test_placeholders, test_description, test_snapshot, test_refusals])
