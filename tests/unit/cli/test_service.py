#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""omnihub run beside a stand-in of the job: orders through the control socket, what keeps breaking, stopping twice."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import threading
import time

from hubdir import SHOP, Hub, result
import tap

WAIT_SECONDS = 60
TOKEN = {"SHOP_TOKEN": "t"}


def wait_for(look, what):
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError("waited in vain for " + what)


def shop(name, script="ok.script", schedule="@yearly", more=""):
    return ('{ name = "%s"; plugin = "shop"; schedule = "%s"; %s\n  options = { account_id = "a1"; access_token = "env:SHOP_TOKEN"; '
            'script = "%s"; }; }' % (name, schedule, more, script))


def shops(*items):
    return "connectors = (\n" + ",\n".join(items) + ");\n"


class Service:
    def __init__(self, hub, **env):
        self.log = []
        self.process = hub.start("run", env=dict(TOKEN, **env))
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def says(self, text, times=1):
        return wait_for(lambda: sum(text in line for line in list(self.log)) >= times, "the log to say %r" % text)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(WAIT_SECONDS)
        self.reader.join()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def status(hub, name):
    return next(c for c in json.loads(hub("status", "--json", env=TOKEN)[1]) if c["connector"] == name)


def reload():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a"), shop("b")))
        code, _, err = hub("reload")
        tap.is_(code, 3, "no service: nothing to reload")
        tap.has(err, "no service runs on", "and so it says")
        with Service(hub) as service:
            service.says("a.orders outcome=ok")
            service.says("b.orders outcome=ok")
            code, out, _ = hub("reload")
            tap.is_((code, out), (0, "configuration reloaded: no connector or sink changed\n"), "nothing changed")
            hub.conf(shops(shop("a", schedule="@monthly"), shop("c")))
            code, out, _ = hub("reload", "--json")
            answer = json.loads(out)
            tap.is_((code, answer["added"], answer["removed"], answer["changed"]), (0, ["c"], ["b"], ["a"]), "the difference, as JSON")
            service.says("c.orders outcome=ok")
            hub.conf(shops(shop("a", schedule="every other day"), shop("d", more='colour = "red";')))
            code, _, err = hub("reload")
            tap.is_(code, 2, "a configuration with errors: 2")
            tap.ok(re.search(r"omnihub\.conf:\d+: connector \"a\": schedule \"every other day\"", err), "the first error, with its line")
            tap.has(err, 'unknown key "colour"', "the second error, in the same run")
            tap.has(err, "the old one stays", "nothing of it is used")
            tap.is_(sum("a.orders outcome" in line for line in service.log), 1, "a changed schedule replays no old tick")
            tap.is_(service.end(), 0, "ends")


def more_places():
    with Hub() as hub:
        hub.write("held", "")
        hub.script("stay.script", {"do": "stay", "while": hub.path("held")}, result())
        hub.script("ok.script", result())
        items = shops(shop("a", "stay.script"), shop("b"))
        hub.conf(items, hub="parallel = 1")
        with Service(hub) as service:
            wait_for(lambda: os.path.exists(hub.path("state/spec.pull.a")), "the first to begin")
            hub.conf(items, hub="parallel = 2")
            tap.is_(hub("reload")[0], 0, "a reload with more places")
            service.says("b.orders outcome=ok")
            tap.ok(not any("a.orders" in line for line in service.log), "the second runs beside the first")
            os.unlink(hub.path("held"))
            service.says("a.orders outcome=ok")
            tap.is_(service.end(), 0, "ends")


def died_when_asked():
    """A plugin whose process is killed while it says what it is has done nothing wrong."""
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.plugin("twin", dict(SHOP, name="twin", sources=[dict(SHOP["sources"][0], name="twin")]))
        hub.plugin("shop", "crash")
        hub.conf(shops(shop("a"), shop("b").replace('"shop"', '"twin"')), hub='retry_after = "1s"')
        with Service(hub) as service:
            service.says("b.orders outcome=ok")
            service.says("a: plugin \"shop\" cannot be used")
            service.says("plugin shop died when it was asked what it is", 2)
            hub.plugin("shop", SHOP)
            service.says("a.orders outcome=ok")
            tap.is_(sum("b.orders outcome" in line for line in service.log), 1, "its neighbour's ticks are as they were")
            tap.is_(status(hub, "a")["state"], "waiting", "it is asked again, and the connector tried again, with nobody's help")
            said = len(service.log)
            tap.is_(hub("reload")[0], 0, "reload")
            tap.ok(not any("died when" in line for line in service.log[said:]), "then all is well")
            tap.is_(service.end(), 0, "ends")


