#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A column added to the schema is added to the store by itself, and rows and sinks are kept."""

import os
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402

MAP = {"order_id": "id", "date": "day", "net": "total"}


def configure(lab, **columns):
    lab.configure(h.connector("till", "file", {"path": "in/*.csv", "dataset": "orders", "map": dict(MAP, **columns)}),
                  sinks=[h.sink("files", "csv", ["orders"], {"directory": "out"}),
                         h.sink("bi", "sqlite", ["orders"], {"path": "bi.db"})], schema_dir=lab.path("schema"))


def add_clerk(lab):
    """Another column at the end of orders."""
    path = lab.path("schema", "commerce.conf")
    with open(path, encoding="utf-8") as f:
        head, tail = f.read().split("orders: {", 1)
    body, rest = tail.split("  };\n", 1)
    lab.write("schema/commerce.conf", head + "orders: {" + body + '    clerk = ("text", "attr", "", "who sold it");\n  };\n' + rest)


def test_added_column():
    with h.Hub() as lab:
        shutil.copytree(h.SCHEMA, lab.path("schema"))
        lab.write("in/a.csv", "id,day,total,who\n1,2026-01-01,10,Ada\n2,2026-01-02,20,Bob\n")
        configure(lab)
        tap.is_(lab.run("sync").code, 0, "before")
        add_clerk(lab)
        tap.is_(lab.run("check").code, 0, "the schema with another column")
        configure(lab, clerk="who")
        tap.is_(lab.run("sync").code, 0, "the next sync")
        tap.is_(lab.rows("SELECT order_id, net, clerk FROM orders ORDER BY order_id"),
                [{"order_id": "1", "net": 10000000, "clerk": "Ada"}, {"order_id": "2", "net": 20000000, "clerk": "Bob"}],
                "the column is there, the rows are kept and filled")
        with open(lab.path("out", "orders.csv"), encoding="utf-8") as f:
            tap.has(f.readline(), "clerk", "the CSV has it")
        db = sqlite3.connect(lab.path("bi.db"))
        tap.is_(db.execute("SELECT order_id, clerk FROM orders ORDER BY 1").fetchall(), [("1", "Ada"), ("2", "Bob")], "the sink's table, too")
        db.close()
        lab.check_whole("after the migration")


def test_old_rows_stay():
    """Rows that are not pulled again have the new column empty."""
    with h.Hub() as lab:
        shutil.copytree(h.SCHEMA, lab.path("schema"))
        lab.write("in/a.csv", "id,day,total\n1,2026-01-01,10\n")
        configure(lab)
        lab.run("pull")
        add_clerk(lab)
        tap.is_(lab.run("pull").code, 0, "a pull after the change")
        tap.is_(lab.rows("SELECT order_id, net, clerk FROM orders"), [{"order_id": "1", "net": 10000000, "clerk": None}],
                "old rows are there, the new column is empty")


tap.run([test_added_column, test_old_rows_stay])
