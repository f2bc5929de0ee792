# SPDX-License-Identifier: Apache-2.0
"""file: maps, formats, kinds, new and changed files only, and clear refusals of a wrong description."""

import os

import plugin_test as t
import hub
import tap

hub.plugin("file")


def pulled(lab, *connectors):
    lab.configure(*connectors)
    results, code = lab.pull()
    tap.is_(code, 0, ", ".join(c["name"] for c in connectors) + ": pulled")
    return t.by_connector(results)


def till(name="till", **options):
    return hub.connector(name, "file", dict({"dataset": "orders"}, **options))


def test_blanks():
    """The shape of the purchases file: runs of blanks, CRLF, compact days."""
    with hub.Hub() as lab:
        lab.write("purchases.txt", " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n"
                  " 00002 19970112  1   12.00\r\n 00002 19970112  5   77.00\r\n")
        pulled(lab, till(path="purchases.txt", delimiter="blanks", constants={"currency": "USD"}, formats={"date": "compact"},
                         map={"date": "date", "customer_id": "customer_id", "net": "dollar_value"}))
        rows = lab.rows("SELECT order_id, customer_id, date, currency, net FROM orders ORDER BY order_id")
        tap.is_([row["customer_id"] for row in rows], ["00001", "00002", "00002"], "ids keep their zeros")
        tap.is_(sum(int(row["net"]) for row in rows), 100770000, "the sum is exact")
        tap.is_([row["order_id"] for row in rows], ["purchases.txt:2", "purchases.txt:3", "purchases.txt:4"], "an id by file and line")
        tap.is_({row["currency"] for row in rows}, {"USD"}, "constants")
        tap.is_([row["date"] for row in rows], ["1997-01-01", "1997-01-12", "1997-01-12"], "compact days")


def test_zone():
    with hub.Hub() as lab:
        lab.write("zone.csv", "Total,At\n1.00,2026-07-01 00:30\n2.00,2026-01-01 23:30\n")
        pulled(lab, till(path="zone.csv", map={"net": "Total", "at": "At"}, zone="Europe/Lisbon"))
        tap.is_(lab.rows("SELECT at, date, tz FROM orders ORDER BY net"),
                [{"at": "2026-06-30T23:30:00Z", "date": "2026-07-01", "tz": "Europe/Lisbon"},
                 {"at": "2026-01-01T23:30:00Z", "date": "2026-01-01", "tz": "Europe/Lisbon"}],
                "times without an offset are read in the zone that the admin says, and so are their days")


def test_formats():
    with hub.Hub() as lab:
        lab.write("costs.csv", "Tag;Bis;Betrag;Wo\n01.02.2026;02.02.2026;1.234,5678901;TV\n")
        pulled(lab, hub.connector("costs", "file", {
            "path": "costs.csv", "dataset": "costs_manual", "delimiter": ";", "constants": {"currency": "EUR"},
            "map": {"date_from": "Tag", "date_to": "Bis", "cost": "Betrag", "channel": "Wo"},
            "formats": {"date_from": "%d.%m.%Y", "date_to": "%d.%m.%Y", "cost": "decimal_comma thousands round"}}))
        tap.is_(lab.row("SELECT date_from, date_to, cost FROM costs_manual"), ("2026-02-01", "2026-02-02", 1234567890),
                "a pattern of a day, several words for a number")
        lab.write("parts.csv", "id,cents,yen,share\n1,1234,1234,12.5\n")
        day = {"date": "2026-01-01"}
        pulled(lab, *[till(currency, path="parts.csv", map={"order_id": "id", "net": "cents"}, formats={"net": "minor"},
                           constants=dict(day, currency=currency)) for currency in ("EUR", "JPY", "KWD")])
        tap.is_(lab.rows("SELECT currency, net FROM orders ORDER BY 1"),
                [{"currency": "EUR", "net": 12340000}, {"currency": "JPY", "net": 1234000000}, {"currency": "KWD", "net": 1234000}],
                "the smallest coin of each currency")
        lab.write("nulls.csv", "id,total\n1,-\n2,n/a\n3,0\n")
        pulled(lab, till("nulls", path="nulls.csv", map={"order_id": "id", "net": "total"}, nulls="-|n/a", constants=day))
        tap.is_([r["net"] for r in lab.rows("SELECT net FROM orders WHERE connector = 'nulls' ORDER BY order_id")], [None, None, 0],
                "texts that mean no value; 0 is one")


