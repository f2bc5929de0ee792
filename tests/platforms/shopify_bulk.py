# SPDX-License-Identifier: Apache-2.0
"""Shopify's bulk operations: one at a time, a file of one object a line, children behind their parents, its lines counted."""

import json

import graphql
from world import Reply


def flat(item, fields, parent=None):
    """An object's own line and those of its children."""
    own, children = {}, []
    for name, given, inner in fields:
        if name not in item:
            raise graphql.Refused("Field '%s' doesn't exist" % name, "undefinedField")
        value = item[name](given) if callable(item[name]) else item[name]
        if not isinstance(value, graphql.Connection):
            own[name] = graphql.pick(value, inner, given, name)  # refuses a connection inside of a list
            continue
        for child in value.items:
            children += flat(child, node_fields(inner), item["id"])
    if parent:
        own["__parentId"] = parent
    return [own] + children


def node_fields(fields):
    """edges { node { … } } and nothing else."""
    if len(fields) != 1 or fields[0][0] != "edges" or len(fields[0][2]) != 1 or fields[0][2][0][0] != "node":
        raise graphql.Refused("Bulk queries take edges and node only")
    return fields[0][2][0][2]


class Bulk:
    """Knobs of the platform: bulk_polls (how often it is still at work), bulk_busy (how often another one is), bulk_status, bulk_code
    (how it ends), bulk_lost (lines that are not in the file), bulk_mixed (children away from their parents)."""

    def __init__(self, world):
        self.world = world
        self.made = []  # (lines, polls so far)
        self.busy = 0

    def knob(self, name, otherwise):
        return self.world.knob("shopify", "bulk_" + name, otherwise)

    def start(self, text, root):
        """The answer to bulkOperationRunQuery."""
        if self.busy < self.knob("busy", 0):
            self.busy += 1
            error = "A bulk query operation for this app and shop is already in progress: gid://shopify/BulkOperation/1."
            return {"bulkOperation": None, "userErrors": [{"field": None, "message": error}]}
        query = graphql.Query(text, {})
        (name, given, fields), = query.fields
        connection = root(query)[name](given)
        items = connection.find(connection.items, given["query"]) if given.get("query") else connection.items
        self.made.append([[line for item in items for line in flat(item, node_fields(fields))], 0])
        return {"bulkOperation": {"id": "gid://shopify/BulkOperation/%d" % len(self.made), "status": "CREATED"}, "userErrors": []}

    def node(self, wanted, base):
        number = wanted.rpartition("/")[2]
        if not number.isdigit() or not 0 < int(number) <= len(self.made):
            return None
        lines, polls = self.made[int(number) - 1]
        self.made[int(number) - 1][1] += 1
        status = "RUNNING" if polls < self.knob("polls", 1) else self.knob("status", "COMPLETED")
        is_done = status == "COMPLETED" and bool(lines)
        return {"id": wanted, "status": status, "errorCode": self.knob("code", None) if status == "FAILED" else None,
                "objectCount": str(len(lines)), "fileSize": str(len(self.file(int(number)))) if is_done else None,
                "url": "%s/shopify/bulk/%s.jsonl?signature=stand-in" % (base, number) if is_done else None}

    def file(self, number):
        lines = list(self.made[number - 1][0])
        if self.knob("mixed", False):
            lines = sorted(lines, key=lambda line: "__parentId" in line)
        del lines[:self.knob("lost", 0)]
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8")

    def download(self, number, request):
        """A signed address: whoever sends a token to the storage host has given it away."""
        if "x-shopify-access-token" in request.headers or request.query.get("signature") != "stand-in":
            return Reply("<Error>AccessDenied</Error>", 403, {"Content-Type": "application/xml"})
        body, span = self.file(number), request.headers.get("range", "")
        if not span.startswith("bytes="):
            return Reply(body, 200, {"Content-Type": "application/jsonl"})
        first, last = (int(part) for part in span[len("bytes="):].split("-"))
        last = min(last, len(body) - 1, first + self.knob("piece", 1 << 30) - 1)
        if first > last:
            return Reply("", 416)
        return Reply(body[first:last + 1], 206, {"Content-Type": "application/jsonl",
                                                 "Content-Range": "bytes %d-%d/%d" % (first, last, len(body))})
