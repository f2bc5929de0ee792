#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command with the real programs, on good and on bad input: what it prints, the shape of --json, exit codes."""

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(9), h.ago(1)
DAYS = h.days(FIRST, LAST)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
PROGRAM = os.path.join(omni.BUILD, "omnihub")
FILE = {"path": "in/*.csv", "dataset": "orders", "map": {"order_id": "No", "at": "When", "net": "Total"}}


def configured(world, lab, **more):
    lab.configure(h.meta(world, lab), h.ga4(world, lab, schedule="every 6h"),
                  sinks=[h.sink("files", "csv", ["channel_daily", "ads_daily"], {"directory": "out"})],
                  datasets=[{"name": "spend", "key": ["date"], "sql": "SELECT date, sum(cost) AS cost FROM ads_daily GROUP BY date"}],
                  **more)


def test_before_anything():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configured(world, lab)
        tap.is_(lab.run("check").code, 0, "check")
        done = lab.run("check", "--connect")
        tap.is_(done.code, 0, "check --connect")
        tap.is_((done.out + done.err).count("rows"), 0, "check --connect counts nothing")
        tap.has(done.out, "(2 connectors, 1 sink, 1 dataset)", "check says what it read")
        tap.is_({e["path"].split("?")[0].split("/")[1] for e in world.log()}, {"meta", "ga4", "oauth"}, "asks each platform")
        status = lab.run("status")
        tap.is_((status.code, status.out.count("never pulled")), (0, 2), "status before the first pull")
        for command in ("runs", "restated"):
            tap.is_((lab.run(command).code, lab.run(command, "--json").json()), (0, []), command + " before the first pull")
        tap.is_(lab.run("query", "SELECT 1").code, 3, "query before the first pull")
        tap.is_(os.path.exists(lab.path("state", "store.db")), False, "looking makes no store")


def test_parts():
    """A stream's parts that brought nothing are no streams that were never pulled."""
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, streams=["campaign_insights"]))
        tap.is_(lab.run("pull").code, 0, "a stream with parts")
        feeds, table = lab.run("status", "--json").json()[0]["feeds"], lab.run("status").out
        tap.ok(any(f["rows"] == 0 and "last_run" not in f for f in feeds), "one of them brought nothing")
        tap.is_((table.count("never pulled"), len(table.splitlines())), (0, 1 + len([f for f in feeds if f["rows"]])), "the table has the others")


