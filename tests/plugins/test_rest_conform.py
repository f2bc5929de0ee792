# SPDX-License-Identifier: Apache-2.0
"""rest before what every source has to survive, and before the authors' conformance kit in every kind of paging and format."""

import conformance
import kit
import omni
import tap

FIELDS = [{"path": "$.id", "column": "order_id"}, {"path": "$.created", "column": "at"},
          {"path": "$.total.amount", "column": "net", "format": "major"}, {"path": "$.status", "column": "status"}]
CSV = {"format": "csv", "delimiter": ";", "skip": 1, "fields": [
    {"path": "Id", "column": "order_id"}, {"path": "Created", "column": "at"}, {"path": "Status", "column": "status"},
    {"path": "Net", "column": "net", "format": "major decimal_comma"}]}
# Whole in one reply, in other formats.
FORMATS = {"csv": CSV, "ndjson": {"format": "ndjson", "fields": FIELDS}}
# Of each kind of paging: where the records lie, and how the next page is found.
KINDS = {
    "cursor": ("result.orders", {"path": "$.result.cursor", "param": "after"}),
    "next": ("orders", {"path": "$.next"}),
    "page": ("orders", {}),
    "offset": ("orders", {"total": "$.total"}),
    "link": ("", {}),
}


def described(kind, size=None):
    """The option `streams` for that kind; with a size, pages are small."""
    stream = {"name": "orders", "dataset": "orders", "url": "/%s/orders?from={from}&to={to}" % kind}
    if kind in FORMATS:
        return [dict(stream, **FORMATS[kind])]
    records, members = KINDS[kind]
    paging = dict({"kind": kind}, **members)
    if size and kind in ("next", "link"):
        stream["url"] += "&limit=%d" % size
    elif size:
        paging.update(size=size, size_param="limit")
    return [dict(stream, records="$.%s[*]" % records if records else "$[*]", fields=FIELDS, paging=paging)]


def subject(kind):
    return conformance.Subject(
        kit=True, plugin="rest", family="file", platform="shop", stream="orders", dataset="orders", exact={"net": "net"},
        data="/%s/orders" % kind, records=KINDS.get(kind, ("",))[0], field="created", number="total.amount", renews=True,
        pages={"streams": described(kind, 4)}, options=lambda b: {
            "streams": described(kind), "client_id": "client-1.apps.example.com", "client_secret": b.secret("stand-in-client-secret")},
        lacks={"short": "this shop's pages are full", "report": "there are no reports", "totals": "an API that is only described has no totals",
               "version": "there is no version", "scope": "an API that is only described knows no scopes"})


def test_conform():
    conformance.conform(stand_in, subject("cursor"))


def test_kinds():
    for kind in [kind for kind in list(KINDS) + list(FORMATS) if kind != "cursor"]:
        tap.note(kind)
        stand_in.control(clear=True)
        with conformance.Bench(stand_in, subject(kind)) as bench:
            kit.holds(bench)


with omni.StandIn("--today", conformance.TODAY) as stand_in:
    tap.run([test_conform, test_kinds])
