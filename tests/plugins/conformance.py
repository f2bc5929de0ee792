# SPDX-License-Identifier: Apache-2.0
"""What every source plugin has to survive: one list of cases, run through the real programs against the plugin's stand-in.

A test describes its plugin as data, a Subject for each stream, and calls conform(stand_in, subject). Each case puts a fault
into the stand-in, pulls, looks at outcome and store, then takes the fault away and pulls again: the store must then hold
what the platform has, to the last digit. A case that cannot apply (no pages, say) is skipped, and the subject says why.

    SUBJECT = conformance.Subject(
        plugin="meta_ads", family="ads", platform="meta", stream="ad_insights", dataset="ads_daily", account="act_1001",
        options=lambda bench: {"account_id": "act_1001", "access_token": bench.secret("EAAB-stand-in-token")},
        counts={"impressions": "impressions"}, exact={"cost": "spend"},
        data="/insights", records="data", field="campaign_id", number="impressions", pages={"page_size": 7})
"""

import json
import os
import re
import signal

from bench import NOW, TODAY, Bench, Subject, ago, opened, written  # noqa: F401
import kit
import omni
import tap

# A page that comes again is noticed by its first row, or by the plugin's own page loop.
CIRCLES = ("again and again", "circle")
# What a case needs of its subject; without it the case is skipped for the subject's reason, or for one of these.
REASONS = {"windowed": "not pulled by days"}


def needs(*members):
    """A case that is skipped where the subject lacks one of these members; one that does not say why fails."""
    def wrap(case):
        def run(b):
            for member in members:
                why = b.subject.lacks.get(member) or REASONS.get(member)
                if getattr(b.subject, member):
                    continue
                if why:
                    return tap.skip(case.__name__.replace("_", " "), why)
                return tap.ok(False, "%s: the subject has no %s, and its `lacks` does not say why" % (case.__name__, member))
            return case(b)
        run.__name__ = case.__name__
        return run
    return wrap


# ---- pages

def first_pull(b):
    b.good("first pull")
    tap.ok(int(b.sums()["rows"]) > 0, "first pull: there are rows")


def same_window_twice(b):
    before = b.fingerprint()
    again = b.good("same window twice")
    tap.is_(b.fingerprint(), before, "same window twice: not a byte changes")
    tap.is_((again["inserted"], again["changed"], again["removed"]), (0, 0, 0), "same window twice: nothing is written")


@needs("pages")
def several_pages(b):
    b.stand_in.control(clear=True)
    b.configure(**b.subject.pages)
    b.good("several pages")
    tap.ok(len(b.requests()) > 1, "several pages: more than one request")


@needs("windowed")
def empty_page(b):
    future = ago(-3)
    result = b.pull(future, future)
    tap.is_((result["outcome"], result.get("read")), ("ok", 0), "a day without rows is none with an error")


@needs("short")
def short_page(b):
    b.configure(**(b.subject.pages or {}))
    b.stand_in.control(**b.subject.short)
    b.good("pages shorter than asked for")


@needs("pages", "circle")
def repeated_page(b):
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
    b.lab.wait_is_over()


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


@needs("field")
def missing_member(b):
    b.fault("missing_member", field=b.subject.field, times=99)
    b.bad("%s is gone" % b.subject.field)


@needs("number")
def wrong_type(b):
    for value in ({"was": 1}, "many"):
        b.stand_in.control(clear=True)
        b.fault("wrong_type", field=b.subject.number, value=value, times=99)
        b.bad("%s is %s" % (b.subject.number, json.dumps(value)), reason="data")


def no_rows_any_more(b):
    b.fault("no_records", times=99)
    b.bad("no rows where there were rows", b.subject.emptied)


# ---- days

@needs("windowed")
def window_split(b):
    first, last = ago(b.subject.long[0]), ago(b.subject.long[1])
    result = b.good("a long range", first, last)
    tap.ok(result.get("windows", 0) > 1, "a long range: several windows")


