# SPDX-License-Identifier: Apache-2.0
"""A source plugin's stream as data (Subject), and its connector in a folder of its own beside the stand-in (Bench)."""

import datetime
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import omni  # noqa: E402
from hub import written  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)
NOW = {"OMNIHUB_NOW": "2026-11-20T20:00:00Z"}
CONF = """hub: { state_dir = "%s"; schema_dir = "%s"; timezone = "UTC"; http = { first_wait_ms = 5; }; };
connectors = ( { name = "it"; plugin = "%s"; streams = ("%s"); options = { %s }; } );
"""


def ago(days):
    return TODAY - datetime.timedelta(days)


class Subject:
    """A plugin's stream as the cases need to know it. counts and exact: column → member of the stand-in's /_truth sums."""

    def __init__(self, **facts):
        self.first, self.last = ago(9), ago(5)
        self.windowed = True      # pulled by --from and --to
        self.since = None         # of a stream by cursor: pulled anew from this day each time
        self.account = None       # of /_truth
        self.truth = {}           # further parameters of /_truth
        self.counts, self.exact = {}, {}
        self.data = "/"           # a part of the path of requests for rows, and of no others
        self.records = ""         # where records lie in such a reply, for spoil.py
        self.field = None         # a member that each record must have
        self.number = None        # a member that is a number
        self.pages = None         # options that make the replies come in pages
        self.short = None         # /_control order after which pages are shorter than asked for
        self.circle = "circle"    # said when the same page comes again; None: there are no pages
        self.renews = False       # the login can be renewed after a 401
        self.throttled = {"code": 429}  # how the platform says "too many requests", as a status fault
        self.emptied = "suspicious"  # "failed" where the platform says how many rows there are
        self.restates = True
        self.long = (40, 1)       # days ago: more than one window
        # {"knobs": of the stand-in, so that a report is ordered; "order", "poll": parts of the paths of those requests}
        self.report = None
        self.version = None       # {"options": …} or {"fault": …}: an api_version that is switched off
        self.scope = None         # {"knobs": of the stand-in, "says": the scope that the login then lacks}
        # {"knobs": a stand-in that lies about its totals, "column": the one that differs, "option": that turns it off}
        self.totals = None
        self.kit = False          # a recording of it holds before the conformance kit of plugin authors (kit.py), too
        self.lacks = {}           # of these members, why there is none: {"pages": "a report comes whole"}
        self.more = ()            # further cases: functions of a bench
        self.__dict__.update(facts)


