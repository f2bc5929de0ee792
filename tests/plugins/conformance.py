# SPDX-License-Identifier: Apache-2.0
"""What every source plugin has to survive: one list of cases, run through the real programs against the plugin's stand-in.

A test describes its plugin as data, a Subject for each stream, and calls conform(stand_in, subject). Each case puts a fault
into the stand-in, pulls, looks at outcome and store, then takes the fault away and pulls again: the store must then hold
what the platform has, to the last digit. Cases that a subject gives no data for (it has no pages, say) are left out.

    SUBJECT = conformance.Subject(
        plugin="meta_ads", family="ads", platform="meta", stream="ad_insights", dataset="ads_daily", account="act_1001",
        options=lambda bench: {"account_id": "act_1001", "access_token": bench.secret("EAAB-stand-in-token")},
        counts={"impressions": "impressions"}, exact={"cost": "spend"},
        data="/insights", records="data", field="campaign_id", number="impressions", pages={"page_size": 7})
"""

import datetime
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import omni  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)
NOW = {"OMNIHUB_NOW": "2026-11-20T20:00:00Z"}
CONF = """hub: { state_dir = "%s"; schema_dir = "%s"; timezone = "UTC"; };
connectors = ( { name = "it"; plugin = "%s"; streams = ("%s"); options = { %s }; } );
"""


def ago(days):
    return TODAY - datetime.timedelta(days)


# A page that comes again is noticed by its first row, or by the plugin's own page loop.
CIRCLES = ("again and again", "circle")


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
        given = dict(self.subject.options(self), api_url=self.stand_in.url(self.subject.platform))
        given.update(more)
        text = " ".join("%s = %s;" % (name, literal(value)) for name, value in given.items() if value is not None)
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

    def requests(self):
        return [entry for entry in self.stand_in.log() if self.subject.data in entry["path"]]

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