@needs("restates")
def restated_days(b):
    before = b.truth()
    b.stand_in.control(restate=3)
    tap.ok(b.truth() != before, "restated: the platform changes its past")
    result = b.good("restated")
    tap.ok(result.get("restated", 1) > 0 if b.subject.windowed else result["changed"] > 0, "restated: the change is noticed")


@needs("totals")
def totals_that_differ(b):
    """Also under no fault: calm() has compared them, and nothing differed."""
    b.stand_in.control(clear=True, knobs=b.subject.totals["knobs"])
    says = "total of %s is" % b.subject.totals["column"]
    b.bad("the platform's totals differ", "suspicious", says=says)
    last = b.lab.omnihub("runs", "it", "--last", "1", "--json", env=NOW)
    tap.has(last.out, says, "the ledger shows the difference")
    if "option" in b.subject.totals:
        b.configure(**{b.subject.totals["option"]: False})
        b.good("nothing is compared where nobody wants it")


# ---- stopping

def cancelled(b):
    before = b.fingerprint()
    b.stand_in.control(clear=True, knobs={b.subject.platform: {"stall_s": 20}})
    b.fault("stall")
    job = b.start()
    b.wait_for(b.subject.data)
    job.send_signal(signal.SIGINT)
    tap.is_(job.wait(omni.STOP_SECONDS), 130, "stopped while it waits for a reply")
    tap.is_(b.fingerprint(), before, "stopped: the store is as it was")


@needs("report")
def killed_in_a_report(b):
    """A report that is being made outlives the process that has ordered it."""
    report, platform = b.subject.report, b.subject.platform
    b.stand_in.control(clear=True, knobs=report["knobs"])
    b.stand_in.control(knobs={platform: {"stall_s": 20}})
    b.fault("stall", path=report["poll"])
    job = b.start()
    tap.ok(b.wait_for(report["poll"]), "killed in a report: it was ordered and asked for")
    os.killpg(job.pid, signal.SIGKILL)
    job.wait(omni.STOP_SECONDS)
    b.good("killed in a report: the next run")
    tap.is_(len(b.requests(report["order"], "POST")), 1, "killed in a report: it was ordered once")


# ---- versions and what the login may do

def api_version_ends(b):
    """Announced (RFC 8594), and then switched off."""
    b.fault("sunset", times=99)
    result = b.good("the end of the API version is announced")
    tap.has(result["err"], "end of this API version", "the end of the API version is announced: a warning says so")


@needs("version")
def api_version_is_dead(b):
    version = b.subject.version
    b.configure(**version.get("options", {}))
    if "fault" in version:
        b.fault("status", times=99, **version["fault"])
    b.bad("a version that is switched off", reason="config", says="api_version")


@needs("scope")
def scope_is_missing(b):
    b.stand_in.control(clear=True, revoke_tokens=True)
    b.stand_in.control(knobs=b.subject.scope["knobs"])
    result = b.check()
    tap.is_(result["outcome"], "failed", "check --connect sees a login that may not read this")
    tap.has(result.get("message") or "", b.subject.scope["says"], "and says what it lacks")


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
         not_the_platform, login_dies, login_is_checked, scope_is_missing, unknown_member, missing_member, wrong_type,
         no_rows_any_more, cancelled, killed_in_a_report, api_version_ends, api_version_is_dead, totals_that_differ, restated_days)


def conform(stand_in, subject):
    """Runs every case; each starts with what the platform has in the store. The long range comes last, with a store of its own."""
    with Bench(stand_in, subject) as bench:
        for case in CASES + tuple(subject.more):
            bench.calm()
            case(bench)
    stand_in.control(clear=True)
    with Bench(stand_in, subject) as bench:
        window_split(bench)
    if subject.kit:
        stand_in.control(clear=True)
        with Bench(stand_in, subject) as bench:
            kit.holds(bench)
