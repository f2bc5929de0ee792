# SPDX-License-Identifier: Apache-2.0
"""A plugin of this tree as its author would test it: recorded, written down as a .test file, and put through the conformance kit."""

import datetime
import json

import bench
import tap
from hub import written


def days_of(subject):
    """Two days are enough; a list is always whole."""
    first = subject.last - datetime.timedelta(1) if subject.windowed else subject.since
    return {"from": str(first), "to": str(subject.last)} if first else {}


def last_cursor(b):
    """Where the second pull of a stream by cursor begins."""
    b.good("kit: what the stream brings at first")
    feeds = b.lab.omnihub("state", "show", "it", "--json", env=bench.NOW).json()["feeds"]
    return {"cursor": cursor for feed in feeds for cursor in [feed["state"].get("cursor")] if cursor}


def recorded(b, days):
    """The rows that came, [] where it failed."""
    arguments = [a for name in days for a in ("--" + name, days[name])]
    done = b.lab.omnihub("record", "it", "--stream", b.subject.stream, "--output", b.lab.path("it.cassette"), *arguments, env=bench.NOW)
    if not tap.is_(done.code, 0, "kit: recorded"):
        tap.note(done.out + done.err)
        return []
    done = b.lab.omnihub("pull", "it", "--dry-run", "--replay", b.lab.path("it.cassette"), *arguments, env=bench.NOW)
    lines = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    return [line["values"] for line in lines if line["stream"] == b.subject.stream]


def holds(b):
    """Every conformance check that the recording allows holds; which those are differs, but they are many."""
    days = days_of(b.subject)
    b.configure(**(b.subject.pages or {}))
    days = days or last_cursor(b)
    rows = recorded(b, days)
    if not tap.ok(rows, "kit: there are rows in it"):
        return
    settings = dict(days, test="recorded", stream=b.subject.stream, today=str(bench.TODAY), cassette="it.cassette",
                    options=b.given,
                    rows=[{k: v for k, v in row.items() if v not in (None, "")} for row in rows])
    b.lab.write("it.test", "".join("%s = %s;\n" % (name, written(value)) for name, value in settings.items()))
    done = b.lab.omnihub("test-plugin", b.path, b.lab.path("it.test"), "--json")
    if not done.out.startswith("{"):
        tap.ok(False, "kit: the test can be played")
        tap.note(done.out + done.err)
        return
    sheet = done.json()
    tap.is_(sheet["tests"][0]["problems"], [], "kit: the recording is a test that holds")
    bad = [(c["id"], c.get("subject"), c.get("problem")) for c in sheet["checks"] if c["result"] == "failed"]
    tap.is_(bad, [], "kit: every conformance check holds")
    tap.ok(sheet["ok"] > 25, "kit: and they are many")
