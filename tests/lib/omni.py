# SPDX-License-Identifier: Apache-2.0
"""What end-to-end tests need: a folder of their own, stand-ins on free ports, configurations, and the built programs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

BUILD = os.environ.get("OMNI_BUILDDIR", os.getcwd())
SOURCE = os.environ.get("OMNI_SRCDIR", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
START_SECONDS, STOP_SECONDS, RUN_SECONDS = 30, 10, 300


def plugin_path(name, family):
    """The built plugin, whether libtool put it into .libs or not."""
    folder = os.path.join(BUILD, "plugins", family, name)
    for path in (os.path.join(folder, ".libs", name + ".so"), os.path.join(folder, name + ".so")):
        if os.path.exists(path):
            return path
    return None


def fetch(url, body=None):
    """A small JSON call; the stand-ins' management calls answer 200 only."""
    data = None if body is None else json.dumps(body).encode("utf-8")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, data, timeout=START_SECONDS) as reply:
        return json.loads(reply.read())


class StandIn:
    """All platforms' stand-ins in one process on a free port; ended by its process id."""

    def __init__(self, *arguments):
        program = os.path.join(SOURCE, "tests", "platforms", "standin.py")
        plain = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        self.process = subprocess.Popen([sys.executable, program] + [str(a) for a in arguments], env=plain,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().split()
        if len(line) != 2 or line[0] != "ready":
            self.close()
            raise RuntimeError("the stand-in did not start")
        self.base = "http://127.0.0.1:" + line[1]

    def url(self, platform):
        return self.base + "/" + platform

    def control(self, **order):
        return fetch(self.base + "/_control", order)

    def truth(self, platform, first, last, **more):
        query = urllib.parse.urlencode(dict(more, platform=platform, **{"from": first, "to": last}))
        return fetch(self.base + "/_truth?" + query)

    def log(self):
        return fetch(self.base + "/_log")

    def key_file(self):
        return fetch(self.base + "/_key")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def json(self):
        return json.loads(self.out)


class Lab:
    """A folder for one test: configuration, state, output; gone afterwards unless OMNI_KEEP is set."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="omni-test-")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def wait_is_over(self):
        """As if the time had passed until which a platform said that its quota is used up."""
        if os.path.exists(self.path("state", "quota")):
            os.unlink(self.path("state", "quota"))

    def omnihub(self, *arguments, env=None, conf="omnihub.conf", program=None):
        """Runs the built program with this folder's configuration."""
        program = program or os.path.join(BUILD, "omnihub")
        where = dict({name: value for name, value in os.environ.items() if not name.startswith("OMNIHUB_")}, **(env or {}))
        command = [program, "-c", self.path(conf)] + [str(a) for a in arguments]
        return Result(subprocess.run(command, env=where, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     timeout=RUN_SECONDS, check=False))

    def close(self):
        if not os.environ.get("OMNI_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
