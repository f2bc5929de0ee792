# SPDX-License-Identifier: Apache-2.0
"""What the tests of hostile plugins have in common: the list of deeds and how each has to end, and a hub with a healthy connector
beside the hostile ones."""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.environ["OMNI_SRCDIR"], "tests", "lib"))
import omni  # noqa: E402
import tap  # noqa: E402

FOLDER = os.path.join(omni.BUILD, "tests", "hostile", ".libs")
with open(os.path.join(omni.BUILD, "config.h"), encoding="utf-8") as header:
    IS_SANITIZED = "#define HUB_SANITIZED 1" in header.read()

# mode: (number in docs/faults.md, outcome, what the message must say)
DEEDS = {
    "segv": ("F079", "crashed", "signal 11"),
    "abort": ("F079", "crashed", "signal 6"),
    "exit": ("F079", "crashed", "ended by itself in the middle of pull (exit code 0)"),
    "exit_at_once": ("F079", "crashed", "exit code 3"),
    "overflow_stack": ("F079", "crashed", "signal 11"),
    "double_free": ("F079", "crashed", "signal 6"),
    "loop": ("F080", "hung", "gave no sign of life in pull"),
    "loop_deaf": ("F080", "hung", "gave no sign of life in pull"),
    "sleep": ("F080", "hung", "gave no sign of life in pull"),
    "allocate": ("F081", "oom", "ran out of memory in pull"),
    "allocate_much": ("F081", "oom", "ran out of memory in pull"),
    "allocate_in_hub": ("F081", "oom", "ran out of memory in pull"),
    "fork": ("F082", "denied", "clone()"),
    "thread": ("F082", "denied", "starting a thread looks like this"),
    "thread_bomb": ("F082", "denied", "starting a thread looks like this"),
    "exec": ("F082", "denied", "execve()"),
    "half_frame": ("F083", "hung", "gave no sign of life in pull"),
    "never_read": ("F083", "hung", "gave no sign of life in pull"),
    "garbage": ("F083", "protocol", "sent what is not a frame"),
    "long_frame": ("F083", "protocol", "more than 8 MiB"),
    "unknown_frame": ("F083", "protocol", "a frame that has no meaning here"),
    "out_of_turn": ("F083", "protocol", "a frame that has no meaning here"),
    "many_cells": ("F083", "protocol", "a malformed frame"),
    "false_status": ("F083", "protocol", "a frame that has no meaning here"),
    "wrong_cell": ("F083", "protocol", "row(): cell 1 has none of the types"),
    "wrong_cell_quiet": ("F083", "protocol", "row(): cell 1 has none of the types"),
    "long_cursor": ("F083", "protocol", "cursor(): not UTF-8, or more than 256 KiB"),
    "accounts_for_ever": ("F083", "protocol", "found_account(): more than 10000 accounts"),
    "totals_for_ever": ("F083", "protocol", "found_total(): more than 1000 totals"),
    "qualities_for_ever": ("F083", "failed", "quality(): flags of more than 600 bytes"),
    "wrong_value": ("F083", "failed", "budget"),
    "many_columns": ("F083", "failed", "4 cells"),
    "other_stream": ("F083", "protocol", "found_stream()"),
    "print_some": ("F084", "crashed", "signal 6"),
    "print_for_ever": ("F084", "hung", "gave no sign of life in pull"),
    "raise_limits": ("F084", "denied", "prlimit64()"),
    "take_sigsys": ("F084", "denied", "rt_sigaction()"),
    "take_sigsys_by_halves": ("F084", "denied", "rt_sigaction()"),
    "chdir": ("F084", "denied", "chdir()"),
    "umask": ("F084", "denied", "umask()"),
    "locale": ("F084", "denied", "openat()"),
    "close_all": ("F084", "protocol", "closed its socket"),
    "block_signals": ("F084", "ok", None),
    "log_million": ("F084", "ok", None),
    "details_million": ("F084", "ok", None),
    "open_zone": ("F084", "suspicious", None),
    "open_passwd": ("F085", "denied", "openat()"),
    "open_target": ("F085", "denied", "openat()"),
    "write_target": ("F085", "denied", "openat()"),
    "open_memory": ("F085", "denied", "openat()"),
    "create_file": ("F085", "denied", "openat()"),
    "open_when_deaf": ("F085", "denied", "system call that the sandbox forbids"),
    "socket": ("F085", "denied", "socket()"),
    "kill": ("F085", "denied", "kill()"),
    "kill_all": ("F085", "denied", "kill()"),
    "kill_group": ("F085", "denied", "kill()"),
    "tgkill": ("F085", "denied", "tgkill()"),
    "pidfd": ("F085", "denied", "pidfd_open()"),
    "ptrace": ("F085", "denied", "ptrace()"),
    "read_parent": ("F085", "denied", "process_vm_readv()"),
    "write_parent": ("F085", "denied", "process_vm_writev()"),
    "make_code": ("F085", "denied", "mmap()"),
    "io_uring": ("F085", "denied", "io_uring_setup()"),
    "foreign_host": ("F085", "denied", "host 127.0.0.9:9 is not one that may be asked"),
    "foreign_host_quiet": ("F085", "denied", "host 127.0.0.9:9 is not one that may be asked"),
    "other_port": ("F085", "denied", "host 127.0.0.1:1 is not one that may be asked"),
    "file_url": ("F085", "denied", "only https is allowed"),
    "header": ("F085", "protocol", "not \"Name: value\" on one line"),
    "header_quiet": ("F085", "protocol", "not \"Name: value\" on one line"),
    "header_in_url": ("F085", "protocol", "control character"),
    "method": ("F085", "protocol", "its method is not a word in capital letters"),
}
NEEDS_LIMITS = ("allocate", "allocate_much", "allocate_in_hub")  # a sanitized process has no limit of memory
if IS_SANITIZED:
    DEEDS = {name: deed for name, deed in DEEDS.items() if name not in NEEDS_LIMITS + ("overflow_stack", "double_free")}
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

    def configure(self, connectors, run_timeout="10m"):
        """connectors: {name: (plugin file's name, mode)}. Only those that are to hang are given up soon: machines may be slow."""
        lines = [TILL % (omni.plugin_path("file", "file"), self.path("till"))]
        for name, (plugin, mode) in connectors.items():
            idle = "2s" if DEEDS.get(mode, ("", "", ""))[1] == "hung" else "60s"
            lines.append('  { name = "%s"; plugin = "%s"; idle_timeout = "%s"; memory_mb = 96; options = { mode = "%s"; target = "%s"; }; }'
                         % (name, os.path.join(FOLDER, plugin + ".so"), idle, mode, self.path("state", "store.db")))
        self.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; currency = "EUR"; parallel = 12; sandbox = "%s"; '
                   'run_timeout = "%s"; };\nconnectors = (\n%s\n);\n' % (
                       os.path.join(omni.SOURCE, "conf", "schema"), self.sandbox, run_timeout, ",\n".join(lines)))

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

    def leftovers(self):
        """Files of the state folder that a finished program must not leave."""
        return sorted(set(os.listdir(self.path("state"))) - {"store.db", "store.db-wal", "store.db-shm", "hub.lock", "audit.jsonl"})

    def rows(self):
        return self.ask("SELECT * FROM ads_entities ORDER BY connector, entity_id")


