# SPDX-License-Identifier: Apache-2.0
"""F057, F059, F060: clocks that are set while a service runs, machines that sleep for days, zone files that change under it."""

import contextlib
import datetime
import mmap
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

CLOCK = os.path.join(omni.BUILD, "tests", "fault", ".libs", "set_clock.so")
PAGE = struct.Struct("qq")  # tests/fault/set_clock.c's struct page
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400
ZONES = "/usr/share/zoneinfo"


class Lab(h.Hub):
    """A till that is pulled on schedule by a service whose clock the test holds."""

    def __init__(self, schedule="@hourly", hub=None, **more):
        super().__init__()
        self.write("till.csv", "Receipt,Date,Total\n1,2026-11-01,12.50\n")
        self.set_up(schedule, hub, **more)
        # Its life begins at twenty past, far from any tick.
        self.ahead, self.slept, self.process, self.env = int(20 * 60 - time.time() % HOUR) % HOUR, 0, None, {}
        with open(self.path("page"), "wb") as file:
            file.write(PAGE.pack(self.ahead * 10**9, 0))
        with open(self.path("page"), "r+b") as file:
            self.page = mmap.mmap(file.fileno(), PAGE.size)

    def set_up(self, schedule="@hourly", hub=None, **more):
        till = h.connector("till", "file", {"path": "till.csv", "dataset": "orders", "constants": {"currency": "EUR"},
                                            "map": {"order_id": "Receipt", "date": "Date", "net": "Total"}}, schedule=schedule, **more)
        self.configure(till, **(hub or {}))

    def serve(self):
        # A sanitizer's runtime does not mind that another library comes before it.
        env = dict(self.env, LD_PRELOAD=CLOCK, SET_CLOCK=self.path("page"), ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        with open(self.path("log"), "ab") as log:
            self.process = self.start("run", env=env, stdout=subprocess.DEVNULL, stderr=log)

    def log(self):
        with open(self.path("log"), encoding="utf-8") as file:
            return file.read()

    def says(self, text, times=1):
        return h.wait_for(lambda: self.log().count(text) >= times, repr(text))

    def pulled(self, times):
        return self.says("till.orders outcome=ok", times)

    def move(self, seconds=0, slept=0):
        """Sets the clock, or lets it sleep; then somebody asks, which wakes it up."""
        self.slept += slept
        self.move_only(seconds)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asker:
            asker.settimeout(h.WAIT_SECONDS)
            asker.connect(self.path("state", "control"))
            asker.send(b'{"do":"state"}')
            asker.recv(65536)

    def move_only(self, seconds):
        self.ahead += seconds
        self.page[:] = PAGE.pack(self.ahead * 10**9, self.slept * 10**9)

    def events(self, kind="clock"):
        with self.store() as db:
            found = db.execute("SELECT kind, scope, until IS NULL FROM notices WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        db.close()
        return found

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.ahead + self.slept)

    def status(self):
        return self.run("status", "--json").json()[0]

    def waits(self):
        """Seconds of the service's time until the next run, once none runs."""
        def look():
            one = self.status()
            return one if one.get("state") == "waiting" else None
        due = h.wait_for(look, "no run")["next_at"]
        return (datetime.datetime.fromisoformat(due.replace("Z", "+00:00")) - self.now()).total_seconds()

    def runs(self):
        return len([run for run in self.ledger("till") if run["kind"] == "pull"])

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(h.WAIT_SECONDS)
        return None

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.end()
        if self.process and self.process.poll() is None:
            self.process.kill()
        self.page.close()
        super().close()


def begun(lab):
    lab.serve()
    lab.pulled(1)
    lab.says("combine outcome=ok", 1)
    lab.waits()  # nothing runs any more
    return lab


def forward():
    with Lab("every 15m") as lab:
        begun(lab)
        for seconds, words in ((HOUR, "forward by 1 h 0 min"), (DAY, "forward by 24 h 0 min")):
            runs = lab.runs()
            lab.move(seconds)
            lab.says("the clock was set " + words)
            lab.pulled(runs + 1)
            tap.ok(lab.waits() <= 960, "F057 %s: what was missed is run" % words)
            tap.is_(lab.runs(), runs + 1, "F057 %s: once" % words)
        tap.is_(lab.end(), 0, "F057 it ends in good order")


def ten_years_ahead():
    with Lab() as lab:
        begun(lab)
        lab.move(10 * YEAR)
        lab.says("too far to be believed")
        tap.has(lab.run("status").out, "the clock jumped too far ahead", "F057 ten years ahead: status says that nothing is started")
        tap.is_(lab.events(), [("clock", "service", 1)], "F057 ten years ahead: it is an event, for alerts")
        lab.end()
        lab.serve()
        lab.says("too far to be believed", 2)
        lab.move()
        tap.is_(lab.runs(), 1, "F057 ten years ahead: a restart does not make it right")
        lab.move()
        tap.is_(lab.runs(), 1, "F057 ten years ahead: nothing is")
        lab.move(-10 * YEAR)
        lab.says("the clock was set back")
        tap.ok(0 < lab.waits() <= HOUR + 300, "F057 set right again: it goes on where it was")
        tap.is_(lab.events(), [("clock", "service", 0)], "F057 set right again: the event is over")
        lab.move(10 * YEAR)
        lab.says("too far to be believed", 3)
        lab.end()
        lab.move_only(-10 * YEAR)
        lab.serve()
        lab.says("connectors are scheduled", 3)
        tap.ok(0 < lab.waits() <= HOUR + 300, "F057 set right while no service ran: it goes on")
        lab.move(10 * YEAR)
        lab.says("too far to be believed", 4)
        done = lab.run("resume")
        tap.is_(done.code, 0, "F057 resume")
        lab.pulled(2)
        tap.ok(lab.waits() <= HOUR + 300, "F057 and its clock is followed")
    with Lab(hub={"accept_clock_jump": True}) as lab:
        begun(lab)
        lab.move(10 * YEAR)
        lab.pulled(2)
        tap.ok("too far" not in lab.log(), "F057 accept_clock_jump = true: believed at once")


def nothing_ends_by_a_wrong_clock():
    """Ten years ahead every secret has expired; nobody is told so by a clock that is not believed."""
    with Lab() as lab:
        ends = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(300)).strftime("%Y-%m-%d")
        set_secret(lab, "--expires", ends)
        begun(lab)
        lab.move(10 * YEAR)
        lab.says("too far to be believed")
        lab.move(HOUR)
        tap.is_(lab.events("secret"), [], "F057 ten years ahead: no secret has expired")
        lab.run("resume")
        lab.pulled(2)
        lab.says("secret kept: it has expired")
        tap.is_(lab.events("secret"), [("secret", "secret kept", 1)], "F057 once the clock is said to be right, it has")


