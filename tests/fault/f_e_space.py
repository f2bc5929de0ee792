# SPDX-License-Identifier: Apache-2.0
"""F064, F066, F072, F073: little room where sinks and cassettes are written, few files, deliveries of which the hub never heard."""

import contextlib
import os
import sqlite3

from store_lab import NAMESPACE, Bench
import omni
import tap
from fault import DAY, page, row

ROWS = page(*[row(str(n), name='"%s"' % ("x" * 200)) for n in range(2000)])


class SinkBench(Bench):
    """A bench with one sink of each kind; the rows of the store wait for them."""

    def settings(self, what):
        kinds = {"csv": {"directory": self.lab.path("out")}, "jsonl": {"directory": self.lab.path("lines")}, "sqlite": {"path": self.lab.path("db", "bi.db")}}
        return dict(super().settings(what), sinks=[{"name": "to_" + kind, "plugin": omni.plugin_path(kind, "sinks"), "datasets": ["ads_daily"],
                                                    "options": options} for kind, options in kinds.items()])

    def folders(self):
        for name in ("out", "lines", "db"):
            os.makedirs(self.lab.path(name), exist_ok=True)

    def push(self, *more, program=None):
        done = self.lab.omnihub("push", "--json", *more, program=program)
        return done, {r["sink"]: r for r in done.json()["results"] if "sink" in r} if done.out else {}

    def delivered(self):
        """What each sink holds, as sorted texts."""
        found = {}
        for name in ("out", "lines"):
            for file in sorted(os.listdir(self.lab.path(name))):
                with open(self.lab.path(name, file), encoding="utf-8") as lines:
                    found[name + "/" + file] = lines.read()
        if os.path.exists(self.lab.path("db", "bi.db")):
            with contextlib.closing(sqlite3.connect(self.lab.path("db", "bi.db"))) as db:
                found["db"] = db.execute("SELECT ad_id, ad_name, cost, clicks FROM ads_daily ORDER BY 1").fetchall()
        return found


def full_sinks():
    with SinkBench("F064", "the disk of the sinks is full") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        bench.folders()
        bench.play([ROWS])
        bench.configure({})
        bench.checks.is_(bench.pull().code, 0, "much to deliver")
        before = bench.digest()
        paths = " ".join(bench.lab.path(name) for name in ("out", "lines", "db"))
        wrapper = bench.in_namespace('for at in %s; do mount -t tmpfs -o size=64k none $at; done; OMNIHUB "$@"; code=$?; for at in %s; do '
                                     'ls -A $at | grep -v "bi.db\\|ads_daily" >&2; done; exit $code' % (paths, paths))
        done, results = bench.push(program=wrapper)
        bench.checks.is_(done.code, 1, "exit code 1")
        for name in ("to_csv", "to_jsonl", "to_sqlite"):
            said = results.get(name, {})
            bench.checks.is_(said.get("outcome"), "retrying", name + ": the delivery is left for the next push")
            bench.checks.ok("No space left" in said.get("message", "") or "full" in said.get("message", ""), name + ": says why", repr(said))
        bench.checks.ok(".tmp" not in done.err, "no half file is left", done.err)
        bench.checks.is_(bench.digest(), before, "the store is as before, cursors too")
        done, results = bench.push()
        bench.checks.is_((done.code, {r["outcome"] for r in results.values()}), (0, {"ok"}), "with room the backlog is delivered")
        bench.checks.ok(len(bench.delivered()["db"]) == 2000, "all of it")
        bench.ends_well()


def full_cassette():
    with Bench("F064", "the disk of the cassette is full") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        tape = bench.lab.path("tape")
        os.makedirs(tape)
        bench.play([ROWS])
        bench.configure({})
        wrapper = bench.in_namespace('mount -t tmpfs -o size=64k none %s; OMNIHUB "$@"; code=$?; ls -A %s >&2; exit $code' % (tape, tape))
        done = bench.lab.omnihub("pull", "shop", "--from", DAY, "--to", DAY, "--record", os.path.join(tape, "c.json"), program=wrapper)
        bench.checks.is_(done.code, 1, "exit code 1")
        bench.checks.ok("No space left" in done.out + done.err, "says why", done.out + done.err)
        bench.checks.ok("c.json" not in done.err.splitlines(), "half a cassette is none", done.err)
        bench.ends_well()