def literal(value):
    """A value in libconfig's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "(%s)" % ", ".join(literal(item) for item in value)
    return json.dumps(str(value))


# ---- the cases: pages

def first_pull(b):
    b.good("first pull")
    tap.ok(int(b.sums()["rows"]) > 0, "first pull: there are rows")


def same_window_twice(b):
    before = b.fingerprint()
    again = b.good("same window twice")
    tap.is_(b.fingerprint(), before, "same window twice: not a byte changes")
    tap.is_((again["inserted"], again["changed"], again["removed"]), (0, 0, 0), "same window twice: nothing is written")


def several_pages(b):
    if b.subject.pages:
        b.stand_in.control(clear=True)
        b.configure(**b.subject.pages)
        b.good("several pages")
        tap.ok(len(b.requests()) > 1, "several pages: more than one request")


def empty_page(b):
    if b.subject.windowed:
        future = TODAY + datetime.timedelta(3)
        result = b.pull(future, future)
        tap.is_((result["outcome"], result.get("read")), ("ok", 0), "a day without rows is none with an error")


def short_page(b):
    if b.subject.short:
        b.configure(**(b.subject.pages or {}))
        b.stand_in.control(**b.subject.short)
        b.good("pages shorter than asked for")


def repeated_page(b):
    if b.subject.pages and b.subject.circle:
        b.configure(**b.subject.pages)
        b.fault("same_reply", times=99)
        b.bad("the same page again and again", says=CIRCLES + (b.subject.circle,))


# ---- passing faults, quota and login

def throttled(b):
    b.fault("status", **b.subject.throttled)
    b.good("too many requests, no word how long")
    b.fault("status", retry_after=1, **b.subject.throttled)
    b.good("too many requests, wait a second")
    b.fault("status", retry_after=3000, times=9, **b.subject.throttled)
    b.bad("too many requests, wait for long", "parked", "throttled")


def passing_faults(b):
    for kind, more, name in (("status", {"code": 503}, "HTTP 503"), ("reset", {}, "a cut connection"),
                             ("truncate", {}, "half a reply")):
        b.fault(kind, **more)
        b.good("once " + name)


def not_the_platform(b):
    b.fault("html", times=99)
    b.bad("a login page in the way", says="HTML")


def login_dies(b):
    b.configure(**(b.subject.pages or {}))
    b.fault("status", code=401, after=1 if b.subject.pages else 0)
    if b.subject.renews:
        b.good("the login dies between pages, and is renewed")
    else:
        b.bad("the login dies between pages", reason="auth")
    b.stand_in.control(clear=True)
    b.fault("status", code=401, times=99)
    b.bad("the login is dead", reason="auth")


def login_is_checked(b):
    tap.is_(b.check()["outcome"], "ok", "check --connect proves the login")
    b.stand_in.control(fault={"platform": b.subject.platform, "kind": "status", "code": 401, "times": 99})
    tap.is_(b.check()["outcome"], "failed", "check --connect sees a dead login")


# ---- changed replies

def unknown_member(b):
    b.fault("unknown_member", times=99)
    b.good("members that nobody knew")


def missing_member(b):
    if b.subject.field:
        b.fault("missing_member", field=b.subject.field, times=99)
        b.bad("%s is gone" % b.subject.field)


def wrong_type(b):
    for value in ({"was": 1}, "many"):
        if b.subject.number:
            b.stand_in.control(clear=True)
            b.fault("wrong_type", field=b.subject.number, value=value, times=99)
            b.bad("%s is %s" % (b.subject.number, json.dumps(value)), reason="data")


def no_rows_any_more(b):
    b.fault("no_records", times=99)
    b.bad("no rows where there were rows", b.subject.emptied)


# ---- days and stopping

def window_split(b):
    if b.subject.windowed:
        first, last = ago(b.subject.long[0]), ago(b.subject.long[1])
        result = b.good("a long range", first, last)
        tap.ok(result.get("windows", 0) > 1, "a long range: several windows")


def cancelled(b):
    before = b.fingerprint()
    b.stand_in.control(clear=True, knobs={b.subject.platform: {"stall_s": 20}})
    b.fault("stall")
    program = [os.path.join(omni.BUILD, "omnihub"), "-c", b.lab.path("omnihub.conf")] + [str(a) for a in b.pull_command()]
    job = subprocess.Popen(program, env=dict(os.environ, **NOW), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(500):
        if b.requests():
            break
        time.sleep(0.02)
    job.send_signal(signal.SIGINT)
    tap.is_(job.wait(omni.STOP_SECONDS), 130, "stopped while it waits for a reply")
    tap.is_(b.fingerprint(), before, "stopped: the store is as it was")


def restated_days(b):
    if b.subject.restates:
        before = b.truth()
        b.stand_in.control(restate=3)
        tap.ok(b.truth() != before, "restated: the platform changes its past")
        result = b.good("restated")
        tap.ok(result.get("restated", 1) > 0 if b.subject.windowed else result["changed"] > 0, "restated: the change is noticed")


def sample(subject):
    """The configuration sample is right as it stands, and describe knows the stream."""
    with omni.Lab() as lab:
        with open(os.path.join(omni.SOURCE, "conf", "conf.d", subject.plugin + ".conf.sample"), encoding="utf-8") as file:
            text = file.read()
        for name in re.findall(r"file:/etc/omnihub/([\w.-]+)", text):
            lab.write(name, "secret of the sample", 0o600)
        lab.write("conf.d/sample.conf", text.replace("/etc/omnihub/", lab.folder + "/"))
        folder = os.path.dirname(omni.plugin_path(subject.plugin, subject.family) or tap.skip_all("not built"))
        lab.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; plugin_dirs = ("%s"); };'
                  % (os.path.join(omni.SOURCE, "conf", "schema"), folder))
        done = lab.omnihub("check")
        tap.is_(done.code, 0, "the configuration sample is right")
        if done.code:
            tap.note(done.out + done.err)
        tap.has(lab.omnihub("describe", subject.plugin).out, "Stream %s" % subject.stream, "describe knows the stream")


CASES = (first_pull, same_window_twice, several_pages, empty_page, short_page, repeated_page, throttled, passing_faults,
         not_the_platform, login_dies, login_is_checked, unknown_member, missing_member, wrong_type, no_rows_any_more, cancelled,
         restated_days)


def conform(stand_in, subject):
    """Runs every case; each starts with what the platform has in the store. The long range comes last, with a store of its own."""
    with Bench(stand_in, subject) as bench:
        for case in CASES + tuple(subject.more):
            bench.calm()
            case(bench)
    stand_in.control(clear=True)
    with Bench(stand_in, subject) as bench:
        window_split(bench)
