# SPDX-License-Identifier: Apache-2.0
"""F065: a disk fails just when a run ends. Neither its job nor the service can write that down; the service does so, once, when the disk
takes it."""

import contextlib
import errno
import os
import signal
import threading
import time

import fault
import hub as h
import omni
import tap
from fault import page, row
from rawserver import RawServer, answer, by_request
from ruled_lab import CLOCK, Page, RuledLab
from sweep_lab import preload

DAY = h.TODAY.isoformat()
REFUSED, WRITTEN = "cannot be written to the ledger yet", "what happened is in the ledger now"


class Lab(RuledLab):
    """A service with one connector, whose platform holds its replies back; the next tick is a year away."""

    def __init__(self):
        super().__init__()
        self.rule()
        self.asked, self.go_on, self.server = threading.Event(), threading.Event(), RawServer()
        self.server.healthy = by_request(self.reply)
        self.configure(h.connector("shop", "rest", {"api_url": self.server.url(), "zone": "UTC", "currency": "EUR", "streams": [fault.STREAM]},
                                   schedule="@yearly", start=DAY), retry_after="1h", http=fault.QUICK)
        self.log_file = open(self.path("log"), "ab")
        self.process = self.serve(self.log_file)

    def rule(self):
        self.install("havoc")

    def reply(self, _):
        self.asked.set()
        self.go_on.wait(omni.RUN_SECONDS)
        return answer(page(row(date='"%s"' % DAY)))

    def fail(self):
        """Every write fails, while a job waits for the platform."""
        h.wait_for(self.asked.is_set, "the platform to be asked: " + self.said())
        self.page.put("trouble", errno.EIO)

    def said(self):
        with open(self.path("log"), encoding="utf-8") as log:
            return log.read()

    def says(self, text):
        h.wait_for(lambda: text in self.said(), repr(text))

    def runs(self):
        with contextlib.closing(self.store()) as db:
            return db.execute("SELECT outcome, ended FROM runs WHERE kind = 'pull' ORDER BY id").fetchall()

    def outcomes(self):
        return [outcome for outcome, _ in self.runs()]

    def is_written(self, n=1):
        h.wait_for(lambda: len(self.runs()) >= n and "running" not in self.outcomes(), "the ledger's word")

    def pull(self):
        """Once more, and well."""
        self.admin("resume", "shop")
        h.wait_for(lambda: self.outcomes()[-1:] == ["ok"], "another run")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(omni.RUN_SECONDS)

    def close(self):
        self.go_on.set()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()
        super().close()


def a_run_ends():
    with Lab() as lab:
        lab.fail()
        lab.go_on.set()
        lab.says(REFUSED)
        tap.is_(lab.outcomes(), ["running"], "F065 the disk takes neither the job's word nor the service's")
        mended = time.time()
        lab.page.put("trouble", 0)
        lab.is_written()
        (outcome, ended), = lab.runs()
        tap.is_(outcome, "retrying", "F065 the service writes down how the run ended once the disk takes it")
        tap.ok(ended / 1e6 <= mended, "F065 with when that was")
        lab.says(WRITTEN)
        lab.pull()
        tap.is_((lab.outcomes(), lab.process.poll()), (["retrying", "ok"], None), "F065 once, by the same service, which goes on")
        tap.is_((lab.stop(), lab.outcomes()), (0, ["retrying", "ok"]), "F065 and which ends well")


def a_job_dies():
    with Lab() as lab:
        lab.fail()
        os.kill(h.child(lab.process.pid, "omnihub-job"), signal.SIGKILL)
        lab.says(REFUSED)
        lab.page.put("trouble", 0)
        lab.is_written()
        tap.is_(lab.outcomes(), ["crashed"], "F065 a job is killed meanwhile: the same")
        lab.go_on.set()
        lab.pull()
        tap.is_(lab.outcomes(), ["crashed", "ok"], "F065 once")