def test_shapes():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configured(world, lab)
        done = lab.run("sync", "--json")
        tap.is_((done.code, sorted(done.json())), (0, ["batch", "interrupted", "results"]), "sync --json")
        kinds = {r.get("connector") or r.get("sink") or r.get("kind") for r in done.json()["results"]}
        tap.is_(kinds, {"ads", "web", "combine", "files"}, "a result for each job")
        ledger = {(r["connector"], r["stream"]): r["rows"] for r in lab.run("runs", "--json", "--last", "0").json()}
        pulled = [r for r in done.json()["results"] if r.get("connector")]
        tap.ok(pulled and all(r["rows"] == ledger[r["connector"], r["stream"]] for r in pulled), "results and ledger count the same rows")
        world.control(restate=2)
        lab.pull()
        runs = lab.run("runs", "--json", "--last", "0").json()
        tap.is_({r["kind"] for r in runs} >= {"pull", "push"}, True, "runs --json: pulls and pushes")
        tap.ok(all(TIME.fullmatch(r["started_at"]) and TIME.fullmatch(r["ended_at"]) for r in runs), "runs --json: times are RFC 3339")
        push = next(r for r in runs if r["kind"] == "push" and r["stream"] == "ads_daily")
        tap.is_((push["rows"], push["outcome"]), (lab.value("SELECT count(*) AS n FROM ads_daily"), "ok"), "a push counts its rows")
        pull = next(r for r in runs if r["connector"] == "ads" and r["kind"] == "pull")
        tap.is_(pull["rows"], pull["inserted"] + pull["changed"] + pull["unchanged"], "a pull counts its rows")
        tap.is_(len(lab.run("runs", "ads", "--json", "--last", "1").json()), 1, "runs NAME --last 1")
        table = lab.run("runs").out
        tap.ok(not re.search(r":\d\d\.\d+Z", table) and re.search(r"T\d\d:\d\d:\d\dZ", table), "runs: whole seconds in the table")
        status = lab.run("status", "--json").json()
        tap.is_(sorted(s["connector"] for s in status), ["ads", "web"], "status --json: each connector")
        feed = status[0]["feeds"][0]
        tap.ok({"account", "stream", "rows", "last_day", "last_ok_at", "last_run"} <= set(feed), "status --json: its feeds")
        tap.ok(not re.search(r":\d\d\.\d+Z", lab.run("status").out), "status: whole seconds in the table")
        told = lab.run("restated", "--json").json()
        tap.ok(told and {"at", "run", "connector", "stream", "account", "dataset", "date", "metric", "old", "new"} <= set(told[0]),
               "restated --json")
        datasets = {d["name"]: d for d in lab.run("datasets", "--json").json()}
        tap.ok({"ads_daily", "channel_daily", "spend"} <= set(datasets), "datasets --json: common, combined and own ones")
        tap.has(lab.run("datasets", "ads_daily").out, "campaign_id", "datasets NAME")
        plugins = lab.run("plugins", "--json")
        tap.ok(plugins.code == 0 and isinstance(plugins.json(), list), "plugins --json")
        described = lab.run("describe", h.plugin("meta_ads"), "--json")
        tap.has(described.out, "ad_insights", "describe --json")
        described = lab.run("describe", h.plugin("meta_ads")).out
        for part, name in (("Part campaign_actions → ads_conversions, from $.actions[*]", "parts of a stream"), ("always: level=ad", "constants"),
                           ("times shown", "what the dataset says of a column"), ("settles for 28 days", "what settles how long")):
            tap.has(described, part, "describe: " + name)
        tap.has(lab.run("describe", h.plugin("meta_ads"), "--conf").out, "access_token", "describe --conf")
        tap.has(lab.run("version", "--json").json(), "version", "version --json")
        state = lab.run("state", "export", "ads").json()
        tap.ok(state["feeds"][0]["state"], "state export")
        tap.is_(lab.run("state", "reset", "ads", "--yes").code, 0, "state reset")
        tap.is_(lab.run("state", "export", "ads").json()["feeds"][0]["state"], {}, "nothing is remembered")
        lab.write("state.json", json.dumps(state))
        with open(lab.path("state.json"), encoding="utf-8") as f:
            done = subprocess.run([PROGRAM, "-c", lab.path("omnihub.conf"), "state", "import", "ads"], stdin=f,
                                  capture_output=True, text=True, check=False)
        tap.is_((done.returncode, lab.run("state", "export", "ads").json() == state), (0, True), "state import brings it back")
        check = lab.run("check", "--connect", "--json").json()
        tap.is_((check["findings"], {r["outcome"] for r in check["results"]}), ([], {"ok"}), "check --connect --json")


def test_described_conf_works():
    """What describe --conf prints is configuration that check understands."""
    with h.Hub() as lab:
        lab.write("bare.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; };' % h.SCHEMA, 0o600)
        for name in ("meta_ads", "google_analytics", "file", "rest"):
            text = lab.run("describe", h.plugin(name), "--conf", conf="bare.conf").out
            tap.has(text, "options", "describe %s --conf prints configuration" % name)
            lab.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; };\n%s' % (h.SCHEMA, text), 0o600)
            done = lab.run("check")
            tap.ok("syntax" not in done.err, "describe %s --conf can be read" % name)
        lab.configure(h.connector("till", "file", FILE))
        lab.write("conf.d/shop.conf", lab.run("describe", h.plugin("rest"), "--conf").out.replace('"rest"', '"more"', 1)
                  .replace('plugin = "rest"', 'plugin = "%s"' % h.plugin("rest")), 0o600)
        said = lab.run("check").err
        tap.ok("conf.d/shop.conf:" in said and "duplicate" not in said, "in conf.d it is one more connector")


def test_wrong_configuration():
    with h.Hub() as lab:
        lab.write("omnihub.conf", 'hub: { state_dir = "s"; schema_dir = "%s"; curency = "EUR"; };\nconnectors = (\n'
                  '  { name = "a"; plugin = "%s"; schedule = "every now and then";\n    options = { acount_id = "act_1"; }; },\n'
                  '  { name = "a"; plugin = "nope"; options = { }; }\n);\n' % (h.SCHEMA, h.plugin("meta_ads")), 0o600)
        done = lab.run("check")
        tap.is_(done.code, 2, "a wrong configuration: exit code 2")
        for part in ('omnihub.conf:1:', '"currency"', "omnihub.conf:3:", "every now and then", "omnihub.conf:4:", '"account_id"',
                     "access_token", 'nope', '"a"'):
            tap.has(done.err, part, "all at once, with place and suggestion: " + part)
        tap.is_((lab.run("pull").code, os.path.exists(lab.path("s"))), (2, False), "pull starts nothing with it")
        findings = lab.run("check", "--json").json()["findings"]
        tap.ok(len(findings) >= 5 and all(f["severity"] in ("error", "warning") and f["message"] for f in findings), "check --json")
        tap.is_(lab.run("check", conf="missing.conf").code, 2, "a file that is not there")
        lab.write("omnihub.conf", "hub: {", 0o600)
        tap.is_(lab.run("check").code, 2, "a syntax error")


