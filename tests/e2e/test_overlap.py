# SPDX-License-Identifier: Apache-2.0
"""A window is stored while the next is pulled: what is stored, what is not, and that a slow platform holds no lock. Accounts are pulled
side by side."""

import datetime
import os
import re
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import api
import omni
import tap

FIRST, ROWS, LOCK_SECONDS = datetime.date(2026, 1, 1), 50, 5
CONF = """hub: { state_dir = "%s"; schema_dir = "%s"; };
connectors = ( { name = "shop"; plugin = "%s"; options = { api_url = "%s"; currency = "EUR";
  streams = ( { name = "visits"; dataset = "web_daily"; url = "/visits?day={from}"; records = "$.rows[*]"; max_window_days = 1;
    fields = ( { path = "$.day"; column = "date"; }, { path = "$.page"; column = "landing_page"; },
               { path = "$.revenue"; column = "revenue"; format = "major"; } ); } ); }; } );
"""


class Platform(api.Api):
    """A day's pages; `doubled` days repeat one, `broken` days answer no JSON, at a `slow` day it waits."""

    def __init__(self):
        super().__init__()
        self.doubled, self.broken, self.slow, self.extra = set(), set(), None, 0
        self.more = {}  # by day, as extra
        self.asked, self.reached, self.go_on = [], threading.Event(), threading.Event()
        self.together, self.seen, self.enough = 0, set(), threading.Event()  # so many accounts have to ask before one is answered

    def rows(self, day):
        ids = list(range(ROWS)) + ([0] if day in self.doubled else [])
        return {"rows": [{"day": day, "page": "/%d" % i, "revenue": "%d.50" % (i + self.extra + self.more.get(day, 0))} for i in ids]}

    def answer(self, asked):
        day = asked.query["day"]
        self.asked.append(day)
        if self.together:
            self.seen.add(asked.query["account"])
            if len(self.seen) >= self.together:
                self.enough.set()
            self.enough.wait(omni.RUN_SECONDS)
        if day == self.slow:
            self.reached.set()
            self.go_on.wait(LOCK_SECONDS * 10)
        return 200, b"{" if day in self.broken else self.rows(day)


def day(number):
    return (FIRST + datetime.timedelta(number)).isoformat()


class Shop(omni.Lab):
    def __init__(self):
        super().__init__()
        self.platform = Platform()
        self.write("omnihub.conf", CONF % (self.path("state"), os.path.join(omni.SOURCE, "conf", "schema"), omni.plugin_path("rest", "file"), self.platform.url))

    def pull(self, days=9, *more):
        return self.omnihub("pull", "--from", day(0), "--to", day(days - 1), *more)

    def ask(self, sql):
        store = sqlite3.connect(self.path("state", "store.db"))
        try:
            return store.execute(sql).fetchall()
        finally:
            store.close()

    def days(self):
        return [row for row, in self.ask("SELECT DISTINCT date FROM web_daily ORDER BY date")]

    def last(self):
        return self.ask("SELECT value FROM state WHERE key = 'hub.window_to'")

    def close(self):
        self.platform.close()
        super().close()


def test_accounts_side_by_side():
    with Shop() as shop:
        shop.write("omnihub.conf", open(shop.path("omnihub.conf"), encoding="utf-8").read()
                   .replace('plugin = "', 'accounts = ("a", "b"); plugin = "', 1).replace("/visits?day", "/visits?account={account}&day"))
        shop.platform.together = 2
        tap.is_(shop.pull(days=1).code, 0, "two accounts, neither of which is answered before both have asked")
        tap.is_(shop.ask("SELECT account, count(*) FROM web_daily GROUP BY 1 ORDER BY 1"), [("a", ROWS), ("b", ROWS)], "each has its rows")


def test_all_windows():
    with Shop() as shop:
        tap.is_(shop.pull().code, 0, "nine windows")
        tap.is_(shop.ask("SELECT count(*), sum(revenue) FROM web_daily"), [(9 * ROWS, 9 * sum(i * 1000000 + 500000 for i in range(ROWS)))],
                "every row of every window")
        tap.is_(shop.ask("SELECT windows, inserted, from_day, to_day, outcome FROM runs WHERE kind = 'pull'"),
                [(9, 9 * ROWS, day(0), day(8), "ok")], "the ledger counts them all, the last included")
        tap.is_(shop.last(), [(day(8),)], "the state says the last day")
        shop.platform.extra = 1
        tap.is_(shop.pull().code, 0, "again, restated")
        tap.is_(shop.ask("SELECT changed, inserted FROM runs WHERE kind = 'pull' ORDER BY id DESC LIMIT 1"), [(9 * ROWS, 0)], "all changed")


def told(result):
    """[(day, rows, inserted, changed, unchanged)] of the lines about windows."""
    found = re.findall(r"visits: (\S+) … (\S+) rows=(\d+) inserted=(\d+) changed=(\d+) unchanged=(\d+)", result.err)
    return [(first, *map(int, numbers)) for first, last, *numbers in found if first == last]


def test_told_windows():
    """The line of each window has its own numbers, also of the last one and of one that replaces another."""
    with Shop() as shop:
        first = told(shop.pull(3, "-v"))
        tap.is_(first, [(day(n), ROWS, ROWS, 0, 0) for n in range(3)], "three new days, each with its own rows")
        shop.platform.more = {day(1): 7}
        second = told(shop.pull(3, "-v"))
        tap.is_(second, [(day(0), ROWS, 0, 0, ROWS), (day(1), ROWS, 0, ROWS, 0), (day(2), ROWS, 0, 0, ROWS)], "one that changed is told as such")


def test_window_that_cannot_be_stored():
    for bad in (0, 4, 8):
        with Shop() as shop:
            shop.platform.doubled = {day(bad)}
            result = shop.pull()
            tap.is_(result.code, 1, "two rows with one key on day %d: the pull fails" % bad)
            tap.has(result.out + result.err, "two rows with one key", "and says why")
            tap.is_(shop.days(), [day(i) for i in range(bad)], "the windows before it are stored, none after")
            tap.is_(shop.last(), [(day(bad - 1),)] if bad else [], "the state does not run ahead")
            tap.ok(len(shop.platform.asked) <= bad + 2, "at most one window more was asked for")


def test_window_that_cannot_be_read():
    with Shop() as shop:
        shop.platform.broken = {day(3)}
        tap.ok(shop.pull().code != 0, "a broken reply")
        tap.is_(shop.days(), [day(i) for i in range(3)], "what was being stored beside it is there")
        tap.is_(shop.last(), [(day(2),)], "and so is its state")


def wait_for_days(shop, n):
    while len(shop.days()) < n:
        time.sleep(0.01)


def test_slow_platform():
    with Shop() as shop:
        shop.platform.slow = day(5)
        results = []
        pull = threading.Thread(target=lambda: results.append(shop.pull()))
        pull.start()
        tap.ok(shop.platform.reached.wait(omni.START_SECONDS), "the platform keeps us waiting")
        wait_for_days(shop, 5)
        store = sqlite3.connect(shop.path("state", "store.db"), timeout=LOCK_SECONDS, isolation_level=None)
        store.execute("BEGIN IMMEDIATE")
        tap.ok(True, "meanwhile everything before is stored, and the write lock is free")
        store.execute("ROLLBACK")
        store.close()
        shop.platform.go_on.set()
        pull.join()
        tap.is_((results[0].code, len(shop.days())), (0, 9), "then it goes on")


tap.run([test_accounts_side_by_side, test_all_windows, test_told_windows, test_window_that_cannot_be_stored, test_window_that_cannot_be_read, test_slow_platform])
