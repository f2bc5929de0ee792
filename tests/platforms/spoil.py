# SPDX-License-Identifier: Apache-2.0
"""Faults that any platform can have: a reply with records, changed on its way out.

A test orders one with POST /_control {"fault": {"platform": …, "kind": …, "path": a part of the request's path,
"records": where the records lie ("rows", "*.results", "" for the whole reply), "field": "metrics.clicks", "after": n}}.
"""

import gzip
import json

from world import Reply

GZIP = b"\x1f\x8b"


def lists_at(value, path):
    """The lists of records at a path of names; * walks through a list."""
    if not path:
        return [value] if isinstance(value, list) else []
    name, _, rest = path.partition(".")
    if name == "*":
        return [found for item in value for found in lists_at(item, rest)] if isinstance(value, list) else []
    return lists_at(value[name], rest) if isinstance(value, dict) and name in value else []


def holder(record, field):
    """The object or list that holds the field, and its last name; (None, None) where there is none."""
    *way, last = [int(name) if name.isdigit() else name for name in field.split(".")]
    try:
        for name in way:
            record = record[name]
        record[last]
    except (KeyError, IndexError, TypeError):
        return None, None
    return record, last


def unknown_member(records, fault):
    for record in records:
        if isinstance(record, dict):
            record["memberOfNextYear"] = {"hello": ["world", 1, None]}


def missing_member(records, fault):
    for record in records:
        inside, last = holder(record, fault["field"])
        if inside is not None:
            del inside[last]


def wrong_type(records, fault):
    inside, last = holder(records[0], fault["field"])
    if inside is not None:
        inside[last] = fault.get("value", {"was": inside[last]})


def no_records(records, fault):
    records.clear()


KINDS = {"unknown_member": unknown_member, "missing_member": missing_member, "wrong_type": wrong_type, "no_records": no_records}


class Spoiler:
    """One for all platforms: it remembers each one's last reply, to give it once more."""

    def __init__(self, world):
        self.world = world
        self.last = {}

    def forget(self):
        """What came before a new order of the test is not repeated."""
        self.last.clear()

    def __call__(self, platform, request, reply):
        if reply.status != 200:
            return reply
        before = self.last.get((platform, request.path))
        if before is not None and self.world.fault(platform, "same_reply", request.path):
            return before
        for kind, change in KINDS.items():
            fault = self.world.fault(platform, kind, request.path)
            if fault:
                reply = spoiled(reply, fault, change)
        self.last[platform, request.path] = reply
        return reply


def spoiled(reply, fault, change):
    is_packed = reply.body.startswith(GZIP)
    document = json.loads(gzip.decompress(reply.body) if is_packed else reply.body)
    for records in lists_at(document, fault.get("records", "")):
        if records:
            change(records, fault)
    body = json.dumps(document).encode("utf-8")
    return Reply(gzip.compress(body) if is_packed else body, reply.status, reply.headers)
