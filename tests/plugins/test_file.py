# SPDX-License-Identifier: Apache-2.0
"""file: maps, formats, kinds, new and changed files only, and clear refusals of a wrong description."""

import os
import tempfile

import plugin_test as t
import abi
import host
import tap

PATH = t.needs("file", "file")


def plugin(**options):
    return host.Plugin(PATH, options)


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(text)
    return path


def fields(source, stream):
    return {field.column.decode(): field for field in abi.listed(source.streams[stream].fields)}


def refused(name, option, part, **options):
    source = plugin(**dict({"path": ["/x/*.csv"], "dataset": "orders", "map": {"net": "Total"}}, **options))
    tap.is_(source.open(), abi.CONFIG, name)
    tap.is_(source.details.get("option"), option, name + ": the option is named")
    tap.has(source.message, part, name + ": says why")


def test_blanks():
    """The shape of the purchases file: runs of blanks, CRLF, compact days."""
    write("purchases.txt", " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n"
                           " 00002 19970112  1   12.00\r\n 00002 19970112  5   77.00\r\n")
    source = plugin(path=folder + "/purchases.txt", dataset="orders", delimiter="blanks", constants={"currency": "USD"},
                    map={"date": "date", "customer_id": "customer_id", "net": "dollar_value"}, formats={"date": "compact"})
    with t.opened(source):
        tap.is_(source.pull("orders"), abi.OK, "columns separated by blanks")
        tap.is_([row["customer_id"] for row in source.rows], ["00001", "00002", "00002"], "ids keep their zeros")
        tap.is_(t.total(source.rows, "net"), t.decimal.Decimal("100.77"), "the sum is exact")
        tap.is_([row["order_id"] for row in source.rows], ["file:2", "file:3", "file:4"], "an id by file and line")
        tap.is_(source.streams["orders"].constants, b"currency=USD", "constants are told")
        found = fields(source, "orders")
        tap.is_(found["date"].unit, 8, "compact days")
        tap.is_(found["net"].type, 0, "types are the columns'")


def test_zone():
    write("zone.csv", "Total,At\n1.00,2026-01-01 23:30\n")
    source = plugin(path=folder + "/zone.csv", dataset="orders", map={"net": "Total", "at": "At"}, zone="Europe/Lisbon")
    with t.opened(source):
        tap.is_(source.pull("orders"), abi.OK, "times without an offset")
        tap.is_(source.streams["orders"].day_zone, b"Europe/Lisbon", "are read in the zone that the admin says")
        tap.is_(source.accounts, [("", None, None, "Europe/Lisbon")], "and so are their days")


def test_formats():
    source = plugin(path=["/x/*.csv"], dataset="costs_manual", delimiter=";",
                    map={"date": "Tag", "amount": "Betrag", "campaign": "Name"},
                    formats={"date": "%d.%m.%Y", "amount": "decimal_comma thousands round"})
    with t.opened(source):
        found = fields(source, "costs_manual")
        tap.is_((found["date"].unit, found["date"].format), (12, b"%d.%m.%Y"), "a pattern")
        tap.is_((found["amount"].unit, found["amount"].flags), (0, 8 | 16 | 32), "several words")
        tap.is_(len(found), 3, "no id of its own where the dataset needs none")


def test_json():
    write("a.ndjson", '{"id":"1","total":{"amount":"5.5"}}\n{"id":"2","total":{"amount":"6"}}\n')
    source = plugin(path=[folder + "/*.ndjson"], dataset="orders", map={"order_id": "id", "net": "$.total.amount"})
    with t.opened(source):
        tap.is_(source.pull("orders"), abi.OK, "NDJSON by its name")
        tap.is_(t.total(source.rows, "net"), t.decimal.Decimal("11.5"), "paths and plain names")
    source = plugin(path=["/x/*.json.gz"], dataset="products", map={"sku": "Article No", "title": "name"})
    with t.opened(source):
        tap.is_([field.path for field in abi.listed(source.streams["products"].fields)], [b"$['Article No']", b"$.name"],
                "odd names are quoted; .gz does not hide the kind")


def test_changed_files_only():
    path = write("till-1.csv", "Total,At\n1.00,2026-01-01\n")
    write("till-2.csv", "Total,At\n2.00,2026-01-02\n")
    options = {"path": [folder + "/till-*.csv"], "dataset": "orders", "map": {"net": "Total", "date": "At"}}
    source = plugin(**options)
    with t.opened(source):
        tap.is_(source.pull("orders"), abi.OK, "both files")
        tap.is_(len(source.parts), 2, "a part each")
        source.pull("orders")
        tap.is_(len(source.parts), 2, "nothing new, nothing read")
        os.utime(path, ns=(1, 1))
        source.pull("orders")
        tap.is_(source.parts[2:], [path], "only the changed file is read again")
    memory = source.memory
    other = plugin(**dict(options, formats={"net": "minor"}))
    other.memory = memory
    with t.opened(other):
        other.pull("orders")
        tap.is_(len(other.parts), 2, "another map: all files are read again")


def test_check():
    source = plugin(path=[folder + "/nothing-*.csv"], dataset="orders", map={"net": "Total"})
    with t.opened(source):
        tap.is_(source.check(), abi.CONFIG, "a pattern that no file matches")
        tap.is_(source.details.get("option"), "path", "is named")


def test_refusals():
    refused("unknown kind", "format", "say csv", path=["/x/*"])
    refused("two characters", "delimiter", "one character", delimiter="||")
    refused("unknown word", "formats.net", "minr", formats={"net": "minr"})
    refused("format without a field", "formats.nett", "no such column", formats={"nett": "minor"})
    refused("no header", "map.net", "name of a header", map={"net": ""})
    refused("empty map", "map", "no column", map={})
    refused("smuggled constant", "constants.a", "semicolon", constants={"a": "x;b=y"})
    refused("bad skip", "skip", "0 to", skip=-1)


with tempfile.TemporaryDirectory() as folder:
    tap.run([test_blanks, test_zone, test_formats, test_json, test_changed_files_only, test_check, test_refusals])
