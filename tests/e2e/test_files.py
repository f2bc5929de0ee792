#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files through the real programs: thousands of purchases with exact sums, every kind of file, bad lines, files that change."""

import datetime
import decimal
import gzip
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402

PURCHASES = 5000


def purchases():
    """(customer, day, items, cents), the same ones in every run."""
    dice, first = random.Random("purchases"), datetime.date(1997, 1, 1)
    return [("%05d" % dice.randint(1, 2400), first + datetime.timedelta(dice.randint(0, 545)), dice.randint(1, 9),
             dice.randint(0, 20000)) for _ in range(PURCHASES)]


def money(cents):
    return "%d.%02d" % divmod(cents, 100)


def micros(text):
    return int(decimal.Decimal(text) * 1000000)


def file_connector(name="till", **options):
    more = {key: options.pop(key) for key in ("reject_max",) if key in options}
    return h.connector(name, "file", dict({"dataset": "orders"}, **options), **more)


def save(lab, name, text):
    """Under another name first, as an exporter should; `text` may be bytes."""
    path = lab.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "wb") as out:
        out.write(text if isinstance(text, bytes) else text.encode("utf-8"))
    os.replace(path + ".part", path)
    return path


def test_purchases():
    """The shape of the CDNOW file: runs of blanks, CRLF, compact days, dollars."""
    sold = purchases()
    with h.Hub() as lab:
        save(lab, "in/purchases.txt", " customer_id  date number_of_cds  dollar_value\r\n" + "".join(
            " %s %s %2d %8s\r\n" % (who, day.strftime("%Y%m%d"), n, money(cents)) for who, day, n, cents in sold))
        lab.configure(file_connector(path="in/purchases.txt", delimiter="blanks", formats={"date": "compact"},
                                     constants={"currency": "USD"},
                                     map={"date": "date", "customer_id": "customer_id", "net": "dollar_value"}), currency="USD")
        results, code = lab.pull()
        tap.is_(code, 0, "purchases")
        tap.is_(results["till", "", "orders"]["read"], PURCHASES, "every line is read")
        tap.is_(lab.row("SELECT count(*), sum(net), count(DISTINCT customer_id) FROM orders"),
                (PURCHASES, 10000 * sum(s[3] for s in sold), len({s[0] for s in sold})), "rows, exact sum, ids with their zeros")
        by_day = {}
        for _, day, _, cents in sold:
            count, total = by_day.get(day.isoformat(), (0, 0))
            by_day[day.isoformat()] = (count + 1, total + 10000 * cents)
        combined = lab.rows("SELECT date, sum(orders) AS n, sum(revenue) AS net FROM channel_daily GROUP BY date")
        tap.is_(len(combined), len(by_day), "channel_daily has every day")
        tap.ok({r["date"]: (r["n"], r["net"]) for r in combined} == by_day, "each with its orders and its exact revenue")
        before = lab.dump()
        results, code = lab.pull()
        tap.is_((code, results["till", "", "orders"]["read"], lab.dump() == before), (0, 0, True), "an unchanged file is not read again")


KINDS = {
    "csv": (lambda rows: "id,day,total\n" + "".join("%s,%s,%s\n" % r for r in rows), {}, {}),
    "tsv": (lambda rows: "id\tday\ttotal\n" + "".join("%s\t%s\t%s\n" % r for r in rows), {}, {}),
    "json": (lambda rows: json.dumps([{"id": i, "day": d, "total": t} for i, d, t in rows]), {}, {}),
    "ndjson": (lambda rows: "".join(json.dumps({"id": i, "day": d, "total": t}) + "\n" for i, d, t in rows), {}, {}),
    "comma.csv": (lambda rows: "id;day;total\r\n" + "".join(
        '%s;%s;"%s"\r\n' % (i, datetime.date.fromisoformat(d).strftime("%d.%m.%Y"), format(decimal.Decimal(t), ",.2f").translate(
            str.maketrans(",.", ".,"))) for i, d, t in rows), {"delimiter": ";"},
        {"day": "%d.%m.%Y", "total": "decimal_comma thousands"}),
}


