# SPDX-License-Identifier: Apache-2.0
"""The torture test's laboratory: a service under an init system, shops with schedules, three sinks, all on a disk and by a clock that
the test rules."""

import os
import re
import shutil
import signal
import threading
import time

from ruled_lab import CLOCK, Page, RuledLab
import hub as h
from rotating import CLIENT, CLIENT_SECRET
from torture_world import CURRENCY, Platform, Shop

SPEED = 15          # a minute of the schedule takes so many times less
RESTART_S = 0.3     # what an init system waits before it starts a service again
PATIENCE_S = 120    # until something comes that must come
FAR_H = 13          # the clock's far jumps; under what the service takes for a broken clock
PARALLEL = 12       # no job waits for another: six connectors, and combine or three sinks
SETTLE_DAYS = 90    # longer than any run of this test by its own clock
HISTORY_DAYS = 6
KILL = 1000         # havoc.c's
FIELDS = [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"},
          {"path": "$.status", "column": "status"}]
# name: schedule, its minutes, whether it is a snapshot, its login ("": none)
SHOPS = {
    "mill": ("every 1m", 1, True, "one"),
    "kiln": ("*/2 * * * *", 2, False, "one"),
    "loom": ("* * * * *", 1, True, "two"),
    "dock": ("every 1m", 1, False, ""),
    "barn": ("0 */12 * * *", 720, False, "two"),
    "pier": ("every 12h", 720, True, ""),
}
SELDOM = [name for name, (_, minutes, _, _) in SHOPS.items() if minutes > 60]
DATASETS = ("orders", "channel_daily")
# A job first notes when it was started, and for which batch of the ledger: its row may be written much later.
BEFORE_JOB = """read -r up idle </proc/uptime
read -r spec </proc/self/fd/3
batch=${spec#*'"batch":"'}
echo "$up ${batch%%%%'"'*}" >>'%s'
"""


class Clock:
    """The wall's clock as the hub sees it, and when it was set: {steady seconds: how far ahead, seconds}."""

    def __init__(self, page):
        self.page, self.lock, self.since, self.began = page, threading.Lock(), time.monotonic(), time.time()
        page.put("since", int(self.since * 1e9))
        page.put("speed", SPEED)
        self.settings = [(self.since, 0.0)]

    def wall_at(self, steady, ahead):
        return self.began + (steady - self.since) * SPEED + ahead

    def wall(self):
        return self.wall_at(time.monotonic(), self.page.get("set") / 1e9)

    def day(self):
        return time.strftime("%Y-%m-%d", time.gmtime(self.wall()))

    def set(self, by):
        """by: seconds; a jump at once."""
        with self.lock:
            ahead = self.page.get("set") + int(by * 1e9)
            self.page.put("set", ahead)
            self.settings.append((time.monotonic(), ahead / 1e9))


