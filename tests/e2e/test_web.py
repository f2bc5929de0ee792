#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""omnihub-web tells what omnihub status tells: pages, JSON, metrics, health; beside a service and without one; it writes nothing."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402
import web as w  # noqa: E402
from receivers import Hook  # noqa: E402


def configure(lab, *connectors, web=None, **more):
    path = lab.configure(*connectors, **more)
    if web:
        with open(path, "a", encoding="utf-8") as f:
            f.write("web: %s;\n" % h.written(web))


def folder_of(lab):
    """What is in the state folder, and when it was written."""
    folder = lab.path("state")
    return {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in sorted(os.listdir(folder))}


def serve(lab, stack):
    service = lab.start("run")
    stack.callback(service.stdout.close)
    stack.callback(service.stderr.close)
    stack.callback(service.wait, h.WAIT_SECONDS)
    stack.callback(service.send_signal, signal.SIGTERM)
    return service


def test_recent_runs():
    """Deliveries that had nothing to deliver would fill the page."""
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till(), sinks=[h.sink("out", "csv", ["channel_daily"], {"directory": "out"})])
        for _ in range(3):
            lab.run("sync")
        with w.Web(lab) as web:
            table = web.ask("/").text.partition('id="runs"')[2].partition('id="restated"')[0]
            tap.is_((table.count(">push<"), table.count(">pull<")), (1, 3), "the page has the one that delivered something")
            tap.is_(sum(run["kind"] == "push" for run in web.ask("/runs.json").json()), 3, "runs.json has all")


