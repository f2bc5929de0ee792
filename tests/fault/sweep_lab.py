# SPDX-License-Identifier: Apache-2.0
"""The crash sweep's laboratory: a hub whose programs are started through strace, states to begin from, and what must hold after
a fault: the store whole, each window old or new, deliveries old or new, and the next run right without help."""

import csv
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["OMNI_SRCDIR"], "tests", "lib"))
import omni  # noqa: E402

NOW = "2026-02-01T10:00:00Z"
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "unlink", "unlinkat", "ftruncate", "sendto")
# KILL: the process is killed at the call. ENOSPC: the disk is full from that call on. EIO: that one call fails.
FAULTS = {"KILL": "signal=KILL:when=%d", "ENOSPC": "error=ENOSPC:when=%d+", "EIO": "error=EIO:when=%d"}
OLD = {"a.csv": ["a1,2026-01-01,1.50", "a2,2026-01-02,2.50", "a3,2026-01-02,4.00"]}
NEW = {"a.csv": ["a1,2026-01-01,1.75", "a3,2026-01-03,4.00", "a4,2026-01-04,8.00"], "b.csv": ["b1,2026-01-02,16.00", "b2,2026-01-05,32.00"]}
CONF = """hub: { state_dir = "state"; schema_dir = "%(schema)s"; currency = "EUR"; };
connectors = ( { name = "till"; plugin = "%(file)s"; options = { path = "%(till)s/*.csv"; dataset = "orders";
    constants = { currency = "EUR"; }; map = { order_id = "no"; date = "day"; net = "total"; }; }; } );
sinks = ( { name = "files"; plugin = "%(csv)s"; datasets = ("orders", "channel_daily"); options = { directory = "%(out)s"; }; },
  { name = "bi"; plugin = "%(sqlite)s"; datasets = ("orders", "channel_daily"); options = { path = "%(out)s/bi.db"; }; } );
"""
# A job that is itself, except in the verb that is meant: then strace or a preloaded library is put before it.
JOB = """#!/bin/sh
if [ '%(verb)s' = '*' ] || grep -q '"verb": *"%(verb)s"' /proc/self/fd/3; then exec %(prefix)s %(program)s "$@"; fi
exec %(program)s "$@"
"""
PLUGIN = '#!/bin/sh\nexec %(prefix)s %(program)s "$@"\n'


class Broken(Exception):
    """An invariant does not hold."""


def require(condition, text):
    if not condition:
        raise Broken(text)


