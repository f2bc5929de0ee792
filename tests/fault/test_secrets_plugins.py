# SPDX-License-Identifier: Apache-2.0
"""F056: no secret of any connector leaves a trace. Every secret option of every built source, with every login it has, is a canary;
the platform repeats what it was sent and all that it knows in each member that an error could be read from."""

import base64
import concurrent.futures
import glob
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path[:0] = [os.path.join(os.environ["OMNI_SRCDIR"], "tests", part) for part in ("lib", "fault")]
import omni  # noqa: E402
import tap  # noqa: E402
from secrets_lab import Search, Spy  # noqa: E402

HUBS = 3  # that work side by side
DAY = "2026-11-20"
MODES = ("fine", "refused", "denied", "forbidden", "broken", "page", "away", "badtoken")
# What options need that are required, or without which no request can be made; else a number, as most ids are.
NUMBER = "1000001"
VALUES = {"api_url": "%(url)s", "login_url": "%(url)s", "token_url": "%(url)s/token", "site_url": "https://shop.example/", "instance": "social.example",
          "shop": "shop", "currency": "EUR", "zone": "UTC", "timezone": "UTC", "user_name": "reporter@shop.example",
          "meta_ads.account_id": "act_1000001"}
MEMBERS = ("message", "detail", "details", "title", "error_description", "error_user_msg", "error_user_title", "description", "replyText",
           "errorCode", "error_code", "reason", "developer_message", "errorDescription", "info", "debug_info", "fbtrace_id", "request_id")


class Parrot(http.server.BaseHTTPRequestHandler):
    """/LOGIN/MODE/… answers in that way, knowing that login's secrets."""

    protocol_version = "HTTP/1.0"

    def gossip(self, body):
        """A text with all that was sent and all that is known."""
        said = ["%s: %s" % item for item in self.headers.items()] + [self.path, body]
        for secret in self.server.known[self.path.split("/")[1]]:
            said += [secret, urllib.parse.quote(secret, safe=""), base64.b64encode(b"u:" + secret.encode()).decode(), json.dumps({"k": secret})]
        return "\n".join(said)

    def error(self, text):
        inner = dict({name: text for name in MEMBERS}, code=190, type="OAuthException", status="INVALID_ARGUMENT")
        return dict(inner, error=dict(inner, errors=[inner]), errors=[inner], fault=inner)

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("utf-8", "replace")
        mode, is_token = self.path.split("/")[2], self.path.split("?")[0].endswith("/token")
        text, status, kind, more = self.gossip(body), 200, "application/json", {}
        self.server.seen.add((mode, is_token))
        if is_token and mode != "badtoken":
            self.server.replace(self.path.split("/")[1])
            said = {"access_token": self.server.access, "refresh_token": self.server.renewed, "expires_in": 3600, "token_type": "Bearer", "echo": text}
        elif mode == "fine":
            said = {"data": [], "results": [], "items": [], "rows": [], "value": [], "echo": text}
        else:
            status = {"refused": 400, "denied": 401, "forbidden": 403, "broken": 500, "away": 302, "badtoken": 400}.get(mode, 200)
            said = self.error(text)
        out = json.dumps(said).encode()
        if mode == "page" and not is_token:
            out, kind = ("<html><title>%s</title>%s</html>" % (text[:200], text)).encode(), "text/html"
        if mode == "away":
            more["Location"] = "https://elsewhere.example/?t=" + urllib.parse.quote(text[:1500], safe="")
        self.send_response(status)
        for name, value in dict({"Content-Type": kind, "X-Echo": text[:500].replace("\n", " "), "Content-Length": str(len(out))}, **more).items():
            self.send_header(name, value.encode("ascii", "replace").decode())
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class Platform:
    """known: {login: the secrets that it may repeat}, as a platform knows those that it was sent or gave out.
    spent: {login: a refresh token that it forgets once it has put another in its place, as the vault does}."""

    def __init__(self, name, known):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
        self.server.seen, self.server.known, self.server.spent = set(), known, {}
        self.server.replace = self.replace
        self.server.access, self.server.renewed = "cAnAry-access/%s+1" % name, "cAnAry-renewed/%s=2" % name
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def replace(self, login):
        known, spent = self.server.known[login], self.server.spent.get(login)
        self.server.known[login] = [secret for secret in known if secret != spent]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def private_key():
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], check=True, capture_output=True)
    return made.stdout.decode()


