# SPDX-License-Identifier: Apache-2.0
"""A hub for one test: a configuration written from Python values, the built programs run on it, its store looked into."""

import datetime
import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import omni  # noqa: E402
import tap  # noqa: E402

SCHEMA = os.path.join(omni.SOURCE, "conf", "schema")
WAIT_SECONDS = 60  # until something is seen that must come; never how long a test takes
FAMILIES = {"google_analytics": "analytics", "meta_ads": "ads", "file": "file", "rest": "file", "csv": "sinks",
            "jsonl": "sinks", "sqlite": "sinks"}
# Days are relative to the platforms' today, which the hub's clock has to share.
TODAY = datetime.datetime.now(datetime.timezone.utc).date()
META_TOKEN = "EAAB-stand-in-token"
# What a dataset holds, without when and by which run a row was written.
BOOKKEEPING = ("_run", "_at")


def ago(days):
    return TODAY - datetime.timedelta(days)


def quoted(text):
    """A text of libconfig."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t") + '"'


def written(value):
    """A Python value as libconfig writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "%dL" % value if abs(value) > 2**31 - 1 else str(value)
    if isinstance(value, dict):
        return "{ %s }" % " ".join("%s = %s;" % (name, written(v)) for name, v in value.items())
    if isinstance(value, (list, tuple)):
        return "( %s )" % ", ".join(written(v) for v in value)
    return quoted(str(value))


def plugin(name):
    """The path of a built plugin; the whole test is skipped where it was not built."""
    path = omni.plugin_path(name, FAMILIES[name])
    if not path:
        tap.skip_all("plugin %s is not built" % name)
    return path


def test_plugin(name):
    """A plugin that is only for tests."""
    for folder in ("tests/e2e", "tests/hostile", "tests/unit/plugin"):
        path = os.path.join(omni.BUILD, folder, ".libs", name + ".so")
        if os.path.exists(path):
            return path
    raise RuntimeError("no test plugin %s" % name)


def connector(name, source, options, **more):
    return dict({"name": name, "plugin": plugin(source) if source in FAMILIES else source, "options": options}, **more)


def sink(name, kind, datasets, options):
    return {"name": name, "plugin": plugin(kind), "datasets": datasets, "options": options}