def suspended():
    with Hub() as hub:
        hub.script("crash.script", dict(do="begin"), dict(do="crash"))
        hub.script("ok.script", result())
        hub.conf(shops(shop("bad", "crash.script"), shop("good")), hub='retry_after = "1s"; parallel = 2')
        with Service(hub) as service:
            service.says("connector bad is suspended")
            tap.is_(sum("bad:" in line and "code=crashed-job" in line for line in service.log), 5, "five crashes in a row, then it is let be")
            now = status(hub, "bad")
            tap.is_((now["state"], "next_at" in now), ("suspended", False), "status says so")
            tap.has(now["events"][0]["text"], "omnihub resume bad", "with the command that ends it")
            tap.is_(status(hub, "good")["events"], [], "its neighbour is not touched")
            tap.has(hub("status", env=TOKEN)[1], "bad: suspended since", "for people, too")
            code, out, _ = hub("reload")
            tap.is_(status(hub, "bad")["state"], "suspended", "a reload that changes nothing about it leaves it so")
            service.end()
        tap.is_(status(hub, "bad")["state"], "suspended", "also without a service")
        with Service(hub) as service:
            service.says("good.orders outcome=ok")
            tap.is_([line for line in service.log if "bad:" in line], [], "the next life does not run it either")
            hub.script("crash.script", result())
            code, out, _ = hub("resume", "bad")
            tap.is_((code, out), (0, 'connector "bad" is run again\n'), "resume")
            service.says("bad.orders outcome=ok")
            now = status(hub, "bad")
            suspended = [e for e in now["events"] if e["kind"] == "suspended"]  # the stand-in for the job ends no other events
            tap.is_((now["state"], suspended), ("waiting", []), "it is as good as any")
            tap.is_(hub("resume", "worse")[0], 2, "an unknown name")
            code, _, err = hub("resume")
            tap.is_(code, 1, "without a name: only a held clock can be resumed")
            service.end()
        with sqlite3.connect(hub.path("state/store.db")) as db:
            tap.is_(db.execute("SELECT signal, count(*) FROM run_signals").fetchall(), [(int(signal.SIGABRT), 5)], "the signal of each crash is kept")
            tap.is_(db.execute("SELECT kind, scope, until IS NULL FROM notices WHERE kind = 'suspended'").fetchall(), [("suspended", "bad", 0)], "what was is kept")
        db.close()


def reads(pid):
    """How often the process has called read(); it does so whenever its timer has woken it."""
    with open("/proc/%d/io" % pid, encoding="ascii") as file:
        return int(dict(line.split(": ") for line in file.read().splitlines())["syscr"])


def is_quiet(pid):
    before = reads(pid)
    time.sleep(1)
    return reads(pid) - before < 10


def idle_backfill():
    """Its wait is over, and its connector may not run: nothing is waited for by the clock."""
    with Hub() as hub:
        ends = int(time.time()) + 3
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        hub.script("ok.script", result())
        hub.script("parked.script", result("parked", reason="throttled", message="later", until=until))
        hub.conf(shops(shop("a", "parked.script"), shop("b")))
        with Service(hub) as service:
            service.says("a.orders: later outcome=parked")
            tap.is_(hub("backfill", "a", "--from", "2026-01-01", "--to", "2026-01-02", env=TOKEN)[0], 0, "a backfill is begun")
            service.says("a.orders: later outcome=parked", 2)
            hub.conf(shops(shop("b")))
            tap.is_(hub("reload")[0], 0, "and its connector is gone")
            wait_for(lambda: time.time() > ends, "the end of its wait")
            wait_for(lambda: is_quiet(service.process.pid), "the service to sleep until something happens")
            tap.ok(True, "the service sleeps until something happens")
            tap.is_(service.end(), 0, "ends")


