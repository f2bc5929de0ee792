# SPDX-License-Identifier: Apache-2.0
"""F056: secrets leave no trace: every login's values and tokens are canaries, the platform repeats them in each of its answers in every
spelling it can think of, jobs are killed in the middle, everything is logged, and nothing that is left behind has one of them."""

import base64
import http.server
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.parse

sys.path[:0] = [os.path.join(os.environ["OMNI_SRCDIR"], "tests", part) for part in ("lib", "fault")]
import omni  # noqa: E402
import tap  # noqa: E402
from secrets_lab import Search, Spy  # noqa: E402

CANARIES = {"bearer": "cAnAry/bearer+1=&x", "query": "cAnAry query \"2\"", "header": "cAnAry.header.\u00fc3", "basic": "cAnAry:basic<4>",
            "refresh": "cAnAry-refresh\\5", "client": "cAnAry'client'6", "access": "cAnAry~access-7"}
# What the platform knows of each login; it cannot repeat more.
KNOWN = {"x": (), "refresh": ("refresh", "client", "access"), "client": ("client", "access"), "badclient": ("client",)}
SEARCH = Search(CANARIES)
clean = SEARCH.clean
ANSWERS = ("fine", "error", "denied", "page", "away", "slow")


class Parrot(http.server.BaseHTTPRequestHandler):
    """Answers by the path's first word, and repeats what it was told and every secret it may know."""

    protocol_version = "HTTP/1.0"

    def gossip(self):
        login = self.path.split("?")[0].split("/")[2]
        told = {"headers": list(self.headers.items()), "path": self.path, "access_token": "another-one", "refresh_token": None}
        for name in KNOWN.get(login, (login,)):
            secret = CANARIES[name]
            told["said " + name] = "you sent %s, %s, %s" % (secret, urllib.parse.quote(secret, safe=""),
                                                            base64.b64encode(("u:" + secret).encode()).decode())
        return told

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        word = self.path.split("/")[1].split("?")[0]
        self.server.seen.add(word)
        status, headers, body = 200, {}, {"orders": [{"id": "1", "day": "2026-01-01", "net": "1.50"}], "echo": self.gossip()}
        if word == "token":
            body = {"access_token": CANARIES["access"], "expires_in": 3600, "token_type": "Bearer"}
        elif word == "badtoken":
            status, body = 400, {"error": "invalid_grant", "error_description": json.dumps(self.gossip())}
        elif word in ("error", "denied"):
            status, body = {"error": 422, "denied": 401}[word], {"error": {"message": json.dumps(self.gossip())}}
        elif word == "away":
            status, headers = 302, {"Location": "https://elsewhere.example/?access_token=" + urllib.parse.quote(str(self.gossip()))}
        elif word == "slow":
            self.server.is_slow.set()
            self.server.go_on.wait(omni.RUN_SECONDS)
        text = json.dumps(body).encode()
        if word == "page":
            text, headers = ("<html>%s</html>" % json.dumps(self.gossip())).encode(), {"Content-Type": "text/html"}
        self.send_response(status)
        for name, value in dict({"Content-Type": "application/json", "X-Echo": str(self.headers.get("X-Api-Key")),
                                 "Content-Length": str(len(text))}, **headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


# login: options. Each value that is secret is a reference: what stands in the file is the admin's business.
LOGINS = {
    "bearer": 'token = "env:C_BEARER";',
    "query": 'query_value = "env:C_QUERY"; query_name = "key";',
    "header": 'header_value = "env:C_HEADER";',
    "basic": 'user = "reporter"; password = "env:C_BASIC";',
    "refresh": 'client_id = "me"; client_secret = "env:C_CLIENT"; refresh_token = "env:C_REFRESH"; token_url = "%s/token/x";',
    "client": 'client_id = "me"; client_secret = "env:C_CLIENT"; token_url = "%s/token/x";',
    "badclient": 'client_id = "me"; client_secret = "env:C_CLIENT"; token_url = "%s/badtoken/badclient";',
}


def configure(lab, base):
    connectors = []
    for login, options in LOGINS.items():
        options = options % base if "%s" in options else options
        for answer in ANSWERS:
            connectors.append("""  { name = "%s-%s"; plugin = "%s"; options = { api_url = "%s"; %s
      streams = ( { name = "orders"; dataset = "orders"; url = "/%s/%s/orders"; records = "$.orders[*]"; sync = "snapshot";
        constants = { currency = "EUR"; }; fields = ( { path = "$.id"; column = "order_id"; },
          { path = "$.day"; column = "date"; }, { path = "$.net"; column = "net"; } ); } ); }; }"""
                              % (login, answer, omni.plugin_path("rest", "file"), base, options, answer, login))
    lab.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; currency = "EUR"; parallel = 8; };\nconnectors = (\n%s\n);\n'
              % (os.path.join(omni.SOURCE, "conf", "schema"), ",\n".join(connectors)))


