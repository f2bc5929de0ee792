# SPDX-License-Identifier: Apache-2.0
"""rest: the same orders behind every kind of paging, and clear refusals of a wrong description."""

import copy
import datetime

import plugin_test as t
import abi
import host
import omni
import tap

PATH = t.needs("rest", "file")
LAST = t.TODAY - datetime.timedelta(1)
FIRST = t.TODAY - datetime.timedelta(40)
FIELDS = [{"path": "$.id", "column": "order_id"}, {"path": "$.created", "column": "at"},
          {"path": "$.total.amount", "column": "net", "format": "major"}, {"path": "$.customer.id", "column": "customer_id"}]
STREAM = {"name": "orders", "dataset": "orders", "url": "/all/orders?from={from}&to={to}", "records": "$.orders[*]",
          "fields": FIELDS}
KINDS = {
    "next": {"paging": {"kind": "next", "path": "$.next"}},
    "cursor": {"records": "$.result.orders[*]", "paging": {"kind": "cursor", "path": "$.result.cursor", "param": "after"}},
    "page": {"paging": {"kind": "page"}},
    "offset": {"paging": {"kind": "offset", "total": "$.total", "size": 30}},
    "link": {"records": "$[*]", "paging": {"kind": "link"}},
}


def plugin(*streams, **options):
    return host.Plugin(PATH, dict({"streams": list(streams)}, **options), stand_in.url("shop"), {"X-Api-Key": "stand-in-api-key"})


def whole(source, name):
    tap.is_(source.pull("orders", FIRST, LAST), abi.OK, name)
    t.same_sums(source.rows, stand_in.truth("shop", FIRST, LAST), {"net": "net"}, name)


def test_paging():
    for kind, more in KINDS.items():
        source = plugin(dict(STREAM, url="/%s/orders?from={from}&to={to}" % kind, **more))
        with t.opened(source):
            whole(source, kind)
            tap.ok(len(source.requests) > 3, kind + ": page by page")
    source = plugin(STREAM)
    with t.opened(source):
        whole(source, "one page")
        tap.is_(len(source.requests), 1, "one page: one request")


def test_post():
    source = plugin(dict(STREAM, url="/cursor/orders", body="from={from}&to={to}&after={cursor}", records="$.result.orders[*]",
                         headers=["Content-Type: application/x-www-form-urlencoded"],
                         paging={"kind": "cursor", "path": "$.result.cursor"}))
    with t.opened(source):
        whole(source, "POST")
        tap.is_({method for method, _, _ in source.requests}, {"POST"}, "a body makes it a POST")


def test_placeholders():
    body = '{"since":"{from}","until":"{to_next}","who":"{account}","keep":"{this}"}'
    source = plugin(dict(STREAM, url="/x?a={account}&d={from}&brace={", body=body, date_format="%Y%m%d"))
    with t.opened(source):
        source.pull("orders", datetime.date(2026, 1, 31), datetime.date(2026, 1, 31), 'a&"b')
        _, url, sent = source.requests[0]
        tap.has(url, "/x?a=a%26%22b&d=20260131&brace={", "values in a url are percent-encoded")
        tap.is_(sent, b'{"since":"20260131","until":"20260201","who":"a&\\"b","keep":"{this}"}', "values in JSON are escaped")


def test_description():
    source = plugin(dict(STREAM, settle_days=9, max_window_days=5, history_days=700, day_zone="UTC",
                         constants={"currency": "EUR", "channel": "web"}), currency="EUR", zone="Europe/Lisbon")
    with t.opened(source):
        stream = source.streams["orders"]
        tap.is_((stream.sync, stream.settle_days, stream.max_window_days, stream.history_days, stream.day_zone),
                (0, 9, 5, 700, b"UTC"), "the stream's facts")
        tap.is_(stream.constants, b"currency=EUR;channel=web", "constants")
        whole(source, "with an account's facts")
        tap.is_(source.accounts, [("", None, "EUR", "Europe/Lisbon")], "currency and zone are the admin's")
        tap.is_(source.check(), abi.OK, "the login is proven")
    with t.opened(plugin(dict(STREAM, url="/list"))) as source:
        tap.is_(source.streams["orders"].sync, 2, "no days in the url: the whole list each time")


def refused(name, option, part, change):
    stream = copy.deepcopy(STREAM)
    change(stream)
    source = plugin(stream)
    tap.is_(source.open(), abi.CONFIG, name)
    tap.is_(source.details.get("option"), option, name + ": the option is named")
    tap.has(source.message, part, name + ": says why")


def test_refusals():
    refused("no url", "streams[0].url", "missing", lambda s: s.pop("url"))
    refused("unknown member", "streams[0].urll", "known are: name", lambda s: s.update(urll="x"))
    refused("unknown member of a field", "streams[0].fields[2].unit", "known are: path", lambda s: s["fields"][2].update(unit="x"))
    refused("no column", "streams[0].fields[1].column", "missing", lambda s: s["fields"][1].pop("column"))
    refused("unknown format", "streams[0].fields[2].format", "majr", lambda s: s["fields"][2].update(format="majr"))
    refused("unknown paging", "streams[0].paging.kind", "must be", lambda s: s.update(paging={"kind": "scroll"}))
    refused("paging without path", "streams[0].paging.path", "missing", lambda s: s.update(paging={"kind": "next"}))
    refused("cursor that goes nowhere", "streams[0].paging.param", "missing",
            lambda s: s.update(paging={"kind": "cursor", "path": "$.c"}))
    refused("no fields", "streams[0].fields", "missing", lambda s: s.update(fields=[]))
    refused("window without days", "streams[0].url", "{from}", lambda s: s.update(url="/x", sync="window"))
    refused("not a request that only reads", "streams[0].method", "GET or POST", lambda s: s.update(method="DELETE"))
    refused("header with a line end", "streams[0].headers", "must be texts", lambda s: s.update(headers=["A: b\r\nC: d"]))
    source = plugin()
    tap.is_(source.open(), abi.CONFIG, "no streams at all")


with omni.StandIn("--today", t.TODAY) as stand_in:
    tap.run([test_paging, test_post, test_placeholders, test_description, test_refusals])
