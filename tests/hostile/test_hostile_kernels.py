# SPDX-License-Identifier: Apache-2.0
"""F079 to F085 on kernels that lack a fence: the same ends as long as seccomp is there, and the log says what protection is
left."""

import ctypes
import os
import shutil

from hostile_lab import DEEDS, FOLDER, IS_SANITIZED, House, let_loose
import omni
import tap

# What the kernel lacks: what the log has to say.
FENCED = {
    "no Landlock": ({"OLD_LANDLOCK": "0"}, "there is no Landlock on this kernel (file access is fenced by seccomp only)"),
    "Landlock 2": ({"OLD_LANDLOCK": "2"}, "this kernel's Landlock is version 2"),
}
OPEN = {
    "no seccomp": ({"NO_SECCOMP": "1"}, "files are, by Landlock; processes, network and signals are not fenced"),
    "neither": ({"NO_SECCOMP": "1", "OLD_LANDLOCK": "0"}, "files neither; processes, network and signals are not fenced"),
}
# Without seccomp a plugin could stop its job: those are not let loose there.
HARMLESS = ("segv", "exit", "garbage", "foreign_host", "header", "wrong_cell")
LANDLOCK_CREATE_RULESET, RULESET_VERSION = 444, 1


def landlock_version():
    """Of this machine's kernel; 0 where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, RULESET_VERSION))


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


def without(kernel, variables, words, deeds):
    with House() as house:
        on_kernel(house, variables)
        result = let_loose(house, deeds, kernel + ", ")
        tap.has(result.err, words, kernel + ": the log says what protection is left")
        if kernel != "Landlock 2":  # what that lacks is fenced by seccomp
            audit = house.omnihub("audit", "--json", "--last", "0", program=house.program).json()
            tap.ok(any(e["event"] == "sandbox-degraded" and words in e["detail"]["text"] for e in audit), kernel + ": so does the audit log")
        is_enough = "OLD_LANDLOCK" in variables and variables["OLD_LANDLOCK"] != "0"
        house.sandbox = "require"
        house.configure({})
        pulled = house.pull("-q", "--json")
        till = pulled.json()["results"][0]
        tap.is_((pulled.code, till["outcome"]), (0, "ok") if is_enough else (1, "failed"), kernel + ': sandbox = "require"')
        if not is_enough:
            tap.has(till["message"], 'sandbox = "require", but ', kernel + ": says what is missing")
            tap.is_(house.omnihub("check", program=house.program).code, 2, kernel + ": check says so beforehand")


def test_older_kernels():
    for kernel, (variables, words) in FENCED.items():
        if kernel == "Landlock 2" and landlock_version() <= 2:
            tap.note("this machine's own Landlock is version %d" % landlock_version())
            continue
        without(kernel, variables, words, DEEDS)


def test_without_seccomp():
    for kernel, (variables, words) in OPEN.items():
        if "OLD_LANDLOCK" not in variables and not landlock_version():
            tap.note("this machine has no Landlock")
            continue
        without(kernel, variables, words, {mode: DEEDS[mode] for mode in HARMLESS})


if __name__ == "__main__":
    if not os.path.exists(os.path.join(FOLDER, "hostile.so")):
        tap.skip_all("the hostile plugins are not built")
    if IS_SANITIZED:
        tap.skip_all("older kernels are not played to a sanitized process: its run-time must be loaded first")
    tap.run([test_older_kernels, test_without_seccomp])
