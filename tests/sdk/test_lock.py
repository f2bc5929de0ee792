#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plugin add and plugins.lock: nothing from outside the package is loaded that nobody said yes to, and no other bytes than those."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import tap  # noqa: E402

CONF = """hub: { state_dir = "state"; plugin_dirs = ("%(acme)s", "%(tsv)s"); };
connectors = ( { name = "it"; plugin = "acme"; isolation = "%(isolation)s";
                 options = { account_id = "42"; access_token = "file:token"; }; } );
sinks = ( { name = "out"; plugin = "tsv"; datasets = ("ads_daily"); options = { directory = "out"; }; } );
"""
PULL = "omnihub -c hub.conf pull it --dry-run --from 2026-03-01 --to 2026-03-02 --replay acme/acme.cassette"


def configure(desk, isolation="process"):
    desk.write("hub.conf", CONF % {"acme": desk.path("acme"), "tsv": desk.path("tsv"), "isolation": isolation})


def prepare(desk):
    for name, kind in (("acme", "--rest"), ("tsv", "--sink"), ("other", "--rest")):
        desk.good("omnihub new-plugin %s %s" % (name, kind), "new-plugin " + name)
        tap.is_(desk.compile(name, folder=name).code, 0, name + " builds")
    desk.write("token", "not-a-real-token", 0o600)
    configure(desk)
    desk.good(PULL, "without plugins.lock, owner and mode are enough")


def first_yes(desk):
    done = desk.run("omnihub -c hub.conf plugin add acme/acme.so")
    tap.is_(done.code, 1, "without a terminal and --yes nothing is allowed")
    for part in ("host api.acme.example", "secret access_token", "sha256"):
        tap.has(done.out, part, "shown before: " + part)
    tap.ok(not os.path.exists(desk.path("plugins.lock")), "and nothing is written")
    done = desk.good("omnihub -c hub.conf plugin add acme/acme.so --yes", "plugin add --yes")
    tap.has(done.err, "from now on", "what it means for the others is said")
    entry = json.loads(desk.read("plugins.lock"))["plugins"][desk.path("acme/acme.so")]
    tap.is_((entry["name"], sorted(entry["asks"])), ("acme", ["host api.acme.example", "secret access_token"]), "the entry says what it asks for")
    done = desk.good(PULL, "an allowed plugin works")
    tap.is_(len(done.out.splitlines()), 3, "and brings its rows")
    configure(desk, "none")
    tap.is_(len(desk.good(PULL, "without isolation, too").out.splitlines()), 3, "and brings the same rows")
    configure(desk)


def others(desk):
    tap.is_(desk.run("omnihub -c hub.conf describe file").code, 0, "plugins of the package need no entry")
    done = desk.run("omnihub -c hub.conf describe other/other.so")
    tap.ok(done.code != 0 and "is not in" in done.err and "omnihub plugin add" in done.err, "another plugin is refused, and what to do is said")
    done = desk.run("omnihub -c hub.conf check")
    tap.ok(done.code == 2 and "tsv.so is not in" in done.out + done.err, "a sink is refused the same way")
    done = desk.good("omnihub -c hub.conf plugin add tsv --yes", "a sink is allowed by its name")
    tap.has(done.out, "unfenced", "that a sink is not fenced is said")
    desk.good("omnihub -c hub.conf check --connect out", "the sink loads")


def upgrade(desk):
    good = desk.read("acme/acme.c")
    desk.write("acme/acme.c", good.replace('"0.1"', '"0.2"', 1))
    tap.is_(desk.compile("acme", folder="acme").code, 0, "a new version builds")
    done = desk.run(PULL)
    tap.ok(done.code != 0 and "not the file that was allowed" in done.out + done.err, "other bytes are refused")
    done = desk.good("omnihub -c hub.conf plugin add acme/acme.so", "one that asks for no more needs no yes")
    tap.ok("More than" not in done.out, "and nothing more is shown")
    desk.good(PULL, "it works")
    desk.write("acme/acme.c", good.replace('"0.1"', '"0.3"', 1).replace('.account_option =', '.hosts = "collect.elsewhere.example", .account_option =', 1))
    tap.is_(desk.compile("acme", folder="acme").code, 0, "a version that asks for more builds")
    done = desk.run("omnihub -c hub.conf plugin add acme/acme.so")
    tap.is_(done.code, 1, "it needs a new yes")
    tap.has(done.out.partition("More than")[2], "host collect.elsewhere.example", "what is more is shown")
    tap.ok(desk.run(PULL).code != 0, "until then it is refused")
    desk.good("omnihub -c hub.conf plugin add acme/acme.so --yes", "with a yes")
    desk.good(PULL, "it works again")


def end(desk):
    desk.good("omnihub -c hub.conf plugin remove acme/acme.so", "plugin remove")
    tap.ok(desk.run(PULL).code != 0, "and it is refused")
    tap.is_(desk.run("omnihub -c hub.conf plugin remove acme/acme.so").code, 2, "twice is an error")
    desk.write("plugins.lock", "{}")
    done = desk.run("omnihub -c hub.conf describe file")
    tap.ok(done.code != 0 and "not a plugins.lock" in done.err, "a lock that cannot be read allows nothing")


with author.Desk() as the_desk:
    tap.run([lambda f=f: f(the_desk) for f in (prepare, first_yes, others, upgrade, end)])