def few_files():
    with Bench("F066", "no more files can be made") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        small, out = bench.lab.path("small"), bench.lab.path("out")
        os.makedirs(small)
        bench.play([ROWS])
        bench.configure({"hub": {"state_dir": small}})
        before, codes = bench.digest(), []
        for inodes in (3, 4, 5, 6, 12):
            wrapper = bench.in_namespace("mount -t tmpfs -o nr_inodes=%d none %s && %s || exit 99; OMNIHUB \"$@\"; code=$?; rm -rf %s; mkdir %s; "
                                         "cp -a %s/. %s; exit $code" % (inodes, small, bench.copy_to(small), out, out, small, out))
            result = bench.pull(program=wrapper)
            codes.append(result.code)
            held, bench.state = bench.state, out
            if result.code == 0:
                bench.checks.is_(len(bench.rows()), 2000, "%d files: enough" % inodes)
            else:
                bench.checks.ok(result.code in (1, 3) and result.err + result.out, "%d files: an orderly end" % inodes, result.err)
                bench.checks.is_((bench.digest(), bench.query("PRAGMA integrity_check")), (before, [("ok",)]), "%d files: as before" % inodes)
            bench.state = held
        bench.checks.ok(codes[0] != 0 and codes[-1] == 0, "from too few to enough", repr(codes))
        bench.ends_well()


def unheard():
    """The sink has committed, and the hub died before it could write that down: the next push asks nobody, it says the same again."""
    with SinkBench("F072", "a delivery of which the hub never heard") as bench:
        bench.folders()
        bench.make_well()
        bench.execute("CREATE TABLE known AS SELECT * FROM cursors")
        done, _ = bench.push()
        first = bench.delivered()
        bench.checks.is_((done.code, len(first)), (0, 3), "delivered")
        bench.execute("DELETE FROM cursors WHERE reader LIKE '%to_%'")
        bench.execute("INSERT INTO cursors SELECT * FROM known WHERE reader LIKE '%to_%'")
        bench.execute("DROP TABLE known")
        done, results = bench.push()
        bench.checks.is_((done.code, {r["outcome"] for r in results.values()}), (0, {"ok"}), "delivered again")
        bench.checks.is_([r["deliveries"] for r in results.values()], [1, 1, 1], "each once")
        bench.checks.is_(bench.delivered()["out/ads_daily.csv"], first["out/ads_daily.csv"], "the same file")
        bench.checks.is_(bench.delivered()["db"], first["db"], "the same rows, none twice")
        lines = {name: text for name, text in bench.delivered().items() if name.startswith("lines/")}
        bench.checks.ok(lines and all(text == first.get(name, text) for name, text in lines.items()), "the same lines", repr(lines))
        bench.ends_well()


def other_disk():
    with SinkBench("F073", "the folder of a sink is a disk of its own") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount here")
            return
        bench.folders()
        bench.make_well()
        paths = " ".join(bench.lab.path(name) for name in ("out", "lines", "db"))
        done, results = bench.push(program=bench.in_namespace('for at in %s; do mount -t tmpfs none $at; done; OMNIHUB "$@"' % paths))
        bench.checks.is_((done.code, {r["outcome"] for r in results.values()}), (0, {"ok"}), "delivered: files are renamed on one disk")
        bench.ends_well()


def one_folder_for_two():
    with Bench("F073", "two sinks would write the same file") as bench:
        sink = {"plugin": omni.plugin_path("csv", "sinks"), "datasets": ["ads_daily"], "options": {"directory": bench.lab.path("out")}}
        bench.make_well()
        with open(bench.lab.path("omnihub.conf"), "a", encoding="utf-8") as conf:
            conf.write("sinks = ( %s );\n" % ", ".join(bench_conf(dict(sink, name=name)) for name in ("one", "two")))
        done = bench.lab.omnihub("push", "--json")
        bench.checks.ok(done.code in (0, 2), "an orderly end", done.err + done.out)
        if done.code == 0:  # then they take turns, and what lies there is whole
            with open(bench.lab.path("out", "ads_daily.csv"), encoding="utf-8") as file:
                bench.checks.is_(len(file.read().splitlines()), 4, "a whole file")
            bench.checks.is_(os.listdir(bench.lab.path("out")), ["ads_daily.csv"], "and nothing beside it")
        bench.ends_well()


def bench_conf(value):
    import fault
    return fault.conf(value)


if __name__ == "__main__":
    tap.run([full_sinks, full_cassette, few_files, unheard, other_disk, one_folder_for_two])