KEY = private_key() if shutil.which("openssl") else None


def canary(plugin, option):
    """The value of a secret option, and the piece of it to look for."""
    if option == "private_key":
        return KEY, KEY.splitlines()[4]
    if option == "credentials":
        text = json.dumps({"type": "service_account", "client_email": "r@shop.example", "private_key": KEY, "private_key_id": "k1",
                           "token_uri": "%(url)s/token"})
        return text, KEY.splitlines()[4]
    secret = "cAnAry/%s.%s+1=-us1" % (plugin, option)
    return secret, secret


def sources():
    """[(path, description)] of every source that was built."""
    found = []
    with tempfile.TemporaryDirectory(prefix="omni-test-") as folder:
        conf = os.path.join(folder, "omnihub.conf")
        with open(conf, "w", encoding="utf-8") as out:
            out.write('hub: { state_dir = "state"; };\n')
        for path in sorted(glob.glob(os.path.join(omni.BUILD, "plugins", "*", "*", ".libs", "*.so"))):
            told = subprocess.run([os.path.join(omni.BUILD, "omnihub"), "-c", conf, "describe", path, "--json"], check=True, capture_output=True)
            found += [(path, source) for source in json.loads(told.stdout).get("sources", [])]
    return [(path, source) for path, source in found if any("secret" in (o.get("flags") or []) for o in source["options"])]