def test_pages():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.write("bad.csv", "Receipt,Date,Total\n1,not a day,12.50\n")
        lab.configure(w.till(), w.till("spoilt", "bad.csv"))
        lab.run("pull")
        before = folder_of(lab)
        with w.Web(lab) as web:
            page = web.ask("/")
            tap.is_((page.code, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"), "the page is there")
            for part in ("No service runs; 1 connector needs attention", "spoilt.orders", "mend the input", "Recent runs", 'href="/connectors/till"'):
                tap.has(page.text, part, "the overview has: " + part)
            tap.ok(page.text.index('/connectors/spoilt') < page.text.index('/connectors/till"'), "what is worst comes first")
            tap.ok("script" not in page.text.lower(), "without JavaScript")
            tap.has(page.headers["Content-Security-Policy"], "default-src 'none'", "and the policy allows none")
            tap.is_(page.headers.get("Refresh"), "60", "it looks again by itself")
            one = web.ask("/connectors/spoilt")
            tap.is_(one.code, 200, "a connector has its page")
            for part in ("the data is not what was promised", "not a day", "@yearly"):
                tap.has(one.text, part, "with: " + part)
            tap.is_([web.ask(path).code for path in ("/connectors/nobody", "/connectors/", "/connectors/till/x", "/index.html")],
                    [404, 404, 404, 404], "nothing else has")
            tap.is_(web.ask("/style.css").headers["Content-Type"], "text/css; charset=utf-8", "the style sheet is there")
            head = web.ask("/", "HEAD")
            tap.is_((head.code, head.body, int(head.headers["Content-Length"]) > 1000), (200, b"", True), "HEAD gives the head alone")
            tap.is_(folder_of(lab), before, "nothing in the state folder was made or written")
            seen, told = web.ask("/status.json").json(), lab.run("status", "--json").json()
            due = [connectors[1].pop("next_at") for connectors in (seen, told)]  # at once, which is another moment for each
            tap.is_(seen, told, "status.json is what omnihub status --json says")
            tap.ok(due[0] <= due[1], "what failed is due as soon as there is a service")
            tap.is_(web.ask("/runs.json").json(), lab.run("runs", "--json", "--last", "30").json(), "runs.json is what omnihub runs --json says")
            tap.is_(web.ask("/restated.json").json(), [], "restated.json: nothing was restated")
            tap.is_(web.ask("/livez").text, "ok\n", "it lives")
            ready = web.ask("/readyz")
            tap.is_((ready.code, ready.text.splitlines()[:2]), (503, ["store: ok", "vault: ok"]), "without a service it is not ready")
            tap.has(ready.text, "service: no service runs", "and says so")
            tap.is_(web.end(), 0, "SIGTERM ends it with 0")


def test_restated():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till())
        lab.run("pull")
        lab.write("till.csv", w.ORDERS.replace("12.50", "11.00"))
        lab.run("pull")
        with w.Web(lab) as web:
            restated = web.ask("/restated.json").json()
            tap.is_(restated, lab.run("restated", "--json").json(), "restated.json is what omnihub restated --json says")
            tap.is_([(r["metric"], r["old"], r["new"]) for r in restated], [("net", "12.5", "11")], "what was changed")
            tap.has(web.ask("/").text, "2026-11-01", "the page shows the day")
            tap.has(web.ask("/connectors/till").text, "2026-11-01", "so does the connector's")


def promtool(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=h.WAIT_SECONDS)
    return done.returncode, done.stdout.splitlines()


def test_metrics():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.write("bad.csv", "Receipt,Date,Total\n1,not a day,12.50\n")
        lab.configure(w.till(), w.till("spoilt", "bad.csv"))
        lab.run("pull")
        with w.Web(lab) as web:
            text = web.ask("/metrics").text
            if shutil.which("promtool"):
                tap.is_(promtool(text), (0, []), "promtool finds nothing wrong")
            else:
                tap.skip("promtool finds nothing wrong", "no promtool")
            m = web.metrics()
            tap.is_(m['omnihub_rows_stored{connector="till",stream="orders"}'], 2, "rows are counted")
            tap.is_(m['omnihub_runs_total{kind="pull",connector="till",outcome="ok"}'], 1, "good runs are counted")
            tap.is_(m['omnihub_runs_total{kind="pull",connector="spoilt",outcome="failed"}'], 1, "bad ones, too")
            tap.is_(m['omnihub_feeds{connector="spoilt",stream="orders",code="failed-data"}'], 1, "by the code of their outcome")
            feeds = lab.run("status", "--json").json()[0]["feeds"]
            ok_at = m['omnihub_run_last_success_timestamp_seconds{connector="till",stream="orders"}']
            told = h.datetime.datetime.fromisoformat(feeds[0]["last_ok_at"].replace("Z", "+00:00")).timestamp()
            tap.ok(abs(ok_at - told) < 0.001, "times are told as they are")
            tap.is_(m['omnihub_dataset_last_day_timestamp_seconds{connector="till",stream="orders"}'], 1793577600, "and days as their midnight")
            tap.is_((m["omnihub_service_running"], m["omnihub_store_readable"]), (0, 1), "no service, but a store")
            tap.is_(m["omnihub_build_info{version=\"%s\"}" % lab.run("version", "--json").json()["version"]], 1, "of this version")
            lab.run("pull")
            web.until(lambda: web.metrics()['omnihub_runs_total{kind="pull",connector="till",outcome="ok"}'] == 2, "the counter to grow")
            tap.ok(True, "counters go on")


RULES = os.path.join(h.omni.SOURCE, "conf", "prometheus", "omnihub.rules.yml")
MAN = os.path.join(h.omni.SOURCE, "docs", "omnihub-web.8")


def test_rules():
    with open(RULES, encoding="utf-8") as f:
        rules = f.read()
    with open(MAN, encoding="utf-8") as f:
        man = f.read()
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till())
        lab.run("pull")
        with w.Web(lab) as web:
            families = set(re.findall(r"^# TYPE (\S+)", web.ask("/metrics").text, re.M))
    used = {name for expr in re.findall(r"expr: (.*)", rules) for name in re.findall(r"\bomnihub_\w+", expr)}
    tap.is_(sorted(used - families), [], "alerts are about metrics that there are")
    tap.is_(sorted(families), sorted(set(re.findall(r"\b(?:omnihub|process)_\w+", man))), "the man page has every metric, and no other")
    if not shutil.which("promtool"):
        tap.skip("promtool finds nothing wrong in the rules", "no promtool")
        return
    done = subprocess.run(["promtool", "check", "rules", RULES], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=h.WAIT_SECONDS)
    tap.ok(done.returncode == 0 and "SUCCESS: %d rules" % rules.count("- alert:") in done.stdout, "promtool finds nothing wrong in the rules")


