# SPDX-License-Identifier: Apache-2.0
"""F064, F088, F089, F091, F092: a service whose disk is full, what is left when the hub is killed, and configurations that change
under it."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import threading

import fault
import hub as h
import omni
import tap
from fault import DAY, page, row
from rawserver import answer, by_request
from store_lab import NAMESPACE

HUB = os.path.join(omni.BUILD, "omnihub")
GOOD = page(row(cost="7"))
MANY = page(*[row(str(n), name='"%s"' % ("x" * 200)) for n in range(8000)])


class Bench(fault.Bench):
    """Its connector is scheduled; the platform holds its reply back until a test lets it go."""

    def __init__(self, number, name):
        super().__init__()
        self.checks = fault.Checks("%s %s" % (number, name))
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.process = None

    def hold(self):
        def held(_):
            self.asked.set()
            self.go_on.wait(omni.RUN_SECONDS)
            return answer(GOOD)
        self.play([by_request(held)])

    def settings(self, what):
        tree = dict(super().settings(what), **({"sinks": what["sinks"]} if "sinks" in what else {}))
        tree["hub"]["http"].update(stall_timeout="60s", request_timeout="60s")
        tree["hub"].setdefault("retry_after", "1s")
        tree["connectors"][0].update(schedule="@yearly", start=DAY)
        return tree

    def start(self, *words, before=()):
        """before: words in front of the command."""
        with open(self.lab.path("log"), "ab") as log:
            self.process = subprocess.Popen([*(before or [HUB]), "-c", self.lab.path("omnihub.conf"), *words], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=log)

    def serve(self):
        """A service whose job waits for the platform."""
        self.hold()
        self.configure({})
        self.start("run")
        self.checks.ok(self.asked.wait(omni.RUN_SECONDS), "the platform is asked")

    def log(self):
        with open(self.lab.path("log"), encoding="utf-8") as log:
            return log.read()

    def says(self, text, times=1):
        h.wait_for(lambda: self.log().count(text) >= times, repr(text))

    def outcomes(self):
        return self.query("SELECT connector, outcome FROM runs WHERE kind = 'pull' ORDER BY id")

    def stop(self, *signals):
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
        return self.process.wait(omni.RUN_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, kind, died, _):
        if died:
            self.checks.ok(False, "dies: %r" % died)
            fault.tap.note(self.log() if os.path.exists(self.lab.path("log")) else "")
        self.go_on.set()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        fault.report(self.checks)
        self.close()
        return True


def rewritten(bench, change):
    """The configuration with other text, in one step as editors do it."""
    with open(bench.lab.path("omnihub.conf"), encoding="utf-8") as conf:
        text = conf.read()
    bench.lab.write("omnihub.conf.new", change(text), 0o600)
    os.rename(bench.lab.path("omnihub.conf.new"), bench.lab.path("omnihub.conf"))


def killed():
    with Bench("F088", "the hub is killed while a job runs") as bench:
        bench.configure({})
        bench.play([page(row("1"))])
        bench.pull()
        before = bench.digest()
        bench.hold()
        bench.start("pull", "--from", DAY, "--to", DAY)
        bench.asked.wait(omni.RUN_SECONDS)
        job, plugin = h.child(bench.process.pid, "omnihub-job"), h.child(bench.process.pid, "omnihub-plugin")
        bench.checks.is_(bench.stop(signal.SIGKILL), -signal.SIGKILL, "killed")
        h.wait_for(lambda: not h.is_alive(job) and not h.is_alive(plugin), "the end of job and plugin")
        bench.checks.ok(True, "job and plugin end with it")
        bench.checks.is_(bench.digest(), before, "data and state are as before")
        bench.go_on.set()
        after, wanted = bench.make_well()
        bench.checks.is_((after.code, bench.rows()), (0, wanted), "the next run is well without help")
        bench.checks.is_([outcome for _, outcome in bench.outcomes()], ["ok", "interrupted", "ok"], "and has written down what became of the killed one")


def taken_up():
    with Bench("F088", "a service comes after a hub that was killed while a job ran") as bench:
        bench.configure({})
        bench.play([page(row("1"))])
        bench.pull()
        bench.hold()
        bench.start("pull", "--from", DAY, "--to", DAY)
        bench.asked.wait(omni.RUN_SECONDS)
        bench.stop(signal.SIGKILL)
        bench.go_on.set()
        bench.start("run")
        h.wait_for(lambda: len(bench.outcomes()) > 2, "the run of the next life")
        h.wait_for(lambda: bench.outcomes()[-1][1] != "running", "its end")
        bench.checks.is_([outcome for _, outcome in bench.outcomes()], ["ok", "interrupted", "ok"], "it is taken up long before the next tick")
        bench.checks.is_(bench.rows(), [("1", "n", 7000000, 1)], "what it was to bring is there")
        bench.checks.is_(bench.stop(), 0, "the service ends well")


SMALL = """mount -t tmpfs -o size=2m none %(small)s
(while [ ! -e %(go)s ] && kill -0 $$; do sleep 0.05; done; mount -o remount,size=64m %(small)s) &
OMNIHUB "$@" & hub=$!
trap "kill -TERM $hub" TERM
wait $hub; wait $hub
mkdir %(out)s; cp -a %(small)s/. %(out)s"""


def full_for_a_while():
    with Bench("F064", "a service whose disk is full for a while") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        paths = {name: bench.lab.path(name) for name in ("small", "go", "out")}
        os.makedirs(paths["small"])
        bench.play([MANY])
        bench.configure({"hub": {"state_dir": paths["small"], "retry_after": "1s"}, "http": {"max_body_mb": 20}})
        script = (SMALL % paths).replace("OMNIHUB", HUB)
        bench.start("run", before=[*NAMESPACE, "sh", "-c", script, "sh"])
        bench.says("outcome=retrying")
        bench.checks.ok("full" in bench.log(), "a full disk is named", bench.log())
        bench.checks.is_(bench.process.poll(), None, "the service lives")
        bench.lab.write("go", "")
        bench.says("shop.ads outcome=ok")
        bench.stop()
        bench.state = paths["out"]
        bench.checks.is_((len(bench.rows()), bench.query("PRAGMA integrity_check")), (8000, [("ok",)]), "with room it goes on, without a restart")
        bench.checks.is_(bench.outcomes()[-1], ("shop", "ok"), "the ledger says so")


def busy_sink():
    """Another program holds the sink's database; the next tick is a year away."""
    with Bench("F064", "a service whose sink cannot be written for a while") as bench:
        target = bench.lab.path("bi.db")
        bench.make_well()
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as other:
            other.execute("CREATE TABLE theirs(a)")
            other.execute("BEGIN EXCLUSIVE")
            bench.configure({"hub": {"retry_after": "1s"}, "sinks": [{"name": "bi", "plugin": omni.plugin_path("sqlite", "sinks"),
                                                                      "datasets": ["ads_daily"], "options": {"path": target}}]})
            bench.start("run")
            bench.says("outcome=retrying")
            other.execute("ROLLBACK")
        bench.says("bi.ads_daily outcome=ok")
        bench.checks.is_(bench.outcomes(), [("shop", "ok")], "once it can be, it is delivered, without another pull")
        bench.checks.is_(bench.stop(), 0, "the service ends well")


