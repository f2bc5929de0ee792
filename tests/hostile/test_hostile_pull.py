# SPDX-License-Identifier: Apache-2.0
"""Hostile plugins in a whole pull beside a healthy connector: each ends as its own outcome in the ledger, the call or host it
tried is named, what was stored stays as it was, and the healthy one runs on. Also on kernels that lack a fence."""

import os
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.environ["OMNI_SRCDIR"], "tests", "lib"))
import omni  # noqa: E402
import tap  # noqa: E402

FOLDER = os.path.join(omni.BUILD, "tests", "hostile", ".libs")
with open(os.path.join(omni.BUILD, "config.h"), encoding="utf-8") as header:
    IS_SANITIZED = "#define HUB_SANITIZED 1" in header.read()

# mode: (outcome, what the message must say)
DEEDS = {
    "segv": ("crashed", "signal 11"),
    "abort": ("crashed", "signal 6"),
    "exit": ("crashed", "ended by itself in the middle of pull (exit code 0)"),
    "exit_at_once": ("crashed", "exit code 3"),
    "overflow_stack": ("crashed", "signal 11"),
    "print_some": ("crashed", "signal 6"),
    "loop": ("hung", "gave no sign of life in pull"),
    "loop_deaf": ("hung", "gave no sign of life in pull"),
    "sleep": ("hung", "gave no sign of life in pull"),
    "half_frame": ("hung", "gave no sign of life in pull"),
    "never_read": ("hung", "gave no sign of life in pull"),
    "print_for_ever": ("hung", "gave no sign of life in pull"),
    "allocate": ("oom", "ran out of memory in pull"),
    "allocate_much": ("oom", "ran out of memory in pull"),
    "allocate_in_hub": ("oom", "ran out of memory in pull"),
    "open_passwd": ("denied", "openat()"),
    "open_target": ("denied", "openat()"),
    "write_target": ("denied", "openat()"),
    "open_memory": ("denied", "openat()"),
    "create_file": ("denied", "openat()"),
    "open_when_deaf": ("denied", "system call that the sandbox forbids"),
    "socket": ("denied", "socket()"),
    "fork": ("denied", "clone()"),
    "thread": ("denied", "starting a thread looks like this"),
    "thread_bomb": ("denied", "starting a thread looks like this"),
    "exec": ("denied", "execve()"),
    "kill": ("denied", "kill()"),
    "kill_all": ("denied", "kill()"),
    "tgkill": ("denied", "tgkill()"),
    "pidfd": ("denied", "pidfd_open()"),
    "ptrace": ("denied", "ptrace()"),
    "read_parent": ("denied", "process_vm_readv()"),
    "write_parent": ("denied", "process_vm_writev()"),
    "make_code": ("denied", "mmap()"),
    "raise_limits": ("denied", "prlimit64()"),
    "take_sigsys": ("denied", "rt_sigaction()"),
    "chdir": ("denied", "chdir()"),
    "umask": ("denied", "umask()"),
    "io_uring": ("denied", "io_uring_setup()"),
    "locale": ("denied", "openat()"),
    "foreign_host": ("denied", "host 127.0.0.9:9 is not one that may be asked"),
    "foreign_host_quiet": ("denied", "host 127.0.0.9:9 is not one that may be asked"),
    "other_port": ("denied", "host 127.0.0.1:1 is not one that may be asked"),
    "file_url": ("denied", "only https is allowed"),
    "garbage": ("protocol", "sent what is not a frame"),
    "long_frame": ("protocol", "more than 8 MiB"),
    "unknown_frame": ("protocol", "a frame that has no meaning here"),
    "out_of_turn": ("protocol", "a frame that has no meaning here"),
    "many_cells": ("protocol", "a malformed frame"),
    "false_status": ("protocol", "a frame that has no meaning here"),
    "close_all": ("protocol", "closed its socket"),
    "wrong_cell": ("protocol", "row(): cell 1 has none of the types"),
    "wrong_cell_quiet": ("protocol", "row(): cell 1 has none of the types"),
    "long_cursor": ("protocol", "cursor(): not UTF-8, or more than 256 KiB"),
    "header": ("protocol", "not \"Name: value\" on one line"),
    "header_quiet": ("protocol", "not \"Name: value\" on one line"),
    "header_in_url": ("protocol", "control character"),
    "method": ("protocol", "its method is not a word in capital letters"),
    "wrong_value": ("failed", "budget"),
    "many_columns": ("failed", "4 cells"),
    "other_stream": ("protocol", "found_stream()"),
    # Harmless to everyone but itself.
    "block_signals": ("ok", None),
    "log_million": ("ok", None),
    "open_zone": ("suspicious", None),
}
NEEDS_LIMITS = ("allocate", "allocate_much", "allocate_in_hub")  # a sanitized process has no limit of memory
if IS_SANITIZED:
    DEEDS = {name: deed for name, deed in DEEDS.items() if name not in NEEDS_LIMITS + ("overflow_stack",)}
