# SPDX-License-Identifier: Apache-2.0
"""F100: logs that nobody takes, the forms of a log line, and lines that repeat themselves. Work goes on in any case."""

import contextlib
import json
import os
import re
import subprocess

import fault
import hub as h
import omni
import tap
from fault import page, row
from journal import Journal
from rawserver import answer

TOKEN = "canary-log-token-99"


class Bench(fault.Bench):
    """A service whose one connector is due when `resume` says so."""

    def __init__(self, name, **hub):
        super().__init__()
        self.checks, self.hub, self.process, self.n = fault.Checks("F100 " + name), hub, None, 0
        self.play([answer('{"error": "who is %s\\nand more"}' % TOKEN, 404)])
        self.configure({})

    def settings(self, what):
        tree = super().settings(what)
        tree["hub"].update(retry_after="1h", **self.hub)
        tree["connectors"][0].update(schedule="@yearly", start=fault.DAY)
        tree["connectors"][0]["options"]["token"] = TOKEN
        return tree

    def start(self, stderr, **env):
        command = [os.path.join(omni.BUILD, "omnihub"), "-c", self.lab.path("omnihub.conf"), "run"]
        where = dict({n: v for n, v in os.environ.items() if n != "JOURNAL_STREAM"}, **env)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, env=where)
        self.works(1)

    def runs(self):
        with contextlib.suppress(Exception):  # there is no store yet
            return self.query("SELECT count(*) FROM runs WHERE kind = 'pull' AND ended IS NOT NULL")[0][0]
        return 0

    def works(self, n):
        """Until that many runs are in the ledger."""
        h.wait_for(lambda: self.runs() >= n, "run %d" % n)

    def again(self):
        """One more run; where the last one is just ending, the order has to be given again."""
        before = self.runs()
        h.wait_for(lambda: self.runs() > before or self.lab.omnihub("resume", "shop").code < 0, "another run")

    def stop(self):
        self.process.terminate()
        return self.process.wait(omni.RUN_SECONDS)

    def lost(self):
        found = re.search(r"log: (\d+) lines were lost", self.lab.omnihub("status").out)
        return int(found.group(1)) if found else 0

    def __enter__(self):
        return self

    def __exit__(self, kind, died, _):
        if died:
            self.checks.ok(False, "dies: %r" % died)
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        fault.report(self.checks)
        self.close()
        return True


def full(write_end):
    """Nothing more goes into the pipe."""
    os.set_blocking(write_end, False)
    size = 65536
    while size:
        try:
            os.write(write_end, b"x" * size)
        except BlockingIOError:
            size //= 2
    os.set_blocking(write_end, True)


def pipe_full():
    with Bench("a pipe that nobody reads") as bench:
        read_end, write_end = os.pipe()
        full(write_end)
        bench.start(write_end)
        for _ in range(3):
            bench.again()
        bench.checks.ok(bench.runs() >= 4, "runs go on")
        bench.checks.ok(bench.lost() > 0, "status says how many lines were lost")
        taken = []

        def read():
            """What is there now; whether the log says by now that lines were lost."""
            with contextlib.suppress(BlockingIOError):
                while True:
                    taken.append(os.read(read_end, 1 << 20))
            return b"log lines were lost" in b"".join(taken)
        os.set_blocking(read_end, False)
        read()
        bench.again()
        h.wait_for(read, "the log to say that lines were lost")
        text = b"".join(taken)
        bench.checks.ok(re.search(rb"\d+ log lines were lost: nobody took them", text), "and the log, once somebody reads it")
        bench.checks.is_(bench.stop(), 0, "it ends well")
        os.close(write_end)
        os.close(read_end)


def pipe_closed():
    with Bench("a pipe whose reader is gone") as bench:
        read_end, write_end = os.pipe()
        os.close(read_end)
        bench.start(write_end)
        os.close(write_end)
        bench.again()
        bench.checks.ok(bench.lost() > 0, "the lines are counted")
        bench.checks.is_(bench.stop(), 0, "the service goes on and ends well")


def disk_full():
    with Bench("a log on a full disk") as bench, open("/dev/full", "wb") as out:
        bench.start(out)
        bench.again()
        bench.checks.ok(bench.lost() > 0, "the lines are counted")
        bench.checks.is_(bench.stop(), 0, "the service goes on and ends well")


def rotated():
    with Bench("a file that is rotated") as bench:
        path = bench.lab.path("log")
        with open(path, "wb") as log:
            bench.start(log)
        h.wait_for(lambda: os.path.getsize(path) > 0, "a line")
        os.rename(path, path + ".1")
        before = os.path.getsize(path + ".1")
        bench.again()
        h.wait_for(lambda: os.path.getsize(path + ".1") > before, "a line in the file that was moved")
        os.truncate(path + ".1", 0)
        bench.again()
        h.wait_for(lambda: os.path.getsize(path + ".1") > 0, "a line in the file that was cut")
        bench.stop()
        with open(path + ".1", "rb") as log:
            bench.checks.ok(b"\0" not in log.read(), "no hole where the old lines were")
        bench.checks.is_(bench.lost(), 0, "none is lost")


