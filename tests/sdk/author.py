# SPDX-License-Identifier: Apache-2.0
"""A stranger's desk: the package installed under a folder of its own, its programs on the path, and an empty folder."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.dont_write_bytecode = True

import omni  # noqa: E402
import tap  # noqa: E402

PACKAGE = "omnihub-sdk"


class Done:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr


def makefile(*names):
    """Variables of the built Makefile."""
    with open(os.path.join(omni.BUILD, "Makefile"), encoding="utf-8") as f:
        return dict(re.findall(r"^(%s) = (.*)$" % "|".join(names), f.read(), re.M))


class Desk:
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="omni-author-")
        self.stage, self.folder = os.path.join(self.top, "stage"), os.path.join(self.top, "work")
        os.mkdir(self.folder)
        plain = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR")}
        done = subprocess.run(["make", "-C", omni.BUILD, "install", "DESTDIR=" + self.stage], env=plain, capture_output=True,
                              text=True, check=False)
        if done.returncode:
            tap.note(done.stdout[-2000:] + done.stderr[-2000:])
            tap.bail("make install failed")
        facts = makefile("prefix", "sysconfdir", "SAN_FLAGS", "CC")
        facts["sysconfdir"] = facts["sysconfdir"].replace("${prefix}", facts["prefix"])
        self.prefix = self.stage + facts["prefix"]
        # What programs look for where they are told of none; ./setup demo installs one.
        self.built_in_conf = facts["sysconfdir"] + "/omnihub/omnihub.conf"
        # A library with sanitizers in it wants them in everything that it becomes part of.
        self.sanitizer, self.cc = facts["SAN_FLAGS"], facts["CC"]
        self.env = dict(plain, PATH=os.path.join(self.prefix, "bin") + ":" + os.environ["PATH"], LC_ALL="C.UTF-8",
                        PKG_CONFIG_PATH=os.path.join(self.prefix, "lib", "pkgconfig"), PKG_CONFIG_SYSROOT_DIR=self.stage,
                        ACLOCAL_PATH=os.path.join(self.prefix, "share", "aclocal"), CC=self.cc,
                        OMNIHUB_CONF=self.stage + self.built_in_conf, HOME=self.top)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not os.environ.get("OMNI_KEEP"):
            shutil.rmtree(self.top, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def run(self, command, folder=".", **env):
        """A line of shell, as an author types it."""
        return Done(subprocess.run(command, shell=True, cwd=self.path(folder), env=dict(self.env, **env), capture_output=True,
                                   text=True, check=False, stdin=subprocess.DEVNULL))

    def good(self, command, name, folder=".", **env):
        done = self.run(command, folder, **env)
        if not tap.is_(done.code, 0, name):
            tap.note(done.out[-3000:] + done.err[-3000:])
        return done

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as f:
            return f.read()

    def write(self, name, text, mode=0o644):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as f:
            f.write(text)

    def compile(self, name, compiler=None, folder="."):
        """The one plain line of the README."""
        return self.run("%s -Wall -Wextra -Werror -fPIC -shared %s $(pkg-config --cflags %s) -o %s.so %s.c $(pkg-config --libs %s)"
                        % (compiler or self.cc + " -std=c11", self.sanitizer, PACKAGE, name, name, PACKAGE), folder)

    def has_compiler(self, command):
        """It is there and can compile anything at all."""
        if not shutil.which(shlex.split(command)[0]):
            return False
        self.write("probe.c", "int main(void) { return 0; }\n")
        language = " -x c++" if "++" in command else ""
        return self.run("%s%s %s -o probe probe.c" % (command, language, self.sanitizer)).code == 0
