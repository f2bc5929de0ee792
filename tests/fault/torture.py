# SPDX-License-Identifier: Apache-2.0
"""The torture test: `omnihub run` with six connectors, two logins that rotate, and three sinks, by a clock that is fifteen times too fast,
while its processes are killed and stopped, its disk fails, its clock is set and its platforms misbehave. Afterwards, when nothing
hurts any more: each tick has one successful run, and store and sinks hold what the platforms hold, each row once.

torture.py             each kind of fault once, for `make check`; in another order with OMNI_SEED=n
TORTURE_SECONDS=1800   at least so long: `make torture`

What it must find out, or it proves nothing: hubs that are careless with transactions, locks and the fence around jobs."""

import os
import random
import sqlite3
import sys
import time

import torture_ticks
from torture_lab import PATIENCE_S, SHOPS, TortureLab
from torture_nemesis import Nemesis, until
from torture_watch import RUNS, Watch, broken_restatements, differences, is_whole, leftovers
from sweep_lab import preload

import omni
import tap

LAST_JUMP_H = 25        # every connector is due then
DECKS_A_HIT = 3         # a fault needs somebody whom it meets: in one of so many decks at least
CHANCES = 3             # that a fault gets which met nobody at all
SAMPLES = 20
# What a hub is careless with, by which faults that is found out.
CONTROLS = (("transaction", ("killed at a write",)), ("lock /hub.lock", ("second hub",)),
            ("lock /locks/secret-", ("token taken back",)), ("fence", ("orphaned job",)))
CONTROL_SECONDS = 60