class Hub(omni.Lab):
    """hub.run("pull") runs omnihub; hub.rows("SELECT …") asks through `omnihub query`."""

    def configure(self, *connectors, sinks=(), datasets=(), **hub):
        # Without a reserve: tests make many states.
        settings = dict({"state_dir": self.path("state"), "schema_dir": SCHEMA, "currency": "EUR", "reserve_mb": 0,
                         "accept_file_system": True}, **hub)
        lists = [(name, items) for name, items in (("connectors", connectors), ("datasets", datasets), ("sinks", sinks)) if items]
        text = "hub: %s;\n" % written(settings)
        for name, items in lists:
            text += "%s = (\n%s\n);\n" % (name, ",\n".join("  " + written(item) for item in items))
        return self.write("omnihub.conf", text, 0o600)

    def run(self, *arguments, **more):
        return self.omnihub(*arguments, **more)

    def start(self, *arguments, env=None, **more):
        """omnihub in the background; the caller ends it."""
        where = dict({n: v for n, v in os.environ.items() if not n.startswith("OMNIHUB_")}, **(env or {}))
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [os.path.join(omni.BUILD, "omnihub"), "-c", self.path("omnihub.conf")] + [str(a) for a in arguments]
        return subprocess.Popen(command, env=where, text=True, **dict(pipes, **more))

    def pull(self, *arguments, **more):
        """Pulls; {(connector, account, stream): result} and the exit code."""
        return self.results("pull", *arguments, **more)

    def results(self, *arguments, **more):
        done = self.run(*arguments, "--json", **more)
        try:
            results = done.json()["results"]
        except (ValueError, KeyError):
            tap.note("exit %d\n%s\n%s" % (done.code, done.out, done.err))
            raise
        by_name = {(r.get("connector") or r.get("sink") or "combine", r.get("account", ""), r.get("stream", r.get("dataset", ""))): r
                   for r in results}
        return by_name, done.code

    def rows(self, sql):
        done = self.run("query", sql, "--format", "json")
        if done.code != 0:
            raise RuntimeError("%s: %s" % (sql, done.err))
        return done.json()

    def row(self, sql):
        """The only row, as a tuple."""
        rows = self.rows(sql)
        if len(rows) != 1:
            raise RuntimeError("%s gave %d rows" % (sql, len(rows)))
        return tuple(rows[0].values())

    def value(self, sql):
        return self.row(sql)[0]

    def ledger(self, *arguments):
        return self.run("runs", "--json", "--last", "0", *arguments).json()

    def store(self):
        """The file itself, read-only, for what no command shows."""
        return sqlite3.connect("file:%s?mode=ro" % self.path("state", "store.db"), uri=True)

    def dump(self, with_bookkeeping=True):
        """{table: digest of its bytes} of every dataset, of change marks and of what was restated."""
        with self.store() as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'd\\_%' "
                                                     "ESCAPE '\\' OR name LIKE 'c\\_%' ESCAPE '\\') ORDER BY 1")]
            found = {}
            for table in tables + ["changes", "restatements"]:
                columns = [c[1] for c in db.execute('PRAGMA table_info("%s")' % table)
                           if with_bookkeeping or c[1] not in BOOKKEEPING]
                rows = sorted(repr(row) for row in db.execute('SELECT %s FROM "%s"' % (", ".join('"%s"' % c for c in columns), table)))
                found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
        db.close()
        return found

    def check_whole(self, name):
        """The store is a whole database, nothing says that it is running, and no half file lies about."""
        with self.store() as db:
            tap.is_(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], name + ": the store is whole")
            tap.is_(db.execute("SELECT count(*) FROM runs WHERE outcome = 'running'").fetchone()[0], 0,
                    name + ": no run is left running")
            odd = db.execute("SELECT f.connector, f.stream, f.rows, d.n FROM feeds f JOIN (SELECT feed, sum(n) AS n FROM feed_days"
                             " WHERE metric = '' GROUP BY feed) d ON d.feed = f.id WHERE d.n <> f.rows").fetchall()
            tap.is_(odd, [], name + ": the days of a feed have as many rows as the feed")
        db.close()
        tap.is_(self.leftovers(), [], name + ": no file is left over")

    def leftovers(self):
        """Files of the state folder that a finished program must not leave."""
        known = {"store.db", "store.db-wal", "store.db-shm", "hub.lock", "reserve", "vault", "quota", "locks", "control", "audit.jsonl"}
        return sorted(set(os.listdir(self.path("state"))) - known)



# ---- processes ----

def children(pid):
    """Every process below this one: [(pid, program)]."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry, encoding="ascii", errors="replace") as f:
                    name, _, rest = f.read().partition("(")[2].rpartition(")")
                parents.setdefault(int(rest.split()[1]), []).append((int(entry), name))
            except OSError:
                pass
    found, todo = [], [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += [child for child, _ in below]
    return found


def child(pid, program):
    """The process of this program below pid, once there is one."""
    def look():
        found = [number for number, name in children(pid) if program.startswith(name.removeprefix("lt-"))]
        return found[0] if found else None
    return wait_for(look, "a process of " + program)


def wait_for(look, what):
    """Until look() gives something."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise RuntimeError("waited in vain for " + what)


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_hard(pid):
    os.kill(pid, signal.SIGKILL)


class Manager:
    """The service manager's end of sd_notify(3); give its path to the program as NOTIFY_SOCKET."""

    def __init__(self, lab):
        self.path, self.seen = lab.path("notify"), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.seen += self.socket.recv(4096).decode().splitlines()

    def hears(self, line):
        return wait_for(lambda: line in self.seen, line)


# ---- connectors that most tests use ----

def meta(stand_in, lab, name="ads", account="act_1001", **more):
    more.setdefault("streams", ["ad_insights"])
    lab.write("meta-token", META_TOKEN + "\n", 0o600)
    options = dict({"access_token": "file:meta-token", "api_url": stand_in.url("meta")}, **more.pop("options", {}))
    if account:
        options["account_id"] = account
    return connector(name, "meta_ads", options, **more)


def ga4(stand_in, lab, name="web", prop="313131313", **more):
    more.setdefault("streams", ["traffic_daily"])
    import json
    lab.write("ga-key.json", json.dumps(stand_in.key_file()), 0o600)
    options = dict({"property_id": prop, "credentials": "file:ga-key.json", "api_url": stand_in.url("ga4")},
                   **more.pop("options", {}))
    return connector(name, "google_analytics", options, **more)


def days(first, last):
    """--from and --to."""
    return ["--from", first.isoformat(), "--to", last.isoformat()]