def judge(result, ledger, name, deed, what):
    """One connector's end, as told and as written down. deed: a row of the list above."""
    number, outcome, text = deed
    told = [r for r in result.json()["results"] if r.get("connector") == name]
    message = (told and told[0].get("message")) or ""
    tap.ok(len(told) == 1 and told[0]["outcome"] == outcome and (text or "") in message,
           "%s %s: %s" % (number, what, outcome)) or tap.note(told)
    run = ledger.get(name, {})
    if not tap.ok(run.get("outcome") == outcome and (run.get("message") or "") == message, "%s %s: in the ledger" % (number, what)):
        tap.note(run)


def let_loose(house, deeds, where="", run_timeout="10m"):
    """All of them in one pull, over rows that are there already. Returns the pull's result."""
    names = {mode.replace("_", "-"): mode for mode in deeds}
    well = {name: ("hostile", "good") for name in names}
    house.configure(well)
    tap.is_(house.pull("-q").code, 0, where + "while they behave, all is well")
    before, sold = house.rows(), house.days
    tap.is_(len(before), 3 * len(names), where + "each has its rows")
    house.configure({name: ("hostile", mode) for name, mode in names.items()}, run_timeout)
    result = house.pull("-v", "--json")
    tap.is_(result.code, 1, where + "the pull says that some failed")
    ledger = house.ledger()
    for name, mode in names.items():
        judge(result, ledger, name, deeds[mode], where + mode)
    tap.is_(house.rows(), before, where + "what was stored of them is as it was")
    tap.is_(ledger["till"]["outcome"], "ok", where + "the healthy one ran on")
    tap.is_(house.ask("SELECT count(*) FROM orders"), [(sold + 1,)], where + "and has its new row")
    tap.is_(house.ask("SELECT count(*) FROM orders WHERE connector <> 'till'"), [(0,)], where + "nobody wrote into another's dataset")
    tap.is_(house.ask("PRAGMA integrity_check"), [("ok",)], where + "the store is whole")
    tap.is_(house.leftovers(), [], where + "no file was made")
    house.configure(well)
    tap.is_(house.pull("-q").code, 0, where + "the next healthy run needs no help")
    tap.is_(house.rows(), before, where + "and changes nothing")
    return result