def test_kinds():
    rows = [("r%03d" % n, datetime.date(2026, 1, 1 + n % 28).isoformat(), money(n * 1000003 % 900000000 + 1)) for n in range(300)]
    rows.append(("größe \"7\", 50 %", "2026-02-01", "0.01"))
    want = (len(rows), sum(micros(r[2]) for r in rows))
    with h.Hub() as lab:
        connectors = []
        for kind, (write, options, formats) in KINDS.items():
            kept = rows[:-1] + [("x", "2026-02-01", "0.01")] if kind in ("csv", "tsv", "comma.csv") else rows
            for end in ("", ".gz"):
                text = write(kept).encode("utf-8")
                save(lab, "in/%s/a.%s%s" % (kind, kind, end), gzip.compress(text) if end else text)
                connectors.append(file_connector(
                    (kind + end).replace(".", "-"), path="in/%s/*.%s%s" % (kind, kind, end),
                    map={"order_id": "id", "date": "day", "net": "total"},
                    formats={{"day": "date", "total": "net"}[k]: v for k, v in formats.items()}, **options))
        lab.configure(*connectors)
        _, code = lab.pull()
        tap.is_(code, 0, "every kind of file")
        for c in connectors:
            tap.is_(lab.row("SELECT count(*), sum(net) FROM orders WHERE connector = '%s'" % c["name"]), want,
                    c["name"] + ": rows and exact sum")
        tap.is_(lab.value("SELECT count(*) AS n FROM orders WHERE order_id = 'größe \"7\", 50 %'"), 4, "odd ids stay as they are")


def lines(rows, bad=()):
    return "id,day,total\n" + "".join(bad[n] if n in bad else "%s,%s,%s\n" % r for n, r in enumerate(rows))


MAP = {"order_id": "id", "date": "day", "net": "total"}


def test_bad_lines():
    rows = [("b%04d" % n, "2026-03-%02d" % (1 + n % 28), "1.10") for n in range(1000)]
    bad = {10: "b0010,2026-02-30,1.10\n", 500: "b0500,2026-03-01,a lot\n", 900: "b0900,2026-03-01\n"}
    with h.Hub() as lab:
        save(lab, "in/a.csv", lines(rows, bad))
        lab.configure(file_connector(path="in/*.csv", map=MAP))
        results, code = lab.pull()
        tap.is_((code, results["till", "", "orders"]["rejected"]), (0, 3), "three bad lines in a thousand are put aside")
        tap.is_(lab.row("SELECT count(*), sum(net) FROM orders"), (997, 997 * 1100000), "the others are stored")
        with lab.store() as db:
            aside = db.execute("SELECT place, reason, raw FROM rejects ORDER BY id").fetchall()
        db.close()
        tap.is_([place for place, _, _ in aside], ["in/a.csv:%d" % (n + 2) for n in bad], "quarantine: file and line")
        tap.ok(all(reason for _, reason, _ in aside), "quarantine: why")
        tap.is_([raw for _, _, raw in aside], ["id=b0010, day=2026-02-30, total=1.10", "id=b0500, day=2026-03-01, total=a lot",
                                               "b0900,2026-03-01"], "quarantine: what it held")
        before = lab.dump()
        save(lab, "in/a.csv", lines(rows, {n: "broken,x,y\n" for n in range(0, 1000, 50)}))
        results, code = lab.pull()
        tap.is_((code, results["till", "", "orders"]["outcome"]), (1, "failed"), "two in a hundred: the file is refused")
        tap.has(results["till", "", "orders"]["message"], "a.csv", "naming it")
        tap.is_(lab.dump(), before, "and the rows of before stay")
        shown = lab.run("runs", "--rejects", "--json").json()
        tap.is_([r["where"] for r in shown[:20]], ["in/a.csv:%d" % n for n in range(952, 0, -50)], "the lines that it was refused for are kept")
        tap.has(results["till", "", "orders"]["remedy"], "runs --rejects", "and it is said how they are seen")
        lab.configure(file_connector(path="in/*.csv", map=MAP, reject_max="5%"))
        results, code = lab.pull()
        tap.is_((code, lab.value("SELECT count(*) AS n FROM orders")), (0, 980), "unless the admin allows more")
        save(lab, "in/a.csv", lines(rows + rows[7:8]))
        tap.has(lab.pull()[0]["till", "", "orders"]["message"], "in/a.csv: orders: two rows with one key (order_id=b0007)",
                "an order that is twice in a file: which one, and where")


def test_totals_line():
    """What many exports end with: a line that is no order."""
    rows = [("%d" % n, "2026-03-%02d" % (1 + n % 28), "1.10") for n in range(200)]
    with h.Hub() as lab:
        save(lab, "in/a.csv", lines(rows) + "Total,,220.00\n")
        lab.configure(file_connector(path="in/*.csv", map=MAP))
        results, code = lab.pull()
        tap.is_((code, results["till", "", "orders"]["rejected"]), (0, 1), "a line without a day is put aside")
        tap.is_(lab.row("SELECT count(*), sum(net) FROM orders"), (200, 220000000), "the others are stored")
        tap.is_([(r["where"], r["reason"]) for r in lab.run("runs", "--rejects", "--json").json()],
                [("in/a.csv:202", "column date: a row has no value for it")], "and it is said which line, and why")


