# SPDX-License-Identifier: Apache-2.0
"""omnihub.h in ctypes, as far as sources need it; a second reading of the contract, by another language."""

import ctypes as c

OK, RETRY, THROTTLED, AUTH, CONFIG, DATA, TOO_MUCH, CANCELLED, UNSUPPORTED, BUG = range(0, -10, -1)
JSON, NDJSON, CSV = range(3)
ZERO_IF_ABSENT, OPTIONAL = 2, 64
SECRET = 2
PTR, TEXT, I32, U32, U64, STATUS = c.c_void_p, c.c_char_p, c.c_int32, c.c_uint32, c.c_uint64, c.c_int32


class Field(c.Structure):
    _fields_ = [(n, U32) for n in ("size", "type", "unit", "flags")] + \
        [(n, TEXT) for n in ("path", "column", "help", "format", "nulls")]


class Stream(c.Structure):
    pass


Stream._fields_ = [("size", U32), ("sync", U32), ("name", TEXT), ("dataset", TEXT), ("help", TEXT),
                   ("fields", c.POINTER(c.POINTER(Field))), ("constants", TEXT), ("settle_days", U32), ("max_window_days", U32),
                   ("history_days", U32), ("flags", U32), ("day_zone", TEXT), ("inside", TEXT),
                   ("parts", c.POINTER(c.POINTER(Stream)))]


class Option(c.Structure):
    _fields_ = [(n, U32) for n in ("size", "type", "flags", "reserved")] + \
        [(n, TEXT) for n in ("name", "fallback", "choices", "help")]


class Auth(c.Structure):
    _fields_ = [("size", U32), ("kind", U32)] + [(n, TEXT) for n in ("options", "token_url", "scope", "header")]


class Request(c.Structure):
    _fields_ = [("size", U32), ("from_day", I32), ("to_day", I32), ("reserved", U32), ("stream", c.POINTER(Stream)),
                ("cursor", TEXT), ("account", TEXT)]


class Http(c.Structure):
    _fields_ = [("size", U32), ("flags", U32), ("method", TEXT), ("url", TEXT), ("headers", c.POINTER(TEXT)), ("body", PTR),
                ("body_len", U64), ("format", U32), ("status", I32), ("format_options", TEXT), ("reply", TEXT),
                ("reply_len", U64), ("reply_headers", c.POINTER(TEXT)), ("records", U64)]


HTTP = c.POINTER(Http)
CALLS = (
    ("log", c.CFUNCTYPE(None, PTR, I32, TEXT)),
    ("fail", c.CFUNCTYPE(STATUS, PTR, STATUS, TEXT)),
    ("fail_detail", c.CFUNCTYPE(None, PTR, TEXT, TEXT)),
    ("cancelled", c.CFUNCTYPE(I32, PTR)),
    ("sleep_ms", c.CFUNCTYPE(STATUS, PTR, U32)),
    ("opt_text", c.CFUNCTYPE(PTR, PTR, TEXT)),
    ("opt_int", c.CFUNCTYPE(c.c_int64, PTR, TEXT)),
    ("opt_count", c.CFUNCTYPE(U32, PTR, TEXT)),
    ("opt_item", c.CFUNCTYPE(PTR, PTR, TEXT, U32)),
    ("http", c.CFUNCTYPE(STATUS, PTR, HTTP)),
    ("rows", c.CFUNCTYPE(STATUS, PTR, HTTP, TEXT)),
    ("row", c.CFUNCTYPE(STATUS, PTR, PTR, U32)),
    ("quality", c.CFUNCTYPE(STATUS, PTR, TEXT)),
    ("cursor", c.CFUNCTYPE(STATUS, PTR, TEXT)),
    ("remember", c.CFUNCTYPE(PTR, PTR, TEXT, TEXT)),
    ("part", c.CFUNCTYPE(STATUS, PTR, TEXT)),
    ("found_stream", c.CFUNCTYPE(STATUS, PTR, c.POINTER(Stream))),
    ("found_account", c.CFUNCTYPE(STATUS, PTR, TEXT, TEXT, TEXT, TEXT)),
    ("found_total", c.CFUNCTYPE(STATUS, PTR, TEXT, c.c_int64)),
    ("extension", c.CFUNCTYPE(PTR, TEXT)),
)


class Host(c.Structure):
    _fields_ = [("size", U32), ("abi_major", c.c_uint16), ("abi_minor", c.c_uint16)] + list(CALLS)


class Source(c.Structure):
    _fields_ = [("size", U32), ("flags", U32)] + \
        [(n, TEXT) for n in ("name", "title", "family", "help", "api_version", "api_sunset", "api_url", "hosts",
                             "account_option")] + \
        [("options", c.POINTER(c.POINTER(Option))), ("logins", c.POINTER(c.POINTER(Auth))),
         ("streams", c.POINTER(c.POINTER(Stream))),
         ("open", c.CFUNCTYPE(STATUS, c.POINTER(Host), PTR, PTR, c.POINTER(PTR))),
         ("close", c.CFUNCTYPE(None, PTR)),
         ("check", c.CFUNCTYPE(STATUS, PTR, PTR)), ("accounts", c.CFUNCTYPE(STATUS, PTR, PTR)),
         ("discover", c.CFUNCTYPE(STATUS, PTR, PTR)),
         ("pull", c.CFUNCTYPE(STATUS, PTR, PTR, c.POINTER(Request))),
         ("judge", c.CFUNCTYPE(STATUS, PTR, PTR, HTTP, c.POINTER(U32))),
         ("total", c.CFUNCTYPE(STATUS, PTR, PTR, c.POINTER(Request)))]


class Module(c.Structure):
    _fields_ = [("size", U32), ("abi_major", c.c_uint16), ("abi_minor", c.c_uint16)] + \
        [(n, TEXT) for n in ("name", "version", "vendor", "license", "url")] + \
        [("sources", c.POINTER(c.POINTER(Source))), ("sinks", PTR)]


def listed(pointers):
    """The entries of a list that ends with NULL."""
    entries = []
    while pointers and pointers[len(entries)]:
        entries.append(pointers[len(entries)].contents)
    return entries
