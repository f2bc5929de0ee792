# SPDX-License-Identifier: Apache-2.0
"""The crash sweep's laboratory: a hub whose programs are started through strace, states to begin from, and what must hold after
a fault: the store whole, each window old or new, deliveries old or new, and the next run right without help."""

import collections
import csv
import http.server
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.environ["OMNI_SRCDIR"], "tests", "lib"))
import omni  # noqa: E402

DAY_BEFORE, NOW = "2026-01-31T10:00:00Z", "2026-02-01T10:00:00Z"
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "ftruncate", "sendto", "sendmsg")
# KILL: the process is killed at the call. ENOSPC, EDQUOT: the disk, or the user's share of it, is full from that call on. EIO: that one
# call fails.
FAULTS = {"KILL": "signal=KILL:when=%d", "ENOSPC": "error=ENOSPC:when=%d+", "EDQUOT": "error=EDQUOT:when=%d+", "EIO": "error=EIO:when=%d"}
OLD = {"a.csv": ["a1,2026-01-01,1.50", "a2,2026-01-02,2.50", "a3,2026-01-02,4.00"]}
NEW = {"a.csv": ["a1,2026-01-01,1.75", "a3,2026-01-03,4.00", "a4,2026-01-04,8.00"], "b.csv": ["b1,2026-01-02,16.00", "b2,2026-01-05,32.00"]}
# The shop's orders come over HTTP, a day a window: while one is pulled, a second thread stores the one before.
SHOP_OLD = ["s1,2026-01-30,1.00", "s2,2026-01-31,2.00"]
SHOP_NEW = ["s1,2026-01-30,1.25", "s3,2026-01-31,2.50", "s4,2026-02-01,8.00"]
CONF = """hub: { state_dir = "state"; schema_dir = "%(schema)s"; currency = "EUR"; };
connectors = ( %(connector)s );
sinks = ( { name = "files"; plugin = "%(csv)s"; datasets = ("orders", "channel_daily"); options = { directory = "%(out)s"; }; },
  { name = "bi"; plugin = "%(sqlite)s"; datasets = ("orders", "channel_daily"); options = { path = "%(out)s/bi.db"; }; } );
"""
TILL = """{ name = "till"; plugin = "%(file)s"; options = { path = "%(till)s/*.csv"; dataset = "orders";
    constants = { currency = "EUR"; }; map = { order_id = "no"; date = "day"; net = "total"; }; }; }"""
SHOP = """{ name = "shop"; plugin = "%(rest)s"; start = "2026-01-30"; options = { api_url = "%(shop)s";
    streams = ( { name = "orders"; dataset = "orders"; settle_days = 2; max_window_days = 1; url = "/orders?from={from}&to={to}";
      constants = { currency = "EUR"; }; fields = ( { path = "$.no"; column = "order_id"; }, { path = "$.day"; column = "date"; },
        { path = "$.total"; column = "net"; } ); } ); }; }"""
# A job that is itself, except in the verb that is meant: then strace or a preloaded library is put before it.
JOB = """#!/bin/sh
if [ '%(verb)s' = '*' ] || grep -q '"verb": *"%(verb)s"' /proc/self/fd/3; then exec %(prefix)s %(program)s "$@"; fi
exec %(program)s "$@"
"""
PLUGIN = '#!/bin/sh\nexec %(prefix)s %(program)s "$@"\n'


# tests/fault/starve.c's struct page: places that allocated, the one that fails, how often it did.
STARVE = struct.Struct("QQQ")


def work_in_memory():
    """Where that is possible: what is looked at is the order of calls, not the disk."""
    if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) and "TMPDIR" not in os.environ:
        tempfile.tempdir = "/dev/shm"


def preload(name):
    """A library of this folder that programs are started with."""
    return os.path.join(omni.BUILD, "tests", "fault", ".libs", name + ".so")


class Broken(Exception):
    """An invariant does not hold."""


def require(condition, text):
    if not condition:
        raise Broken(text)