class TortureLab(RuledLab):
    """careless: what the programs of a negative control are careless with."""

    def __init__(self, careless=""):
        super().__init__()
        self.clock = Clock(Page(self.path("clock"), CLOCK))
        self.start_day = h.ago(HISTORY_DAYS).isoformat()
        fixed = [h.ago(n).isoformat() for n in (3, 2, 1)]
        self.shops = {name: Shop(name, fixed if is_snapshot else None) for name, (_, _, is_snapshot, _) in SHOPS.items()}
        self.platforms = {login: Platform(self.clock, [self.shops[name] for name in SHOPS if SHOPS[name][3] == login], login == "")
                          for login in ("one", "two", "")}
        self.process, self.starts, self.log = None, 0, open(self.path("log"), "ab")
        self.is_wanted, self.init, self.life = False, None, threading.RLock()
        self.started = []  # when the service was
        self.hurt, self.asked_for = [], []  # when a process or write was hit; (when, connector) that a person had run
        self.install(*["set_clock", "havoc"] + (["careless"] if careless else []), before_job=BEFORE_JOB % self.path("starts"),
                     SET_CLOCK=self.path("clock"), CARELESS=careless)
        self.rest = shutil.copy(h.plugin("rest"), self.path("programs"))  # its path shows which lab a plugin process belongs to
        self.write_configuration()
        for login in ("one", "two"):
            self.log_in(login)
        self.keep("client", CLIENT_SECRET)

    # ---- what is there at the beginning

    def connector(self, name, schedule, is_snapshot, login):
        platform = self.platforms[login]
        stream = {"name": "orders", "dataset": "orders", "url": "/" + name, "records": "$.orders[*]", "fields": FIELDS,
                  "constants": {"currency": CURRENCY}}
        if is_snapshot:
            stream["sync"] = "snapshot"
        else:
            stream.update(url="/%s?from={from}&to={to}" % name, settle_days=SETTLE_DAYS, max_window_days=4)
        options = {"api_url": platform.url(), "streams": [stream]}
        if login:
            options.update(client_id=CLIENT, client_secret="secret:client", refresh_token="secret:" + login, token_url=platform.url() + "/token")
        more = {} if is_snapshot else {"start": self.start_day, "settle": "fixed"}
        return h.connector(name, self.rest, options, schedule=schedule, idle_timeout="30s", **more)

    def write_configuration(self):
        sinks = [h.sink("files", "csv", DATASETS, {"directory": "out"}), h.sink("lines", "jsonl", DATASETS, {"directory": "out"}),
                 h.sink("bi", "sqlite", DATASETS, {"path": "out/bi.db"})]
        os.makedirs(self.path("out"))
        self.configure(*[self.connector(name, schedule, is_snapshot, login) for name, (schedule, _, is_snapshot, login) in SHOPS.items()],
                       sinks=sinks, retry_after="20s", parallel=PARALLEL,
                       http={"max_attempts": 2, "stall_timeout": "6s", "connect_timeout": "20s", "request_timeout": "20s", "max_wait": "2s"})

    # ---- the admin

    def keep(self, name, value):
        """A service tries again what was refused, and says so."""
        at = time.monotonic()
        done = self.admin("secrets", "set", name, text=value)
        if done.code != 0:
            raise RuntimeError("secrets set %s: %s" % (name, done.err))
        self.asked_for.extend((at, connector) for connector in re.findall(r"connector (\w+)", done.out))

    def log_in(self, login):
        self.keep(login, self.platforms[login].log_in())

    def resume(self, name):
        self.asked_for.append((time.monotonic(), name))
        return self.admin("resume", name)

    # ---- the init system

    def start(self):
        with self.life:
            self.starts += 1
            self.started.append(time.monotonic())
            self.process = self.serve(self.log)

    def look_after(self):
        """Whatever it died of, it is started again."""
        while self.is_wanted:
            if self.process.poll() is not None:
                time.sleep(RESTART_S)
                if self.is_wanted:
                    self.start()
            time.sleep(0.02)

    def begin(self):
        self.is_wanted = True
        self.start()
        self.init = threading.Thread(target=self.look_after, daemon=True)
        self.init.start()

    def is_up(self):
        return self.process.poll() is None

    def stop(self):
        """In good order; its exit code."""
        self.is_wanted = False
        if self.init:
            self.init.join()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def end(self):
        """Whatever state all is in."""
        self.is_wanted = False
        for pid, _ in self.family():
            self.signal(pid, signal.SIGKILL)
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.init:
            self.init.join()
        for platform in self.platforms.values():
            platform.at_data.open()
            platform.end()
        self.log.close()

    # ---- processes

    def starts_of_jobs(self):
        """{batch: when its job was started}"""
        apart = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
        with open(self.path("starts"), encoding="utf-8") as file:
            lines = [line.split() for line in file]
        return {line[1]: float(line[0]) - apart for line in lines if len(line) == 2}

    def family(self):
        """Every process that was started out of this folder: [(pid, program)]."""
        found, marker = [], self.path("programs").encode() + b"/"
        for entry in os.listdir("/proc"):
            try:
                with open("/proc/%s/cmdline" % entry, "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            named = [word for word in words[:3] if word.startswith(marker)]
            if entry.isdigit() and named and h.is_alive(int(entry)):
                program = words[0] if words[0] == b"omnihub-plugin" else named[0]
                found.append((int(entry), os.path.basename(program).decode()))
        return found

    def members(self, program):
        """Service, jobs or plugin processes."""
        if program == "omnihub":
            return [self.process.pid] if self.is_up() else []
        return [pid for pid, name in self.family() if name == program]

    def signal(self, pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        self.hurt.append(time.monotonic())
        return True
