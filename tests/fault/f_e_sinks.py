# SPDX-License-Identifier: Apache-2.0
"""F073 to F075: what sinks write to."""

import contextlib
import os
import sqlite3

from store_lab import Bench
import omni
import tap


# ---- F073 to F075: sinks

class SinkBench(Bench):
    """A bench with a sink "out"; the rows of the store wait for it."""

    def __init__(self, number, name, plugin, options):
        self.sink = {"name": "out", "plugin": omni.plugin_path(plugin, "sinks"), "datasets": ["ads_daily"]}
        self.sink_options = options
        super().__init__(number, name)

    def settings(self, what):
        return dict(super().settings(what), sinks=[dict(self.sink, options=self.sink_options(self))])

    def push(self, code, says, name):
        result = self.lab.omnihub("push", "--json")
        self.checks.is_(result.code, code, name)
        self.checks.has(result.out + result.err, says, name + ": says " + says)
        return result


def folder(bench):
    return {"directory": bench.lab.path("out")}


def database(bench):
    return {"path": bench.lab.path("bi.db")}


def written(bench):
    with open(bench.lab.path("out", "ads_daily.csv"), encoding="utf-8") as file:
        return len(file.read().splitlines()) - 1


def half_written():
    with SinkBench("F073", "a crash left half a file", "csv", folder) as bench:
        os.makedirs(bench.lab.path("out"))
        bench.lab.write("out/.omnihub-ads_daily.csv.abc.tmp", "half a f")
        bench.lab.write("out/ads_daily.csv", "what was there\n")
        bench.push(0, '"outcome": "ok"', "delivered")
        bench.checks.is_((written(bench), os.listdir(bench.lab.path("out"))), (3, ["ads_daily.csv"]), "whole, and nothing beside it")
        bench.ends_well()


def symbolic_link():
    with SinkBench("F073", "the folder became a symbolic link", "csv", folder) as bench:
        os.makedirs(bench.lab.path("elsewhere"))
        os.symlink(bench.lab.path("elsewhere"), bench.lab.path("out"))
        bench.push(1, "symbolic link", "refused")
        bench.checks.is_(os.listdir(bench.lab.path("elsewhere")), [], "nothing is written there")
        os.unlink(bench.lab.path("out"))
        bench.push(0, '"outcome": "ok"', "the backlog is delivered")
        bench.checks.is_(written(bench), 3, "whole")
        bench.ends_well()


def file_is_link():
    with SinkBench("F073", "the file became a symbolic link", "csv", folder) as bench:
        os.makedirs(bench.lab.path("out"))
        victim = bench.lab.write("victim", "mine")
        os.symlink(victim, bench.lab.path("out", "ads_daily.csv"))
        bench.lab.omnihub("push")
        with open(victim, encoding="utf-8") as file:
            bench.checks.is_(file.read(), "mine", "what it points to is left alone")
        bench.ends_well()


def one_row_refused():
    with SinkBench("F074", "the target refuses one row", "sqlite", database) as bench:
        bench.push(0, '"outcome": "ok"', "well at first")
        with contextlib.closing(sqlite3.connect(bench.lab.path("bi.db"))) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON ads_daily WHEN new.ad_id = '2' BEGIN SELECT RAISE(ABORT, 'not this one'); END")
            db.commit()
            before = db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall()
            bench.make_well()
            bench.push(1, "not this one", "the delivery fails with the reason")
            bench.checks.is_(db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall(), before, "the target is as before")
            db.execute("DROP TRIGGER no")
            db.commit()
            bench.push(0, '"outcome": "ok"', "the backlog is delivered")
            bench.checks.ok(db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall() != before, "all of it")
        bench.ends_well()


def fewer_than_sent():
    with SinkBench("F075", "the target drops a row in silence", "sqlite", database) as bench:
        bench.push(0, '"outcome": "ok"', "well at first")
        with contextlib.closing(sqlite3.connect(bench.lab.path("bi.db"))) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON ads_daily WHEN new.ad_id = '2' BEGIN SELECT RAISE(IGNORE); END")
            db.commit()
            before = db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall()
            bench.make_well()
            bench.push(1, "rows", "the difference is noticed")
            bench.checks.is_(db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall(), before, "the target is as before")
        bench.ends_well()


if __name__ == "__main__":
    tap.run([half_written, symbolic_link, file_is_link, one_row_refused, fewer_than_sent])
