# SPDX-License-Identifier: Apache-2.0
"""Who looks on while the torture goes on, and says at once what must never be: a day that is torn or doubled, newer numbers replaced by
older ones, numbers that no platform sent, state ahead of its rows. Store and sinks are looked into as any other program may."""

import collections
import contextlib
import csv
import decimal
import json
import os
import sqlite3
import threading
import time

from torture_world import orders

PAUSE_S = 0.05
ORDERS = ("SELECT f.connector, d.order_id, d.date, d.net, d.status FROM d_orders d JOIN feeds f ON f.id = d._feed")
LAST_DAYS = "SELECT f.connector, s.value FROM state s JOIN feeds f ON f.id = s.feed WHERE s.key = 'hub.window_to'"
RUNS = "SELECT id, connector, batch, started, ended, outcome FROM runs WHERE kind = 'pull' AND id > ? ORDER BY id"
MICROS_A_CENT = 10000


def cents(text):
    value = decimal.Decimal(text) * 100
    if value != value.to_integral_value():
        raise ValueError("%s is no amount" % text)
    return int(value)


def by_day(rows):
    """{(shop, day): [(number, day, cents, version)]} of (shop, number, day, cents, version)."""
    found = collections.defaultdict(list)
    for shop, *order in rows:
        found[shop, order[1]].append(tuple(order))
    return found


