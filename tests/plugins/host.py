# SPDX-License-Identifier: Apache-2.0
"""A host for one source plugin, in Python: real requests to the stand-ins, rows read the slow and obvious way.

It shares no code with the hub, so that the two readings of the contract check each other. No sandbox, no store.
"""

import csv
import ctypes as c
import datetime
import decimal
import glob
import json
import os
import re
import urllib.error
import urllib.request

import abi

MAX_ATTEMPTS = 6
EPOCH = datetime.date(1970, 1, 1)


def day_number(day):
    return (day - EPOCH).days


class Plugin:
    """One loaded source with its options; what it found, asked and failed with is kept for the test to look at."""

    def __init__(self, path, options, base="", headers=None):
        self.library = c.CDLL(path)
        self.source = abi.Module.in_dll(self.library, "omnihub_module_v1").sources[0].contents
        self.declared = {entry.name.decode(): entry for entry in abi.listed(self.source.options)}
        self.options, self.base, self.login = options, base, headers or {}
        self.memory, self.accounts, self.streams, self.qualities, self.waits = {}, [], {}, set(), []
        self.rows, self.parts, self.requests, self.logs = [], [], [], []
        self.message, self.details, self.is_cancelled = "", {}, False
        self.texts, self.alive, self.config_texts = [], [], {}
        self.self_ = abi.PTR()
        self.host = abi.Host(size=c.sizeof(abi.Host), abi_major=1, abi_minor=0)
        for name, kind in abi.CALLS:
            setattr(self.host, name, kind(getattr(self, "on_" + name)))
        for stream in abi.listed(self.source.streams):
            self.streams[stream.name.decode()] = stream

    # ---- the source's callbacks

    def open(self):
        return self.source.open(c.byref(self.host), None, None, c.byref(self.self_))

    def close(self):
        if self.self_:
            self.source.close(self.self_)
            self.self_ = abi.PTR()

    def check(self):
        return self.source.check(self.self_, None)

    def find_accounts(self):
        return self.source.accounts(self.self_, None)

    def discover(self):
        return self.source.discover(self.self_, None)

    def pull(self, stream, first=EPOCH, last=EPOCH, account=None):
        """The rows of one window; self.rows holds them."""
        self.rows, self.message, self.details, self.qualities, self.stream = [], "", {}, set(), self.streams[stream]
        request = abi.Request(size=c.sizeof(abi.Request), from_day=day_number(first), to_day=day_number(last),
                              stream=c.pointer(self.stream), account=account.encode() if account else None)
        return self.source.pull(self.self_, None, c.byref(request))

    # ---- options

    def option(self, path):
        value = self.options
        for part in re.findall(r"[^.\[\]]+", path.decode()):
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, IndexError, TypeError, ValueError):
                declared = self.declared.get(path.decode())
                return declared.fallback.decode() if declared and declared.fallback else None
        declared = self.declared.get(path.decode())
        return "***" if declared and declared.flags & abi.SECRET else value

    def keep(self, text):
        """A C text that lives as long as the plugin."""
        if text is None:
            return None
        if text not in self.config_texts:
            self.config_texts[text] = c.create_string_buffer(text.encode())
        return c.addressof(self.config_texts[text])

    def on_opt_text(self, _, path):
        value = self.option(path)
        return self.keep(value) if isinstance(value, str) else None

    def on_opt_int(self, _, path):
        return int(self.option(path) or 0)

    def on_opt_count(self, _, path):
        value = self.option(path)
        return len(value) if isinstance(value, (list, dict)) else 0

    def on_opt_item(self, _, path, i):
        value = self.option(path)
        items = list(value) if isinstance(value, (list, dict)) else []
        return self.keep(items[i]) if i < len(items) and isinstance(items[i], str) else None

    # ---- small services

    def on_log(self, _, level, text):
        self.logs.append((level, text.decode()))

    def on_fail(self, _, status, text):
        self.message = text.decode()
        return status

    def on_fail_detail(self, _, key, value):
        self.details[key.decode()] = value.decode()

    def on_cancelled(self, _):
        return int(self.is_cancelled)

    def on_sleep_ms(self, _, ms):
        self.waits.append(ms)
        return abi.CANCELLED if self.is_cancelled else abi.OK

    def on_row(self, *_):
        return abi.UNSUPPORTED

    def on_quality(self, _, flag):
        self.qualities.add(flag.decode())
        return abi.OK

    def on_cursor(self, _, text):
        self.memory["cursor"] = text.decode()
        return abi.OK

    def on_remember(self, _, key, value):
        if value:
            self.memory[key] = value
        elif value is not None:
            self.memory.pop(key, None)
        return self.keep(self.memory[key].decode()) if key in self.memory else None

    def on_part(self, _, name):
        self.parts.append(name.decode())
        return abi.OK

    def on_found_stream(self, _, stream):
        self.streams[stream.contents.name.decode()] = stream.contents
        return abi.OK

    def on_found_account(self, _, account, name, currency, zone):
        self.accounts.append(tuple(None if t is None else t.decode() for t in (account, name, currency, zone)))
        return abi.OK

    def on_found_total(self, *_):
        return abi.OK

    def on_extension(self, _):
        return None

    # ---- requests

    def on_http(self, _, http):
        return self.send(http.contents, None)

    def on_rows(self, _, http, records):
        return self.send(http.contents, records.decode() if records else "$")

    def send(self, http, records):
        status = abi.RETRY
        for _ in range(MAX_ATTEMPTS):
            try:
                body = self.exchange(http)
            except (urllib.error.URLError, OSError):
                continue
            rows, envelope = self.read(http, body, records) if records and http.status == 200 else ([], body)
            self.hand_out(http, envelope, len(rows))
            wait = c.c_uint32(0)
            status = self.source.judge(self.self_, None, c.byref(http), c.byref(wait)) if self.source.judge else abi.UNSUPPORTED
            if status == abi.UNSUPPORTED:
                status = by_status(http.status)
            if status in (abi.RETRY, abi.THROTTLED):
                self.waits.append(wait.value)
                if wait.value > 60000:
                    return status
                continue
            self.rows += rows if status == abi.OK else []
            return status
        return status

    def exchange(self, http):
        """The decoded reply; status and headers go into `http`."""
        url = http.url.decode()
        if url.startswith("file"):
            return self.files(http, url)
        url = url if "://" in url else self.base + url
        body = c.string_at(http.body, http.body_len) if http.body else None
        headers = dict(self.login)
        for i in range(64):
            if not http.headers or not http.headers[i]:
                break
            name, _, value = http.headers[i].decode().partition(": ")
            headers[name] = value
        method = http.method.decode() if http.method else "GET"
        self.requests.append((method, url, body))
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            reply = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            data = reply.read()
            http.status = reply.status
            self.reply_headers = ["%s: %s" % (name.lower(), value) for name, value in reply.headers.items()]
        return data

    def files(self, http, url):
        kind, _, where = url.partition(":")
        http.status, self.reply_headers = 200, []
        self.requests.append((kind, where, None))
        if kind == "file":
            with open(where, "rb") as file:
                return file.read()
        found = [(path, os.stat(path)) for path in sorted(glob.glob(where))]
        return json.dumps({"files": [{"path": path, "size": s.st_size, "mtime_ns": s.st_mtime_ns, "inode": s.st_ino}
                                     for path, s in found]}).encode()

    def hand_out(self, http, body, records):
        self.reply_body = c.create_string_buffer(body)
        texts = [text.encode() for text in self.reply_headers]
        self.reply_list = (abi.TEXT * (len(texts) + 1))(*texts, None)
        http.reply = c.cast(self.reply_body, abi.TEXT)
        http.reply_len = len(body)
        http.reply_headers = c.cast(self.reply_list, c.POINTER(abi.TEXT))
        http.records = records

    def read(self, http, body, records):
        """Rows as {column: text} and the envelope."""
        if http.format == abi.CSV:
            return [self.csv_row(row) for row in read_csv(body, http.format_options)], b""
        if http.format == abi.NDJSON:
            found, tree = [decode(line) for line in body.splitlines() if line.strip()], None
        else:
            tree = decode(body)
            found = look(tree, records)
        rows = [self.json_row(record) for record in found]
        for record in found:
            if isinstance(record, dict):
                record.clear()
        return rows, json.dumps(tree).encode() if tree is not None else b""

    def json_row(self, record):
        row = {}
        for field in abi.listed(self.stream.fields):
            found = look(record, field.path.decode())
            value = found[0] if len(found) == 1 else str(sum(map(decimal.Decimal, found))) if found else None
            row[field.column.decode()] = "0" if value is None and field.flags & abi.ZERO_IF_ABSENT else value
        return row

    def csv_row(self, record):
        return {field.column.decode(): record.get(field.path.decode()) for field in abi.listed(self.stream.fields)}


