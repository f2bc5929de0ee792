#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""F102: visitors of omnihub-web who send what no browser and no scraper sends, under names that are not its own, or who never finish."""

import contextlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import tap  # noqa: E402
import web as w  # noqa: E402

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
MANY = 300  # more than it takes at a time


def first_line(data):
    return data.split(b"\r\n", 1)[0].decode("latin-1")


def raw(web, request, *headers, host="127.0.0.1"):
    lines = [request, *(["Host: " + host] if host is not None else []), "Connection: close", *headers]
    return web.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


# name, request line, headers, what has to come: a code, or "4" for any refusal
REQUESTS = [
    ("POST", "POST / HTTP/1.1", ["Content-Length: 0"], "405"),
    ("POST with a body", "POST / HTTP/1.1", ["Content-Length: 1000000000"], "405"),
    ("PUT", "PUT /status.json HTTP/1.1", ["Content-Length: 0"], "405"),
    ("DELETE", "DELETE /connectors/till HTTP/1.1", [], "405"),
    ("OPTIONS, which asks for other origins", "OPTIONS / HTTP/1.1", ["Origin: http://evil.example",
                                                                       "Access-Control-Request-Method: GET"], "405"),
    ("TRACE", "TRACE / HTTP/1.1", [], "405"),
    ("a method that there is not", "FETCH / HTTP/1.1", [], "405"),
    ("GET with a body", "GET / HTTP/1.1", ["Content-Length: 5"], "413"),
    ("GET with a body without end", "GET / HTTP/1.1", ["Transfer-Encoding: chunked"], "413"),
    ("folders above", "GET /../../../../etc/passwd HTTP/1.1", [], "404"),
    ("folders above, encoded", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", [], "404"),
    ("a connector above", "GET /connectors/../../etc/passwd HTTP/1.1", [], "404"),
    ("a NUL in the path", "GET /metrics%00.html HTTP/1.1", [], "404"),
    ("another server's address", "GET http://169.254.169.254/latest/meta-data HTTP/1.1", [], "404"),
    ("a script as a name", "GET /connectors/<script>alert(1)</script> HTTP/1.1", [], "404"),
    ("a page that is no number", "GET /?page=1%3Cscript%3E HTTP/1.1", [], "400"),
    ("a page below the first", "GET /?page=-1 HTTP/1.1", [], "400"),
    ("a page beyond the last", "GET /?page=999999 HTTP/1.1", [], "200"),
    ("a long path", "GET /%s HTTP/1.1" % ("a" * 5000), [], "414"),
    ("a huge path", "GET /%s HTTP/1.1" % ("a" * 100000), [], "4"),
    ("a huge query", "GET /?page=%s HTTP/1.1" % ("1" * 100000), [], "4"),
    ("a huge header", "GET / HTTP/1.1", ["X-Much: " + "a" * 100000], "4"),
    ("ten thousand headers", "GET / HTTP/1.1", ["X-%d: 1" % n for n in range(10000)], "4"),
]

# Who names the address itself cannot be a page elsewhere; a name has to be one of its own.
HOSTS = [("127.0.0.1", "200"), ("127.0.0.1:9464", "200"), ("[::1]:9464", "200"), ("localhost", "200"), ("LOCALHOST:80", "200"),
         ("hub.example.org", "200"), ("hub.example.org:8443", "200"), ("evil.example", "421"), ("evil.example:9464", "421"),
         ("127.0.0.1.evil.example", "421"), ("localhost.evil.example", "421"), ("hub.example.org.evil.example", "421"),
         ("127.1", "421"), ("", "421"), ("127.0.0.1:x", "421"), ("[::1", "421")]


def open_lab(stack):
    lab = stack.enter_context(h.Hub())
    lab.write("till.csv", w.ORDERS)
    lab.write("bad.csv", "Receipt,Date,Total\n1,\"%s\",12.50\n" % EVIL.replace('"', '""'))
    path = lab.configure(w.till(), w.till("spoilt", "bad.csv"))
    with open(path, "a", encoding="utf-8") as f:
        f.write('web: { hosts = ("hub.example.org"); };\n')
    lab.run("pull")
    return lab, stack.enter_context(w.Web(lab))


def test_requests():
    with contextlib.ExitStack() as stack:
        _, web = open_lab(stack)
        for name, request, headers, wanted in REQUESTS:
            got = raw(web, request, *headers)
            said = first_line(got)
            # A connection that is closed over megabytes of headers may lose the answer on its way.
            tap.ok(said.startswith("HTTP/1.1 " + wanted) or (wanted == "4" and not got), "F102 %s: %s" % (name, said or "closed"))
            tap.ok(b"<script" not in got and b"passwd" not in got and b"Access-Control" not in got, "F102 %s: nothing of it comes back" % name)
        got = raw(web, "POST / HTTP/1.1", "Content-Length: 0")
        tap.ok(b"\r\nAllow: GET, HEAD\r\n" in got, "F102 what is allowed is said")
        for host, wanted in HOSTS:
            said = first_line(raw(web, "GET /status.json HTTP/1.1", host=host))
            tap.ok(said.startswith("HTTP/1.1 " + wanted), "F102 host %r: %s" % (host, said))
        said = first_line(raw(web, "GET /status.json HTTP/1.1", host=None))
        tap.ok(said.startswith("HTTP/1.1 400"), "F102 without a host: " + said)
        for name, data in (("bytes that are no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + bytes(range(256)) * 4 + b"\r\n\r\n"),
                           ("nothing", b"\r\n\r\n\r\n"), ("HTTP of another version", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"),
                           ("no version", b"GET /\r\n\r\n")):
            with web.connect() as s:
                s.sendall(data)
                s.shutdown(1)
                got = s.recv(65536)
            tap.ok(not got.startswith(b"HTTP/1.1 200") or name == "HTTP of another version", "F102 %s: %s" % (name, first_line(got) or "closed"))
        tap.is_(web.ask("/livez").code, 200, "F102 it still answers")
        tap.ok(not any("worker ended" in line for line in web.log), "F102 and it is the same one")


def test_texts():
    with contextlib.ExitStack() as stack:
        lab, web = open_lab(stack)
        message = lab.ledger("spoilt")[0]["message"]
        tap.has(message, "<script>", "F102 the ledger has the platform's text as it is")
        for path in ("/", "/connectors/spoilt"):
            page = web.ask(path).text
            tap.ok("<script" not in page and "<img" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page,
                   "F102 %s shows it as text" % path)
        tap.is_(web.ask("/runs.json").headers["Content-Type"], "application/json", "F102 JSON is no HTML")
        tap.is_({web.ask(p).headers["X-Content-Type-Options"] for p in ("/", "/runs.json", "/metrics", "/nothing")}, {"nosniff"},
                "F102 and is not taken for some")
        policy = web.ask("/").headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
            tap.has(policy, rule, "F102 the policy has " + rule)
        tap.ok("unsafe" not in policy and " style=" not in web.ask("/").text, "F102 without exceptions")


def ends(s):
    """The other end has closed it."""
    s.settimeout(0.2)
    try:
        return s.recv(4096) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_slow():
    with contextlib.ExitStack() as stack:
        _, web = open_lab(stack)
        silent = stack.enter_context(web.connect())
        half = stack.enter_context(web.connect())
        half.sendall(b"GET / HTTP/1.1\r\nHost: local")
        trickle = stack.enter_context(web.connect())
        trickle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

        def more():
            """A header line now and then: never idle, never done."""
            with contextlib.suppress(OSError):
                trickle.sendall(b"X-More: 1\r\n")
            return ends(trickle)

        tap.is_(web.ask("/livez").code, 200, "F102 others are answered beside who is slow")
        h.wait_for(lambda: ends(silent), "the silent one to be let go")
        h.wait_for(lambda: ends(half), "the half request to be let go")
        tap.ok(True, "F102 who says nothing, or half of it, is let go")
        h.wait_for(more, "the trickle to be cut off")
        tap.ok(True, "F102 so is who is never done")
        crowd = []
        for _ in range(MANY):
            s = web.connect()
            crowd.append(s)
            stack.callback(s.close)
        tap.is_(web.ask("/livez").code, 200, "F102 behind a crowd that says nothing, others are answered in the end")


tap.run([test_requests, test_texts, test_slow])
