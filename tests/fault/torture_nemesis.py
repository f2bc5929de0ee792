# SPDX-License-Identifier: Apache-2.0
"""What happens to the hub of the torture test: every kind of fault once in each deck, shuffled by the seed. A fault that met nobody does
not count."""

import collections
import contextlib
import errno
import os
import signal
import sqlite3
import time

import hub as h
from torture_lab import FAR_H, KILL, PATIENCE_S, SELDOM, SHOPS

LOOK_S = 0.02
PROGRAMS = ("omnihub", "omnihub-job", "omnihub-plugin")
MEET_S = 20         # how long is waited for somebody whom the fault may meet
OUTLIVE_S = 30      # by then what belongs to a dead service is gone
WRITES_MOST = 100   # of these calls the fatal one is chosen
TROUBLES = {"throttled": "throttle", "parked": "park", "busy": "busy", "stalled": "stall", "cut": "cut"}
DISKS = {"disk full": errno.ENOSPC, "disk failing": errno.EIO, "disk read-only": errno.EROFS}


def until(look, seconds):
    """What look() gives, once it gives something; None: in vain."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(LOOK_S)
    return None


class Nemesis:
    def __init__(self, lab, watch, chance):
        self.lab, self.watch, self.chance = lab, watch, chance
        self.hits, self.far_from, self.is_over = collections.Counter(), None, lambda: False
        self.deeds = {"restated": self.restate, "token taken back": self.take_token, "clock forward": self.clock_forward,
                      "clock back": self.clock_back, "clock far ahead": self.clock_far, "killed at a write": self.kill_at_write,
                      "one call failed": self.fail_once, "restarted": self.restart, "reloaded": self.reload,
                      "second hub": self.second_hub, "orphaned job": self.orphan}
        self.deeds.update({"killed " + program: lambda p=program: self.kill(p) for program in PROGRAMS})
        self.deeds.update({"stopped " + program: lambda p=program: self.pause(p) for program in PROGRAMS})
        self.deeds.update({name: lambda t=trouble: self.trouble(t) for name, trouble in TROUBLES.items()})
        self.deeds.update({name: lambda e=error: self.spoil_disk(e) for name, error in DISKS.items()})

    # ---- the order of things

    def deck(self, names):
        cards = [name for name in self.deeds if name in names]
        self.chance.shuffle(cards)
        for name in cards:
            self.play(name)

    def play(self, name):
        """Numbers change all the time, so that every pull has something to store."""
        if self.is_over():
            return
        self.restate()
        self.hits[name] += bool(self.deeds[name]())
        self.look_after()
        time.sleep(self.chance.random() * 0.4)

    def look_after(self):
        """What a person does who reads `omnihub status` and the platform's mail."""
        for login in ("one", "two"):
            if self.lab.platforms[login].is_revoked:
                until(lambda: self.is_told(login), PATIENCE_S)
                self.lab.log_in(login)
                for name in self.refused(login):  # the service may just not have been there to be told
                    self.lab.resume(name)
        for name in self.suspended():
            self.lab.resume(name)

    def is_told(self, login):
        """The hub knows that the grant is dead, and says so."""
        done = self.lab.admin("secrets", "list", "--json")
        return done.code == 0 and any(s["name"] == login and s["state"] == "refused" for s in done.json())

    def refused(self, login):
        """Connectors that would wait for their next tick, as only a person could help them."""
        last = {name: reason for name, reason in self.ask("SELECT connector, reason FROM runs WHERE kind = 'pull' ORDER BY id")}
        return [name for name, reason in last.items() if reason == "auth" and SHOPS[name][3] == login]

    def ask(self, sql, *values):
        """Of the store, which may be in the middle of its recovery."""
        try:
            with self.watch.store() as db:
                return db.execute(sql, values).fetchall()
        except (sqlite3.Error, OSError):
            return []

    def suspended(self):
        return [name for name, in self.ask("SELECT scope FROM notices WHERE kind = 'suspended' AND until IS NULL")]

    # ---- processes

    def hit(self, program, number):
        """Sends the signal to one of them; its pid. Many live for a moment only."""
        def try_one():
            found = sorted(self.lab.members(program))
            pid = self.chance.choice(found) if found else None
            time.sleep(self.chance.random() * 0.05)
            return pid if pid and h.is_alive(pid) and self.lab.signal(pid, number) else None
        return until(try_one, MEET_S)

    def kill(self, program):
        if program == "omnihub":
            return until(self.kill_service, MEET_S)
        return self.hit(program, signal.SIGKILL)

    def kill_service(self):
        """With it die its jobs, and their plugins: nobody else will stop them."""
        with self.lab.life:
            family = [pid for pid, name in self.lab.family() if name in PROGRAMS[1:]]
            if not self.lab.is_up():
                return False
            self.lab.signal(self.lab.process.pid, signal.SIGKILL)
            self.lab.process.wait()
            if until(lambda: not any(h.is_alive(pid) for pid in family), OUTLIVE_S) is None:
                self.watch.say("a job outlives its hub: %s" % [pid for pid in family if h.is_alive(pid)])
        return True

    def pause(self, program):
        pid = self.hit(program, signal.SIGSTOP)
        if not pid:
            return False
        time.sleep(0.2 + self.chance.random() * 2)
        self.lab.signal(pid, signal.SIGCONT)
        return True

    def orphan(self):
        """A job waits for its platform; its hub is killed, the next one pulls newer numbers, then the old answer comes."""
        name = next(name for name, (_, _, _, login) in SHOPS.items() if not login)
        shop, gate = self.lab.shops[name], self.lab.platforms[""].at_data
        gate.shut()
        shop.troubles.appendleft("held")
        try:
            if not until(gate.arrived.is_set, PATIENCE_S):
                return False
            held = self.ask("SELECT max(id) FROM runs")
            with self.lab.life:
                if not self.lab.is_up():
                    return False
                self.lab.signal(self.lab.process.pid, signal.SIGKILL)
                self.lab.process.wait()
            for day in shop.recent():
                shop.restate(day)
            until(lambda: self.served([name], held[0][0] if held else 0), PATIENCE_S)
        finally:
            gate.open()
        time.sleep(0.3)
        return True

    def restart(self):
        """As a package's upgrade does it."""
        with self.lab.life:
            if not self.lab.is_up():
                return False
            self.lab.signal(self.lab.process.pid, signal.SIGTERM)
            code = self.lab.process.wait(PATIENCE_S)
            if code not in (0, -signal.SIGTERM):  # it may not have come to its loop yet
                self.watch.say("SIGTERM ends the service with %d" % code)
        return True

    def reload(self):
        return until(lambda: self.is_serving() and self.lab.admin("reload").code == 0, MEET_S)

    def second_hub(self):
        """Whoever comes second is refused and touches nothing."""
        if not until(lambda: self.is_serving(), MEET_S):
            return False
        pid, at = self.lab.process.pid, time.monotonic()
        done = self.lab.admin("pull", *SELDOM)
        if done.code != 3:  # the service was away just then: a person's run
            self.lab.asked_for.extend((at, name) for name in SELDOM)
        if self.lab.process.pid != pid or not self.lab.is_up():
            return False
        if done.code != 3 or "process %d" % pid not in done.err:
            self.watch.say("a second hub is not refused: exit code %d: %s" % (done.code, done.err[-300:]))
        return True

    def is_serving(self):
        """The service holds its folder, and says so in the lock."""
        try:
            with open(self.lab.path("state", "hub.lock"), encoding="utf-8") as lock:
                return lock.read().endswith("process %d" % self.lab.process.pid)
        except OSError:
            return False

    # ---- the disk

    def spoil_disk(self, error):
        before = self.lab.page.get("failed")
        self.lab.hurt.append(time.monotonic())
        self.lab.page.put("trouble", error)
        is_hit = until(lambda: self.lab.page.get("failed") > before, MEET_S)
        time.sleep(self.chance.random() * 1.5)
        self.lab.page.put("trouble", 0)
        self.lab.hurt.append(time.monotonic())
        return is_hit

    def at_some_call(self, then, counter):
        before = self.lab.page.get(counter)
        self.lab.page.put("then", then)
        self.lab.page.put("left", self.chance.randint(1, WRITES_MOST))
        is_hit = until(lambda: self.lab.page.get(counter) > before, MEET_S)
        self.lab.page.put("left", 0)
        self.lab.hurt.append(time.monotonic())
        return is_hit

    def kill_at_write(self):
        return self.at_some_call(KILL, "killed")

    def fail_once(self):
        return self.at_some_call(self.chance.choice((errno.EIO, errno.ENOSPC)), "failed")

    # ---- the clock

    def clock_forward(self):
        self.lab.clock.set(self.chance.randint(30, 600))
        return True

    def clock_back(self):
        self.lab.clock.set(-self.chance.randint(30, 240))
        return True

    def clock_far(self):
        """The connectors that run twice a day are due, and it is just then that the hub is killed. Their last tick was served before."""
        self.far_is_served()
        newest = self.ask("SELECT max(id) FROM runs")
        asked = {name: self.lab.shops[name].asked for name in SELDOM}
        self.lab.clock.set(FAR_H * 3600)
        self.far_from = newest[0][0] if newest and newest[0][0] else None
        if self.chance.random() < 0.7:
            until(lambda: any(self.lab.shops[name].asked > n for name, n in asked.items()), MEET_S)
            self.kill_service()
        return True

    def far_is_served(self):
        if self.far_from is None:
            return
        if until(lambda: self.look_after() or self.served(SELDOM, self.far_from) or self.is_over(), PATIENCE_S) is None:
            self.watch.say("no successful run of %s for their last tick within %d s" % (SELDOM, PATIENCE_S))
        self.far_from = None

    def served(self, names, since):
        """Each has a successful run that began after that one."""
        good = {name for name, in self.ask("SELECT connector FROM runs WHERE kind = 'pull' AND outcome = 'ok' AND id > ?", since)}
        return set(names) <= good

    # ---- the platforms

    def restate(self):
        for shop in self.lab.shops.values():
            for day in self.chance.sample(shop.recent(), 2):
                shop.restate(day)
        return True

    def trouble(self, what):
        """The next requests of some shops meet it."""
        shops = self.chance.sample([name for name in SHOPS if name not in SELDOM], 2) + [self.chance.choice(SELDOM)]
        before = {name: self.lab.shops[name].asked for name in shops}
        for name in shops:
            self.lab.shops[name].troubles.extend([what] * self.chance.randint(1, 3))
        return until(lambda: any(self.lab.shops[name].asked > n for name, n in before.items()), MEET_S)

    def take_token(self):
        platform = self.lab.platforms[self.chance.choice(("one", "two"))]
        platform.take_token()
        return bool(platform.access)

    # ---- the end of it

    def rest(self):
        """Nothing hurts any more."""
        page = self.lab.page
        page.put("trouble", 0)
        page.put("left", 0)
        for platform in self.lab.platforms.values():
            platform.at_data.open()
        for shop in self.lab.shops.values():
            shop.troubles.clear()
        for pid, _ in self.lab.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.look_after()
