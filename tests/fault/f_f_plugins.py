# SPDX-License-Identifier: Apache-2.0
"""F077, F078, F086, F087: plugin files that must not be loaded fail their own connectors, and no others. What plugins do once
they run (F079 to F085) is in tests/hostile."""

import os
import shutil
import subprocess

import fault
import omni
import tap
from fault import page, row

CC = (os.environ.get("CC") or "cc").split()
SAMPLE = os.path.join(omni.SOURCE, "tests", "abi", "sample.c")
INCLUDE = os.path.join(omni.SOURCE, "sdk", "include")
CRASH = '__attribute__((constructor)) static void crash(void) { __builtin_trap(); }\n#include "%s"\n' % SAMPLE


class Bench(fault.Bench):
    """A bench whose second connector "other" has the plugin file that a test makes."""

    def built(self, name, *flags, source=SAMPLE):
        path = self.lab.path(name)
        subprocess.run([*CC, "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", "-I", INCLUDE, *flags, "-o", path, source], check=True)
        os.chmod(path, 0o644)
        return path

    def other(self, path):
        return {"connectors": [{"name": "other", "plugin": path, "options": {}}]}


def copied(bench, change):
    """The good plugin with other bytes."""
    with open(omni.plugin_path("rest", "file"), "rb") as file:
        content = bytearray(file.read())
    path = bench.lab.path("changed.so")
    with open(path, "wb") as file:
        file.write(change(content))
    os.chmod(path, 0o644)
    return path


def machine(content):
    content[18:20] = b"\xff\x7f"
    return content


def crashing(bench):
    return bench.built("crash.so", source=bench.lab.write("crash.c", CRASH))


def writable(bench):
    path = bench.built("open.so")
    os.chmod(path, 0o666)
    return path


def owned(bench):
    path = bench.built("owned.so")
    os.chown(path, 12345, -1)
    return path


def linked(bench):
    os.symlink(bench.built("real.so"), bench.lab.path("link.so"))
    return bench.lab.path("link.so")


FILES = [
    ("F077", "another major version", lambda b: b.built("a.so", "-DMAJOR=2"), "built for version 2.0 of the plugin contract"),
    ("F077", "a newer minor version", lambda b: b.built("a.so", "-DMINOR=99"), "needs version 1.99 of the plugin contract, this hub is older"),
    ("F077", "no symbol", lambda b: b.built("a.so", "-DNO_SYMBOL"), "does not export omnihub_module_v1"),
    ("F077", "another machine's", lambda b: copied(b, machine), "built for another kind of machine"),
    ("F077", "cut short", lambda b: copied(b, lambda content: content[:2000]), "cut short"),
    ("F077", "a text file", lambda b: b.lab.write("text.so", "int main(void) { return 0; }"), "its first bytes are not ELF"),
    ("F077", "an empty file", lambda b: b.lab.write("empty.so", ""), "its first bytes are not ELF"),
    ("F078", "a file that others may write to", writable, "others may write to it"),
    ("F078", "a symbolic link", linked, "is a symbolic link"),
    ("F078", "another owner's", owned if os.getuid() == 0 else None, "owned by user 12345"),
    ("F086", "a crash while it is loaded", crashing, "cannot be used"),
]


def refused():
    for number, name, make, says in FILES:
        if not make:
            continue
        bench = Bench()
        checks = fault.Checks("%s %s" % (number, name))
        bench.make_well()
        bench.play([page(row(cost="5"))])
        bench.configure(bench.other(make(bench)))
        result = bench.pull()
        found = {r["connector"]: r for r in result.json()["results"] if "connector" in r} if result.out else {}
        ends = ("crashed", "bug") if number == "F086" else ("failed", "config")
        checks.is_((result.code, {n: r["outcome"] for n, r in found.items()}), (1, {"shop": "ok", "other": ends[0]}), "others run on")
        checks.has(found.get("other", {}).get("message", ""), says, "says " + says)
        checks.is_(bench.rows(), [("1", "n", 5000000, 1)], "and are stored")
        checks.is_(bench.query("SELECT outcome, reason FROM runs WHERE connector = 'other'"), [ends], "the ledger says so")
        check = bench.lab.omnihub("check")
        checks.ok(check.code == 2 and says.replace("cannot be used", "plugin") in check.err, "check names it", check.err)
        after, wanted = bench.make_well()
        checks.is_((after.code, bench.rows()), (0, wanted), "the next run is well without help")
        fault.report(checks)
        bench.close()


def same_name():
    """Two files of one name: the folder that is named first wins, and says which."""
    bench = Bench()
    checks = fault.Checks("F087 two plugins of one name")
    for folder in ("one", "two"):
        os.makedirs(bench.lab.path(folder))
        shutil.copy(bench.built("sample.so"), bench.lab.path(folder, "sample.so"))
    bench.configure({"hub": {"plugin_dirs": [bench.lab.path("one"), bench.lab.path("two")]}})
    shown = [p for p in bench.lab.omnihub("plugins", "--json").json() if p["name"] == "sample"]
    checks.is_([p["path"] for p in shown], [bench.lab.path("one", "sample.so")], "the first folder's, once")
    fault.report(checks)
    bench.close()


def upgraded_and_removed():
    bench = Bench()
    checks = fault.Checks("F087 a plugin is replaced while it runs, then removed")
    bench.make_well()
    path = bench.lab.path("own.so")
    shutil.copy(omni.plugin_path("rest", "file"), path)
    stream = {"connector": {"plugin": path}}

    def replace(exchange):
        """The new file arrives as package managers do it: by renaming."""
        shutil.copy(omni.plugin_path("rest", "file"), path + ".new")
        os.rename(path + ".new", path)
        return fault.answer(page(row(cost="9")))(exchange)
    bench.play([replace])
    bench.configure(stream)
    result = bench.pull()
    checks.is_((result.code, bench.rows()), (0, [("1", "n", 9000000, 1)]), "the run goes on with what it loaded")
    before = bench.digest()
    os.unlink(path)
    gone = bench.pull()
    checks.is_((gone.code, bench.digest()), (1, before), "removed: its connector fails, nothing is lost")
    checks.has(gone.json()["results"][0]["message"], "own.so", "and the file is named")
    after, wanted = bench.make_well()
    checks.is_((after.code, bench.rows()), (0, wanted), "the next run is well without help")
    fault.report(checks)
    bench.close()


if __name__ == "__main__":
    if not shutil.which(CC[0]):
        tap.skip_all("no C compiler")
    tap.run([refused, same_name, upgraded_and_removed])
