# SPDX-License-Identifier: Apache-2.0
"""A platform that gives a new refresh token with each access token, and revokes the whole grant when an old one comes back."""

import http.server
import json
import threading
import urllib.parse

CLIENT, CLIENT_SECRET = "client-1", "rotating-client-secret"
PATIENCE = 60  # seconds until a gate that nobody opens opens by itself


class Gate:
    """A place where requests wait; open at first."""

    def __init__(self):
        self.arrived, self.opened = threading.Event(), threading.Event()
        self.opened.set()

    def shut(self):
        self.arrived.clear()
        self.opened.clear()

    def open(self):
        self.opened.set()

    def wait_for_arrival(self):
        if not self.arrived.wait(PATIENCE):
            raise RuntimeError("nobody came to the gate")

    def pass_through(self):
        self.arrived.set()
        self.opened.wait(PATIENCE)


class Platform(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.at_token, self.at_data = Gate(), Gate()  # at_token: after the old refresh token was used up
        self.more = {}      # members of token replies; None takes one out
        self.life = 3600
        self.dead_tokens = set()
        self.log_in()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return "http://127.0.0.1:%d" % self.server_port

    def log_in(self):
        """A person logs in: a new grant. Returns its refresh token."""
        with self.lock:
            self.serial = getattr(self, "serial", 0) + 1
            self.turn, self.is_revoked, self.access = 0, False, None
            self.refreshes, self.reuses, self.calls, self.refused_calls = 0, 0, 0, 0
            return self.token("refresh")

    def token(self, kind):
        return "%s-canary-%d-%d" % (kind, self.serial, self.turn)

    def revoke(self):
        with self.lock:
            self.is_revoked = True

    def refresh(self, form):
        with self.lock:
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
                return 401, {"error": "invalid_client"}
            self.refreshes += 1
            if form.get("refresh_token") != self.token("refresh"):
                self.reuses += 1
                self.is_revoked = True
            if self.is_revoked:
                return 400, {"error": "invalid_grant", "error_description": "Token has been revoked."}
            self.turn += 1
            self.access = self.token("access")
            answer = dict({"access_token": self.access, "refresh_token": self.token("refresh"), "expires_in": self.life,
                           "token_type": "bearer"}, **self.more)
            return 200, {name: value for name, value in answer.items() if value is not None}

    def data(self, authorization):
        with self.lock:
            self.calls += 1
            good = not self.is_revoked and self.access and authorization == "Bearer " + self.access and \
                self.access not in self.dead_tokens
            self.refused_calls += not good
        return (200, {"orders": [{"id": "o1", "day": "2026-11-20", "net": "1.50"}]}) if good else (401, {"error": "unauthorized"})


class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers.get("content-length") or 0)).decode()))
        status, body = self.server.refresh(form)
        self.server.at_token.pass_through()
        self.finish_with(status, body)

    def do_GET(self):
        status, body = self.server.data(self.headers.get("authorization"))
        self.server.at_data.pass_through()
        self.finish_with(status, body)

    def finish_with(self, status, body):
        try:
            self.reply(status, body)
        except OSError:
            pass  # the job that asked was killed

    def log_message(self, *_):
        pass