class Case:
    """One source: a hub with a connector for each of its logins and each way in which the platform answers."""

    def __init__(self, path, source, kind):
        """kind: where the secrets are: "env" or, in the vault, "secret"."""
        self.path, self.name, self.source, self.kind, self.lab = path, source["name"], source, kind, omni.Lab()
        self.secrets, self.env = {}, {}
        for option in source["options"]:
            if "secret" in (option.get("flags") or []):
                value, piece = canary(self.name, option["name"])
                self.secrets[option["name"]], self.env["C_" + option["name"].upper()] = piece, value
        self.platform = Platform(self.name, {"l%d" % n: [] for n in range(len(source["logins"]))})
        self.names = []

    def values(self, login, url):
        """What is configured for this login."""
        wanted = [name.strip() for name in (login.get("options") or "").split(",") if name.strip()]
        options = {"api_url": url}
        if login["kind"].startswith("oauth2"):
            options["token_url"] = url + "/token"
        for option in self.source["options"]:
            name, flags = option["name"], option.get("flags") or []
            headers = login.get("headers") or ""
            if "secret" in flags:
                if name in wanted or "{%s}" % name in headers or ("required" in flags and not wanted):
                    options[name] = "%s:C_%s" % (self.kind, name.upper())
            elif name == "streams" or option.get("type") in ("list", "map", "tree"):
                continue
            elif name in VALUES or "required" in flags or name in wanted:
                options[name] = VALUES.get(self.name + "." + name) or VALUES.get(name, NUMBER)
                options[name] = options[name] % {"url": url} if "%(" in options[name] else options[name]
        return options

    def known_of(self, login, values):
        """What the platform was sent or gave out; private keys it never sees."""
        known = [secret for option, secret in self.secrets.items() if option in values and option not in ("credentials", "private_key")]
        if login["kind"].startswith("oauth2") or login["kind"] == "jwt_bearer":
            known.append(self.platform.server.access)
        return known + [self.platform.server.renewed] * (login["kind"] == "oauth2_refresh")

    def configure(self):
        text = []
        for n, login in enumerate(self.source["logins"]):
            for mode in MODES:
                url = "%s/l%d/%s" % (self.platform.url, n, mode)
                values = self.values(login, url)
                self.platform.server.known["l%d" % n] = self.known_of(login, values)
                if self.kind == "secret" and login["kind"] == "oauth2_refresh":
                    self.platform.server.spent["l%d" % n] = self.secrets[login["options"].split(",")[-1].strip()]
                options = " ".join("%s = %s;" % (name, json.dumps(value)) for name, value in values.items()
                                   if any(o["name"] == name for o in self.source["options"]) or name in ("api_url", "token_url"))
                if self.name == "rest":
                    options += (' streams = ( { name = "orders"; dataset = "orders"; url = "/orders"; sync = "snapshot"; constants = { currency'
                                ' = "EUR"; }; fields = ( { path = "$.id"; column = "order_id"; } ); } );')
                self.names.append("l%d-%s" % (n, mode))
                text.append('  { name = "%s"; plugin = "%s"; options = { %s }; }' % (self.names[-1], self.path, options))
        self.lab.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; currency = "EUR"; parallel = 3;\n'
                       '  http = { max_attempts = 1; max_wait = "1s"; }; };\nconnectors = (\n%s\n);\n'
                       % (os.path.join(omni.SOURCE, "conf", "schema"), ",\n".join(text)))

    def fill_vault(self, values):
        """Returns what is left for the environment: nothing."""
        for name, value in values.items():
            subprocess.run([os.path.join(omni.BUILD, "omnihub"), "-c", self.lab.path("omnihub.conf"), "secrets", "set", name],
                           input=value.encode(), check=True, capture_output=True)
        return {}

    def run(self):
        """Everything that is said; the files stay in the lab."""
        self.configure()
        env = {name: value.replace("%(url)s", self.platform.url + "/l0/fine") for name, value in self.env.items()}
        if self.kind == "secret":
            env = self.fill_vault(env)
        days = ("--from", DAY, "--to", DAY)
        said = {"check": self.lab.omnihub("-v", "check", "--connect", env=env), "pull": self.lab.omnihub("-v", "pull", *days, env=env)}
        for name in self.names:
            if name.endswith(("-fine", "-refused")):
                said["record " + name] = self.lab.omnihub("-v", "pull", name, *days, "--record", self.lab.path(name + ".cassette"), env=env)
        said["runs"] = self.lab.omnihub("runs", "--json", "--last", "500")
        said["status"] = self.lab.omnihub("status", "--json")
        self.platform.close()
        return said

    def judge(self, said):
        search = Search(dict(self.secrets, access=self.platform.server.access, renewed=self.platform.server.renewed))
        for what, result in said.items():
            search.clean((result.out + "\n" + result.err).encode(), "%s, %s: no secret in what is said" % (self.name, what))
        search.clean_files(self.lab.folder)
        asked = {mode for mode, is_token in self.platform.server.seen if not is_token or mode == "badtoken"}
        if not tap.ok(asked >= set(MODES) - {"badtoken"}, self.name + ": the platform was asked in every way"):
            tap.note(sorted(asked))
            tap.note(said["pull"].out[-3000:])
        runs = said["runs"].json()
        tap.ok({run["outcome"] for run in runs if run["connector"].endswith("-refused")} <= {"failed", "retrying", "parked"} and runs,
               self.name + ": refusals are in the ledger")
        tap.ok(any(name.endswith(".cassette") for name in os.listdir(self.lab.folder)), self.name + ": there are cassettes")
        self.lab.close()
        return search


def test_plugins():
    cases = [Case(path, source, ("env", "secret")[n % 2]) for n, (path, source) in enumerate(sources())]
    tap.ok(len(cases) >= 15, "%d sources have secrets" % len(cases))
    spy = Spy()
    spy.start()
    with concurrent.futures.ThreadPoolExecutor(HUBS) as executor:
        done = list(executor.map(Case.run, cases))
    spy.stop()
    for case, said in zip(cases, done):
        search = case.judge(said)
        search.clean(spy.everything(), case.name + ": no secret in a command line or environment")
    tap.ok(spy.looks > 20 and b"omnihub-job" in spy.seen and b"omnihub-plugin" in spy.seen, "the processes were looked at")


if __name__ == "__main__":
    if not KEY:
        tap.skip_all("no openssl program")
    tap.run([test_plugins])
