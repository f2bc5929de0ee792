# SPDX-License-Identifier: Apache-2.0
"""One driver for all cases of bad input and faults: what is said, what the ledger says, what is stored, and that the next
run needs no help.

A case is named after its number in docs/faults.md. It plays a script of replies to a real `omnihub pull` over a store that
already holds rows. Cases run side by side on a few benches; each bench is one store and one server.
"""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import queue
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import omni  # noqa: E402
import rawserver  # noqa: E402
import tap  # noqa: E402
from rawserver import answer  # noqa: E402

DAY = "2026-11-20"
BENCHES = 4
FIELDS = [{"path": "$.date", "column": "date"}, {"path": "$.ad", "column": "ad_id"}, {"path": "$.name", "column": "ad_name"},
          {"path": "$.cost", "column": "cost"}, {"path": "$.clicks", "column": "clicks"}]
STREAM = {"name": "ads", "dataset": "ads_daily", "url": "/ads?from={from}&to={to}", "records": "$.ads[*]",
          "constants": {"level": "ad"}, "fields": FIELDS}
QUICK = {"max_attempts": 2, "stall_timeout": "3s", "connect_timeout": "30s", "request_timeout": "60s", "max_wait": "1s",
         "max_body_mb": 2}
LEDGER = ("runs", "run_hosts", "run_signals", "rejects", "notices", "meta", "sqlite_sequence")  # what a failed run may change


