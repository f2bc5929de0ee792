# SPDX-License-Identifier: Apache-2.0
"""F089 to F092, F094: configurations and command lines."""

import os
import shutil
import signal
import stat
import subprocess
import threading
import time

import fault
import omni
import tap
from fault import DAY, page, row
from rawserver import answer, by_request, stall

HUB = os.path.join(omni.BUILD, "omnihub")
UNKNOWN_USER = 12345


class Bench(fault.Bench):
    def __init__(self, number, name):
        super().__init__()
        self.checks = fault.Checks("%s %s" % (number, name))
        self.make_well()

    def text(self):
        with open(self.lab.path("omnihub.conf"), encoding="utf-8") as file:
            return file.read()

    def start(self, *words, **how):
        """omnihub in the background, with the present configuration."""
        return subprocess.Popen([HUB, "-c", self.lab.path("omnihub.conf"), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **how)

    def ends_well(self):
        after, wanted = self.make_well()
        self.checks.is_((after.code, self.rows()), (0, wanted), "the next run is well without help")

    def __enter__(self):
        return self

    def __exit__(self, kind, died, _):
        if died:
            self.checks.ok(False, "dies: %r" % died)
        fault.report(self.checks)
        self.close()
        return True


def put(name, content):
    """More files beside the configuration, then the text to add to it."""
    def change(bench, text):
        bench.lab.write(name, content)
        return text + '@include "%s"\n' % name
    return change


BROKEN = [
    ("a syntax error", lambda b, t: t + "sinks = ( { name = ; } );\n", ":3: syntax error"),
    ("an unknown key", lambda b, t: t.replace("max_attempts", "max_atempts"), 'unknown key "max_atempts" (did you mean "max_attempts"?)'),
    ("a wrong type", lambda b, t: t.replace("max_attempts = 2", 'max_attempts = "2"'), "max_attempts must be a whole number"),
    ("a host with a port", lambda b, t: t.replace("hub = {", 'hub = { private_hosts = ("shop.corp:8443"); ', 1),
     'private_hosts: "shop.corp:8443" is not the name of a host'),
    ("out of range", lambda b, t: t.replace("max_attempts = 2", "max_attempts = 2000"), "max_attempts must be from 1 to 20"),
    ("an interval that is none", lambda b, t: t.replace('"1s"', '"soon"', 1), "is not an interval"),
    ("an unknown option", lambda b, t: t.replace("api_url", "api_ur"), 'unknown option "api_ur" (did you mean "api_url"?)'),
    ("a name twice", lambda b, t: t.replace("connectors = ( {", 'connectors = ( { name = "shop"; plugin = "rest"; }, {', 1),
     "there is one of this name already"),
    ("a file that includes itself", put("loop.conf", '@include "loop.conf"\n'), "does a file include itself"),
    ("an include that is not there", lambda b, t: t + '@include "gone.conf"\n', "cannot read"),
    ("a NUL byte", lambda b, t: t + "\0", "contains a NUL byte"),
    ("not UTF-8", lambda b, t: (t + "# caf\xe9\n").encode("latin-1"), "is not UTF-8"),
    ("a huge file", lambda b, t: t + "#" * (9 << 20), "too large for a configuration file"),
    ("deep nesting", lambda b, t: t + "sinks = " + "(" * 20000 + ")" * 20000 + ";\n", ":3: "),
]


def broken():
    for name, change, says in BROKEN:
        with Bench("F089", name) as bench:
            before, text = bench.digest(), change(bench, bench.text())
            with open(bench.lab.path("omnihub.conf"), "wb") as out:
                out.write(text if isinstance(text, bytes) else text.encode())
            bench.server.play()
            runs = bench.query("SELECT count(*) FROM runs")
            result = bench.pull()
            bench.checks.is_(result.code, 2, "exit code 2")
            bench.checks.has(result.err, says, "says " + says)
            bench.checks.ok(any(line.startswith(bench.lab.folder) and ".conf:" in line for line in result.err.splitlines()), "names the file",
                            result.err)
            bench.checks.is_((bench.digest(), bench.query("SELECT count(*) FROM runs"), bench.server.requests), (before, runs, []),
                             "nothing is started")
            bench.ends_well()


def all_at_once():
    with Bench("F089", "several errors") as bench:
        text = bench.text().replace("max_attempts", "max_atempts").replace("api_url", "api_ur").replace('"1s"', '"soon"', 1)
        bench.lab.write("omnihub.conf", text, 0o600)
        check = bench.lab.omnihub("check")
        bench.checks.is_(check.code, 2, "exit code 2")
        for says in ("max_atempts", "api_ur", '"soon" is not an interval'):
            bench.checks.has(check.err, says, "all at once: " + says)
        bench.ends_well()


def harmless():
    with Bench("F089", "a byte order mark and CRLF") as bench:
        text = b"\xef\xbb\xbf" + bench.text().replace("\n", "\r\n").encode()
        with open(bench.lab.path("omnihub.conf"), "wb") as out:
            out.write(text)
        bench.checks.is_(bench.pull().code, 0, "are fine")
        bench.ends_well()


def secrets():
    for mode, code in ((0o600, 0), (0o644, 2)):
        with Bench("F090", "a secret in the clear, mode %o" % mode) as bench:
            bench.configure({"options": {"token": "fault-secret-9"}})
            os.chmod(bench.lab.path("omnihub.conf"), mode)
            result = bench.pull()
            bench.checks.is_(result.code, code, "exit code")
            check = bench.lab.omnihub("check")
            bench.checks.has(check.err, "is a secret in the clear" if code == 0 else "everybody can read", "check says so")
            bench.checks.ok("fault-secret-9" not in check.err + check.out + result.err + result.out, "without showing it")
            bench.ends_well()
    with Bench("F090", "a secret's file that others can read") as bench:
        bench.lab.write("token", "fault-secret-9\n", 0o644)
        bench.configure({"options": {"token": "file:" + bench.lab.path("token")}})
        result = bench.pull()
        bench.checks.is_(result.code, 2, "exit code 2")
        bench.checks.has(result.err, "can be read by others: chmod 600", "says what to do")
        os.chmod(bench.lab.path("token"), 0o600)
        bench.checks.is_(bench.pull().code, 0, "that does it")
        bench.ends_well()


def renamed():
    """Rows and state belong to the connector's name: under a new one they begin anew, and the old ones stay."""
    with Bench("F091", "a connector is renamed") as bench:
        bench.configure({"connector": {"name": "shop2"}})
        before = bench.query("SELECT count(*) FROM d_ads_daily")
        result = bench.pull()
        bench.checks.is_(result.code, 0, "pulled under the new name")
        bench.checks.is_(bench.query("SELECT connector FROM feeds ORDER BY 1"), [("shop",), ("shop2",)], "both are known")
        bench.checks.is_(bench.query("SELECT count(*) FROM d_ads_daily WHERE _feed = 1"), before, "the old rows stay")


def stopped():
    """Windows that were stored stay; the one that was under way never was."""
    for signals in ((signal.SIGINT,), (signal.SIGTERM,), (signal.SIGTERM, signal.SIGTERM)):
        with Bench("F092 F094" if len(signals) > 1 else "F094", "stopped in the middle by " + " ".join(s.name for s in signals)) as bench:
            asked = threading.Event()

            def days(exchange):
                if len(bench.server.requests) < 3:
                    day = exchange.target.partition("from=")[2][:10]
                    return answer(page(row(date='"%s"' % day, cost="3")))
                asked.set()
                return stall()
            bench.play([by_request(days)])
            bench.configure({"stream": {"max_window_days": 1}, "http": {"stall_timeout": "60s", "request_timeout": "60s"}})
            hub = bench.start("-q", "pull", "--from", "2026-11-01", "--to", "2026-11-10")
            asked.wait(omni.RUN_SECONDS)
            for number in signals:
                hub.send_signal(number)
            hub.communicate(timeout=omni.RUN_SECONDS)
            bench.checks.is_(hub.returncode, 130, "exit code 130")
            bench.checks.is_(bench.last_run()[0], "interrupted", "the ledger says so")
            stored = bench.query("SELECT date FROM d_ads_daily WHERE cost = 3000000 ORDER BY 1")
            # A second signal does not wait for the window that is just being stored.
            whole = [[("2026-11-01",), ("2026-11-02",)]] + [[("2026-11-01",)], []] * (len(signals) > 1)
            bench.checks.ok(stored in whole, "whole windows stay, the cut one never was", repr(stored))
            bench.play([by_request(lambda e: answer(page(row(date='"%s"' % e.target.partition("from=")[2][:10]))))])
            bench.configure({"stream": {"max_window_days": 1}})
            again = bench.lab.omnihub("pull", "--from", "2026-11-01", "--to", "2026-11-10")
            bench.checks.is_((again.code, bench.query("SELECT count(*) FROM d_ads_daily WHERE date <= '2026-11-10'")), (0, [(10,)]),
                             "the same command completes it")


def closed_pipe():
    with Bench("F094", "the reader of the output goes away") as bench:
        hub = bench.start("query", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT i FROM n")
        hub.stdout.readline()
        hub.stdout.close()
        bench.checks.ok(hub.wait(omni.RUN_SECONDS) is not None, "it ends")
        bench.checks.ok(hub.returncode in (0, 1, 3, -signal.SIGPIPE, 141), "without a crash", str(hub.returncode))
        hub.stderr.close()
        bench.ends_well()


def is_open_to_all(folder):
    """A build below root's own folder cannot be run by others."""
    return bool(os.stat(folder).st_mode & stat.S_IXOTH) and (folder == "/" or is_open_to_all(os.path.dirname(folder)))


def other_user():
    with Bench("F094", "another user") as bench:
        if os.getuid() != 0 or not all(is_open_to_all(os.path.realpath(folder)) for folder in (omni.BUILD, omni.SOURCE)):
            bench.checks.ok(True, "skipped: needs root, and a build that others may run")
            return
        before = bench.digest()
        os.chmod(bench.lab.folder, 0o755)
        os.chmod(bench.lab.path("omnihub.conf"), 0o644)
        for command in ("pull", "status"):
            hub = bench.start(command, user=UNKNOWN_USER)
            _, err = hub.communicate(timeout=omni.RUN_SECONDS)
            bench.checks.is_(hub.returncode, 3, command + ": exit code 3")
            bench.checks.has(err, "Permission denied" if command == "pull" else "store.db", command + ": says why")
        bench.checks.is_(bench.digest(), before, "nothing has changed")
        bench.ends_well()


def plain_terminal():
    with Bench("F094", "a terminal without UTF-8") as bench:
        bench.play([page(row(name='"é\\u001b[31m"'))])
        bench.configure({})
        bench.pull(env={"LC_ALL": "C", "TERM": "dumb"})
        shown = bench.lab.omnihub("query", "SELECT ad_name FROM ads_daily", env={"LC_ALL": "C", "TERM": "dumb"})
        bench.checks.ok(shown.code == 0 and "\x1b" not in shown.out, "a table without control characters", repr(shown.out))
        bench.ends_well()


if __name__ == "__main__":
    tap.run([broken, all_at_once, harmless, secrets, renamed, stopped, closed_pipe, other_user, plain_terminal])
