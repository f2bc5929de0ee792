#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The audit log: who changed what, in a chain that shows what was changed afterwards, and never in the way of the work."""

import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

SECRET = "canary-audit-secret-55"
ORDERS = "Receipt,Date,Total\n1,2026-11-01,12.50\n2,2026-11-02,7.25\n"


class Lab(h.Hub):
    def prepare(self, **more):
        self.write("till.csv", ORDERS)
        self.configure(h.connector("till", "file", {"path": "till.csv", "dataset": "orders", "constants": {"currency": "EUR"},
                                                    "map": {"order_id": "Receipt", "date": "Date", "net": "Total"}},
                                   schedule="@yearly"), **more)

    def file(self):
        return self.path("state", "audit.jsonl")

    def lines(self):
        with open(self.file(), "rb") as log:
            return log.read().splitlines()

    def entries(self):
        return [json.loads(line) for line in self.lines()]

    def events(self):
        return [e["event"] for e in self.entries()]

    def secret(self, name):
        return subprocess.run([os.path.join(omni.BUILD, "omnihub"), "-c", self.path("omnihub.conf"), "secrets", "set", name],
                              input=SECRET, text=True, capture_output=True, check=False).returncode

    def verify(self):
        done = self.run("audit", "verify")
        return done.code, done.out

    def serve(self):
        process = self.start("run", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        h.wait_for(lambda: "connector" in self.run("resume", "till").out, "the service")
        return process


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    process.wait(h.WAIT_SECONDS)


def test_commands():
    with Lab() as lab:
        lab.prepare()
        tap.is_((lab.run("audit").code, lab.verify()), (0, (0, "0 entries are as they were written\n")), "nothing happened yet")
        lab.secret("shop")
        lab.run("secrets", "rotate-key")
        lab.run("pull", "till")
        lab.run("state", "reset", "till", "--yes")
        lab.run("secrets", "remove", "shop")
        lab.run("pull", "till", "--dry-run")
        lab.run("status")
        tap.is_(lab.events(), ["secret-set", "secrets-rotated", "run", "state-reset", "secret-removed"], "what changes something is noted, looking is not")
        entries = lab.entries()
        tap.is_([e["seq"] for e in entries], [1, 2, 3, 4, 5], "numbered")
        tap.is_({e["uid"] for e in entries}, {os.getuid()}, "with whose order it was")
        tap.is_((entries[0]["detail"], entries[2]["detail"]), ({"name": "shop"}, {"command": "pull", "names": ["till"]}), "and what it was about")
        hashes = ["0" * 64] + [hashlib.sha256(line).hexdigest() for line in lab.lines()]
        tap.is_([e["prev"] for e in entries], hashes[:-1], "each holds the hash of the line before")
        tap.is_(lab.verify(), (0, "5 entries are as they were written\n"), "verify says so")
        tap.is_(os.stat(lab.file()).st_mode & 0o777, 0o600, "for its owner alone")
        tap.ok(SECRET.encode() not in b"".join(lab.lines()), "no secret is in it")
        tap.is_([e["seq"] for e in lab.run("audit", "--json", "--last", "2").json()], [5, 4], "the newest first")
        tap.has(lab.run("audit").out, "secret-removed", "for people, too")


def test_service():
    with Lab() as lab:
        lab.prepare()
        process = lab.serve()
        lab.run("reload")
        with open(lab.path("omnihub.conf"), "a", encoding="utf-8") as conf:
            conf.write("nonsense = 1;\n")
        lab.run("reload")
        lab.prepare()
        end(process)
        found = lab.entries()
        with open(lab.path("omnihub.conf"), "rb") as conf:
            own = hashlib.sha256(conf.read()).hexdigest()
        plugin = h.plugin("file")
        with open(plugin, "rb") as file:
            code = hashlib.sha256(file.read()).hexdigest()
        tap.is_([e["event"] for e in found if e["event"] not in ("resume", "sandbox-degraded")],
                ["service-start", "configuration-loaded", "plugin-loaded", "configuration-loaded", "plugin-loaded", "reload-refused", "service-stop"],
                "a service's life")
        loaded = [e["detail"] for e in found if e["event"] == "configuration-loaded"][0]
        tap.is_((loaded["sha256"], os.path.realpath(loaded["path"])), (own, os.path.realpath(lab.path("omnihub.conf"))),
                "the configuration with its hash, as sha256sum prints it")
        tap.is_([e["detail"] for e in found if e["event"] == "plugin-loaded"][0], {"path": plugin, "sha256": code}, "plugins with theirs")
        resumed = [e for e in found if e["event"] == "resume"][0]
        tap.is_((resumed["detail"], resumed["uid"]), ({"connector": "till"}, os.getuid()), "orders with who gave them")
        tap.ok(resumed["pid"] != process.pid, "the client's process, not the service's")
        tap.is_(lab.verify()[0], 0, "verify")


def test_changed():
    def change(lines, number, old, new):
        lines[number] = lines[number].replace(old, new)

    deeds = [
        ("a line that was changed", lambda lines: change(lines, 1, b"bob", b"eve"), "line 2 was changed"),
        ("a line that was taken out", lambda lines: lines.pop(1), "line 2 follows on entries that are missing"),
        ("lines that were taken off the beginning", lambda lines: lines.pop(0), "line 1 follows on entries that are missing"),
        ("a line that was put in twice", lambda lines: lines.insert(2, lines[1]), "line 3 has the number of an earlier one"),
        ("a line that is none", lambda lines: lines.insert(1, b"nonsense"), "line 2 is no entry"),
    ]
    with Lab() as lab:
        lab.prepare()
        for name in ("ann", "bob", "cem", "dan"):
            lab.secret(name)
        whole = lab.lines()
        for what, deed, says in deeds:
            lines = list(whole)
            deed(lines)
            with open(lab.file(), "wb") as log:
                log.write(b"\n".join(lines) + b"\n")
            code, out = lab.verify()
            tap.ok(code == 1 and says in out, "%s is named: %s" % (what, says))
            if says not in out:
                tap.note(out)
        report = lab.run("audit", "verify", "--json").json()
        tap.is_((report["ok"], report["line"]), (False, 2), "as JSON")


def test_torn():
    """A crash in the middle of a line."""
    with Lab() as lab:
        lab.prepare()
        lab.secret("ann")
        lab.secret("bob")
        with open(lab.file(), "ab") as log:
            log.write(b'{"seq":3,"at":"2026-')
        code, out = lab.verify()
        tap.is_((code, "2 entries are as they were written" in out, "cut by a crash" in out), (0, True, True), "half a line is no change")
        lab.secret("cem")
        last = lab.entries()[-1]
        tap.is_((last["seq"], last["torn"], last["detail"]), (3, 20, {"name": "cem"}), "the next entry takes it off, and says so")
        tap.is_(lab.verify(), (0, "3 entries are as they were written\n"), "the chain goes on")


def test_not_writable():
    """The work goes on, and it is said."""
    with Lab() as lab:
        lab.prepare()
        lab.run("pull")
        os.unlink(lab.file())
        os.symlink("/dev/full", lab.file())
        done = lab.run("pull")
        tap.is_((done.code, "the audit log" in done.err and "cannot be written" in done.err), (0, True), "a link is not followed; the pull is done, and it is said")
        os.unlink(lab.file())
        os.mkdir(lab.file())
        process = lab.serve()
        end(process)
        tap.is_(process.returncode, 0, "a service runs without it, too")
        os.rmdir(lab.file())


def longer(lab, size):
    """The log goes on as the program would write it."""
    lines = lab.lines()
    with open(lab.file(), "ab") as log:
        while log.tell() < size:
            entry = {"seq": len(lines) + 1, "at": "2026-11-28T00:00:00Z", "prev": hashlib.sha256(lines[-1]).hexdigest(), "event": "resume",
                     "uid": os.getuid(), "pid": 1}
            lines.append(json.dumps(entry, separators=(",", ":")).encode())
            log.write(lines[-1] + b"\n")


def test_full_disk():
    """No file may become larger than 8 KiB; only the audit log would."""
    limit = 'ulimit -f 16; trap "" XFSZ; exec "$@"'
    with Lab() as lab:
        lab.prepare()
        lab.secret("first")
        lab.secret("second")
        longer(lab, 8000)
        tap.is_(lab.verify()[0], 0, "a long log")
        before = lab.lines()
        for _ in range(3):
            done = subprocess.run(["sh", "-c", limit, "sh", os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "secrets", "rotate-key"],
                                  capture_output=True, text=True, check=False)
        tap.is_((done.returncode, "the audit log" in done.stderr and "secrets-rotated" in done.stderr), (0, True),
                "the work is done, and what is missing is said")
        tap.is_(lab.lines()[:len(before)], before, "no line is half")
        tap.is_(lab.verify()[0], 0, "nor is the chain broken")
        lab.secret("again")
        tap.is_(lab.verify()[0], 0, "once there is room it goes on")


def test_side_by_side():
    with Lab() as lab:
        lab.prepare()
        lab.secret("first")
        running = [subprocess.Popen([os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "secrets", "set", "n%d" % n],
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for n in range(12)]
        for process in running:
            process.communicate(SECRET.encode(), timeout=h.WAIT_SECONDS)
        tap.is_((len(lab.lines()), lab.verify()[0]), (13, 0), "many at once make one chain")


def test_noticed():
    """What nobody ordered."""
    with Lab() as lab:
        stream = {"name": "orders", "dataset": "orders", "url": "https://elsewhere.example/orders", "records": "$[*]", "sync": "snapshot",
                  "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}]}
        lab.configure(h.connector("shop", "rest", {"api_url": "http://127.0.0.1:9", "streams": [stream], "currency": "EUR"}))
        lab.run("pull")
        lab.run("pull")
        refused = [e["detail"] for e in lab.entries() if e["event"] == "host-refused"]
        tap.is_([(d["connector"], "elsewhere.example" in d["text"]) for d in refused], [("shop", True)] * 2, "a host that may not be asked")
        with contextlib.closing(sqlite3.connect(lab.path("state", "store.db"))) as db:
            db.execute("UPDATE meta SET value = 'of an older program' WHERE key = 'schema'")
            db.commit()
        lab.run("pull")
        tap.is_(lab.events().count("schema-migrated"), 1, "a store that was brought to a newer form")
        tap.is_(lab.verify()[0], 0, "verify")


tap.run([test_commands, test_service, test_changed, test_torn, test_not_writable, test_full_disk, test_side_by_side, test_noticed])
