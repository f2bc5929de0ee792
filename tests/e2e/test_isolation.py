#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Isolation changes nothing but the fences, and fences can be demanded."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(9), h.ago(1)
DAYS = h.days(FIRST, LAST)


def test_same_store():
    """Isolation is a fence, not a way of its own: the same rows with and without it."""
    dumps = []
    with omni.StandIn("--today", h.TODAY) as world:
        for more in ({"isolation": "none"}, {"isolation": "process"}):
            with h.Hub() as lab:
                lab.configure(h.ga4(world, lab, **more), h.meta(world, lab, **more))
                for _ in range(2):  # the second finds what the first stored
                    _, code = lab.pull(*DAYS)
                tap.is_(code, 0, more["isolation"])
                with lab.store() as db:
                    state = db.execute("SELECT f.connector, f.stream, s.key, s.value FROM state s JOIN feeds f ON f.id = s.feed "
                                       "ORDER BY 1, 2, 3").fetchall()
                    rows = [sorted(db.execute("SELECT * FROM (SELECT * FROM %s) ORDER BY 1, 2, 3" % view).fetchall(), key=repr)
                            for view in ("channel_daily",)]
                db.close()
                sums = [lab.rows("SELECT connector, date, count(*) AS n, sum(cost) AS cost, sum(clicks) AS clicks FROM ads_daily "
                                 "GROUP BY 1, 2 ORDER BY 1, 2"),
                        lab.rows("SELECT connector, date, channel, sum(sessions) AS n, sum(revenue) AS r FROM web_daily "
                                 "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")]
                dumps.append((state, rows, sums))
    tap.ok(dumps[0] == dumps[1] and dumps[0][2][0], "isolation = none gives the same store")


def test_require():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab), sandbox="require")
        done = lab.run("pull", *DAYS)
        if done.code == 0:
            tap.ok(lab.value("SELECT count(*) AS n FROM ads_daily") > 0, "sandbox = require: pulls behind every fence")
        else:
            # A kernel without Landlock or seccomp: it has to refuse, by name, and pull nothing.
            tap.ok("sandbox" in done.out + done.err, "sandbox = require: says which fence is missing")
            tap.is_(lab.value("SELECT count(*) AS n FROM ads_daily"), 0, "and pulls nothing")


def test_libraries():
    """Only jobs speak with networks. For the others libcurl and its thirty libraries would be 6 MiB and 6 ms of nothing."""
    with open(os.path.join(omni.BUILD, "config.h"), encoding="utf-8") as header:
        is_sanitized = "#define HUB_SANITIZED 1" in header.read()
    if is_sanitized or not shutil.which("ldd"):
        tap.skip("no network library outside of jobs", "a sanitizer keeps what nobody calls" if is_sanitized else "no ldd to ask")
        return
    for program in ("omnihub", "omnihub-web", "omnihub-plugin"):
        path = os.path.join(omni.BUILD, program)
        if os.path.exists(path):
            needs = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
            tap.ok("libcurl" not in needs and "libc." in needs, program + " loads no network library")


tap.run([test_same_store, test_require, test_libraries])