def test_older_store():
    """Of a program that knew less: its tables are there, and no others."""
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        path = lab.configure(w.till(), sinks=[h.sink("out", "csv", ["orders"], {"directory": "out"})])
        with open(path, "a", encoding="utf-8") as f:
            f.write("alerts = ( %s );\n" % h.written({"name": "duty", "kind": "webhook", "url": "http://127.0.0.1:9/"}))
        lab.run("pull")
        with contextlib.closing(sqlite3.connect(lab.path("state", "store.db"))) as store:
            for table in ("run_hosts", "run_signals", "apis", "outbox", "told"):
                store.execute("DROP TABLE " + table)
            store.commit()
        with w.Web(lab) as web:
            tap.has(web.ask("/readyz").text, "store: ok", "an older program's store can be read")
            everything = web.ask("/all.json").json()
            tap.is_([a["state"] for a in everything["alerts"]], ["none"], "no message was made, as far as it tells")
            tap.is_(web.metrics()['omnihub_run_duration_seconds_count{kind="pull",connector="till"}'], 1, "its runs are counted")
            tap.is_(web.ask("/").code, 200, "the page is there")


def test_one_moment():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till())
        lab.run("pull")
        with w.Web(lab) as web:
            for rows in (3, 4, 5):
                tap.is_(web.metrics()['omnihub_rows_stored{connector="till",stream="orders"}'], rows - 1, "as it was before")
                lab.write("till.csv", w.ORDERS + "".join("%d,2026-11-02,1.00\n" % n for n in range(3, rows + 1)))
                lab.run("pull")
                # Another page is what makes it look again.
                web.until(lambda: "<dd>%d</dd>" % rows in web.ask("/?page=1").text, "the new row")
                tap.is_(web.metrics()['omnihub_rows_stored{connector="till",stream="orders"}'], rows, "what is shown is of the same moment everywhere")


def test_no_schedule():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till(schedule="@yearly"))
        lab.run("pull")
        with open(lab.path("state", "vault"), "w", encoding="utf-8") as f:
            f.write("this is no vault")
        with w.Web(lab) as web:
            ready = web.ask("/readyz")
            tap.ok(ready.code == 503 and "store: ok" in ready.text and "vault: ok" not in ready.text, "a vault that cannot be read is told")
            tap.has(web.ask("/").text, "Not everything could be read", "on the page, too")
            os.unlink(lab.path("state", "vault"))
            path = lab.configure(w.till())
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace('schedule = "@yearly";', ""))
            web.until(lambda: web.ask("/readyz").code == 200, "what needs no service to be ready without one")
            tap.has(web.ask("/").text, "nothing has a schedule", "and the page says why there is none")


