# SPDX-License-Identifier: Apache-2.0
"""A hub whose programs run with preloaded libraries, so that a test rules their disk (havoc.c) and their clock (set_clock.c) through
pages of memory: without privileges, for all of them at once."""

import mmap
import os
import shutil
import struct
import subprocess

import sweep_lab
import hub as h
import omni

CLOCK = ("set", "slept", "speed", "since")                      # set_clock.c's struct page
DISK = ("disk", "trouble", "left", "then", "failed", "killed")  # havoc.c's
# A sanitizer's runtime does not mind that other libraries come before it.
ASAN_OPTIONS = "verify_asan_link_order=0:detect_leaks=0"
JOB = "#!/bin/sh\n%s\nexec '%s' \"$@\"\n"


class Page:
    """Numbers that a preloaded library shares with this test."""

    def __init__(self, path, names):
        self.names = names
        with open(path, "w+b") as file:
            file.write(bytes(8 * len(names)))
            file.flush()
            self.memory = mmap.mmap(file.fileno(), 8 * len(names))

    def get(self, name):
        return struct.unpack_from("q", self.memory, 8 * self.names.index(name))[0]

    def put(self, name, value):
        struct.pack_into("q", self.memory, 8 * self.names.index(name), value)


class RuledLab(h.Hub):
    """libraries: by their names, the first one before the others; more: their environment. before_job: shell, run before each job."""

    def __init__(self):
        sweep_lab.work_in_memory()
        super().__init__()
        self.page = Page(self.path("havoc"), DISK)
        self.page.put("disk", os.stat(self.folder).st_dev)
        self.env = {}

    def install(self, *libraries, before_job="", **more):
        """omnihub finds jobs, and a job its plugin process, beside itself."""
        os.makedirs(self.path("programs", "inner"))
        shutil.copy(os.path.join(omni.BUILD, "omnihub"), self.path("programs"))
        for name in ("omnihub-job", "omnihub-plugin"):
            shutil.copy(os.path.join(omni.BUILD, name), self.path("programs", "inner"))
        preloaded = dict({"LD_PRELOAD": " ".join(map(sweep_lab.preload, libraries)), "HAVOC": self.path("havoc"),
                          "ASAN_OPTIONS": ASAN_OPTIONS}, **more)
        self.env = dict(preloaded, PATH="/usr/bin:/bin", LANG="C")
        words = ["%s='%s'; export %s" % (name, value, name) for name, value in preloaded.items()]
        job = JOB % (before_job + "\n".join(words), self.path("programs", "inner", "omnihub-job"))
        self.write("programs/omnihub-job", job, 0o755)

    def command(self, *words):
        return [self.path("programs", "omnihub"), "-c", self.path("omnihub.conf"), *words]

    def admin(self, *words, text=None):
        """A command of a person, on the same disk and by the same clock."""
        done = subprocess.run(self.command(*words), env=self.env, input=text, capture_output=True, text=True, timeout=omni.RUN_SECONDS,
                              check=False)
        return omni.Result(done)

    def serve(self, log):
        """`omnihub run` in the background; log: an open file."""
        return subprocess.Popen(self.command("run"), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
