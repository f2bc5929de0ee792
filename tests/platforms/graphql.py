# SPDX-License-Identifier: Apache-2.0
"""Enough of GraphQL for a stand-in: reads a query, counts what it costs, and picks the asked fields out of plain objects."""

import re

TOKEN = re.compile(r'\s*(\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|[{}()\[\]:!$=])[\s,]*')


class Refused(Exception):
    """Message and code of an entry in errors[]."""

    def __init__(self, message, code=None):
        super().__init__(message)
        self.code = code


class Connection:
    """A list that comes in pages. find: keeps what the query argument asks for; is_circle: hands out one cursor for ever."""

    def __init__(self, items, find=None, is_circle=False):
        self.items = items
        self.find = find
        self.is_circle = is_circle


class Query:
    """One operation: fields as (name, arguments, fields or None)."""

    def __init__(self, text, variables):
        self.tokens = TOKEN.findall(text)
        if "".join(self.tokens).replace('"', "") != re.sub(r"[\s,]", "", text).replace('"', ""):
            raise Refused("syntax error, unexpected character")
        self.at = 0
        self.variables = variables
        self.declared = set()
        if self.peek() == "query":
            self.take("query")
            if self.peek() == "(":
                self.declare()
        self.fields = self.selection()
        unknown = set(variables) - self.declared
        if unknown:
            raise Refused("Variable $%s was provided but not declared" % sorted(unknown)[0])

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Refused("syntax error, unexpected %r, expecting %r" % (token or "end of file", wanted))
        self.at += 1
        return token

    def declare(self):
        self.take("(")
        while self.peek() != ")":
            self.take("$")
            name = self.take()
            self.declared.add(name)
            self.take(":")
            self.take()
            if self.peek() == "!":
                self.take()
                if self.variables.get(name) is None:
                    raise Refused("Variable $%s of type was provided invalid value" % name)
        self.take(")")

    def selection(self):
        fields = []
        self.take("{")
        while self.peek() != "}":
            if self.peek() == "...":
                self.take()
                self.take("on")
                self.take()
                fields += self.selection()
                continue
            name = self.take()
            given = self.arguments() if self.peek() == "(" else {}
            fields.append((name, given, self.selection() if self.peek() == "{" else None))
        self.take("}")
        return fields

    def arguments(self):
        given = {}
        self.take("(")
        while self.peek() != ")":
            name = self.take()
            self.take(":")
            given[name] = self.value()
        self.take(")")
        return given

    def value(self):
        token = self.take()
        if token == "$":
            name = self.take()
            if name not in self.declared:
                raise Refused("Variable $%s is used by anonymous query but not declared" % name)
            return self.variables.get(name)
        if token == "[":
            values = []
            while self.peek() != "]":
                values.append(self.value())
            self.take("]")
            return values
        return token[1:-1] if token[0] == '"' else int(token) if re.fullmatch(r"-?\d+", token) else token


def cost(fields, most):
    """Scalars cost nothing, an object one point, a page as many as it may have members."""
    points = 0
    for name, given, inner in fields:
        if inner is None:
            continue
        first = given.get("first")
        if first is not None and not 1 <= first <= most:
            raise Refused("first must be from 1 to %d" % most)
        if name == "edges":
            points += cost(inner, most)
        elif name not in ("node", "pageInfo") or first is not None:
            points += (first or 1) * (1 + cost(inner, most))
        else:
            points += cost(inner, most)
    return points


def pick(value, fields, given=None, name="QueryRoot"):
    """The asked fields of a value."""
    if isinstance(value, Connection):
        return page(value, fields, given)
    if isinstance(value, list) and fields is not None:
        return [pick(item, fields, None, name) for item in value]
    if not isinstance(value, dict):
        return value
    if fields is None:
        raise Refused("Field must have selections (field '%s' returns an object but has no selections)" % name, "selectionMismatch")
    found = {}
    for member, arguments, inner in fields:
        if member not in value:
            raise Refused("Field '%s' doesn't exist on type '%s'" % (member, name), "undefinedField")
        inside = value[member]
        found[member] = pick(inside(arguments) if callable(inside) else inside, inner, arguments, member)
    return found


def page(connection, fields, given):
    items = connection.items
    if connection.find and given.get("query"):
        items = connection.find(items, given["query"])
    if given.get("first") is None:
        raise Refused("you must provide one of first or last", "BAD_REQUEST")
    start = int(given["after"][1:]) if given.get("after") else 0
    some = items[start:start + given["first"]]
    reply = {"edges": [{"cursor": "c%d" % (start + n + 1), "node": item} for n, item in enumerate(some)],
             "pageInfo": {"hasNextPage": start + len(some) < len(items), "endCursor": "c%d" % (start + len(some)) if some else None}}
    if connection.is_circle:
        reply["pageInfo"] = {"hasNextPage": True, "endCursor": "c1"}
    return pick(reply, fields)