class Torture:
    def __init__(self, seed, careless=""):
        self.lab = TortureLab(careless)
        self.began = time.monotonic()
        self.lab.begin()
        self.watch = Watch(self.lab)
        self.nemesis = Nemesis(self.lab, self.watch, random.Random(seed))
        self.decks, self.ticks, self.runs = 0, 0, 0

    def __enter__(self):
        if not until(lambda: self.nemesis.served(SHOPS, 0) or self.wrong(), PATIENCE_S):
            self.watch.say("the service never pulled everything: " + self.said())
        return self

    def __exit__(self, *_):
        self.watch.end()
        self.lab.end()
        self.lab.close()

    def log(self):
        with open(self.lab.path("log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def said(self):
        return self.log()[-4000:]

    def play(self, names, seconds, decks):
        """Faults of these names: so long, so many decks."""
        end = time.monotonic() + seconds
        while not self.wrong() and (time.monotonic() < end or self.decks < decks):
            self.nemesis.deck(names)
            self.decks += 1
        for name in names * CHANCES:
            if not self.wrong() and not self.nemesis.hits[name]:
                self.nemesis.play(name)

    def wrong(self):
        return self.watch.wrong + self.misused()

    # ---- afterwards

    def settle(self):
        """Nothing hurts any more, and everything is due once more. Returns when that was."""
        self.nemesis.rest()
        self.nemesis.far_is_served()
        newest = self.nemesis.ask("SELECT max(id) FROM runs")[0][0]
        self.lab.clock.set(LAST_JUMP_H * 3600)
        quiet = time.monotonic()
        if not until(lambda: self.nemesis.look_after() or self.nemesis.served(SHOPS, newest), PATIENCE_S):
            self.watch.say("not every connector has a successful run in the end: " + self.said())
        if not until(lambda: self.differences() == [], PATIENCE_S):
            self.watch.wrong.extend(self.differences())
        return quiet

    def differences(self):
        try:
            return differences(self.watch)
        except (OSError, sqlite3.Error) as error:
            return [str(error)]

    def finish(self):
        """All that must hold in the end."""
        quiet, say = self.settle(), self.watch.say
        code, ended = self.lab.stop(), time.monotonic()
        self.watch.look()
        self.watch.end()
        if code != 0:
            say("the service ends with %d: %s" % (code, self.said()))
        for report in [line for line in self.log().splitlines() if "Sanitizer:" in line or "runtime error:" in line][:1]:
            say(report)
        if self.lab.family():
            say("processes are left: %s" % self.lab.family())
        for path in (("state", "store.db"), ("out", "bi.db")):
            if not is_whole(self.lab.path(*path)):
                say("%s is not whole" % path[1])
        if leftovers(self.lab):
            say("files are left: %s" % leftovers(self.lab))
        with self.watch.store() as db:
            runs = db.execute(RUNS, (0,)).fetchall()
        if any(row[-1] == "running" for row in runs):
            say("runs are left as running")
        wrong, self.ticks, self.runs = torture_ticks.check(self.lab, self.watch, runs, (self.began, quiet, ended))
        self.watch.wrong.extend(wrong + self.differences() + broken_restatements(self.watch) + self.dead())
        self.pull_again()

    def misused(self):
        """A refresh token is sent twice by a job that never got its answer, because it was killed, or by a fault of the hub."""
        wrong = []
        for login in ("one", "two"):
            platform = self.lab.platforms[login]
            said = [(m, "login %s: %s was sent, not %s, " % (login, m["sent"], m["wanted"])) for m in platform.misuses]
            wrong += [what + "although the new one was in use" for m, what in said if m["was_used"]]
            wrong += [what + "and nobody had been killed" for m, what in said if not any(m["from"] - 1 <= at <= m["to"] for at in self.lab.hurt)]
        return wrong

    def dead(self):
        """Logins that do not work any more."""
        done = self.lab.admin("secrets", "list", "--json")
        states = {s["name"]: s["state"] for s in done.json()} if done.code == 0 else done.err
        wrong = [] if states == {"one": "ok", "two": "ok", "client": "ok"} else ["secrets: %s" % states]
        return wrong + ["login %s is dead" % login for login in ("one", "two") if self.lab.platforms[login].is_revoked]

    def pull_again(self):
        """The same windows once more leave the same bytes."""
        before = self.lab.dump()
        done = self.lab.admin("pull")
        if done.code != 0 or self.lab.dump() != before:
            self.watch.say("another pull is no pull of the same: %d %s" % (done.code, done.err))


# ---- what the tests call

def test_torture(seed, seconds):
    with Torture(seed) as torture:
        names = list(torture.nemesis.deeds)
        torture.play(names, seconds, 1)
        if not torture.wrong():
            torture.finish()
        hits, wrong = torture.nemesis.hits, torture.wrong()
        tap.is_(wrong, [], "F060 F088 seed %d: nothing torn, doubled, lost or older than before" % seed)
        if wrong:
            tap.note("%s\n%s" % (torture.lab.folder, torture.said()))
            return
        least = max(1, torture.decks // DECKS_A_HIT)
        for name in names:
            tap.ok(hits[name] >= least, "%s: %d times, at least %d" % (name, hits[name], least))
        tap.ok(sum(hits.values()) >= len(names) * torture.decks // 2, "%d faults in %d decks met somebody" % (sum(hits.values()), torture.decks))
        for place, n in torture.watch.samples.items():
            tap.ok(n >= SAMPLES, "%s: looked into %d times" % (place, n))
        tap.ok(torture.runs >= 2 * len(SHOPS), "%d ticks, %d successful runs, the service was started %d times" % (
            torture.ticks, torture.runs, torture.lab.starts))


def test_control(careless, names):
    with Torture(1, careless) as torture:
        torture.nemesis.is_over = lambda: bool(torture.wrong())
        torture.play(names, CONTROL_SECONDS, 1)
        wrong = torture.wrong()
        tap.ok(wrong, "careless with %s, %s: found out%s" % (careless, names[0], ": " + " ".join(wrong[0][:200].split()) if wrong else ""))


def test_second_run():
    """A run for which there is no tick, as if a hub had run one twice."""
    with Torture(1) as torture:
        newest = torture.nemesis.ask("SELECT max(id) FROM runs")[0][0]
        torture.lab.admin("resume", "barn")
        until(lambda: torture.nemesis.served(["barn"], newest), PATIENCE_S)
        time.sleep(2 * torture_ticks.SLACK_S)  # far from the ticks that come then
        torture.finish()
        wrong = torture.wrong()
        tap.ok(len(wrong) == 1 and "barn: run" in wrong[0], "a second run for one tick: found out: %s" % wrong)


def main():
    if not all(os.path.exists(path) for path in (os.path.join(omni.BUILD, "omnihub-job"), preload("careless"), preload("havoc"))):
        tap.skip_all("the programs are not built")
    if not all(omni.plugin_path(*plugin) for plugin in (("rest", "file"), ("csv", "sinks"), ("jsonl", "sinks"), ("sqlite", "sinks"))):
        tap.skip_all("its plugins are not built")
    seed, seconds = int(os.environ.get("OMNI_SEED", "1")), int(os.environ.get("TORTURE_SECONDS", "0"))
    tap.note("seed %d (OMNI_SEED), %d seconds (TORTURE_SECONDS)" % (seed, seconds))
    tap.run([lambda: test_torture(seed, seconds)] + [lambda c=c, n=n: test_control(c, n) for c, n in CONTROLS] +
            [test_second_run])


if __name__ == "__main__":
    sys.exit(main())
