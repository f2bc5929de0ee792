# SPDX-License-Identifier: Apache-2.0
"""What the tests of the disk, the store and the sinks (f_e_*.py) have in common: a bench that lets a test at its files."""

import contextlib
import os
import shutil
import sqlite3
import subprocess

import fault
import omni

HUB = os.path.join(omni.BUILD, "omnihub")
PAGE = 8192  # of the store


def namespace():
    """The words before a command that may mount things, or None."""
    for words in (["unshare", "-m"], ["unshare", "-rm"]):
        test = [*words, "sh", "-c", "mount -t tmpfs none /mnt"]
        if shutil.which("unshare") and subprocess.run(test, capture_output=True, check=False).returncode == 0:
            return words
    return None


NAMESPACE = namespace()


class Bench(fault.Bench):
    def __init__(self, number, name):
        super().__init__()
        self.checks = fault.Checks("%s %s" % (number, name))
        first, _ = self.make_well()
        self.checks.is_(first.code, 0, "well before")

    def file(self, name="store.db"):
        return os.path.join(self.state, name)

    def files(self):
        """Everything in the state folder but the lock."""
        found = {}
        for name in os.listdir(self.state):
            if name != "hub.lock":
                with open(self.file(name), "rb") as file:
                    found[name] = file.read()
        return found

    def put_files(self, files):
        for name in os.listdir(self.state):
            os.unlink(self.file(name))
        for name, content in files.items():
            with open(self.file(name), "wb") as file:
                file.write(content)

    def script(self, text):
        """A program in the place of omnihub; "$@" are its arguments."""
        return self.lab.write("wrapper", "#!/bin/sh\n%s\n" % text.replace("OMNIHUB", "'%s'" % HUB), 0o755)

    def in_namespace(self, text):
        return self.script("exec %s sh -c '%s' sh \"$@\"" % (" ".join(NAMESPACE), text.replace("OMNIHUB", HUB)))

    def copy_to(self, folder):
        """A command that copies the state: a store that is closed is one file; what a reader may have left beside it is empty."""
        return "cp -a %s %s %s" % (self.file(), self.file("hub.lock"), folder)

    def execute(self, sql):
        with contextlib.closing(sqlite3.connect(self.file())) as db:
            db.execute(sql)
            db.commit()

    def ends_well(self):
        after, wanted = self.make_well()
        self.checks.is_((after.code, self.rows()), (0, wanted), "the next run is well without help")
        self.checks.is_(self.query("PRAGMA integrity_check"), [("ok",)], "the store is whole")

    def __enter__(self):
        return self

    def __exit__(self, kind, died, _):
        if died:
            self.checks.ok(False, "dies: %r" % died)
        fault.report(self.checks)
        self.close()
        return True
