#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--record, then --replay: the same rows without network, no secret in the cassette, and what is missing is told."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(19), h.ago(1)
DAYS = h.days(FIRST, LAST)


def content(lab):
    return {table: digest for table, digest in lab.dump(with_bookkeeping=False).items() if table != "changes"}


def round_trip(name, make, secrets):
    cassette = None
    with h.Hub() as keeper:
        cassette = keeper.path(name + ".cassette")
        with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
            conf = make(world, lab)
            lab.configure(conf)
            tap.is_(lab.run("pull", *DAYS, "--record", cassette).code, 0, name + ": recorded")
            live = content(lab)
            key = world.key_file()["private_key"]
            files = {f: open(lab.path(f), encoding="utf-8").read() for f in os.listdir(lab.folder) if f.startswith(("meta-", "ga-"))}
        with open(cassette, encoding="utf-8") as f:
            text = f.read()
        for secret in secrets + [key.splitlines()[1], key.splitlines()[5], "ya29."]:
            tap.ok(secret not in text, name + ": no secret in the cassette (%s…)" % secret[:6])
        tap.is_(os.stat(cassette).st_mode & 0o077, 0, name + ": the cassette is its owner's")
        # The stand-in is gone: whatever asked it would be refused.
        with h.Hub() as lab:
            for file_name, data in files.items():
                lab.write(file_name, data, 0o600)
            lab.configure(conf)
            done = lab.run("pull", *DAYS, "--replay", cassette)
            if not tap.ok(done.code == 0, name + ": replayed without network"):
                tap.note(done.out + done.err)
            tap.is_(content(lab), live, name + ": the same rows")
            before = lab.dump()
            done = lab.run("pull", *h.days(h.ago(25), LAST), "--replay", cassette)
            tap.is_(done.code, 1, name + ": days that were not recorded fail")
            tap.ok("cassette" in done.out + done.err, name + ": and it is said that the cassette lacks them")
            tap.is_(lab.dump(), before, name + ": nothing is lost by it")


def test_meta():
    round_trip("meta", lambda world, lab: h.meta(world, lab, options={"page_size": 30}), [h.META_TOKEN])


def test_ga4():
    round_trip("ga4", lambda world, lab: h.ga4(world, lab, options={"page_size": 50}), [])


def test_misuse():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), h.ga4(world, lab))
        cassette = lab.path("c")
        for wrong, why in ((["--record", cassette], "two connectors"), (["ads", "--record", cassette, "--replay", cassette], "both ways")):
            tap.is_(lab.run("pull", *wrong).code, 2, why)
        tap.ok(lab.run("pull", "ads", *DAYS, "--replay", cassette).code != 0, "a cassette that is not there")
        lab.write("c", "not a cassette\n")
        done = lab.run("pull", "ads", *DAYS, "--replay", cassette)
        tap.ok(done.code != 0 and cassette in done.out + done.err, "a file that is none is named")


tap.run([test_meta, test_ga4, test_misuse])
