# SPDX-License-Identifier: Apache-2.0
"""F068 to F070: a damaged store, odd state, other versions."""

import contextlib
import os
import sqlite3

from store_lab import Bench
import tap
from fault import DAY, page, row
from rawserver import answer, by_request


# ---- F068: damage

def hurt_head(bench, content):
    return dict(content, **{"store.db": bytes(100) + content["store.db"][100:]})


def hurt_half(bench, content):
    return dict(content, **{"store.db": content["store.db"][:len(content["store.db"]) // 2]})


def hurt_page(bench, content):
    """The page that holds the rows: all its bytes."""
    at = bench.query("SELECT rootpage FROM sqlite_schema WHERE name = 'd_ads_daily_key'")[0][0] - 1
    data = content["store.db"]
    size = int.from_bytes(data[16:18], "big")  # of a page, as the file's head has it
    return dict(content, **{"store.db": data[:at * size] + b"\xff" * size + data[(at + 1) * size:]})


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


if __name__ == "__main__":
    tap.run([damaged, another_program, cut_log, gone, replaced_while_open, odd_state, days_to_come, newer])