def stopped_twice():
    with Hub() as hub:
        hub.script("stubborn.script", dict(do="stubborn"), dict(do="begin"), dict(do="hang"))
        hub.conf(shops(shop("a", "stubborn.script")))
        with Service(hub) as service:
            wait_for(lambda: "running" in hub("runs", "--json")[1], "the run to begin")
            service.process.send_signal(signal.SIGTERM)
            service.says("told to stop:")
            service.process.send_signal(signal.SIGTERM)
            tap.is_(service.end(), 0, "told twice, it ends")
            tap.ok(any("jobs that run are killed" in line for line in service.log), "without waiting for a job that does not want to")
        tap.is_(json.loads(hub("runs", "--json")[1])[0]["outcome"], "interrupted", "the run is closed")
        tap.ok(not os.path.exists(hub.path("state/control")), "the socket is gone")


def ask(hub, data):
    """One packet to the socket; the answer, "" where the connection just ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(WAIT_SECONDS)
        s.connect(hub.path("state/control"))
        s.send(data)
        return s.recv(65536).decode()


def rude_clients():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a")))
        with Service(hub) as service:
            service.says("a.orders outcome=ok")
            for data in (b"garbage", b"{\"do\":", b"[1,2]", b"{}", b"{\"do\":7}", b"\xff\x00\xfe", b"x" * 5000):
                answer = json.loads(ask(hub, data))
                tap.is_((answer["ok"], "order" in answer["text"]), (False, True), "%r is refused" % data[:12])
            tap.has(ask(hub, b'{"do":"dance"}'), 'no order \\"dance\\"', "so is an unknown order")
            silent = []
            for _ in range(100):
                s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                s.setblocking(False)
                silent.append(s)
                with contextlib.suppress(BlockingIOError):  # more than the queue holds
                    s.connect(hub.path("state/control"))
            wait_for(lambda: hub("reload")[0] == 0, "silent clients to be let go")
            tap.ok(True, "a hundred silent clients do not keep others out for long")
            for s in silent:
                s.close()
            tap.is_(os.stat(hub.path("state/control")).st_mode & 0o777, 0o600, "the socket is the owner's")
            tap.is_(service.end(), 0, "ends")


def sunset():
    """The stand-in's API version ends on 2031-05-01."""
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a")))
        for now, words in (("2031-01-01", None), ("2031-02-05", "within 90 days"), ("2031-04-05", "within 30 days"),
                           ("2031-04-28", "within 7 days"), ("2031-05-02", "which is over")):
            env = dict(TOKEN, OMNIHUB_NOW=now + "T12:00:00Z")
            code, _, err = hub("check", env=env)
            tap.is_((code, words is None or words in err), (0, True), "check on " + now)
            one = json.loads(hub("status", "--json", env=env)[1])[0]
            tap.is_(words in one["sunset_warning"] if words else "sunset_warning" not in one, True, "status on " + now)
        hub.conf(shops(shop("a").replace("options = {", 'options = { api_version = "v4";')))
        tap.ok("switches" not in hub("check", env=env)[2], "another version than the plugin's: its date says nothing")
        hub.conf(shops(shop("a")))
        with Service(hub, OMNIHUB_NOW="2031-04-28T12:00:00Z") as service:
            service.says("connector a: the platform switches API version v3 off on 2031-05-01, within 7 days")
            service.says("a.orders outcome=ok")
            tap.is_(service.end(), 0, "ends")
        with Service(hub, OMNIHUB_NOW="2031-04-29T12:00:00Z") as service:
            service.says("connectors are scheduled")
            service.says("a.orders outcome=ok")
            service.end()
            tap.is_([line for line in service.log if "switches" in line], [], "the same is not said twice")
        tap.is_([e["kind"] for e in status(hub, "a")["events"]], ["sunset"], "status keeps it")


def long_folder():
    with Hub() as hub:
        hub.script("ok.script", result())
        folder = "s" * 120
        hub.conf(shops(shop("a")))
        with open(hub.path("omnihub.conf"), encoding="utf-8") as f:
            text = f.read().replace('"state"', '"%s"' % folder)
        hub.write("omnihub.conf", text)
        with Service(hub) as service:
            service.says("a.orders outcome=ok")
            tap.is_(hub("reload")[0], 0, "a state folder whose path is longer than a socket's may be")
            tap.is_(service.end(), 0, "ends")


tap.run([reload, more_places, died_when_asked, suspended, idle_backfill, stopped_twice, rude_clients, sunset, long_folder])