class SweepLab(omni.Lab):
    def __init__(self, careless=None):
        # In memory where that is possible: what is swept is the order of calls, not the disk.
        if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) and "TMPDIR" not in os.environ:
            tempfile.tempdir = "/dev/shm"
        super().__init__()
        self.careless = careless
        os.makedirs(self.path("programs", "inner"))
        os.makedirs(self.path("out"))
        shutil.copy(os.path.join(omni.BUILD, "omnihub"), self.path("programs"))
        shutil.copy(os.path.join(omni.BUILD, "omnihub-job"), self.path("programs", "inner"))
        self.schema(self.path("schema2"))
        values = {"till": self.path("till"), "out": self.path("out"), "schema": os.path.join(omni.SOURCE, "conf", "schema")}
        for name, family in (("file", "file"), ("csv", "sinks"), ("sqlite", "sinks")):
            values[name] = omni.plugin_path(name, family)
        self.write("omnihub.conf", CONF % values)
        self.write("wider.conf", CONF % dict(values, schema=self.path("schema2")))
        self.prepare()

    def schema(self, folder):
        """The next version's schema: a column more, which the store gets by migration."""
        shutil.copytree(os.path.join(omni.SOURCE, "conf", "schema"), folder)
        with open(os.path.join(folder, "commerce.conf"), "r+", encoding="utf-8") as file:
            text = file.read().replace('    coupon  ', '    gift_note        = ("text",   "attr",   "",        "");\n    coupon  ', 1)
            file.seek(0)
            file.write(text)

    def fill(self, files):
        for name, lines in files.items():
            self.write("till/" + name, "no,day,total\n" + "\n".join(lines) + "\n")

    # ---- running

    def place(self, target, verb, prefix):
        """Puts `prefix` before one program. omnihub finds jobs, and a job its plugin process, beside itself."""
        careless = "env LD_PRELOAD=%s CARELESS=%s " % self.careless if self.careless else ""
        job = {"verb": verb if target == "omnihub-job" and not careless else "*", "program": self.path("programs", "inner", "omnihub-job"),
               "prefix": careless + (prefix if target == "omnihub-job" else "")}
        plugin = {"program": os.path.join(omni.BUILD, "omnihub-plugin"), "prefix": prefix if target == "omnihub-plugin" else ""}
        self.write("programs/omnihub-job", JOB % job, 0o755)
        self.write("programs/inner/omnihub-plugin", PLUGIN % plugin, 0o755)

    def run(self, command, conf="omnihub.conf", target=None, verb="*", prefix=""):
        self.place(target, verb, prefix)
        before = prefix.split() if target == "omnihub" else []
        done = subprocess.run(before + [self.path("programs", "omnihub"), "-c", self.path(conf), "-q"] + command.split(),
                              env=dict(os.environ, OMNIHUB_NOW=NOW), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=omni.RUN_SECONDS, check=False)
        return omni.Result(done)

    # ---- states

    def save(self, name):
        for part in ("state", "out"):
            shutil.copytree(self.path(part), self.path("saved", name, part))

    def restore(self, name):
        for part in ("state", "out"):
            shutil.rmtree(self.path(part), ignore_errors=True)
            if name:
                shutil.copytree(self.path("saved", name, part), self.path(part))

    def step(self, command, conf="omnihub.conf"):
        result = self.run(command, conf)
        require(result.code == 0, "%s without a fault: exit code %d: %s" % (command, result.code, result.out + result.err))

    def prepare(self):
        """old: synced; then the till's files changed; pulled: not yet delivered. What a clean run makes of each is kept."""
        self.fill(OLD)
        self.step("sync")
        self.save("old")
        self.before = self.look()
        self.fill(NEW)
        self.step("pull")
        self.save("pulled")
        self.step("push")
        self.after = {"omnihub.conf": self.look()}
        self.save("done")
        self.restore("old")
        self.step("sync", "wider.conf")
        self.after["wider.conf"] = self.look()

    # ---- what is there

    def store(self):
        return sqlite3.connect("file:%s?mode=ro" % self.path("state", "store.db"), uri=True)

    def look(self):
        """Everything that people see: datasets, files, the sink's database."""
        seen = {}
        with self.store() as db:
            for table in ("orders", "channel_daily"):
                rows = db.execute("SELECT * FROM " + table)
                names = [column[0] for column in rows.description]
                seen[table] = sorted(repr(sorted((n, v) for n, v in zip(names, row) if n != "gift_note")) for row in rows)
        db.close()
        for name in ("orders.csv", "channel_daily.csv"):
            seen[name] = self.delivered(name)
        with sqlite3.connect(self.path("out", "bi.db")) as db:
            for table in ("orders", "channel_daily"):
                rows = db.execute("SELECT * FROM " + table)
                names = [column[0] for column in rows.description]
                seen["bi " + table] = sorted(repr([v for n, v in zip(names, row) if n != "gift_note"]) for row in rows)
        db.close()
        return seen

    def delivered(self, name):
        with open(self.path("out", name), encoding="utf-8", newline="") as file:
            return sorted(repr([(n, v) for n, v in row.items() if n != "gift_note"]) for row in csv.DictReader(file))

    # ---- what must hold

    def whole(self, path, what):
        db = sqlite3.connect(path)
        try:
            found = db.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            found = error
        db.close()
        require(found == [("ok",)], "%s: integrity_check: %s" % (what, found))

    def windows(self, conf):
        """Each part old or new, and what is remembered of it no newer than its rows."""
        with self.store() as db:
            rows = db.execute("SELECT order_id, date, net FROM orders ORDER BY 1").fetchall()
            remembered = {key for (key,) in db.execute("SELECT key FROM state") if "b.csv" in key}
        db.close()
        for name in NEW:
            got = ["%s,%s,%d.%02d" % (order, day, net // 1000000, net % 1000000 // 10000) for order, day, net in rows if order[0] == name[0]]
            require(got in (OLD.get(name, []), NEW[name]), "%s is neither old nor new: %s" % (name, got))
            if name == "b.csv":
                require(not remembered or got == NEW[name], "b.csv is remembered, its rows are not there")

    def deliveries(self, conf):
        for name in ("orders.csv", "channel_daily.csv"):
            require(self.delivered(name) in (self.before[name], self.after[conf][name]), name + " is neither old nor new")

    def check(self, conf):
        """After a fault; then the next run, without help."""
        self.whole(self.path("state", "store.db"), "store")
        self.whole(self.path("out", "bi.db"), "bi.db")
        self.windows(conf)
        self.deliveries(conf)
        result = self.run("sync", conf)
        require(result.code == 0, "the next run fails: %s" % (result.out + result.err)[-2000:])
        seen = self.look()
        for what, rows in self.after[conf].items():
            require(seen[what] == rows, "after the next run %s differs from a clean run's:\n%s\n%s" % (what, seen[what], rows))
        with self.store() as db:
            running = db.execute("SELECT count(*) FROM runs WHERE outcome = 'running'").fetchone()[0]
        db.close()
        require(running == 0, "runs are left as running")
        left = [name for name in os.listdir(self.path("out")) if name.endswith(".tmp")] + \
               [name for name in os.listdir(self.path("state")) if not re.fullmatch(r"store\.db(-wal|-shm)?|hub\.lock", name)]
        require(not left, "left behind: %s" % left)