# What only the plugin can judge of its options, and what is said of it.
STREAM = {"name": "orders", "dataset": "orders", "url": "/o",
          "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.at", "column": "at"}]}
API = {"api_url": "https://api.example.com", "streams": [STREAM]}
UNFIT = [("file", dict(FILE, dataset="order"), '"order" (did you mean "orders"?)'),
         ("file", dict(FILE, map={"order_id": "No", "nett": "Total"}), 'no column "nett" (did you mean "net"?)'),
         ("file", dict(FILE, map={"net": "Total", "orderid": "No"}), 'no column "orderid" (did you mean "order_id"?)'),
         ("file", dict(FILE, formats={"net": "decimal_coma"}), 'unknown format "decimal_coma"'),
         ("file", dict(FILE, formats={"at": "%d.%Q"}), '"%d.%Q" has "%Q"'),
         ("file", dict(FILE, formats={"nett": "minor"}), '"formats.nett"'),
         ("file", dict(FILE, delimiter=";;"), "must be one character"),
         ("file", dict(FILE, constants={"curency": "EUR"}), 'no such column (did you mean "currency"?)'),
         ("file", dict(FILE, map={"order_id": "No", "net": "Total"}), "no field or constant gives the day of its rows (column date)"),
         ("file", dict(FILE, zone="Mars/Olympus"), '"Mars/Olympus"'),
         ("file", dict(FILE, dataset="costs_manual", map={"cost": "Sum"}), 'its key column "date_from"'),
         ("rest", {"streams": [STREAM]}, '"api_url": is missing'),
         ("rest", dict(API, streams=[dict(STREAM, field=1)]), '"streams[0].field"'),
         ("rest", dict(API, streams=[dict(STREAM, paging={"kind": "pages"})]), "must be next, cursor"),
         ("rest", dict(API, streams=[dict(STREAM, fields=[{"path": "$.id", "column": "orderid"}])]), '"order_id"')]


