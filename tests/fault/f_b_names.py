# SPDX-License-Identifier: Apache-2.0
"""F038: names that lead astray or nowhere, with a name server of the test's own."""

import os
import shutil
import subprocess
import tempfile

import fault
import omni
import tap
from fault import case
from http_lab import GOOD

NAME = "api.shop.example"
CC = (os.environ.get("CC") or "cc").split()
FOLDER = tempfile.mkdtemp(prefix="omni-test-")
PRELOADED = os.path.join(FOLDER, "resolver.so")
# The job alone asks for names; its environment is its own.
JOB = '#!/bin/sh\nexec env LD_PRELOAD=%s RESOLVER="$(cat %s)" %s "$@"\n'


class Bench(fault.Bench):
    """omnihub with a job to which the test's name server answers."""

    def __init__(self, server=None):
        super().__init__(server)
        self.lab.write("bin/omnihub-job", JOB % (PRELOADED, self.lab.path("names"), os.path.join(omni.BUILD, "omnihub-job")), 0o755)
        shutil.copy(os.path.join(omni.BUILD, "omnihub"), self.lab.path("bin", "omnihub"))

    def settings(self, what):
        self.lab.write("names", "%s=%s" % (NAME, what.get("answers", "none")))
        options = {"api_url": "https://%s:%d" % (NAME, self.server.port), "token": "fault-token-1"} if "answers" in what else {}
        return super().settings(dict(what, options=options))

    def pull(self, *more, **how):
        return super().pull(*more, program=self.lab.path("bin", "omnihub"), **how)


def astray(name, answers, says):
    """The server listens there, and must not be spoken to."""
    return case("F038", "a name that leads to " + name, [GOOD], reason="config", requests=0, answers=answers, says=(NAME + " has ", says))


def nowhere(name, answers, says):
    return case("F038", name, [GOOD], outcome="retrying", reason="retry", requests=0, answers=answers, says=says)


CASES = [
    astray("this machine", "127.0.0.1", "a loopback address (127.0.0.1): refused"),
    astray("this machine, by IPv6", "::1", "a loopback address (::1): refused"),
    astray("this machine in IPv6 clothes", "::ffff:127.0.0.1", "a loopback address"),
    astray("this machine through NAT64", "64:ff9b::7f00:1", "a loopback address"),
    astray("the address that means this host", "0.0.0.0", "refused"),
    astray("where clouds keep their secrets", "169.254.169.254", "a link-local or reserved address (169.254.169.254): refused"),
    astray("a private network", "10.0.0.1", "a private address (10.0.0.1): refused; if it is meant, name the host in hub.private_hosts"),
    astray("a private network in IPv6 clothes", "::ffff:10.0.0.1", "a private address"),
    astray("several addresses, none of which is meant", "169.254.169.254,127.0.0.1,::1", "refused"),
    astray("something else with each question", "again/127.0.0.1", "a loopback address (127.0.0.1): refused"),
    nowhere("a name that does not exist", "none", "resolve"),
    nowhere("a name server that has failed", "again", "resolve"),
    case("F038", "a name server that never answers", [GOOD], outcome="retrying", reason="retry", requests=0, answers="late",
         says="timed out", http={"connect_timeout": "1s"}),
]

def need_name_server():
    """Skips where none can be had."""
    with open(os.path.join(omni.BUILD, "config.h"), encoding="utf-8") as header:
        if "#define HUB_SANITIZED 1" in header.read():
            tap.skip_all("a sanitizer's run-time must be loaded before the name server")
    if not shutil.which(CC[0]):
        tap.skip_all("no C compiler for the name server")


def make_name_server():
    subprocess.run([*CC, "-std=gnu11", "-fPIC", "-shared", "-o", PRELOADED, os.path.join(omni.SOURCE, "tests", "fault", "resolver.c"), "-ldl"],
                   check=True)


def close():
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    need_name_server()
    try:
        make_name_server()
        fault.run(CASES, Bench)
    finally:
        close()