def test_encodings():
    """What spreadsheets save, and what is said where nobody said it."""
    text = "Bon;Tag;Straße;Betrag\r\n" + "".join("%d;%02d.03.2026;Köln € %d;1.234,%02d\r\n" % (n, n % 28 + 1, n, n % 100) for n in range(3000))
    options = {"path": "in/*.csv", "delimiter": ";", "map": {"order_id": "Bon", "date": "Tag", "location_id": "Straße", "net": "Betrag"},
               "formats": {"date": "%d.%m.%Y", "net": "decimal_comma thousands"}}
    with h.Hub() as lab:
        for name, encoding in (("windows-1252", "cp1252"), ("iso-8859-15", "iso8859-15"), ("utf-16", "utf-16"), ("utf-16", "utf-16-be")):
            mark = "\ufeff" if encoding.endswith("be") else ""
            save(lab, "in/a.csv", (mark + text).encode(encoding))
            lab.configure(file_connector(encoding=name, **options))
            results, code = lab.pull()
            tap.is_((code, results["till", "", "orders"]["rejected"]), (0, 0), encoding)
            tap.is_(lab.row("SELECT count(*), sum(net) FROM orders"), (3000, sum(1234000000 + n % 100 * 10000 for n in range(3000))), "every row")
            tap.is_(lab.value("SELECT count(*) AS n FROM orders WHERE location_id = 'Köln € ' || order_id"), 3000, "every letter")
        save(lab, "in/b.csv", text.encode("cp1252"))
        lab.configure(file_connector(**options))
        done = lab.run("pull", "till", "--json")
        tap.has(done.json()["results"][0]["message"], "not valid UTF-8", "another encoding than the one that was said")
        save(lab, "in/b.csv", text.replace("€", "\x81").encode("latin-1"))
        lab.configure(file_connector(encoding="windows-1252", **dict(options, path="in/b.csv")))
        tap.has(lab.pull()[0]["till", "", "orders"]["message"], "in/b.csv: byte 41 is no character of windows-1252", "bytes that it does not have")
        save(lab, "in/b.csv", text.encode("utf-16")[:-1])
        lab.configure(file_connector(encoding="utf-16", **dict(options, path="in/b.csv")))
        tap.has(lab.pull()[0]["till", "", "orders"]["message"], "not whole", "half a character at the end")
        lab.configure(file_connector(encoding="ebcdic", **options))
        tap.has(lab.run("check").err, '"ebcdic" is not one of utf-8|', "one that is not known")


def test_changed_files():
    with h.Hub() as lab:
        save(lab, "in/a.csv", lines([("1", "2026-01-01", "10"), ("2", "2026-01-02", "20")]))
        save(lab, "in/b.csv", lines([("3", "2026-01-03", "30")]))
        lab.configure(file_connector(path="in/*.csv", map=MAP))
        lab.pull()
        save(lab, "in/a.csv", lines([("1", "2026-01-01", "11"), ("4", "2026-01-05", "40")]))
        results, code = lab.pull()
        tap.is_(lab.rows("SELECT order_id, date, sum(net) AS net FROM orders GROUP BY 1, 2 ORDER BY 1"),
                [{"order_id": "1", "date": "2026-01-01", "net": 11000000}, {"order_id": "3", "date": "2026-01-03", "net": 30000000},
                 {"order_id": "4", "date": "2026-01-05", "net": 40000000}], "a changed file replaces what it gave; a line that is gone is gone")
        r = results["till", "", "orders"]
        tap.is_((code, r["inserted"], r["changed"], r["removed"]), (0, 1, 1, 1), "counted so")
        tap.is_(lab.value("SELECT count(*) AS n FROM channel_daily WHERE date = '2026-01-02'"), 0, "its day is combined anew")
        os.remove(lab.path("in/b.csv"))
        lab.pull()
        tap.is_(lab.value("SELECT count(*) AS n FROM orders"), 3, "a file that was moved away keeps its rows")
        save(lab, "in/a.csv", "id,day,total\n")
        results, code = lab.pull()
        tap.is_((code, results["till", "", "orders"]["outcome"]), (1, "suspicious"), "a file that became empty is suspicious")
        tap.is_(lab.value("SELECT count(*) AS n FROM orders"), 3, "its rows are kept")
        tap.has(results["till", "", "orders"]["remedy"], "--accept-empty", "and it is said what to do")
        results, code = lab.pull("--accept-empty")
        tap.is_((code, lab.value("SELECT count(*) AS n FROM orders")), (0, 1), "--accept-empty takes it")


