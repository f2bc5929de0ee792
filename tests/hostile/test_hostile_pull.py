# SPDX-License-Identifier: Apache-2.0
"""F079 to F086: hostile plugins in a whole pull beside a healthy connector: each ends as its own outcome in the ledger, the call or
host it tried is named, what was stored stays as it was, and the healthy one runs on."""

import os
import subprocess

from hostile_lab import DEEDS, FOLDER, House, judge, let_loose
import hub
import tap

CONSTRUCTORS = {
    "hostile_segv": ("F086", "crashed", "signal 11"),
    "hostile_socket": ("F086", "denied", "socket()"),
    "hostile_write": ("F086", "denied", "openat()"),
    "hostile_loop": ("F086", "hung", "gave no sign of life in start"),
}
ENDLESS = {
    "rows_for_ever": ("F083", "hung", ""),
    "log_for_ever": ("F084", "hung", ""),
}


def test_all_at_once():
    with House() as house:
        result = let_loose(house, DEEDS)
        tap.ok(result.err.count("one of a million") <= 2 * 2000, "F084 a million log lines are cut short, of details too")
        tap.ok(len(result.err) < 4 << 20, "F084 the log stays readable")
        told = {mode.replace("_", "-"): int(text.split()[1]) for mode, (_, outcome, text) in DEEDS.items()
                if outcome == "crashed" and (text or "").startswith("signal ")}
        kept = dict(house.ask("SELECT connector, signal FROM run_signals JOIN runs ON runs.id = run WHERE outcome = 'crashed'"))
        tap.ok(told, "some are ended by a signal")
        tap.is_({name: kept.get(name) for name in told}, told, "the ledger knows which")


def test_endless():
    """Busy for ever, with things that are allowed."""
    with House() as house:
        let_loose(house, ENDLESS, run_timeout="6s")


def test_constructors():
    with House() as house:
        house.configure({name.replace("_", "-"): (name, "good") for name in CONSTRUCTORS})
        result = house.pull("-q", "--json")
        tap.is_(result.code, 1, "plugins that die while they are loaded: the pull says so")
        ledger = house.ledger()
        for name, deed in CONSTRUCTORS.items():
            judge(result, ledger, name.replace("_", "-"), deed, name)
        tap.is_(ledger["till"]["outcome"], "ok", "the healthy one is pulled all the same")
        check = house.omnihub("check")
        tap.is_(check.code, 2, "check calls it an error")
        tap.has(check.out + check.err, "which the sandbox forbids", "and says which")
        house.configure({})
        tap.is_(house.pull("-q").code, 0, "the next healthy run needs no help")


def test_stop_of_service():
    """A service manager that stops a service which is still starting has done nothing wrong, and nor has the service."""
    with House() as house:
        house.configure({"endless": ("hostile_loop", "good")})
        service = subprocess.Popen([house.program, "-c", house.path("omnihub.conf"), "run"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            hub.wait_for(lambda: any(name == "omnihub-plugin" for _, name in hub.children(service.pid)), "a plugin that never ends to be loaded")
            service.terminate()
            tap.is_(service.wait(hub.WAIT_SECONDS), 0, "F086 SIGTERM ends a service that still waits for its plugins, in good order")
        finally:
            if service.poll() is None:
                service.kill()
                service.wait()


if __name__ == "__main__":
    if not os.path.exists(os.path.join(FOLDER, "hostile.so")):
        tap.skip_all("the hostile plugins are not built")
    tap.run([test_all_at_once, test_endless, test_constructors, test_stop_of_service])