def fill(path):
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (65536, 512, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def reserve():
    with Bench("F064", "what failed on a full disk is written down") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        paths = {name: bench.lab.path(name) for name in ("small", "go", "out")}
        os.makedirs(paths["small"])
        first_day = by_request(lambda e: answer(page(row(date='"%s"' % e.target.split("from=")[1][:10]))))
        bench.play([first_day])
        bench.configure({"hub": {"state_dir": paths["small"], "retry_after": "1s", "reserve_mb": 1}})
        script = (SMALL.replace("size=2m", "size=8m") % paths).replace("OMNIHUB", HUB)
        bench.start("run", before=[*NAMESPACE, "sh", "-c", script, "sh"])
        bench.says("shop.ads outcome=ok")
        bench.says("combine outcome=ok", 2)
        inside = "/proc/%d/root%s/" % (bench.process.pid, paths["small"])
        bench.checks.is_(os.stat(inside + "reserve").st_blocks * 512, 1 << 20, "a service keeps a reserve")
        fill(inside + "fill")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as admin:
            admin.connect(inside + "control")
            admin.send(b'{"do":"resume","connector":"shop"}')
        bench.says("the reserve is given back")
        bench.checks.ok(not os.path.exists(inside + "reserve"), "on a full disk it is given back")
        bench.says("outcome=retrying")
        os.unlink(inside + "fill")
        bench.says("shop.ads outcome=ok", 2)
        h.wait_for(lambda: os.path.exists(inside + "reserve"), "the reserve")
        bench.checks.ok(True, "with room it is made anew")
        bench.stop()
        bench.state = paths["out"]
        bench.checks.ok({("shop", "ok"), ("shop", "retrying")} == set(bench.outcomes()), "the ledger has what failed", repr(bench.outcomes()))
        message = bench.query("SELECT message FROM runs WHERE outcome = 'retrying' LIMIT 1")[0][0]
        bench.checks.has(message, "the disk is full", "with the reason")


def broken_reload():
    with Bench("F089", "a reload of a configuration with errors") as bench:
        bench.serve()
        rewritten(bench, lambda text: text + 'nonsense = true;\nsinks = ( { name = "x"; } );\n')
        bench.process.send_signal(signal.SIGHUP)
        bench.says("the old one stays")
        log = bench.log()
        bench.checks.ok('unknown section "nonsense"' in log and log.count("omnihub.conf:") >= 2, "all errors are said, with their places", log)
        bench.go_on.set()
        h.wait_for(lambda: ("shop", "ok") in bench.outcomes(), "the run's end")
        bench.checks.is_(bench.rows(), [("1", "n", 7000000, 1)], "the job that ran ends well")
        bench.checks.is_(bench.stop(), 0, "and so does the service")


def removed():
    with Bench("F091", "a reload removes a connector whose job runs") as bench:
        bench.serve()
        rewritten(bench, lambda text: text.replace('name = "shop"', 'name = "shop2"'))
        bench.process.send_signal(signal.SIGHUP)
        bench.says("removed=shop")
        bench.go_on.set()
        h.wait_for(lambda: set(bench.outcomes()) >= {("shop", "ok"), ("shop2", "ok")}, "both runs")
        bench.checks.is_(bench.outcomes(), [("shop", "ok"), ("shop2", "ok")], "the old one ends well, the new one is pulled, each once")
        bench.checks.is_(bench.query("SELECT count(*) FROM d_ads_daily"), [(2,)], "each has its row")
        bench.checks.is_(bench.stop(), 0, "the service ends well")


def storm():
    with Bench("F092", "a storm of SIGHUP while a job runs") as bench:
        bench.serve()
        rewritten(bench, lambda text: text.replace("@yearly", "@monthly"))
        for _ in range(200):
            bench.process.send_signal(signal.SIGHUP)
        bench.says("changed=shop")
        bench.checks.is_(bench.process.poll(), None, "the service lives")
        bench.go_on.set()
        h.wait_for(lambda: ("shop", "ok") in bench.outcomes(), "the run's end")
        bench.checks.is_(bench.outcomes(), [("shop", "ok")], "the job ran once")
        bench.checks.is_(bench.stop(), 0, "the service ends well")
        bench.checks.ok(bench.log().count("configuration reloaded") < 200, "reloads are folded into few")


def stopped_while_reloading():
    with Bench("F092", "SIGHUP while it stops, then SIGTERM again") as bench:
        bench.serve()
        code = bench.stop(signal.SIGTERM, signal.SIGHUP, signal.SIGTERM)
        bench.checks.ok(code == 0, "it stops", str(code))
        bench.checks.is_(bench.outcomes(), [("shop", "interrupted")], "the run is interrupted")
        bench.checks.is_(bench.rows(), [], "nothing of it is stored")
        bench.go_on.set()
        after, wanted = bench.make_well()
        bench.checks.is_((after.code, bench.rows()), (0, wanted), "the next run is well without help")


if __name__ == "__main__":
    tap.run([full_for_a_while, reserve, busy_sink, killed, taken_up, broken_reload, removed, storm, stopped_while_reloading])