def test_overlap():
    """Exports often overlap: the day before is in it again."""
    with h.Hub() as lab:
        old = save(lab, "in/z.csv", lines([("1", "2026-01-01", "10"), ("2", "2026-01-02", "20")]))
        os.utime(old, (1000000000, 1000000000))
        save(lab, "in/a.csv", lines([("2", "2026-01-02", "25"), ("3", "2026-01-03", "30")]))
        lab.configure(file_connector(path="in/*.csv", map=MAP))
        _, code = lab.pull()
        tap.is_((code, lab.rows("SELECT order_id, sum(net) AS net FROM orders GROUP BY 1 ORDER BY 1")),
                (0, [{"order_id": "1", "net": 10000000}, {"order_id": "2", "net": 25000000}, {"order_id": "3", "net": 30000000}]),
                "an order in two files counts once, as the newer one has it")
        before = lab.dump(with_bookkeeping=False)
        lab.pull()
        tap.is_(lab.dump(with_bookkeeping=False), before, "again: nothing changes")
        save(lab, "in/a.csv", lines([("3", "2026-01-03", "30")]))
        results, code = lab.pull()
        tap.is_((code, totals(lab)), (0, {"1": 10, "2": 20, "3": 30}), "the newer file lost the order, the older one still has it")
        tap.is_(results["till", "", "orders"]["windows"], 2, "that one was read again, in the same pull")
        save(lab, "in/z.csv", lines([("1", "2026-01-01", "10")]))
        lab.pull()
        tap.is_(totals(lab), {"1": 10, "3": 30}, "no file has it any more: it is gone")


def totals(lab):
    return {r["order_id"]: r["net"] // 1000000 for r in lab.rows("SELECT order_id, net FROM orders")}


def days_of(first, last, price):
    return [("o%02d" % n, "2026-01-%02d" % n, str(price + n)) for n in range(first, last + 1)]


def test_rolling():
    """A month is put aside in a file of its own while the current file holds the last days, and rolls on."""
    with h.Hub() as lab:
        def put(name, rows, age):
            os.utime(save(lab, name, lines(rows)), (1700000000 + age, 1700000000 + age))
        put("in/archive.csv", days_of(1, 20, 100), 0)
        put("in/current.csv", days_of(10, 25, 200), 10)
        lab.configure(file_connector(path=["in/current*.csv", "in/archive*.csv", "in/late*.csv"], map=MAP))
        lab.pull()
        wanted = {"o%02d" % n: (100 if n < 10 else 200) + n for n in range(1, 26)}
        tap.is_(totals(lab), wanted, "the file that changed last counts, whichever pattern names it first")
        put("in/current.csv", days_of(15, 30, 200), 20)
        _, code = lab.pull()
        wanted.update({"o%02d" % n: (100 if n < 15 else 200) + n for n in range(10, 31)})
        tap.is_((code, totals(lab)), (0, wanted), "what rolled out of the current file is in the archive")
        put("in/late.csv", days_of(18, 22, 300), 15)
        lab.pull()
        tap.is_(totals(lab), wanted, "a file that came late but is older than the current one changes nothing of it")
        put("in/current.csv", days_of(21, 30, 200), 30)
        lab.pull()
        wanted.update({"o%02d" % n: (300 if n >= 18 else 100) + n for n in range(15, 21)})
        tap.is_(totals(lab), wanted, "under it lay two: the newer one of them counts")
        put("in/late.csv", days_of(22, 22, 300), 25)
        lab.pull()
        wanted.update({"o%02d" % n: 100 + n for n in range(18, 21)})
        tap.is_(totals(lab), wanted, "and then the oldest")
        before = lab.dump(with_bookkeeping=False)
        results, _ = lab.pull()
        tap.is_((results["till", "", "orders"]["read"], lab.dump(with_bookkeeping=False) == before), (0, True), "then nothing is read")
        lab.run("state", "reset", "till", "--yes")
        lab.pull()
        tap.is_(totals(lab), wanted, "read anew, all of them give the same")
        lab.check_whole("afterwards")


def test_nothing_there():
    with h.Hub() as lab:
        save(lab, "in/other.txt", "")
        lab.configure(file_connector(path="in/*.csv", map=MAP))
        done = lab.run("check", "--connect", "--json")
        tap.is_(done.code, 1, "check --connect: a pattern that no file matches")
        tap.has(done.out, "path", "names the option")


tap.run([test_purchases, test_kinds, test_bad_lines, test_totals_line, test_encodings, test_changed_files, test_overlap, test_rolling, test_nothing_there])
