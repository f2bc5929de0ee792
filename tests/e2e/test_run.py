#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""omnihub run: what is due is pulled, combined and pushed; reload, retries, restarts, suspended plugins, and an end in good order."""

import contextlib
import os
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402

ORDERS = "Receipt,Date,Total\n1,2026-11-01,12.50\n2,2026-11-02,7.25\n"


def till(name="till", path="till.csv", schedule="@yearly"):
    return h.connector(name, "file", {"path": path, "dataset": "orders", "constants": {"currency": "EUR"},
                                      "map": {"order_id": "Receipt", "date": "Date", "net": "Total"}}, schedule=schedule)


def platform(name, port, schedule="@yearly"):
    """A platform that is reached through the `rest` source."""
    fields = [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"}]
    stream = {"name": "orders", "dataset": "orders", "url": "/orders", "records": "$[*]", "fields": fields, "sync": "snapshot"}
    return h.connector(name, "rest", {"api_url": "http://127.0.0.1:%d" % port, "streams": [stream]}, schedule=schedule)


class Service:
    """`omnihub run` in the background with its log; ended by its process id."""

    def __init__(self, lab, **env):
        self.log = []
        self.process = lab.start("run", env=dict(env))
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def says(self, text, times=1):
        return h.wait_for(lambda: sum(text in line for line in list(self.log)) >= times, "the log to say " + text)

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.process.wait(h.WAIT_SECONDS)
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """A failed check must not leave it running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def has_lines(path, n):
    try:
        with open(path, encoding="utf-8") as f:
            return len(f.readlines()) == n
    except OSError:
        return False


def test_life():
    with h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.write("till.csv", ORDERS)
        lab.configure(till(), sinks=[h.sink("out", "csv", ["channel_daily"], {"directory": "out"})])
        manager = h.Manager(lab)
        service = stack.enter_context(Service(lab, NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="200000"))
        manager.hears("READY=1")
        h.wait_for(lambda: has_lines(lab.path("out", "channel_daily.csv"), 3), "the day's rows to be pushed")
        tap.is_(lab.row("SELECT count(*), dec(sum(net)) FROM orders"), (2, "19.75"), "what was never pulled is pulled at once, combined and pushed")
        manager.hears("WATCHDOG=1")
        service.says("out.channel_daily outcome=ok deliveries=1 rows=2")
        tap.is_(lab.run("resume", "till").code, 0, "an order to run it again")
        h.wait_for(lambda: len([r for r in lab.ledger("out") if r["outcome"] == "ok"]) >= 2, "another delivery to end")
        service.says("combine outcome=ok", 2)
        tap.is_(sum("out.channel_daily outcome" in line for line in service.log), 1, "one that had nothing to deliver is no line of the log")
        done = lab.run("pull")
        tap.is_((done.code, "process %d" % service.process.pid in done.err), (3, True), "a second hub is refused, naming this one")
        tap.is_(lab.run("status").code, 0, "status works beside it")

        lab.write("second.csv", ORDERS.replace("\n1,", "\n3,").replace("\n2,", "\n4,"))
        lab.configure(till(), till("second", "second.csv"))
        service.signal(signal.SIGHUP)
        service.says("configuration reloaded: added=second")
        service.says("second.orders outcome=ok")
        tap.is_(lab.value("SELECT count(*) FROM orders"), 4, "a connector that a reload brought is pulled")
        lab.configure(till(schedule="every now and then"))
        service.signal(signal.SIGHUP)
        service.says("the old one stays")
        tap.ok(any("every now and then" in line for line in service.log), "a bad configuration is refused with the reason")
        tap.ok(service.process.poll() is None, "and the service goes on")
        tap.is_(service.end(), 0, "SIGTERM ends it with 0")
        tap.ok(manager.hears("STOPPING=1"), "the manager is told")
        lab.configure(till(), till("second", "second.csv"))
        before = len(lab.ledger())
        service = stack.enter_context(Service(lab))
        service.says("combine outcome=ok")
        tap.is_(service.end(), 0, "it starts again")
        pulls = [run for run in lab.ledger()[:-before] if run["kind"] == "pull"]
        tap.is_(pulls, [], "what is not due yet is not pulled again after a restart")
        lab.check_whole("after it all")


def test_retry():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.write("till.csv", ORDERS)
        lab.configure(platform("shop", port), till(), retry_after="1s", http={"max_attempts": 1})
        service = stack.enter_context(Service(lab))
        service.says("shop.orders", 3)
        tap.is_(service.end(), 0, "ends")
        runs = [run["outcome"] for run in lab.ledger("shop")]
        tap.ok(len(runs) >= 3 and set(runs) == {"retrying"}, "a platform that cannot be reached is tried again before its next tick")
        tap.is_([run["outcome"] for run in lab.ledger("till")], ["ok"], "the others are not touched by it")


def test_too_long():
    """A platform that never answers, and a run that may not wait for it so long: nobody has interrupted it."""
    with h.Hub() as lab, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        lab.configure(platform("shop", silent.getsockname()[1]), run_timeout="1s")
        done = lab.run("pull")
        run = lab.ledger("shop")[0]
        tap.is_((done.code, run["outcome"], run["code"]), (1, "hung", "hung-run"), "a run that takes longer than it may")
        tap.has(run["message"], "it did not end within 1 s (hub.run_timeout)", "says so")
        tap.has(done.out, "raise hub.run_timeout", "with what to do")
        tap.has(lab.run("status", "--json").json()[0]["events"][0]["text"], "hung-run: it did not end", "and it lasts, as a fault")


def test_drain():
    with socket.create_server(("127.0.0.1", 0)) as silent, h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.configure(platform("shop", silent.getsockname()[1]))
        service = stack.enter_context(Service(lab))
        silent.settimeout(h.WAIT_SECONDS)
        connection, _ = silent.accept()  # the request is on its way, and will never be answered
        with connection:
            tap.is_(service.end(), 0, "SIGTERM ends a service whose job waits for a platform")
        tap.is_([run["outcome"] for run in lab.ledger()], ["interrupted"], "the run is in the ledger as interrupted")
        lab.check_whole("after the drain")


def test_killed():
    with socket.create_server(("127.0.0.1", 0)) as silent, h.Hub() as lab, contextlib.ExitStack() as stack:
        lab.configure(platform("shop", silent.getsockname()[1]))
        service = stack.enter_context(Service(lab))
        silent.settimeout(h.WAIT_SECONDS)
        connection, _ = silent.accept()
        with connection:
            job = h.child(service.process.pid, "omnihub-job")
            h.kill_hard(service.process.pid)
            service.end()
            h.wait_for(lambda: not h.is_alive(job), "the job to die with its service")
        lab.write("till.csv", ORDERS)
        lab.configure(till())
        service = stack.enter_context(Service(lab))
        service.says("till.orders outcome=ok")
        service.end()
        tap.is_(sorted(run["outcome"] for run in lab.ledger()), ["interrupted", "ok"], "the next life closes what the last one left open")
        lab.check_whole("after kill -9")


tap.run([test_life, test_retry, test_too_long, test_drain, test_killed])
