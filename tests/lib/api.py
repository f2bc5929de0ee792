# SPDX-License-Identifier: Apache-2.0
"""A small API on a port of 127.0.0.1. A test says what is answered; sockets, headers and JSON are here."""

import contextlib
import http.server
import json
import threading
import urllib.parse


class Asked:
    """A request: method, target (as it came), path, query {name: value}, headers, body (bytes)."""

    def __init__(self, handler):
        self.method, self.target, self.headers = handler.command, handler.path, handler.headers
        parts = urllib.parse.urlsplit(handler.path)
        self.path, self.query = parts.path, dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))

    def token(self):
        """Of "Authorization: Bearer TOKEN"; "" without one."""
        return self.headers.get("Authorization", "").rpartition(" ")[2]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        status, body, *more = self.server.answer(Asked(self))
        body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in dict({"Content-Type": "application/json", "Content-Length": len(body)}, **(more[0] if more else {})).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def handle(self):
        with contextlib.suppress(OSError):  # who asked was killed
            super().handle()

    def log_message(self, *_):
        pass


class Api(http.server.ThreadingHTTPServer):
    """answer(asked) gives (status, body) or (status, body, headers); a body is bytes, text, or what becomes JSON. Each request has a
    thread of its own."""

    daemon_threads = True

    def __init__(self, answer=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_port
        if answer:
            self.answer = answer
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, asked):
        raise NotImplementedError

    def close(self):
        self.shutdown()
        self.server_close()

    def __exit__(self, *_):
        self.close()