def a_run_cannot_begin():
    with Lab() as lab:
        lab.go_on.set()
        lab.says("shop.ads outcome=ok")
        lab.page.put("trouble", errno.EIO)
        lab.admin("resume", "shop")
        lab.says(REFUSED)
        tap.is_(lab.outcomes(), ["ok"], "F065 a run cannot even be begun: the ledger knows nothing of it")
        lab.page.put("trouble", 0)
        lab.pull()
        tap.is_(lab.outcomes(), ["ok", "retrying", "ok"], "F065 then it is noted, once, before a newer one begins")


def a_read_only_disk():
    """Nothing can be opened for writing; to SQLite that is a file with the wrong mode, which would be nobody's to try again."""
    with Lab() as lab:
        lab.go_on.set()
        lab.says("shop.ads outcome=ok")
        lab.page.put("trouble", errno.EROFS)
        lab.admin("resume", "shop")
        lab.says("shop: %s: the store cannot be written: Read-only file system" % lab.path("state", "store.db"))
        lab.page.put("trouble", 0)
        lab.is_written(2)
        tap.is_(lab.outcomes(), ["ok", "retrying"], "F065 the run that met it is one that is tried again")
        lab.pull()
        tap.is_(lab.outcomes(), ["ok", "retrying", "ok"], "F065 and is well once the disk is")


class ClockLab(Lab):
    """The same, with a clock that the test sets."""

    def rule(self):
        self.clock = Page(self.path("clock"), CLOCK)
        self.install("set_clock", "havoc", SET_CLOCK=self.path("clock"))

    def events(self):
        with contextlib.closing(self.store()) as db:
            return db.execute("SELECT kind, until IS NULL FROM notices").fetchall()


def an_event_begins():
    """The clock jumps, which is told once; no job's business, and nobody raises it again."""
    with ClockLab() as lab:
        lab.go_on.set()
        lab.says("shop.ads outcome=ok")
        lab.page.put("trouble", errno.EIO)
        lab.clock.put("set", 365 * 86400 * 10**9)
        lab.admin("status")  # which wakes it up
        lab.says(REFUSED)
        lab.page.put("trouble", 0)
        h.wait_for(lambda: lab.events() == [("clock", 1)], "the event to be written once the disk takes it")
        lab.says(WRITTEN)
        tap.ok(True, "F065 an event of the service waits for the disk")
        lab.page.put("trouble", errno.EIO)
        lab.clock.put("set", 0)
        lab.says(REFUSED)
        lab.page.put("trouble", 0)
        h.wait_for(lambda: lab.events() == [("clock", 0)], "its end")
        tap.is_(lab.stop(), 0, "F065 and so does its end")


def the_service_ends():
    """Told to stop before it tried again: it does so at its end."""
    with Lab() as lab:
        lab.fail()
        lab.go_on.set()
        lab.says(REFUSED)
        os.kill(lab.process.pid, signal.SIGSTOP)
        lab.page.put("trouble", 0)
        os.kill(lab.process.pid, signal.SIGTERM)
        os.kill(lab.process.pid, signal.SIGCONT)
        tap.is_((lab.process.wait(omni.RUN_SECONDS), lab.outcomes()), (0, ["retrying"]), "F065 a service that ends tries once more")


def the_disk_stays_broken():
    with Lab() as lab:
        lab.fail()
        lab.go_on.set()
        lab.says(REFUSED)
        lab.stop()
        tap.is_(lab.outcomes(), ["running"], "F065 a disk that stays broken takes nothing at the end either")
        lab.page.put("trouble", 0)
        lab.process = lab.serve(lab.log_file)
        lab.is_written()
        tap.is_(lab.outcomes(), ["interrupted"], "F065 the next hub finds it")


if __name__ == "__main__":
    if not os.path.exists(preload("havoc")):
        tap.skip_all("havoc is not built")
    tap.run([a_run_ends, a_job_dies, a_run_cannot_begin, a_read_only_disk, an_event_begins, the_service_ends, the_disk_stays_broken])