def part_of(line):
    """What is replaced as a whole: a file of the till, a day of the shop."""
    order, day, _ = line.split(",")
    return day if order[0] == "s" else order[0] + ".csv"


def parts_of(lines):
    parts = collections.defaultdict(list)
    for line in lines:
        parts[part_of(line)].append(line)
    return parts


class Shop(http.server.ThreadingHTTPServer):
    """Answers with its orders of the days asked for."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            first, last = asked["from"][0], asked["to"][0]
            rows = [dict(zip(("no", "day", "total"), line.split(","))) for line in self.server.orders]
            body = json.dumps([row for row in rows if first <= row["day"] <= last]).encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.orders = SHOP_OLD
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # the other side was killed: what this is about

    def close(self):
        self.shutdown()
        self.server_close()


class SweepLab(omni.Lab):
    def __init__(self, careless=None):
        work_in_memory()
        super().__init__()
        self.careless = careless
        os.makedirs(self.path("programs", "inner"))
        self.shop = Shop()
        shutil.copy(os.path.join(omni.BUILD, "omnihub"), self.path("programs"))
        shutil.copy(os.path.join(omni.BUILD, "omnihub-job"), self.path("programs", "inner"))
        self.schema(self.path("schema2"))
        values = {"till": self.path("till"), "out": self.path("out"), "shop": self.shop.url,
                  "schema": os.path.join(omni.SOURCE, "conf", "schema")}
        for name, family in (("file", "file"), ("rest", "file"), ("csv", "sinks"), ("sqlite", "sinks")):
            values[name] = omni.plugin_path(name, family)
        self.write("omnihub.conf", CONF % dict(values, connector=TILL % values))
        self.write("wider.conf", CONF % dict(values, connector=TILL % values, schema=self.path("schema2")))
        self.write("windows.conf", CONF % dict(values, connector=SHOP % values))
        self.before, self.after, self.parts, self.hits = {}, {}, {}, 0
        self.prepare_till()
        self.prepare_shop()

    def close(self):
        self.shop.close()
        super().close()

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

    def place(self, prefixes, verb="*"):
        """Puts words before programs, before a job only for one verb. omnihub finds jobs, and a job its plugin process, beside itself."""
        # What comes before a fault and after it is done by careful programs.
        careless = "env LD_PRELOAD=%s CARELESS=%s " % self.careless if self.careless and prefixes else ""
        job = {"verb": "*" if careless else verb, "program": self.path("programs", "inner", "omnihub-job"),
               "prefix": careless + prefixes.get("omnihub-job", "")}
        plugin = {"program": os.path.join(omni.BUILD, "omnihub-plugin"), "prefix": prefixes.get("omnihub-plugin", "")}
        self.write("programs/omnihub-job", JOB % job, 0o755)
        self.write("programs/inner/omnihub-plugin", PLUGIN % plugin, 0o755)

    def run(self, command, conf="omnihub.conf", prefixes=None, verb="*", now=NOW):
        prefixes = prefixes or {}
        self.place(prefixes, verb)
        done = subprocess.run(prefixes.get("omnihub", "").split() + [self.path("programs", "omnihub"), "-c", self.path(conf), "-q"] + command.split(),
                              env=dict(os.environ, OMNIHUB_NOW=now), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=omni.RUN_SECONDS, check=False)
        return omni.Result(done)

    def starve(self, victim):
        """The prefix for a program in which the nth place that allocates gets nothing; 0: each does."""
        with open(self.path("starve"), "wb") as file:
            file.write(STARVE.pack(0, victim, 0))
        return "env LD_PRELOAD=%s STARVE=%s" % (preload("starve"), self.path("starve"))

    def starved(self):
        """Places that allocated, how often one failed."""
        with open(self.path("starve"), "rb") as file:
            count, _, hits = STARVE.unpack(file.read())
        return count, hits

    # ---- states

    def save(self, name):
        for part in ("state", "out"):
            shutil.copytree(self.path(part), self.path("saved", name, part))

    def restore(self, name):
        """None: nothing has ever been pulled."""
        for part in ("state", "out"):
            shutil.rmtree(self.path(part), ignore_errors=True)
            if name:
                shutil.copytree(self.path("saved", name, part), self.path(part))
            else:
                os.makedirs(self.path(part))

    def step(self, command, conf="omnihub.conf", now=NOW):
        result = self.run(command, conf, now=now)
        require(result.code == 0, "%s without a fault: exit code %d: %s" % (command, result.code, result.out + result.err))

    def prepare_till(self):
        """old: synced; then the till's files changed; pulled: not yet delivered. What a clean run makes of each is kept."""
        self.restore(None)
        self.fill(OLD)
        self.step("sync")
        self.save("old")
        self.before["omnihub.conf"] = self.before["wider.conf"] = self.look()
        self.fill(NEW)
        self.step("pull")
        self.save("pulled")
        self.step("push")
        self.after["omnihub.conf"] = self.look()
        self.restore("old")
        self.step("sync", "wider.conf")
        self.after["wider.conf"] = self.look()
        self.parts["omnihub.conf"] = self.parts["wider.conf"] = [parts_of(sum(files.values(), [])) for files in (OLD, NEW)]

    def prepare_shop(self):
        """shop: synced the day before; then two days were restated and one is new."""
        self.restore(None)
        self.step("sync", "windows.conf", DAY_BEFORE)
        self.save("shop")
        self.before["windows.conf"] = self.look()
        self.shop.orders = SHOP_NEW
        self.step("sync", "windows.conf")
        self.after["windows.conf"] = self.look()
        self.parts["windows.conf"] = [parts_of(lines) for lines in (SHOP_OLD, SHOP_NEW)]

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
            state = dict(db.execute("SELECT key, value FROM state"))
        db.close()
        got = parts_of("%s,%s,%d.%02d" % (order, day, net // 1000000, net % 1000000 // 10000) for order, day, net in rows)
        old, new = self.parts[conf]
        for part in set(old) | set(new) | set(got):
            require(got[part] in (old[part], new[part]), "%s is neither old nor new: %s" % (part, got[part]))
            is_remembered = state.get("hub.window_to", "") >= part or any(part in key for key in state)
            require(part in old or not is_remembered or got[part], "%s is remembered, its rows are not there" % part)

    def deliveries(self, conf):
        for name in ("orders.csv", "channel_daily.csv"):
            require(self.delivered(name) in (self.before[conf][name], self.after[conf][name]), name + " is neither old nor new")

    def ended(self, result):
        """omnihub lived: it says how it went, and the ledger says the same."""
        require(result.code in (0, 1, 3), "exit code %d: %s" % (result.code, result.out + result.err))
        require(result.code == 0 or result.out or result.err, "exit code %d without a word" % result.code)
        require(self.running() == 0, "runs are left as running")

    def running(self):
        with self.store() as db:
            running = db.execute("SELECT count(*) FROM runs WHERE outcome = 'running'").fetchone()[0]
        db.close()
        return running

    def check(self, conf, result=None):
        """After a fault, with how omnihub ended where it was not hit itself; then the next run, without help."""
        if result:
            self.ended(result)
        self.whole(self.path("state", "store.db"), "store")
        self.whole(self.path("out", "bi.db"), "bi.db")
        self.windows(conf)
        self.deliveries(conf)
        result = self.run("sync", conf)
        require(result.code == 0, "the next run fails: %s" % (result.out + result.err)[-2000:])
        seen = self.look()
        for what, rows in self.after[conf].items():
            require(seen[what] == rows, "after the next run %s differs from a clean run's:\n%s\n%s" % (what, seen[what], rows))
        require(self.running() == 0, "runs are left as running")
        left = [name for name in os.listdir(self.path("out")) if name.endswith(".tmp")] + \
               [name for name in os.listdir(self.path("state")) if not re.fullmatch(r"store\.db(-wal|-shm)?|hub\.lock|audit\.jsonl", name)]
        require(not left, "left behind: %s" % left)