def kill_a_job(lab, env, server):
    """A job that crashes while it waits for the platform."""
    server.is_slow.clear()
    server.go_on.clear()
    process = subprocess.Popen([os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "-v", "pull", "bearer-slow"],
                               env=dict(os.environ, **env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=lab.folder)
    server.is_slow.wait(omni.RUN_SECONDS)
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid), encoding="ascii") as file:
        for child in file.read().split():
            os.kill(int(child), signal.SIGSEGV)
    said = process.communicate()[0]
    server.go_on.set()
    return said


def test_no_trace():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    server.seen, server.is_slow, server.go_on = set(), threading.Event(), threading.Event()
    server.go_on.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = "http://127.0.0.1:%d" % server.server_port
    env = {"C_" + name.upper(): secret for name, secret in CANARIES.items()}
    with omni.Lab() as lab:
        configure(lab, base)
        spy = Spy()
        spy.start()
        said = {"check --connect": lab.omnihub("-v", "check", "--connect", env=env), "pull": lab.omnihub("-v", "pull", env=env)}
        for login in LOGINS:
            for answer in ("fine", "error", "page"):
                name = "%s-%s" % (login, answer)
                said["record " + name] = lab.omnihub("-v", "pull", name, "--record", lab.path(name + ".cassette"), env=env)
        said["status"] = lab.omnihub("status", "--json")
        said["runs"] = lab.omnihub("runs", "--json", "--last", "500")
        killed = kill_a_job(lab, env, server)
        spy.stop()
        server.shutdown()
        tap.ok(server.seen >= set(ANSWERS) | {"token", "badtoken"}, "the platform was asked in every way")
        outcomes = {r["connector"]: r["outcome"] for r in said["runs"].json()}
        for login in LOGINS:
            if login != "badclient":
                tap.is_(outcomes.get(login + "-fine"), "ok", login + ": the login works")
                tap.is_(outcomes.get(login + "-error"), "failed", login + ": a refusal is told")
        clean(killed, "a job that was killed: no secret in what it said")
        for what, result in said.items():
            clean((result.out + "\n" + result.err).encode(), what + ": no secret in what is said")
        SEARCH.clean_files(lab.folder, but=("omnihub.conf",))
        tap.ok(not [name for name in os.listdir(lab.folder) if name.startswith("core")], "no core file")
        tap.ok(spy.looks > 20 and b"omnihub-job" in spy.seen and b"omnihub-plugin" in spy.seen, "the processes were looked at")
        clean(spy.everything(), "no secret in a command line or environment")
        cassettes = [name for name in os.listdir(lab.folder) if name.endswith(".cassette")]
        tap.ok(len(cassettes) > 6, "there are cassettes")
        for name in cassettes:
            with open(lab.path(name), encoding="utf-8") as file:
                for exchange in json.load(file)["exchanges"]:
                    body = exchange["reply"].get("body", "")
                    if body.startswith("{"):
                        tap.ok(json.loads(body), name + ": the reply in it is still JSON")
        with sqlite3.connect(lab.path("state", "store.db")) as db:
            tap.ok(db.execute("SELECT count(*) FROM orders").fetchone()[0] > 0, "and rows were stored")


def test_search():
    """The search itself finds what it is to find."""
    for name, secret in CANARIES.items():
        for text in (secret, urllib.parse.quote(secret, safe=""), json.dumps(secret), base64.b64encode(b"ab" + secret.encode()).decode()):
            tap.ok(SEARCH.leaks(("x" + text + "y").encode()), name + ": would be found")


tap.run([test_search, test_no_trace])