class Watch:
    def __init__(self, lab):
        self.lab, self.wrong, self.samples = lab, [], collections.Counter()
        self.newest = {}       # (place, shop, day): the newest version that was seen there
        self.first_seen = {}   # run: (after this moment, before that one) it was written down
        self.looked_at = time.monotonic()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def say(self, text):
        if text not in self.wrong:
            self.wrong.append(text)

    # ---- places

    def store(self):
        return contextlib.closing(sqlite3.connect("file:%s?mode=ro" % self.lab.path("state", "store.db"), uri=True, timeout=0.2))

    def bi(self):
        return contextlib.closing(sqlite3.connect("file:%s?mode=ro" % self.lab.path("out", "bi.db"), uri=True, timeout=0.2))

    def lines(self, name):
        with open(self.lab.path("out", name + ".jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def table(self, name):
        with open(self.lab.path("out", name + ".csv"), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def orders_of(self, place):
        """What a sink holds: (shop, number, day, cents, version)."""
        names = ("connector", "order_id", "date", "net", "status")
        if place == "bi":
            with self.bi() as db:
                rows = db.execute("SELECT %s FROM orders" % ", ".join(names)).fetchall()
        else:
            rows = [[row[name] for name in names] for row in (self.lines if place == "lines" else self.table)("orders")]
        return [(shop, number, day, cents(net), version) for shop, number, day, net, version in rows]

    # ---- looking

    def watch(self):
        while not self.is_over.wait(PAUSE_S):
            self.look()

    def look(self):
        """A place that is being made, replaced or locked is looked at the next time."""
        for place, look in (("store", self.look_into_store), ("bi", self.look_into_sink), ("files", self.look_into_sink)):
            try:
                look(place)
                self.samples[place] += 1
            except (sqlite3.Error, OSError):
                pass

    def look_into_store(self, _):
        began = time.monotonic()
        with self.store() as db:
            db.execute("BEGIN")
            rows = [(shop, number, day, net // MICROS_A_CENT, version) for shop, number, day, net, version in db.execute(ORDERS)]
            last_days = db.execute(LAST_DAYS).fetchall()
            runs = db.execute(RUNS, (max(self.first_seen, default=0),)).fetchall()
        for run, *_ in runs:
            self.first_seen[run] = (self.looked_at, time.monotonic())
        self.looked_at = began
        found = by_day(rows)
        self.check("store", found)
        self.check_snapshots(found)
        for shop, day in last_days:
            if self.lab.shops[shop].days is None and day >= self.lab.start_day and (shop, day) not in found:
                self.say("store: %s remembers %s, whose rows are not there" % (shop, day))

    def look_into_sink(self, place):
        self.check(place, by_day(self.orders_of(place)))

    def check(self, place, found):
        """Each day of each shop is what the platform sent for one version, and that is never older than before."""
        for (shop, day), rows in found.items():
            version = int(rows[0][3][1:])
            if sorted(rows) != sorted(orders(shop, day, version)):
                self.say("%s: %s of %s is torn or doubled: %s" % (place, day, shop, sorted(rows)))
            if version > self.lab.shops[shop].version(day):
                self.say("%s: %s of %s has version %d, which was never sent" % (place, day, shop, version))
            before = self.newest.get((place, shop, day), 0)
            if version < before:
                self.say("%s: %s of %s went back from version %d to %d" % (place, day, shop, before, version))
            self.newest[place, shop, day] = max(before, version)
        for gone in [key for key in self.newest if key[0] == place and key[1:] not in found]:
            self.say("%s: %s of %s is gone" % (place, gone[2], gone[1]))

    def check_snapshots(self, found):
        for name, shop in self.lab.shops.items():
            seen = {rows[0][3] for (other, _), rows in found.items() if other == name}
            if shop.days and len(seen) > 1:
                self.say("store: the snapshot of %s is a mixture of %s" % (name, sorted(seen)))

    def end(self):
        self.is_over.set()
        self.thread.join()


# ---- afterwards

def is_whole(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def truths(lab):
    """Every order that must be there, (shop, number, day, cents, version)."""
    return sorted((name,) + order for name, shop in lab.shops.items() for orders_of_day in shop.truth(lab.start_day).values()
                  for order in orders_of_day)


def daily(rows):
    """{day: (orders, cents)}"""
    found = collections.defaultdict(lambda: [0, 0])
    for _, _, day, amount, _ in rows:
        found[day][0] += 1
        found[day][1] += amount
    return {day: tuple(both) for day, both in found.items()}


def daily_of(rows):
    """The same from channel_daily as it was delivered: (date, orders, revenue)."""
    found = collections.defaultdict(lambda: [0, 0])
    for day, count, revenue in rows:
        found[day][0] += int(count)
        found[day][1] += cents(revenue)
    return {day: tuple(both) for day, both in found.items()}


def differences(watch):
    """Where store or a sink is not what the platforms hold; [] when all is there, each once."""
    lab, found = watch.lab, []
    truth = truths(lab)
    with watch.store() as db:
        stored = sorted((shop, number, day, net // MICROS_A_CENT, version) for shop, number, day, net, version in db.execute(ORDERS))
    holders = [("store", stored)] + [(place, sorted(watch.orders_of(place))) for place in ("bi", "files", "lines")]
    found += ["%s: %d orders of %d cents, the platforms hold %d of %d; first difference: %s" % (
        place, len(rows), sum(r[3] for r in rows), len(truth), sum(r[3] for r in truth), sorted(set(rows) ^ set(truth))[:1])
        for place, rows in holders if rows != truth]
    names = ("date", "orders", "revenue")
    with watch.bi() as db:
        days = {"bi": db.execute("SELECT %s FROM channel_daily" % ", ".join(names)).fetchall()}
    days["files"] = [[row[n] for n in names] for row in watch.table("channel_daily")]
    days["lines"] = [[row[n] for n in names] for row in watch.lines("channel_daily")]
    found += ["%s: channel_daily is not what its orders add up to" % place for place, rows in days.items()
              if daily_of(rows) != daily(truth)]
    return found


def broken_restatements(watch):
    """What the store tells of days that changed: each begins where the one before ended, and the last one ends at what is there."""
    known, wrong = {}, []
    with watch.store() as db:
        sums = {(feed, day): net for feed, day, net in db.execute("SELECT _feed, date, sum(net) FROM d_orders GROUP BY 1, 2")}
        told = db.execute("SELECT id, feed, day, old, new FROM restatements WHERE dataset = 'orders' AND metric = 'net' ORDER BY id").fetchall()
    for number, feed, day, old, new in told:
        if known.get((feed, day), old) != old:
            wrong.append("restatement %d of %s does not begin where the one before ended" % (number, day))
        known[feed, day] = new
    return wrong + ["the last restatement of %s says %d, stored are %d" % (day, net, sums.get((feed, day), 0))
                    for (feed, day), net in known.items() if net != sums.get((feed, day), 0)]


def leftovers(lab):
    """Files that a service which has ended must not leave."""
    known = {"out": {name + ending for name in ("orders", "channel_daily") for ending in (".csv", ".jsonl")} | {"bi.db"},
             "state": {"store.db", "hub.lock", "vault", "quota", "locks", "audit.jsonl", "reserve"}}
    return sorted(folder + "/" + name for folder, names in known.items() for name in os.listdir(lab.path(folder)) if name not in names)