CONSTRUCTORS = {
    "hostile_segv": ("crashed", "signal 11"),
    "hostile_socket": ("denied", "socket()"),
    "hostile_write": ("denied", "openat()"),
    "hostile_loop": ("hung", "gave no sign of life in start"),
}
TILL = """  { name = "till"; plugin = "%s"; options = { path = "%s/*.csv"; dataset = "orders"; constants = { currency = "EUR"; };
      map = { order_id = "no"; date = "day"; net = "total"; }; }; }"""


class House(omni.Lab):
    """A hub with a healthy till and any number of connectors of hostile plugins."""

    def __init__(self):
        super().__init__()
        self.days = 0
        self.program = os.path.join(omni.BUILD, "omnihub")
        self.sandbox = "best"

    def sell(self):
        """One more file for the healthy connector."""
        self.days += 1
        self.write("till/day%d.csv" % self.days, "no,day,total\n%d,2026-01-%02d,12.50\n" % (self.days, self.days))

    def configure(self, connectors):
        """connectors: {name: (plugin file's name, mode)}"""
        lines = [TILL % (omni.plugin_path("file", "file"), self.path("till"))]
        for name, (plugin, mode) in connectors.items():
            lines.append('  { name = "%s"; plugin = "%s"; idle_timeout = "1s"; memory_mb = 96; options = { mode = "%s"; target = "%s"; }; }'
                         % (name, os.path.join(FOLDER, plugin + ".so"), mode, self.path("state", "store.db")))
        self.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; currency = "EUR"; parallel = 12; sandbox = "%s"; };\n'
                   "connectors = (\n%s\n);\n" % (os.path.join(omni.SOURCE, "conf", "schema"), self.sandbox, ",\n".join(lines)))

    def pull(self, *arguments):
        self.sell()
        return self.omnihub("pull", *arguments, program=self.program)

    def ledger(self):
        """{connector: the last run's outcome and message}"""
        runs = self.omnihub("runs", "--json", "--last", "500").json()
        last = {}
        for run in runs:
            last.setdefault(run["connector"], run)
        return last

    def ask(self, sql, *values):
        with sqlite3.connect("file:%s?mode=ro" % self.path("state", "store.db"), uri=True) as store:
            return store.execute(sql, values).fetchall()

    def rows(self):
        return self.ask("SELECT * FROM ads_entities ORDER BY connector, entity_id")


def judge(result, ledger, name, outcome, text, what):
    """One connector's end, as told and as written down."""
    told = [r for r in result.json()["results"] if r.get("connector") == name]
    message = (told and told[0].get("message")) or ""
    tap.ok(len(told) == 1 and told[0]["outcome"] == outcome and (text or "") in message, "%s: %s" % (what, outcome)) or tap.note(told)
    run = ledger.get(name, {})
    if not tap.ok(run.get("outcome") == outcome and (run.get("message") or "") == message, what + ": in the ledger"):
        tap.note(run)


def test_all_at_once():
    with House() as house:
        names = {mode.replace("_", "-"): ("hostile", mode) for mode in DEEDS}
        house.configure({name: ("hostile", "good") for name in names})
        tap.is_(house.pull("-q").code, 0, "while they behave, all is well")
        before, passwd = house.rows(), os.path.exists("/tmp/omnihub-hostile")
        tap.is_(len(before), 3 * len(names), "each has its rows")
        house.configure(names)
        result = house.pull("-q", "--json")
        tap.is_(result.code, 1, "the pull says that some failed")
        ledger = house.ledger()
        for name, (_, mode) in names.items():
            judge(result, ledger, name, DEEDS[mode][0], DEEDS[mode][1], mode)
        tap.is_(house.rows(), before, "what was stored of them is as it was")
        tap.is_(ledger["till"]["outcome"], "ok", "the healthy one ran on")
        tap.is_(house.ask("SELECT count(*) FROM orders"), [(2,)], "and has its new row")
        tap.is_(house.ask("SELECT count(*) FROM orders WHERE connector <> 'till'"), [(0,)], "nobody wrote into another's dataset")
        tap.is_(house.ask("PRAGMA integrity_check"), [("ok",)], "the store is whole")
        tap.is_(os.path.exists("/tmp/omnihub-hostile"), passwd, "no file was made")
        tap.ok(result.err.count("one of a million") <= 2000, "a million log lines are cut short")
        tap.ok(len(result.err) < 4 << 20, "the log stays readable")
        house.configure({name: ("hostile", "good") for name in names})
        tap.is_(house.pull("-q").code, 0, "the next healthy run needs no help")
        tap.is_(house.rows(), before, "and changes nothing")