def set_secret(lab, *more):
    done = subprocess.run([os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "secrets", "set", "kept", *more],
                          input="value", text=True, capture_output=True, check=False)
    tap.is_(done.returncode, 0, "a secret is stored")


def backward():
    with Lab() as lab:
        begun(lab)
        before = lab.waits()
        lab.move(-HOUR)
        lab.says("the clock was set back by 1 h 0 min")
        tap.ok(abs(lab.waits() - before - HOUR) < 60, "F057 an hour back: no tick comes twice")
        lab.move(-YEAR)
        lab.says("the clock was set back by 8760 h")
        tap.ok(0 < lab.waits() <= HOUR + 300, "F057 a year back: the next tick is the next, not one in a year")
        tap.is_(lab.runs(), 1, "F057 and none was run for it")


def restarted_after_set_back():
    """The next tick was run already when the clock was set back; then came a run for which somebody asked."""
    with Lab() as lab:
        begun(lab)
        tap.is_(lab.end(), 0, "F057 the service ends")
        tick, asked = (int((lab.now() + datetime.timedelta(minutes=n)).timestamp() * 10**6) for n in (50, -1))
        with contextlib.closing(sqlite3.connect(lab.path("state", "store.db"))) as db, db:
            db.execute("UPDATE runs SET started = ?, ended = ? WHERE kind = 'pull'", (tick, tick))
            db.execute("INSERT INTO runs(kind, connector, stream, account, started, ended, outcome) "
                       "SELECT kind, connector, stream, account, ?, ?, 'ok' FROM runs WHERE kind = 'pull'", (asked, asked))
        lab.serve()
        lab.says("connectors are scheduled", 2)
        tap.ok(lab.waits() > HOUR, "F057 a tick that was run before the clock was set back is not run again by the next life")
        tap.is_(lab.end(), 0, "F057 it ends in good order")


def watchdog():
    """A service manager that hears nothing kills: also in the hour that comes twice."""
    with Lab(schedule="@yearly") as lab:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(lab.path("notify"))
        manager.settimeout(h.WAIT_SECONDS)
        lab.env = {"NOTIFY_SOCKET": lab.path("notify"), "WATCHDOG_USEC": "200000"}
        with manager:
            begun(lab)
            lab.move(-YEAR)
            lab.says("the clock was set back")
            manager.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    manager.recv(4096)
            manager.settimeout(h.WAIT_SECONDS)
            heard = [manager.recv(4096) for _ in range(8)]
        tap.ok(b"WATCHDOG=1" in heard, "F057 the service manager goes on hearing of it")


