# SPDX-License-Identifier: Apache-2.0
"""F064 to F070, F073 to F075: the disk, the store, the state, and the files of sinks."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import threading

import fault
import omni
import tap
from fault import DAY, page, row
from rawserver import answer, by_request, stall

HUB = os.path.join(omni.BUILD, "omnihub")
PAGE = 4096
MANY = page(*[row(str(n), name='"%s"' % ("x" * 200)) for n in range(2000)])


def namespace():
    """The words before a command that may mount things, or None."""
    for words in (["unshare", "-m"], ["unshare", "-rm"]):
        test = [*words, "sh", "-c", "mount -t tmpfs none /mnt"]
        if shutil.which("unshare") and subprocess.run(test, capture_output=True, check=False).returncode == 0:
            return words
    return None


NAMESPACE = namespace()


class Bench(fault.Bench):
    def __init__(self, number, name):
        super().__init__()
        self.checks = fault.Checks("%s %s" % (number, name))
        first, _ = self.make_well()
        self.checks.is_(first.code, 0, "well before")

    def file(self, name="store.db"):
        return os.path.join(self.state, name)

    def files(self):
        """Everything in the state folder but the lock."""
        found = {}
        for name in os.listdir(self.state):
            if name != "hub.lock":
                with open(self.file(name), "rb") as file:
                    found[name] = file.read()
        return found

    def put_files(self, files):
        for name in os.listdir(self.state):
            os.unlink(self.file(name))
        for name, content in files.items():
            with open(self.file(name), "wb") as file:
                file.write(content)

    def script(self, text):
        """A program in the place of omnihub; "$@" are its arguments."""
        return self.lab.write("wrapper", "#!/bin/sh\n%s\n" % text.replace("OMNIHUB", "'%s'" % HUB), 0o755)

    def in_namespace(self, text):
        return self.script("exec %s sh -c '%s' sh \"$@\"" % (" ".join(NAMESPACE), text.replace("OMNIHUB", HUB)))

    def execute(self, sql):
        with contextlib.closing(sqlite3.connect(self.file())) as db:
            db.execute(sql)
            db.commit()

    def ends_well(self):
        after, wanted = self.make_well()
        self.checks.is_((after.code, self.rows()), (0, wanted), "the next run is well without help")
        self.checks.is_(self.query("PRAGMA integrity_check"), [("ok",)], "the store is whole")

    def __enter__(self):
        return self

    def __exit__(self, kind, died, _):
        if died:
            self.checks.ok(False, "dies: %r" % died)
        fault.report(self.checks)
        self.close()
        return True


# ---- F064, F065, F066: what the machine lacks

def disk_full():
    with Bench("F064", "the disk is full") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount a small disk here")
            return
        bench.play([MANY])
        bench.configure({"hub": {"state_dir": bench.lab.path("small")}})
        before, small, out = bench.digest(), bench.lab.path("small"), bench.lab.path("out")
        os.makedirs(small)
        size = os.path.getsize(bench.file()) + os.path.getsize(bench.file("hub.lock"))
        said = set()
        for more in (0, 8, 64, 200, 500):
            shutil.rmtree(out, ignore_errors=True)
            limit = (size // PAGE + 2) * PAGE + more * 1024
            wrapper = bench.in_namespace("mount -t tmpfs -o size=%d none %s && cp -a %s/. %s && OMNIHUB \"$@\"; code=$?; mkdir %s; "
                                         "cp -a %s/. %s; exit $code" % (limit, small, bench.state, small, out, small, out))
            result = bench.pull(program=wrapper)
            said.update(line for line in result.err.splitlines() if "full" in line)
            bench.checks.ok(result.code in (1, 3), "%d KiB too few: exit code" % more, "%d %s" % (result.code, result.err))
            held, bench.state = bench.state, out
            bench.checks.is_((bench.digest(), bench.query("PRAGMA integrity_check")), (before, [("ok",)]), "%d KiB: as before" % more)
            bench.state = held
        bench.checks.ok(said, "a full disk is named")
        shutil.rmtree(bench.state)
        os.rename(out, bench.state)
        bench.ends_well()


def read_only():
    with Bench("F065", "the state folder is read-only") as bench:
        if not NAMESPACE:
            bench.checks.ok(True, "skipped: no right to mount here")
            return
        before = bench.files()
        wrapper = bench.in_namespace("mount --bind %s %s && mount -o remount,bind,ro %s && exec OMNIHUB \"$@\"" % ((bench.state,) * 3))
        result = bench.pull(program=wrapper)
        bench.checks.is_(result.code, 3, "exit code 3")
        bench.checks.has(result.err, "Read-only file system", "says why")
        bench.checks.is_(bench.files(), before, "nothing has changed")
        shown = bench.lab.omnihub("query", "SELECT count(*) AS n FROM ads_daily", "--format", "csv", program=wrapper)
        bench.checks.is_((shown.code, shown.out.split()), (0, ["n", "3"]), "what is there can still be read")
        bench.checks.ok(not shown.err, "without a word", shown.err)
        bench.ends_well()


def few_descriptors():
    with Bench("F066", "descriptors run out") as bench:
        before, codes = bench.digest(), []
        for n in range(5, 17):
            result = bench.pull(program=bench.script("ulimit -n %d; exec OMNIHUB \"$@\"" % n))
            codes.append(result.code)
            if result.code:
                bench.checks.ok(result.err, "%d: says something" % n)
        bench.checks.ok(0 in codes and codes[0] != 0, "from too few to enough", repr(codes))
        bench.checks.ok(set(codes) <= {0, 1, 2, 3, 127}, "with an orderly exit code each time", repr(codes))
        bench.checks.is_(bench.digest(), before, "data and state are as before")
        bench.ends_well()


# ---- F067: others at the store

def locked_for_a_moment():
    with Bench("F067", "another program holds the store for a moment") as bench:
        holder = sqlite3.connect(bench.file(), check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(0.4, holder.rollback).start()
        bench.ends_well()


def second_hub():
    with Bench("F067", "a second hub on the same state") as bench:
        asked = threading.Event()

        def hold(_):
            asked.set()
            return stall()
        bench.play([by_request(hold)])
        bench.configure({"http": {"request_timeout": "60s", "stall_timeout": "60s"}})
        first = subprocess.Popen([HUB, "-c", bench.lab.path("omnihub.conf"), "-q", "pull", "--from", DAY, "--to", DAY],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        asked.wait(omni.START_SECONDS)
        second = bench.pull()
        bench.checks.is_(second.code, 3, "exit code 3")
        bench.checks.has(second.err, "hub.lock is locked by omnihub pull, process %d" % first.pid, "the other one is named")
        bench.checks.is_(bench.lab.omnihub("status").code, 0, "looking is allowed")
        first.terminate()
        bench.checks.is_(first.wait(omni.STOP_SECONDS), 130, "the first one can be stopped")
        bench.ends_well()


# ---- F068: damage

def hurt_head(bench, content):
    return dict(content, **{"store.db": bytes(100) + content["store.db"][100:]})


def hurt_half(bench, content):
    return dict(content, **{"store.db": content["store.db"][:len(content["store.db"]) // 2]})


def hurt_page(bench, content):
    """The page that holds the rows: all its bytes."""
    at = bench.query("SELECT rootpage FROM sqlite_schema WHERE name = 'd_ads_daily_key'")[0][0] - 1
    data = content["store.db"]
    return dict(content, **{"store.db": data[:at * PAGE] + b"\xff" * PAGE + data[(at + 1) * PAGE:]})


def hurt_text(bench, content):
    return dict(content, **{"store.db": b"this was a store once\n" * 99})


DAMAGES = (("its head is zeroed", hurt_head, 3, "this is not an SQLite file"), ("it is cut in half", hurt_half, 3, "the store is damaged"),
           ("a page of it is broken", hurt_page, 1, "the store is damaged"), ("it is another file", hurt_text, 3, "this is not an SQLite file"))


def damaged():
    for name, hurt, code, says in DAMAGES:
        with Bench("F068", "the store: " + name) as bench:
            whole = bench.files()
            bench.put_files(hurt(bench, whole))
            before = bench.files()["store.db"]
            result = bench.pull()
            bench.checks.is_(result.code, code, "exit code")
            bench.checks.has(result.err + result.out, says, "says what it is")
            bench.checks.has(result.err + result.out, "restore it from a backup, or pull again", "and what to do")
            if code == 3:
                bench.checks.is_(bench.files()["store.db"], before, "not a byte of it is changed")
            bench.put_files(whole)
            bench.ends_well()


def another_program():
    with Bench("F068", "the store belongs to another program") as bench:
        whole = bench.files()
        os.unlink(bench.file())
        with contextlib.closing(sqlite3.connect(bench.file())) as db:
            db.execute("CREATE TABLE bookmarks(url TEXT)")
            db.execute("PRAGMA application_id = 77")
            db.commit()
        before = bench.files()["store.db"]
        result = bench.pull()
        bench.checks.is_((result.code, bench.files()["store.db"]), (3, before), "refused, unchanged")
        bench.checks.has(result.err, "another program's SQLite file", "says so")
        bench.put_files(whole)
        bench.ends_well()


def cut_log():
    """A power cut leaves a write-ahead log of which the end is missing or garbage: the last transactions never were."""
    for name, cut in (("cut", lambda log: log[:len(log) * 2 // 3]), ("garbage at its end", lambda log: log[:-2000] + b"\xff" * 2000),
                      ("nothing but its head", lambda log: log[:32])):
        with Bench("F068", "the log of the store: " + name) as bench:
            reader = sqlite3.connect(bench.file())  # while it reads, no log is thrown away
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM d_ads_daily").fetchall()
            before, (second, _) = bench.rows(), bench.make_well()
            after, files = bench.rows(), bench.files()
            reader.close()
            bench.checks.is_((second.code, "store.db-wal" in files), (0, True), "there is a log")
            files["store.db-wal"] = cut(files["store.db-wal"])
            files.pop("store.db-shm", None)
            bench.put_files(files)
            bench.checks.ok(bench.rows() in (before, after), "the rows of before or of after, nothing between", repr(bench.rows()))
            bench.ends_well()


def gone():
    with Bench("F068", "the store is deleted") as bench:
        os.unlink(bench.file())
        result, wanted = bench.make_well()
        bench.checks.is_((result.code, bench.rows()), (0, wanted), "a new one is filled")
        bench.ends_well()


def replaced_while_open():
    with Bench("F068", "the store is deleted while a pull goes on") as bench:
        def delete(_):
            os.unlink(bench.file())
            return answer(page(row()))
        bench.play([by_request(delete)])
        bench.configure({})
        result = bench.pull()
        bench.checks.ok(result.code in (0, 1, 3), "an orderly end", "%d %s" % (result.code, result.err))
        bench.ends_well()


# ---- F069, F070: state and versions

def odd_state():
    for value, says in (("garbage", 'hub.window_to is "garbage", which is no day'), ("2999-01-01", "which is in the future")):
        with Bench("F069", "the state says " + value) as bench:
            bench.execute("UPDATE state SET value = '%s' WHERE key = 'hub.window_to'" % value)
            before = bench.digest()
            bench.server.play()
            result = bench.lab.omnihub("pull", "--json")
            found = result.json()["results"][0]
            bench.checks.is_((result.code, found["outcome"], found["reason"]), (1, "failed", "config"), "outcome")
            bench.checks.has(found["message"], says, "says what is wrong")
            bench.checks.has(found["message"], "omnihub state reset shop", "and what to do")
            bench.checks.is_((len(bench.server.requests), bench.digest()), (0, before), "nothing is asked or changed")
            reset = bench.lab.omnihub("state", "reset", "shop", "--yes")
            bench.checks.is_(reset.code, 0, "that does it")
            bench.ends_well()


def days_to_come():
    with Bench("F069", "days of the future were asked for") as bench:
        bench.configure({})
        bench.lab.omnihub("pull", "--from", DAY, "--to", "2999-12-31", "--dry-run")
        asked = bench.lab.omnihub("pull", "--from", "today", "--to", "+3d")
        bench.checks.ok(asked.code in (0, 1, 2), "asking is answered", asked.err)
        bench.ends_well()


def newer():
    with Bench("F070", "the store is newer than the program") as bench:
        bench.execute("PRAGMA user_version = 99")
        before = bench.files()["store.db"]
        for command in ("pull", "status", "runs"):
            result = bench.lab.omnihub(command)
            bench.checks.is_(result.code, 3, command + ": exit code 3")
            bench.checks.has(result.err, "made by a newer omnihub (store version 99, this program knows", command + ": both versions")
        bench.checks.is_(bench.files()["store.db"], before, "nothing has changed")
        bench.execute("PRAGMA user_version = 1")
        bench.ends_well()


# ---- F073 to F075: sinks

class SinkBench(Bench):
    """A bench with a sink "out"; the rows of the store wait for it."""

    def __init__(self, number, name, plugin, options):
        self.sink = {"name": "out", "plugin": omni.plugin_path(plugin, "sinks"), "datasets": ["ads_daily"]}
        self.sink_options = options
        super().__init__(number, name)

    def settings(self, what):
        return dict(super().settings(what), sinks=[dict(self.sink, options=self.sink_options(self))])

    def push(self, code, says, name):
        result = self.lab.omnihub("push", "--json")
        self.checks.is_(result.code, code, name)
        self.checks.has(result.out + result.err, says, name + ": says " + says)
        return result


def folder(bench):
    return {"directory": bench.lab.path("out")}


def database(bench):
    return {"path": bench.lab.path("bi.db")}


def written(bench):
    with open(bench.lab.path("out", "ads_daily.csv"), encoding="utf-8") as file:
        return len(file.read().splitlines()) - 1


def half_written():
    with SinkBench("F073", "a crash left half a file", "csv", folder) as bench:
        os.makedirs(bench.lab.path("out"))
        bench.lab.write("out/.omnihub-ads_daily.csv.abc.tmp", "half a f")
        bench.lab.write("out/ads_daily.csv", "what was there\n")
        bench.push(0, '"outcome": "ok"', "delivered")
        bench.checks.is_((written(bench), os.listdir(bench.lab.path("out"))), (3, ["ads_daily.csv"]), "whole, and nothing beside it")
        bench.ends_well()


def symbolic_link():
    with SinkBench("F073", "the folder became a symbolic link", "csv", folder) as bench:
        os.makedirs(bench.lab.path("elsewhere"))
        os.symlink(bench.lab.path("elsewhere"), bench.lab.path("out"))
        bench.push(1, "symbolic link", "refused")
        bench.checks.is_(os.listdir(bench.lab.path("elsewhere")), [], "nothing is written there")
        os.unlink(bench.lab.path("out"))
        bench.push(0, '"outcome": "ok"', "the backlog is delivered")
        bench.checks.is_(written(bench), 3, "whole")
        bench.ends_well()


def file_is_link():
    with SinkBench("F073", "the file became a symbolic link", "csv", folder) as bench:
        os.makedirs(bench.lab.path("out"))
        victim = bench.lab.write("victim", "mine")
        os.symlink(victim, bench.lab.path("out", "ads_daily.csv"))
        bench.lab.omnihub("push")
        with open(victim, encoding="utf-8") as file:
            bench.checks.is_(file.read(), "mine", "what it points to is left alone")
        bench.ends_well()


def one_row_refused():
    with SinkBench("F074", "the target refuses one row", "sqlite", database) as bench:
        bench.push(0, '"outcome": "ok"', "well at first")
        with contextlib.closing(sqlite3.connect(bench.lab.path("bi.db"))) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON ads_daily WHEN new.ad_id = '2' BEGIN SELECT RAISE(ABORT, 'not this one'); END")
            db.commit()
            before = db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall()
            bench.make_well()
            bench.push(1, "not this one", "the delivery fails with the reason")
            bench.checks.is_(db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall(), before, "the target is as before")
            db.execute("DROP TRIGGER no")
            db.commit()
            bench.push(0, '"outcome": "ok"', "the backlog is delivered")
            bench.checks.ok(db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall() != before, "all of it")
        bench.ends_well()


def fewer_than_sent():
    with SinkBench("F075", "the target drops a row in silence", "sqlite", database) as bench:
        bench.push(0, '"outcome": "ok"', "well at first")
        with contextlib.closing(sqlite3.connect(bench.lab.path("bi.db"))) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON ads_daily WHEN new.ad_id = '2' BEGIN SELECT RAISE(IGNORE); END")
            db.commit()
            before = db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall()
            bench.make_well()
            bench.push(1, "rows", "the difference is noticed")
            bench.checks.is_(db.execute("SELECT * FROM ads_daily ORDER BY ad_id").fetchall(), before, "the target is as before")
        bench.ends_well()


if __name__ == "__main__":
    tap.run([disk_full, read_only, few_descriptors, locked_for_a_moment, second_hub, damaged, another_program, cut_log, gone,
             replaced_while_open, odd_state, days_to_come, newer, half_written, symbolic_link, file_is_link, one_row_refused,
             fewer_than_sent])