def test_constructors():
    with House() as house:
        house.configure({name.replace("_", "-"): (name, "good") for name in CONSTRUCTORS})
        result = house.pull("-q", "--json")
        tap.is_(result.code, 1, "plugins that die while they are loaded: the pull says so")
        ledger = house.ledger()
        for name, (outcome, text) in CONSTRUCTORS.items():
            judge(result, ledger, name.replace("_", "-"), outcome, text, name)
        tap.is_(ledger["till"]["outcome"], "ok", "the healthy one is pulled all the same")
        check = house.omnihub("check")
        tap.is_(check.code, 2, "check calls it an error")
        tap.has(check.out + check.err, "which the sandbox forbids", "and says which")


# What the kernel lacks: what the log has to say.
KERNELS = {
    "no Landlock": ({"OLD_LANDLOCK": "0"}, "there is no Landlock on this kernel (file access is fenced by seccomp only)"),
    "Landlock 2": ({"OLD_LANDLOCK": "2"}, "this kernel's Landlock is version 2"),
    "no seccomp": ({"NO_SECCOMP": "1"}, "files are, by Landlock; processes, network and signals are not fenced"),
    "neither": ({"NO_SECCOMP": "1", "OLD_LANDLOCK": "0"}, "files neither; processes, network and signals are not fenced"),
}
# Without seccomp a plugin could stop its job: those are not let loose there.
OUTCOMES = ("open_passwd", "open_target", "socket", "kill", "segv", "foreign_host")
HARMLESS = ("segv", "foreign_host")


def on_kernel(house, variables):
    """Programs beside which omnihub-plugin sees an older kernel."""
    folder = house.path("old")
    os.makedirs(folder)
    for name in ("omnihub", "omnihub-job"):
        shutil.copy(os.path.join(omni.BUILD, name), folder)
    settings = " ".join("%s=%s" % item for item in variables.items())
    house.write("old/omnihub-plugin", '#!/bin/sh\nexec env LD_PRELOAD=%s %s %s "$@"\n' % (
        os.path.join(FOLDER, "old_kernel.so"), settings, os.path.join(omni.BUILD, "omnihub-plugin")), 0o755)
    house.program = os.path.join(folder, "omnihub")


def test_older_kernels():
    for kernel, (variables, words) in KERNELS.items():
        with House() as house:
            on_kernel(house, variables)
            modes = HARMLESS if "NO_SECCOMP" in variables else OUTCOMES
            names = {mode.replace("_", "-"): ("hostile", mode) for mode in modes}
            house.configure(names)
            result = house.pull("-v", "--json")
            tap.has(result.err, words, kernel + ": the log says what protection is left")
            ledger = house.ledger()
            for name, (_, mode) in names.items():
                judge(result, ledger, name, DEEDS[mode][0], DEEDS[mode][1], "%s, %s" % (kernel, mode))
            tap.is_(ledger["till"]["outcome"], "ok", kernel + ": the healthy one ran on")
            tap.is_(house.ask("PRAGMA integrity_check"), [("ok",)], kernel + ": the store is whole")
            house.sandbox = "require"
            house.configure({})
            tap.is_(house.pull("-q").code, 0 if kernel == "Landlock 2" else 2, kernel + ': sandbox = "require"')


def main():
    if not os.path.exists(os.path.join(FOLDER, "hostile.so")):
        tap.skip_all("the hostile plugins are not built")
    tests = [test_all_at_once, test_constructors]
    if IS_SANITIZED:
        tap.note("older kernels are not played to a sanitized process: its run-time must be loaded first")
    else:
        tests.append(test_older_kernels)
    tap.run(tests)


main()