def test_accounts():
    with h.omni.StandIn() as stand_in, h.Hub() as lab:
        configure(lab, h.meta(stand_in, lab, start="-2d"))
        lab.run("pull")
        with w.Web(lab) as web:
            m = web.metrics()
            name, row = h.meta(stand_in, lab)["name"], 'omnihub_http_requests_total{kind="pull",connector="%s",host="127.0.0.1",code="200"}'
            sent = sum(run["requests"] for run in lab.ledger(name))
            tap.ok(sent > 0 and m[row % name] == sent, "requests are counted by host and status")
            if shutil.which("promtool"):
                tap.is_(promtool(web.ask("/metrics").text), (0, []), "promtool finds nothing wrong in them")
            buckets = [v for k, v in m.items() if k.startswith('omnihub_run_duration_seconds_bucket{kind="pull",connector="%s"' % name)]
            tap.ok(len(buckets) > 5 and buckets == sorted(buckets) and buckets[-1] == len(lab.ledger(name)), "and runs by how long they took")
            told = web.ask("/status.json").json()
            tap.is_(told, lab.run("status", "--json").json(), "without a service, too, all is told that status tells")
            tap.ok("api_version" in told[0], "with the version of the API, as the plugin said when it was used")
            tap.ok("act_1001" not in web.ask("/metrics").text and "1001" in web.ask("/status.json").text, "accounts are no labels")
        configure(lab, h.meta(stand_in, lab, start="-2d"), web={"account_labels": True})
        with w.Web(lab) as web:
            tap.ok("1001" in web.ask("/metrics").text, "unless they are asked for")


def test_service():
    with h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till())
        web = stack.enter_context(w.Web(lab))
        tap.has(web.ask("/").text, "service", "before anything was pulled there is a page")
        tap.is_(web.ask("/status.json").json()[0]["feeds"], [], "and JSON")
        service = serve(lab, stack)
        web.until(lambda: web.ask("/readyz").code == 200, "a service that is ready")
        tap.has(web.ask("/").text, "process %d" % service.pid, "the page names the service")
        web.until(lambda: web.metrics().get('omnihub_rows_stored{connector="till",stream="orders"}') == 2, "the rows of the first pull")
        m = web.metrics()
        tap.is_(m["omnihub_service_running"], 1, "so do the metrics")
        sandbox = lab.run("status", "--json", "--all").json()["service"]["sandbox"]
        tap.is_((m['omnihub_sandbox_level{fence="seccomp"}'], m['omnihub_sandbox_level{fence="landlock"}']),
                (float(sandbox["seccomp"]), sandbox["landlock_abi"]), "the fences are told by both")
        web.until(lambda: web.ask("/status.json").json() == lab.run("status", "--json").json(), "both to say the same")
        tap.ok("state" in web.ask("/status.json").json()[0], "what the service knows is in both")


def test_sink():
    with h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.write("till.csv", w.ORDERS)
        lab.write("taken", "a file where the folder should be")
        lab.configure(w.till(), sinks=[h.sink("out", "csv", ["orders"], {"directory": "taken"})])
        lab.run("sync")
        web = stack.enter_context(w.Web(lab))
        status = lab.run("status").out
        line = [line for line in status.splitlines() if line.startswith("sink out")]
        tap.ok(line and "failing" in line[0], "status tells of a sink that fails")
        tap.ok("sink out" in web.ask("/").text and "1 thing needs attention" in web.ask("/").text, "so does the page")
        tap.is_(web.metrics()['omnihub_notices_open{kind="failing"}'], 1, "and the metrics")
        tap.is_(web.metrics()['omnihub_sink_failing{sink="out"}'], 1, "of the sink, too")
        everything = lab.run("status", "--json", "--all").json()
        tap.is_(web.ask("/all.json").json(), everything, "all.json is what omnihub status --json --all says")
        tap.is_(everything["connectors"], lab.run("status", "--json").json(), "and its connectors are those of status --json")
        sink = everything["sinks"][0]
        tap.is_((sink["sink"], "csv" in sink["plugin"], sink["enabled"], [e["kind"] for e in sink["events"]]), ("out", True, True, ["failing"]),
                "the sink is there, with its event")
        tap.is_([(d["dataset"], "last_ok_at" in d) for d in sink["datasets"]], [("orders", False)], "and its dataset, which was never delivered")
        os.unlink(lab.path("taken"))
        lab.run("push")
        web.until(lambda: 'omnihub_sink_last_success_timestamp_seconds{sink="out",dataset="orders"}' in web.metrics(), "the delivery")
        m = web.metrics()
        tap.is_((m['omnihub_sink_datasets{sink="out",code="ok"}'], m['omnihub_sink_failing{sink="out"}']), (1, 0), "a delivery that ended well is counted")
        delivered = lab.run("status", "--json", "--all").json()["sinks"][0]
        tap.is_((delivered["events"], delivered["datasets"][0]["last_run"]["code"]), ([], "ok"), "nothing stands in its way any more")
        tap.has(web.ask("/").text, "Last delivery", "the page has the sink")
        tap.has(web.ask("/").text, "all is well", "nothing is left to do")
        setting = lab.start("secrets", "set", "a-token", "--expires", "5d", stdin=subprocess.PIPE)
        setting.communicate("the value\n", timeout=h.WAIT_SECONDS)
        web.until(lambda: "nothing is broken, 1 to look at" in web.ask("/").text, "what only has to be looked at to be counted, too")
        tap.is_(lab.run("status", "--all").code, 2, "--all without --json is wrong usage")