def test_unfit_options():
    """check opens every plugin, without a request, and places what it says."""
    with h.Hub() as lab:
        lab.configure(*[h.connector("c%d" % n, plugin, options) for n, (plugin, options, _) in enumerate(UNFIT)],
                      h.connector("names", "file", FILE, streams=["ordres"]), h.connector("good", "file", FILE, streams=["orders"]),
                      h.connector("good2", "rest", API))
        done = lab.run("check", "--json")
        said = {f["message"].split('"')[1]: f for f in done.json()["findings"]}
        with open(lab.path("omnihub.conf"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        for n, (_, _, text) in enumerate(UNFIT):
            found = said.get("c%d" % n, {"message": "", "line": 0})
            tap.has(found["message"], text, "what only the plugin knows: " + text)
            tap.has(lines[found["line"] - 1], '"c%d"' % n, "with its line")
        tap.has(said.get("names", {"message": ""})["message"], 'no stream "ordres" (did you mean "orders"?)', "a stream that there is not")
        tap.is_((done.code, len(said), done.err), (2, len(UNFIT) + 1, ""), "the good ones are not named, and nothing else is said")
        tap.is_((lab.run("check", "good", "good2").code, os.path.exists(lab.path("state", "store.db"))), (0, False), "names narrow it; no store")
        twins = [h.connector("twin%d" % n, "file", dict(FILE, map={"nett": "Total"})) for n in range(3)]
        lab.configure(*twins, h.connector("other", "file", dict(FILE, map={"nett": "Total"}), streams=["orders"]))
        found = lab.run("check", "--json").json()["findings"]
        tap.is_(sorted((f["message"].split('"')[1], f["line"] > 0) for f in found), [("other", True)] + [("twin%d" % n, True) for n in range(3)],
                "each of those that say the same is named")
        tap.is_(len({f["line"] for f in found}), 4, "with a line of its own")
        tap.is_([f["message"].split('"')[1] for f in lab.run("check", "--json", "twin1").json()["findings"]], ["twin1"], "names narrow that")
        lab.configure(h.connector("till", "file", dict(FILE, formats={"nett": "minor"})))
        text = open(lab.path("omnihub.conf"), encoding="utf-8").read().replace("formats = ", "\n\n  formats = ")
        lab.write("omnihub.conf", text, 0o600)
        tap.has(lab.run("check").err, "omnihub.conf:%d:" % (1 + text[:text.index("formats")].count("\n")), "the line of the option itself")
        tap.is_(lab.run("check", "-q").code, 2, "quietly, too")


def test_schedules():
    """By the clock that the schedule is written for, so that a person can compare them."""
    with h.Hub() as lab:
        lab.configure(h.connector("india", "file", FILE, schedule="30 5 * * *", timezone="Asia/Kolkata"),
                      h.connector("newfoundland", "file", FILE, schedule="0 12 * * mon", timezone="America/St_Johns"),
                      h.connector("greenwich", "file", FILE, schedule="@daily"))
        lines = {line.partition(":")[0]: line for line in lab.run("check").out.splitlines()}
        for name, pattern in (("india", r"T05:30:00\+05:30"), ("newfoundland", r"T12:00:00-0[23]:30"), ("greenwich", "T00:00:00Z")):
            tap.is_(len(re.findall(r"\d{4}-\d\d-\d\d" + pattern, lines.get(name, ""))), 5, "the next five of " + name)
        listed = {s["connector"]: s["next"] for s in lab.run("check", "--json").json()["schedules"]}
        tap.ok(all(time.endswith("T00:00:00Z") for time in listed["india"]), "as JSON in UTC")


def test_wrong_usage():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configured(world, lab)
        lab.pull(*DAYS)
        for args in (["pul"], ["pull", "adz"], ["pull", "--frm", "today"], ["runs", "--last", "many"], ["query"], ["query", "SELEC 1"],
                     ["query", "SELECT 1", "--format", "xml"], ["query", "DROP TABLE d_ads_daily"], ["describe"],
                     ["describe", "nope"], ["datasets", "nope"], ["state", "show", "nope"], ["state", "forget", "ads"],
                     ["push", "nope"], ["pull", "ads", "--record"], []):
            done = lab.omnihub(*args)
            tap.is_(done.code, 2, "refused with 2: omnihub " + " ".join(args))
            tap.ok(done.err and not done.out, "said on standard error: omnihub " + " ".join(args))
        tap.has(lab.run("pul").err, '"pull"', "with a suggestion")
        for command in ("check", "pull", "push", "sync", "status", "runs", "restated", "plugins", "describe", "datasets", "query", "state",
                        "version"):
            done = lab.run(command, "--help")
            tap.ok(done.code == 0 and done.out.startswith("usage: omnihub " + command) and not done.err, command + " --help")


def test_cannot():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configured(world, lab)
        lab.pull(*DAYS)
        before = lab.dump()
        world.control(knobs={"meta": {"stall_s": 300}}, fault={"platform": "meta", "kind": "stall_middle"})
        running = lab.start("pull", "ads", *DAYS)
        h.wait_for(lambda: any(e["method"] == "STALL" for e in world.log()), "a hub at work")
        for args in (["pull", "web"], ["push"], ["sync"], ["state", "reset", "ads", "--yes"]):
            done = lab.run(*args)
            tap.is_(done.code, 3, "another hub is at work: %s ends with 3" % args[0])
            tap.has(done.err, str(running.pid), "%s names it" % args[0])
        tap.is_(lab.run("status").code, 0, "looking is allowed")
        running.terminate()
        running.communicate(timeout=h.WAIT_SECONDS)
        tap.is_(running.returncode, 130, "TERM: 130")
        tap.is_(lab.dump(), before, "nothing is lost")
        db = sqlite3.connect(lab.path("state", "store.db"))
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("PRAGMA user_version = %d" % (version + 1))
        for args in (["pull"], ["status"], ["query", "SELECT 1"]):
            done = lab.run(*args)
            tap.is_(done.code, 3, "a newer store: %s ends with 3" % args[0])
            tap.has(done.err, "newer", "%s says why" % args[0])
        db.execute("PRAGMA user_version = %d" % version)
        db.close()
        tap.is_((lab.run("pull", *DAYS).code, lab.dump() == before), (0, True), "and is left alone")
        lab.write("file", "")
        configured(world, lab, state_dir=lab.path("file", "state"))
        done = lab.run("pull")
        tap.is_(done.code, 3, "a state_dir that cannot be made: 3")
        tap.has(done.err, lab.path("file"), "and named")
        lab.write("not-a-store/store.db", "these are not the bytes of a database " * 100)
        configured(world, lab, state_dir=lab.path("not-a-store"))
        tap.is_(lab.run("pull").code, 3, "a store that is none: 3")


def on_terminal(lab, *args, **env):
    """What omnihub writes where standard output is a terminal."""
    leader, follower = pty.openpty()
    where = dict({k: v for k, v in os.environ.items() if k != "NO_COLOR"}, TERM="xterm", **env)
    with subprocess.Popen([PROGRAM, "-c", lab.path("omnihub.conf"), *args], stdin=subprocess.DEVNULL, stdout=follower,
                          stderr=follower, env=where) as running:
        os.close(follower)
        text = b""
        while True:
            try:
                more = os.read(leader, 65536)
            except OSError:
                break
            if not more:
                break
            text += more
        running.wait(h.WAIT_SECONDS)
    os.close(leader)
    return text.decode("utf-8")


def test_terminal():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configured(world, lab)
        tap.has(on_terminal(lab, "pull", *DAYS), "\033[", "colour on a terminal")
        tap.ok("\033[3" not in on_terminal(lab, "pull", *DAYS, NO_COLOR="1"), "none with NO_COLOR")
        tap.ok("\033" not in lab.run("status").out, "none in a pipe")
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([PROGRAM, "-c", lab.path("omnihub.conf"), "query", "SELECT * FROM ads_daily"], stdout=write,
                              stderr=subprocess.PIPE, check=False)
        os.close(write)
        tap.is_((done.returncode, done.stderr), (0, b""), "a reader that has gone away is no error")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "-c", lab.path("omnihub.conf"), "runs", "--json"], stdout=full, stderr=subprocess.PIPE, check=False)
        tap.is_(done.returncode, 3, "a full disk is: 3")