def conf(value):
    """A Python value as libconfig writes it."""
    if isinstance(value, dict):
        return "{ %s}" % "".join("%s = %s; " % (name, conf(item)) for name, item in value.items() if item is not None)
    if isinstance(value, (list, tuple)):
        return "( %s )" % ", ".join(conf(item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def row(ad="1", name='"n"', cost="1", clicks="1", date='"%s"' % DAY):
    """One record as JSON text; the values are written as they are given."""
    return '{"date":%s,"ad":%s,"name":%s,"cost":%s,"clicks":%s}' % (date, ad if ad[0] in '"-[{' else '"%s"' % ad, name, cost, clicks)


def page(*rows, more=""):
    return '{"ads":[%s]%s}' % (",".join(rows), more)


class Checks:
    """TAP lines of one case, printed when it is its turn."""

    def __init__(self, title):
        self.title, self.lines = title, []

    def ok(self, condition, name, note=""):
        self.lines.append((bool(condition), "%s: %s" % (self.title, name), "" if condition else note))

    def is_(self, got, wanted, name):
        self.ok(got == wanted, name, "got:    %r\nwanted: %r" % (got, wanted))

    def has(self, text, part, name):
        self.ok(part in text, name, "%r is not in %r" % (part, text))


class Bench:
    """One store with rows in it, one server, one connector "shop" that is well unless a case changes that."""

    def __init__(self, server=None):
        self.lab, self.version = omni.Lab(), 0
        self.server = server or rawserver.RawServer()
        self.state = self.lab.path("state")

    def settings(self, case):
        """The whole configuration as a tree; a case may add to every level of it."""
        stream = dict(STREAM, **case.get("stream", {}))
        options = dict({"api_url": self.server.url(), "zone": "UTC", "currency": "EUR", "streams": [stream]}, **case.get("options", {}))
        connector = dict({"name": "shop", "plugin": omni.plugin_path("rest", "file"), "options": options}, **case.get("connector", {}))
        hub = {"state_dir": self.state, "reserve_mb": 0, "accept_file_system": True, "schema_dir": os.path.join(omni.SOURCE, "conf", "schema"),
               "http": dict(QUICK, **case.get("http", {}))}
        return {"hub": dict(hub, **case.get("hub", {})), "connectors": [connector] + case.get("connectors", [])}

    def configure(self, case):
        text = "".join("%s = %s;\n" % (name, conf(value)) for name, value in self.settings(case).items())
        self.lab.write("omnihub.conf", text, 0o600)

    def pull(self, *more, **how):
        return self.lab.omnihub("pull", "--json", "--from", DAY, "--to", DAY, *more, **how)

    def query(self, sql):
        with contextlib.closing(sqlite3.connect("file:%s/store.db?mode=ro" % self.state, uri=True)) as db:
            return db.execute(sql).fetchall()

    def rows(self):
        return self.query("SELECT ad_id, ad_name, cost, clicks FROM d_ads_daily ORDER BY ad_id")

    def last_run(self):
        return self.query("SELECT outcome, ifnull(reason, ''), ifnull(message, ''), ifnull(remedy, '') FROM runs"
                          " WHERE connector = 'shop' ORDER BY id DESC LIMIT 1")[0]

    def digest(self, keeps_state=False):
        """Of everything but the ledger; keeps_state: what a source remembered by itself is left out."""
        names = [name for name, in self.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        content = [(name, self.query('SELECT * FROM "%s"' % name)) for name in names if name not in LEDGER + ("state", "feeds")]
        content.append(self.query("SELECT * FROM feeds WHERE rows > 0"))
        content.append(self.query("SELECT * FROM state" + (" WHERE key NOT LIKE 'plugin.%'" if keeps_state else "")))
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def play(self, script):
        """The server's orders; texts are bodies, a function makes the script for this bench."""
        script = script(self) if callable(script) else script
        script = [deed if callable(deed) else answer(deed) for deed in script]
        self.server.healthy = script[-1]
        self.server.play(*script)

    def make_well(self):
        """The next run without help, after any wait; its rows differ from all before. Returns the result and the rows that must
        be there."""
        self.lab.wait_is_over()
        self.version += 1
        self.configure({})
        self.be_well(["%d.10" % self.version] * 3)
        wanted = [(str(n), "n", self.version * 1000000 + 100000, n) for n in (1, 2, 3)]
        return self.pull(), wanted

    def be_well(self, costs):
        self.play([page(*[row(str(n), cost=cost, clicks=str(n)) for n, cost in enumerate(costs, 1)])])

    def close(self):
        self.server.close()
        self.lab.close()


def case(number, name, script, outcome="failed", reason="data", says=(), **how):
    """A row of a table. script: deeds of rawserver, or texts, which are the body of a good reply. says: parts of the message.
    Further: requests (how many were sent), stores (rows that are there afterwards), and additions to the configuration
    (hub, http, connector, options, stream); check: a function of (bench, result, checks)."""
    says = (says,) if isinstance(says, str) else says
    return dict(how, number=number, name=name, script=script, outcome=outcome, reason=reason, says=says)


def judge(bench, what, result, checks):
    """What was said, and what the ledger says."""
    results = [r for r in result.json()["results"] if r.get("connector") == "shop"] if result.out else []
    found = results[0] if results else {}
    message = found.get("message", "")
    checks.is_((result.code, found.get("outcome"), found.get("reason", "")),
               (0 if what["outcome"] == "ok" else 1, what["outcome"], what["reason"]), "outcome")
    if not found or (found.get("outcome"), found.get("reason", "")) != (what["outcome"], what["reason"]):
        checks.ok(False, "what was said", result.err + result.out)
    for part in what["says"]:
        checks.has(message, part, "says " + part)
    ledger = bench.last_run()
    checks.is_(ledger[:3], (what["outcome"], what["reason"], message), "the ledger says the same")
    checks.is_(bool(ledger[3]), what["outcome"] != "ok", "with a remedy where one is needed")
    if "requests" in what:
        checks.is_(len(bench.server.requests), what["requests"], "requests")


def run_case(bench, what):
    checks = Checks("%s %s" % (what["number"], what["name"]))
    if not os.path.exists(bench.state):
        first, _ = bench.make_well()
        if first.code != 0:
            raise RuntimeError("a healthy pull fails: " + first.err)
    keeps_state = what.get("keeps_state", False)
    before = bench.digest(keeps_state)
    bench.configure(what)
    bench.play(what["script"])
    result = bench.pull(*what.get("arguments", ()), env=what.get("env"))
    judge(bench, what, result, checks)
    if what["outcome"] == "ok":
        if "stores" in what:
            checks.is_(bench.rows(), what["stores"], "stored")
    else:
        checks.is_(bench.digest(keeps_state), before, "data and state are as before")
    if "check" in what:
        what["check"](bench, result, checks)
    after, wanted = bench.make_well()
    checks.is_((after.code, bench.rows()), (0, wanted), "the next run is well without help")
    return checks


def run(cases, make=Bench, benches=BENCHES):
    """All of them, side by side; ends the program."""
    pool = queue.Queue()
    for _ in range(min(benches, len(cases))):
        pool.put(make())

    def one(what):
        bench = pool.get()
        try:
            return run_case(bench, what)
        finally:
            pool.put(bench)

    wanted = sys.argv[1:]
    cases = [what for what in cases if not wanted or what["number"] in wanted]
    with concurrent.futures.ThreadPoolExecutor(benches) as executor:
        for what, done in [(what, executor.submit(one, what)) for what in cases]:
            try:
                report(done.result())
            except Exception as died:  # one case that breaks the driver must not hide the others
                tap.ok(False, "%s %s dies: %r" % (what["number"], what["name"], died))
    while not pool.empty():
        pool.get().close()
    tap.done()


def report(checks):
    for good, name, note in checks.lines:
        if not tap.ok(good, name) and note:
            tap.note(note)