def by_status(status):
    if status // 100 == 2:
        return abi.OK
    if status in (401, 403):
        return abi.AUTH
    return abi.RETRY if status >= 500 else abi.THROTTLED if status == 429 else abi.CONFIG


def decode(text):
    return json.loads(text, parse_float=str, parse_int=str)


STEP = re.compile(r"\.([A-Za-z_][A-Za-z_0-9]*)|\['([^']+)'\]|\[(\d+)\]|(\[\*\])|\[\?(.+?)\](?=$|\.|\[)")


def look(value, path):
    """What lies at a path of the contract's subset of JSONPath; null and absent are nothing."""
    found = [value]
    for dotted, quoted, index, star, test in STEP.findall(path[1:]):
        if star or test:
            found = [item for value in found if isinstance(value, list) for item in value]
            if test:
                allowed = dict.fromkeys(re.findall(r"@\.action_type=='([^']*)'", test))
                found = [item for item in found if item.get("action_type") in allowed]
        elif index:
            found = [value[int(index)] for value in found if isinstance(value, list) and int(index) < len(value)]
        else:
            found = [value[dotted or quoted] for value in found if isinstance(value, dict) and (dotted or quoted) in value]
    return [value for value in found if value is not None]


def read_csv(body, options):
    settings = dict(part.split("=", 1) for part in options.decode().split(" "))
    lines = body.decode("utf-8-sig").splitlines()[int(settings.get("skip", "0")):]
    delimiter = settings["delimiter"]
    if delimiter == "blanks":
        table = [line.split() for line in lines]
    else:
        table = list(csv.reader(lines, delimiter="\t" if delimiter == "tab" else delimiter))
    rows = [dict(zip(table[0], row)) for row in table[1:] if row]
    for number, row in enumerate(rows, 2 + int(settings.get("skip", "0"))):
        row["#line"] = "file:%d" % number
    return rows