def test_alert():
    with Hook() as hook, h.Hub() as lab, contextlib.ExitStack() as stack:
        hook.statuses = [400] * 100
        lab.write("bad.csv", "Receipt,Date,Total\n1,not a day,12.50\n")
        path = lab.configure(w.till("spoilt", "bad.csv"), retry_after="1s")
        with open(path, "a", encoding="utf-8") as f:
            f.write("alerts = ( %s );\n" % h.written({"name": "duty", "kind": "webhook", "url": hook.url(), "group": "1s"}))
        web = stack.enter_context(w.Web(lab))
        serve(lab, stack)
        web.until(lambda: 'omnihub_alert_undelivered{alert="duty",state="waiting"}' in web.metrics(), "the alert that is refused")
        tap.ok(all(part in web.ask("/").text for part in ("alert duty", "HTTP 400", "omnihub alerts --test duty")),
               "the page tells of an alert that does not get through, and what to do")
        tap.is_(web.metrics()["omnihub_log_lines_lost_total"], 0, "and the metrics of lost log lines")
        everything = web.ask("/all.json").json()
        alert = everything["alerts"][0]
        tap.is_((alert["alert"], alert["kind"], alert["state"], alert["events"]), ("duty", "webhook", "waiting", 1), "all.json tells of it, too")
        tap.ok("HTTP 400" in alert["message"] and "omnihub alerts" in alert["remedy"] and alert["attempts"] > 0, "with what is wrong and what to do")
        event = everything["events"][0]
        told = event["told"][0]
        tap.is_((event["kind"], told["alert"], told["state"], "HTTP 400" in told["message"], event["untold"]), ("failing", "duty", "waiting", True, []),
                "what lasts names whose message tells it, and that it is not through")
        tap.ok(told["attempts"] > 0 and "ended_at" not in told and "attempts: " in web.ask("/").text, "after how many attempts, on the page as well")
        tap.is_((everything["service"]["running"], everything["pauses"], everything["parked"]), (True, [], []), "nothing waits")
        tap.has(web.ask("/").text, "Whether messages get through", "the page has the alert")
        hook.statuses = []
        web.until(lambda: web.ask("/all.json").json()["events"][0]["told"][0]["state"] == "sent", "it to get through")
        told = web.ask("/all.json").json()["events"][0]["told"][0]
        tap.ok(told["ended_at"] > told["at"] and "attempts: " not in web.ask("/").text, "then it is told, and since when")