def journal():
    with Bench("the journal", log="journald") as bench, Journal(bench.lab.path("journal")) as taken:
        bench.start(subprocess.DEVNULL, OMNIHUB_JOURNAL=taken.path)
        ended = h.wait_for(lambda: taken.having(OMNIHUB_CONNECTOR="shop", SYSLOG_IDENTIFIER="omnihub", OMNIHUB_EVENT="run-failed"), "a run's end")[0]
        runs = bench.query("SELECT batch FROM runs WHERE kind = 'pull'")
        bench.checks.is_((ended["OMNIHUB_RUN"], ended["OMNIHUB_STREAM"], ended["OMNIHUB_OUTCOME"], ended["PRIORITY"]),
                         (runs[0][0], "ads", "failed", "4"), "an entry says of which run it is, and how that ended")
        bench.checks.ok(ended["OMNIHUB_CODE"].startswith("failed-"), "with its code")
        own = h.wait_for(lambda: taken.having(SYSLOG_IDENTIFIER="omnihub-job", OMNIHUB_RUN=runs[0][0], PRIORITY="3"), "the job's own entries")
        bench.checks.is_(own[0]["OMNIHUB_CONNECTOR"], "shop", "jobs speak to the journal, too")
        bench.again()
        again = h.wait_for(lambda: taken.having(OMNIHUB_EVENT="run-failed")[1:], "a second end")
        bench.checks.ok(re.fullmatch("[0-9a-f]{32}", ended["MESSAGE_ID"]) and again[0]["MESSAGE_ID"] == ended["MESSAGE_ID"],
                        "a kind of entry has one MESSAGE_ID")
        bench.checks.ok(TOKEN not in str(taken.entries), "no secret is in any entry", str(taken.entries))
        taken.close()
        os.unlink(taken.path)
        bench.again()
        bench.checks.ok(bench.lost() > 0, "a journal that is gone is counted")
        with Journal(taken.path) as anew:
            bench.again()
            h.wait_for(lambda: anew.having(OMNIHUB_EVENT="lines-lost"), "the new one to hear of it")
            bench.checks.ok(h.wait_for(lambda: anew.having(OMNIHUB_EVENT="run-failed"), "a run's end"), "a new one is found")
        bench.checks.is_(bench.stop(), 0, "it ends well")


def journal_blocked():
    with Bench("a journal that does not read", log="journald") as bench, Journal(bench.lab.path("journal"), reads=False) as stuck:
        bench.start(subprocess.DEVNULL, OMNIHUB_JOURNAL=stuck.path)
        for _ in range(100):
            if bench.lost():
                break
            bench.again()
        bench.checks.ok(bench.lost() > 0, "runs go on, and the lost lines are counted")
        stuck.read()
        bench.again()
        h.wait_for(lambda: stuck.having(OMNIHUB_EVENT="lines-lost"), "the journal to hear of it")
        bench.checks.is_(bench.stop(), 0, "it ends well")


def no_journal():
    with Bench("no journal", log="journald") as bench, open(bench.lab.path("log"), "wb") as log:
        bench.start(log, OMNIHUB_JOURNAL=bench.lab.path("none"))
        bench.stop()
        with open(bench.lab.path("log"), encoding="utf-8") as text:
            bench.checks.has(text.read(), "there is no journal here", "lines go to stderr, and that is said")


def json_lines():
    with Bench("JSON lines", log="json") as bench, open(bench.lab.path("log"), "wb") as log:
        bench.start(log)
        bench.stop()
        with open(bench.lab.path("log"), encoding="utf-8") as text:
            whole = text.read()
        lines = [json.loads(line) for line in whole.splitlines()]
        ended = [line for line in lines if line.get("event") == "run-failed"]
        bench.checks.is_((ended[0]["connector"], ended[0]["stream"], ended[0]["level"], ended[0]["run"]),
                         ("shop", "ads", "warn", bench.query("SELECT batch FROM runs WHERE kind = 'pull'")[0][0]), "each line is an object with its fields")
        bench.checks.is_({line["program"] for line in lines}, {"omnihub", "omnihub-job"}, "of service and jobs")
        bench.checks.is_([line.get("event") for line in lines if line.get("event") in ("started", "stopped")], ["started", "stopped"],
                         "from its start to its end")
        bench.checks.ok(TOKEN not in whole and "***" in whole, "secrets are taken out", whole)


def repeated():
    """The same end of the same stream, again and again."""
    with Bench("lines that repeat themselves") as bench, open(bench.lab.path("log"), "wb") as log:
        bench.start(log)
        for _ in range(30):
            bench.again()
        bench.stop()
        runs = bench.runs()
        with open(bench.lab.path("log"), encoding="utf-8") as text:
            found = [line for line in text if "shop.ads" in line and "outcome=failed" in line and "suppressed" not in line]
        bench.checks.ok(1 <= len(found) < runs, "not every one is told", "%d of %d" % (len(found), runs))


def well_again():
    with Bench("the work itself") as bench:
        read_end, write_end = os.pipe()
        full(write_end)
        bench.play([page(row("1"))])
        bench.start(write_end)
        bench.checks.is_(bench.rows(), [("1", "n", 1000000, 1)], "what is pulled while nobody reads the log is stored")
        bench.stop()
        os.close(read_end)
        os.close(write_end)


for test in (pipe_full, pipe_closed, disk_full, rotated, journal, journal_blocked, no_journal, json_lines, repeated, well_again):
    test()
tap.done()