class Bench:
    """A subject's connector in a folder of its own, beside the stand-in."""

    def __init__(self, stand_in, subject):
        self.stand_in, self.subject = stand_in, subject
        self.lab = omni.Lab()
        self.path = omni.plugin_path(subject.plugin, subject.family)
        if not self.path:
            tap.skip_all("plugin %s is not built" % subject.plugin)
        self.secrets = 0
        self.configure()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lab.close()

    # ---- the connector

    def secret(self, text):
        """A file that only the hub may read, as an option's value."""
        self.secrets += 1
        return "file:" + self.lab.write("secret-%d" % self.secrets, text, 0o600)

    def configure(self, **more):
        """Writes the configuration anew; the options that it has are self.given."""
        given = dict(self.subject.options(self), api_url=self.stand_in.url(self.subject.platform))
        given.update(more)
        self.given = {name: value for name, value in given.items() if value is not None}
        text = " ".join("%s = %s;" % (name, written(value)) for name, value in self.given.items())
        self.lab.write("omnihub.conf", CONF % (self.lab.path("state"), os.path.join(omni.SOURCE, "conf", "schema"), self.path,
                                               self.subject.stream, text))

    def pull_command(self, first=None, last=None):
        days = ["--from", first or self.subject.first, "--to", last or self.subject.last] if self.subject.windowed else \
            ["--from", self.subject.since] if self.subject.since else []
        return ["pull", "it", "--json"] + days

    def pull(self, first=None, last=None):
        """The stream's result: outcome, reason, message, windows, inserted …"""
        done = self.lab.omnihub(*self.pull_command(first, last), env=NOW)
        results = done.json()["results"] if done.out.startswith("{") else []
        for result in results:
            if "stream" in result or result.get("outcome") != "ok":
                return dict(result, code=done.code, err=done.err)
        return {"outcome": "none", "message": done.err, "code": done.code}

    def check(self):
        done = self.lab.omnihub("check", "--connect", "--json", env=NOW)
        return (done.json().get("results") or [{"outcome": "none"}])[0]

    def query(self, sql):
        done = self.lab.omnihub("query", sql, "--format", "json", env=NOW)
        if done.code != 0:
            raise RuntimeError(done.err)
        return done.json()

    # ---- what is there and what should be

    def rows(self, columns="*", where="1"):
        s = self.subject
        return self.query("SELECT %s FROM %s WHERE stream = '%s' AND %s" % (columns, s.dataset, s.stream, where))

    def fingerprint(self):
        """Of the stream's rows, whatever their order."""
        rows = self.rows() if os.path.exists(self.lab.path("state")) else []
        lines = sorted(json.dumps(row, sort_keys=True) for row in rows)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def sums(self):
        s = self.subject
        asked = ["count(*) AS rows"] + ["sum(%s) AS %s" % (c, c) for c in s.counts] + ["dec(sum(%s)) AS %s" % (c, c) for c in s.exact]
        (row,) = self.rows(", ".join(asked))
        return {name: None if value is None else str(value) for name, value in row.items()}

    def truth(self, first=None, last=None):
        s = self.subject
        more = dict(s.truth, **({"account": s.account} if s.account else {}))
        truth = self.stand_in.truth(s.platform, first or s.first, last or s.last, **more)
        wanted = {column: str(truth["sums"][member]) for column, member in {**s.counts, **s.exact}.items()}
        return dict(wanted, rows=str(truth["rows"]))

    def requests(self, part=None, method=None):
        part = self.subject.data if part is None else part
        return [entry for entry in self.stand_in.log() if part in entry["path"] and method in (None, entry["method"])]

    def start(self):
        """A pull in a process group of its own."""
        program = [os.path.join(omni.BUILD, "omnihub"), "-c", self.lab.path("omnihub.conf")] + [str(a) for a in self.pull_command()]
        return subprocess.Popen(program, env=dict(os.environ, **NOW), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                start_new_session=True)

    def wait_for(self, part):
        """Until a request for it has come; whether it has."""
        until = time.monotonic() + omni.START_SECONDS
        while time.monotonic() < until:
            if self.requests(part):
                return True
            time.sleep(0.02)
        return False

    # ---- steps of the cases

    def calm(self):
        """No fault, and what the platform has is in the store."""
        self.stand_in.control(clear=True)
        self.configure()
        return self.pull()

    def fault(self, kind, **more):
        s = self.subject
        known = {"platform": s.platform, "path": s.data, "records": s.records, "kind": kind}
        self.stand_in.control(fault=dict(known, **more))

    def good(self, name, first=None, last=None):
        """A pull that has to be fine, and exact."""
        result = self.pull(first, last)
        if not tap.is_(result["outcome"], "ok", name):
            tap.note(result.get("message"))
        tap.is_(self.sums(), self.truth(first, last), name + ": exact sums")
        return result

    def bad(self, name, outcome="failed", reason=None, says=None):
        """A pull that has to end so, and to leave the store as it was."""
        before = self.fingerprint()
        result = self.pull()
        tap.is_(result["outcome"], outcome, name)
        if reason:
            tap.is_(result.get("reason"), reason, name + ": reason")
        if says:
            wanted, message = (says,) if isinstance(says, str) else says, result.get("message") or ""
            if not tap.ok(any(part in message for part in wanted), name + ": says why"):
                tap.note("%r has none of %r" % (message, wanted))
        tap.is_(self.fingerprint(), before, name + ": the store is as it was")
        return result


def opened(stand_in, subject, **more):
    """A bench with further options, beside a stand-in without faults."""
    stand_in.control(clear=True)
    bench = Bench(stand_in, subject)
    bench.configure(**more)
    return bench