def test_configuration():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        good = lab.configure(w.till())
        lab.run("pull")
        with w.Web(lab) as web:
            lab.configure(w.till(), w.till("second"))
            web.until(lambda: "/connectors/second" in web.ask("/").text, "the new connector")
            tap.ok(True, "a new configuration is shown by itself")
            with open(good, "a", encoding="utf-8") as f:
                f.write("nonsense = 1;\n")
            web.until(lambda: "nonsense" in web.ask("/readyz").text, "the error to be told")
            tap.has(web.ask("/readyz").text, "omnihub.conf:", "an error is told with its place")
            tap.ok("has an error" in web.ask("/").text and "/connectors/second" in web.ask("/").text, "the page has it, and what was before")
            tap.is_(web.metrics()["omnihub_config_last_reload_successful"], 0, "the metric says so")
            lab.configure(w.till())
            web.process.send_signal(signal.SIGHUP)
            web.until(lambda: "/connectors/second" not in web.ask("/").text, "the mended one")
            tap.is_(web.metrics()["omnihub_config_last_reload_successful"], 1, "mended, it is used")
        lab.configure(w.till())
        with open(good, "a", encoding="utf-8") as f:
            f.write('web: { listen = "localhost:80"; };\n')
        done = subprocess.run([w.PROGRAM, "-c", good], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=h.WAIT_SECONDS)
        tap.is_((done.returncode, "numeric address" in done.stderr), (2, True), "a wrong address is refused with the reason")


def test_processes():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till())
        lab.run("pull")
        with w.Web(lab) as web:
            web.ask("/livez")
            worker = web.worker()
            with open("/proc/%d/status" % worker, encoding="ascii") as f:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
            tap.is_(status["NoNewPrivs"], "1", "the worker gains no rights")
            tap.ok(status["Seccomp"] == "2" or any("seccomp" in line for line in web.log), "and is fenced, or says that it is not")
            os.kill(worker, signal.SIGKILL)
            web.says("the worker ended with signal 9")
            tap.is_(web.ask("/livez").code, 200, "one that is killed is replaced")
            tap.ok(web.worker() != worker, "by another")
            taken = subprocess.run([w.PROGRAM, "-c", lab.path("omnihub.conf"), "-l", "127.0.0.1:%d" % web.port], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, timeout=h.WAIT_SECONDS)
            tap.is_((taken.returncode, "web.listen" in taken.stderr), (3, True), "a port that is taken is told")
            os.kill(web.process.pid, signal.SIGKILL)
            h.wait_for(lambda: not h.is_alive(worker), "the worker to go with its keeper")
            tap.ok(True, "no worker outlives its keeper")


def test_manager():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till())
        manager = h.Manager(lab)
        with w.Web(lab, env={"NOTIFY_SOCKET": manager.path}) as web:
            manager.hears("READY=1")
            tap.is_(web.ask("/livez").code, 200, "the service manager is told when it answers")
            manager.hears("WATCHDOG=1")
            web.process.send_signal(signal.SIGHUP)
            manager.hears("RELOADING=1")
            tap.is_(web.end(), 0, "it ends")
            tap.ok(manager.hears("STOPPING=1"), "and is told")


def test_log():
    with h.Hub() as lab:
        lab.write("till.csv", w.ORDERS)
        lab.configure(w.till(), log="json")
        with w.Web(lab) as web:
            worker = web.worker()
            web.ask("/livez")
            os.kill(worker, signal.SIGKILL)
            web.says("another one")
            line = json.loads([line for line in web.log if "another one" in line][0])
            tap.ok("error" in line.values() and any("signal 9" in str(v) for v in line.values()), "the log is as hub.log says")


def test_command_line():
    def run(*words):
        return subprocess.run([w.PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=h.WAIT_SECONDS)
    tap.has(run("--help").stdout, "--listen", "help is on stdout")
    tap.has(run("--version").stdout, "omnihub-web ", "the version, too")
    tap.is_([run("--nonsense").returncode, run("more").returncode, run("-l", "localhost:80").returncode, run("-c", "/nonexistent").returncode], [2, 2, 2, 2], "wrong usage is 2")


tap.run([test_pages, test_recent_runs, test_restated, test_metrics, test_rules, test_older_store, test_one_moment, test_no_schedule, test_accounts, test_service, test_sink, test_alert, test_configuration, test_processes, test_manager, test_log, test_command_line])