def test_json():
    with hub.Hub() as lab:
        lab.write("a.ndjson", '{"id":"1","total":{"amount":"5.5"}}\n{"id":"2","total":{"amount":"6"}}\n')
        lab.write("b.json", '{"data":{"orders":[{"Order No":"7","x":{"y":"1.25"}}]}}')
        day = {"date": "2026-01-01"}
        pulled(lab, till("lines", path=["*.ndjson"], map={"order_id": "id", "net": "$.total.amount"}, constants=day),
               till("tree", path=["*.json"], records="$.data.orders[*]", map={"order_id": "Order No", "net": "$.x.y"}, constants=day))
        tap.is_(t.total(lab, "net", "orders", "connector = 'lines'"), 11500000, "NDJSON by its name; paths and plain names")
        tap.is_(lab.row("SELECT order_id, net FROM orders WHERE connector = 'tree'"), ("7", 1250000), "odd names, records deep inside")


def test_changed_files_only():
    with hub.Hub() as lab:
        path = lab.write("till-1.csv", "Total,At\n1.00,2026-01-01\n")
        lab.write("till-2.csv", "Total,At\n2.00,2026-01-02\n")
        options = {"path": ["till-*.csv"], "map": {"net": "Total", "date": "At"}}
        tap.is_(pulled(lab, till(**options))["till"]["read"], 2, "both files")
        tap.is_(pulled(lab, till(**options))["till"]["read"], 0, "nothing new, nothing read")
        os.utime(path, ns=(1, 1))
        result = pulled(lab, till(**options))["till"]
        tap.is_((result["read"], result["unchanged"]), (1, 1), "only the changed file is read again")
        tap.is_(pulled(lab, till(**options, constants={"currency": "EUR"}))["till"]["changed"], 2,
                "another description: all files are read again, and their rows replaced")


def test_check():
    with hub.Hub() as lab:
        lab.configure(till(path=["nothing-*.csv"], map={"net": "Total", "date": "At"}))
        done = lab.run("check", "--connect", "--json")
        result = done.json()["results"][0]
        tap.is_((done.code, result["detail"]["option"]), (1, "path"), "a pattern that no file matches is named")
        lab.write("nothing-1.csv", "Total,At\n1,2026-01-01\n")
        tap.is_(lab.run("check", "--connect").code, 0, "once there is one it is fine")


REFUSED = {
    "kind": ("unknown kind", "format", "say csv", {"path": ["x/*"]}),
    "delimiter": ("two characters", "delimiter", "one character", {"delimiter": "||"}),
    "word": ("unknown word", "formats.net", "minr", {"formats": {"net": "minr"}}),
    "format": ("format without a field", "formats.nett", "no such column", {"formats": {"nett": "minor"}}),
    "header": ("no header", "map.net", "name of a header", {"map": {"net": ""}}),
    "empty": ("empty map", "map", "no column", {"map": {}}),
    "constant": ("smuggled constant", "constants.a", "semicolon", {"constants": {"a": "x;b=y"}}),
    "skip": ("bad skip", "skip", "0 to", {"skip": -1}),
}


def test_refusals():
    with hub.Hub() as lab:
        lab.configure(*[till(name, **dict({"path": ["x/*.csv"], "map": {"net": "Total"}}, **case[3])) for name, case in REFUSED.items()])
        t.refused(lab, {name: case[:3] for name, case in REFUSED.items()})


tap.run([test_blanks, test_zone, test_formats, test_json, test_changed_files_only, test_check, test_refusals])