def before_it_was_made():
    with Lab() as lab:
        done = lab.run("run", env={"OMNIHUB_NOW": "1970-01-01T00:00:10Z"})
        tap.is_(done.code, 3, "F057 a start in 1970 is refused")
        tap.has(done.err, "the clock says 1970-01-01T00:00:10Z, before this program was made: set it", "F057 with what to do")
        begun(lab)
        lab.move(-56 * YEAR)
        lab.says("before this program was made: nothing is started")
        done = lab.run("resume")
        tap.is_(done.code, 1, "F057 nobody can say that it is 1970")
        lab.move(56 * YEAR + 2 * HOUR)
        lab.pulled(2)
        tap.ok(0 < lab.waits() <= HOUR + 300, "F057 set right: it goes on")


def sleep():
    with Lab() as lab:
        begun(lab)
        lab.move(slept=3 * DAY)
        lab.pulled(2)
        tap.ok(lab.waits() <= HOUR + 300, "F060 three days asleep: what was missed is run")
        tap.is_(lab.runs(), 2, "F060 once for all of them")
        tap.ok("the clock was set" not in lab.log(), "F060 nobody set the clock")
        lab.process.send_signal(signal.SIGSTOP)
        lab.slept += 600
        lab.page[:] = PAGE.pack(lab.ahead * 10**9, lab.slept * 10**9)
        lab.process.send_signal(signal.SIGCONT)
        tap.ok(lab.waits() <= HOUR + 300, "F060 stopped for ten minutes: it goes on")


def left_out():
    with Lab(hub={"catch_up": "none"}) as lab:
        begun(lab)
        lab.move(slept=3 * DAY)
        tap.ok(0 < lab.waits() <= HOUR + 300, "F060 catch_up = none: what was slept through is left out")
        tap.is_(lab.runs(), 1, "F060 nothing was run for it")
        lab.end()
        with sqlite3.connect(lab.path("state", "store.db")) as db:
            db.execute("UPDATE runs SET started = started - ?", (5 * HOUR * 10**6,))
        db.close()
        lab.serve()
        lab.says("connectors are scheduled", 2)
        tap.ok(0 < lab.waits(), "F060 also what was missed while no service ran")
        tap.is_(lab.runs(), 1, "F060 nothing was run for that either")
        lab.end()
        lab.set_up()
        lab.serve()
        lab.pulled(2)
        tap.ok(True, "F060 catch_up = last, the default: it is made up for")


def zone_files():
    with Lab(schedule="0 12 * * *", timezone="Europe/Here") as lab:
        zones = lab.path("zones")
        os.makedirs(os.path.join(zones, "Europe"))
        here = os.path.join(zones, "Europe", "Here")
        shutil.copy(os.path.join(ZONES, "Asia/Tokyo"), here)
        lab.env = {"TZDIR": zones}
        os.environ["TZDIR"] = zones  # of the commands, which read the same configuration
        try:
            begun(lab)
            before = lab.status()["next_at"]
            shutil.copy(os.path.join(ZONES, "America/New_York"), here + ".new")
            os.rename(here + ".new", here)
            lab.move(61)
            lab.says("the file of time zone Europe/Here was changed")
            lab.says("configuration reloaded")
            after = lab.status()["next_at"]
            tap.is_((before[11:14], after[11:14] in ("16:", "17:")), ("03:", True), "F059 new zone files count without a reload")
            os.unlink(here)
            lab.move(HOUR + 61)
            lab.says("the old one stays")
            tap.is_(lab.process.poll(), None, "F059 a zone file that is gone: the old rules go on, and it is said")
            shutil.copy(os.path.join(ZONES, "America/New_York"), here)
            done = lab.run("reload")
            tap.is_(done.code, 0, "F059 with the file it can be read again")
            lab.set_up("0 12 * * *", timezone="Europe/Nowhere")
            done = lab.run("reload")
            tap.is_(done.code, 2, "F059 a reload with an unknown zone is refused")
            tap.has(done.err, "Europe/Nowhere", "F059 with its name")
            tap.is_(lab.end(), 0, "F059 the service goes on with the old one")
        finally:
            del os.environ["TZDIR"]


if __name__ == "__main__":
    if not os.path.exists(os.path.join(ZONES, "Asia/Tokyo")):
        tap.skip_all("no zone files here")
    tap.run([forward, ten_years_ahead, nothing_ends_by_a_wrong_clock, backward, restarted_after_set_back, watchdog, before_it_was_made, sleep, left_out, zone_files])