def test_renamed():
    """What a connector pulled stays under its name: under another one it would count twice."""
    with h.Hub() as lab:
        lab.write("in/a.csv", "No,When,Total\n1,2026-03-01T10:00:00Z,5\n")
        lab.configure(h.connector("till", "file", FILE))
        lab.run("pull")
        lab.configure(h.connector("shop", "rest", API))
        tap.is_(lab.run("check").err, "", "a connector of another plugin says nothing about one that is given up")
        tap.has(lab.run("status").out, "till: not in the configuration any more; what it pulled is kept and counts (rows: 1)", "status names it")
        lab.configure(h.connector("kasse", "file", FILE))
        done = lab.run("check")
        warning = 'connector "kasse" was never pulled, and "till" of the same plugin is not in the configuration any more, but has 1 row '
        tap.is_(done.code, 0, "one of the same plugin may be another")
        tap.has(done.err, "omnihub.conf:3: ", "but it is said, with its place")
        tap.has(done.err, warning, "what happened")
        tap.has(done.err, "counts twice", "and what comes of it")
        tap.has(lab.run("pull").err, warning, "a pull says it, too")
        tap.ok(warning not in lab.run("pull").err + lab.run("check").err, "once: then it is a connector of its own")


def test_quiet():
    """For cron, which sends a mail of whatever is printed."""
    with h.Hub() as lab:
        lab.configure(h.connector("till", "file", FILE), sinks=[h.sink("out", "csv", ["orders"], {"directory": "out"})])
        lab.write("in/a.csv", "No,When,Total\n1,2026-03-01T10:00:00Z,5\n")
        done = lab.run("-q", "sync")
        tap.is_((done.code, done.out, done.err), (0, "", ""), "all is well: nothing is said")
        tap.ok(os.path.exists(lab.path("out", "orders.csv")), "and everything done")
        lab.write("in/b.csv", "No,When,Total\n2,someday,5\n")
        done = lab.run("-q", "sync")
        tap.is_((done.code, done.out.count("connector  account")), (1, 0), "a file that cannot be read: still no table")
        for part in ("till.orders: failed (data)", "in/b.csv:2", "→"):
            tap.has(done.out, part, "but what is wrong, where, and what to do: " + part)


def test_nothing_to_do():
    with h.Hub() as lab:
        lab.configure()
        for command, what in (("pull", "connectors"), ("push", "sinks"), ("sync", "connectors")):
            done = lab.run(command)
            tap.is_(done.code, 0, command + " with an empty configuration")
            tap.has(done.err, "the configuration has no " + what, command + " says why nothing happens")
        tap.has(lab.run("runs").err, "nothing there", "an empty ledger says so")
        tap.is_(lab.run("-q", "pull").err, "", "-q does not")


tap.run([test_before_anything, test_shapes, test_parts, test_described_conf_works, test_wrong_configuration, test_unfit_options, test_schedules, test_wrong_usage, test_cannot,
         test_terminal, test_renamed, test_quiet, test_nothing_to_do])
