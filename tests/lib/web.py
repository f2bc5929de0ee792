# SPDX-License-Identifier: Apache-2.0
"""omnihub-web beside a test's hub: started on a free port, asked with whatever a visitor might send, ended by its process id."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading

import hub as h
import omni

PROGRAM = os.path.join(omni.BUILD, "omnihub-web")


class Reply:
    def __init__(self, code, headers, body):
        self.code, self.headers, self.body = code, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.text)


class Web:
    def __init__(self, lab, *arguments, env=None):
        where = dict({n: v for n, v in os.environ.items() if not n.startswith("OMNIHUB_")}, **(env or {}))
        command = [PROGRAM, "-c", lab.path("omnihub.conf"), "--listen", "127.0.0.1:0", *arguments]
        self.log = []
        self.process = subprocess.Popen(command, env=where, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.port = int(self.says(r"listening on http://[^/]*:(\d+)/"))

    def says(self, pattern):
        def look():
            found = [m for m in (re.search(pattern, line) for line in list(self.log)) if m]
            if not found and self.process.poll() is not None:
                raise RuntimeError("omnihub-web ended: " + "".join(self.log))
            return found and (found[-1].group(1) if found[-1].re.groups else found[-1].group(0))
        return h.wait_for(look, "omnihub-web to say " + pattern)

    def url(self, path="/"):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def ask(self, path, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=h.WAIT_SECONDS)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=h.WAIT_SECONDS)

    def raw(self, data):
        """Sends bytes as they are; everything that comes back until the end of the connection."""
        with self.connect() as s:
            found = b""
            try:
                s.sendall(data)
                while True:
                    more = s.recv(65536)
                    if not more:
                        return found
                    found += more
            except ConnectionError:
                return found

    def until(self, look, what):
        """Facts are looked at anew now and then: until one of them shows something."""
        return h.wait_for(look, what)

    def metrics(self):
        """{'name{labels}': value}"""
        found = {}
        for line in self.ask("/metrics").text.splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def worker(self):
        return h.wait_for(lambda: [pid for pid, _ in h.children(self.process.pid)], "a worker")[-1]

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(h.WAIT_SECONDS)
        self.reader.join()
        self.process.stderr.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


ORDERS = "Receipt,Date,Total\n1,2026-11-01,12.50\n2,2026-11-02,7.25\n"


def till(name="till", path="till.csv", schedule="@yearly", **more):
    return h.connector(name, "file", {"path": path, "dataset": "orders", "constants": {"currency": "EUR"},
                                      "map": {"order_id": "Receipt", "date": "Date", "net": "Total"}}, schedule=schedule, **more)
