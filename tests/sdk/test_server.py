#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test-plugin with a server that the .test file describes: logins and POST flows go over HTTP, and each difference is told with its line."""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import tap  # noqa: E402

BEARER = """    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "access_token",
                .help = "a token that may read reports"),
"""
OAUTH = """    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED, .name = "client_id", .help = "of the app"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "client_secret", .help = "of the app"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "refresh_token", .help = "of the user"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .name = "token_url", .fallback = "https://login.acme.example/token", .help = "where"),
"""
LOGINS = ("""OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token")""",
          """OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .options = "client_id,client_secret,refresh_token",
               .token_url = "{token_url}")""")
HEAD = """test = "%s";
stream = "daily"; from = "2026-03-01"; to = "2026-03-02";
options = { account_id = "7"; client_id = "app-1"; client_secret = "made-up-secret"; refresh_token = "made-up-refresh";
            token_url = "{server}/oauth/token"; page_size = 2; };
"""
ROWS = """rows = (
  { date = "2026-03-01"; campaign_id = "1"; cost = "0.1"; },
  { date = "2026-03-01"; campaign_id = "2"; cost = "2.5"; },
  { date = "2026-03-02"; campaign_id = "1"; cost = "3"; } );
"""
# A token that is asked for, dies between two pages and is renewed; the refresh token is another one by then.
FLOW = """server = (
  { request = "POST /oauth/token";
    has = ("grant_type=refresh_token", "refresh_token=made-up-refresh", "client_secret=made-up-secret");
    reply = { access_token = "made-up-token-1"; expires_in = 3600; refresh_token = "made-up-rotated"; }; },
  { request = "GET /v2/v1/accounts/7/report?from=2026-03-01&to=2026-03-02&limit=2";
    sends = ("Authorization: Bearer made-up-token-1");
    reply = { data = ( { day = "2026-03-01"; id = "1"; name = "x"; shown = 3; clicks = 2; amount = "0.10"; },
                       { day = "2026-03-01"; id = "2"; name = "y"; shown = 3; clicks = 2; amount = "2.50"; } );
              next_cursor = "p2"; }; },
  { request = "GET /v2/v1/accounts/7/report"; query = { limit = 2; cursor = "p2"; };
    sends = ("Authorization: Bearer made-up-token-1"); status = 401; reply = { error = "expired"; }; },
  { request = "POST /oauth/token"; has = ("refresh_token=made-up-rotated");
    reply = { access_token = "made-up-token-2"; expires_in = 3600; }; },
  { request = "GET /v2/v1/accounts/7/report"; query = { limit = 2; cursor = "p2"; };
    sends = ("Authorization: Bearer made-up-token-2");
    reply = { data = ( { day = "2026-03-02"; id = "1"; name = "x"; shown = 3; clicks = 2; amount = "3"; } ); }; }
);
"""
GOOD = HEAD % "a login that dies between two pages" + FLOW + ROWS


def prepare(desk):
    desk.good("omnihub new-plugin acme", "new-plugin")
    text = desk.read("acme", "acme.c")
    for old, new in ((BEARER, OAUTH), LOGINS, ("https://api.acme.example\"", "https://api.acme.example/v2\"")):
        tap.ok(old in text, "the template has: " + old.strip()[:40])
        text = text.replace(old, new, 1)
    desk.write("acme/acme.c", text)
    tap.is_(desk.compile("acme", folder="acme").code, 0, "builds")
    desk.run("rm acme.test acme.cassette", "acme")


def flow(desk):
    desk.write("acme/login.test", GOOD)
    done = desk.good("omnihub test-plugin ./acme.so --json", "a whole login over HTTP, and conformance around it", "acme")
    sheet = json.loads(done.out)
    tap.is_(sheet["tests"][0]["problems"], [], "the test holds")
    tap.is_((sheet["failed"], sheet["left_out"]), (0, 0), "so do the checks around what was recorded")
    tap.ok(sheet["ok"] > 40, "and they are many")


# What is changed in the test, and what has to be said: the line is that of the request that was expected.
DIFFERENCES = (
    ("a header", ("Bearer made-up-token-2", "Bearer made-up-token-3"),
     "login.test:18: expected GET /v2/v1/accounts/7/report, but GET /v2/v1/accounts/7/report?from=2026-03-01&to=2026-03-02&limit=2&"
     "cursor=p2 came: header Authorization is \"Bearer made-up-token-2\", not \"Bearer made-up-token-3\""),
    ("a parameter", ("&limit=2\";", "&limit=3\";"), "login.test:9: expected GET"),
    ("a parameter's words", ("&limit=2\";", "&limit=3\";"), "parameter limit is \"2\", not \"3\""),
    ("a part of the body", ("refresh_token=made-up-rotated", "refresh_token=another"),
     "login.test:16: expected POST /oauth/token, but POST /oauth/token came: \"refresh_token=another\" is not in the body"),
    ("the path", ("GET /v2/v1/accounts/7/report?", "GET /v2/v1/accounts/8/report?"), "the path is /v2/v1/accounts/7/report, not"),
    ("the order", ("{ request = \"POST /oauth/token\";\n    has = (\"grant_type", "{ request = \"GET /first\"; },\n  "
                   "{ request = \"POST /oauth/token\";\n    has = (\"grant_type"),
     "login.test:6: expected GET /first, but POST /oauth/token came: the method is POST, not GET"),
    ("one that never comes", (");\nrows", ",\n  { request = \"GET /never\"; } );\nrows"), "expected GET /never, which never came"),
    ("one too many", (GOOD[GOOD.index(",\n  { request = \"POST /oauth/token\"; has"):GOOD.index("\n);\nrows")], ""),
     "POST /oauth/token came when all requests of the script had been answered"),
)


def differences(desk):
    for name, (old, new), says in DIFFERENCES:
        tap.ok(old in GOOD, name + ": can be changed")
        desk.write("acme/login.test", GOOD.replace(old, new, 1))
        done = desk.run("omnihub test-plugin ./acme.so", "acme")
        tap.is_(done.code, 1, name + ": fails the test")
        tap.has(done.out, says, name + ": is told")
        tap.ok("conformance" not in done.out, name + ": nothing is built upon it")


MORE = (
    ("any order, and a token at any time", """order = "any"; server = (
  { request = "GET /v2/v1/accounts/7/report"; query = { cursor = "p2"; }; reply = { data = ( %s ); }; },
  { request = "GET /v2/v1/accounts/7/report?from=2026-03-01&to=2026-03-02&limit=2"; reply = { data = ( %s ); next_cursor = "p2"; }; },
  { request = "POST /oauth/token"; any_time = true; reply_file = "token.json"; } );
""" % ("{ day = \"2026-03-02\"; id = \"1\"; name = \"x\"; shown = 3; clicks = 2; amount = \"3\"; }",
       "{ day = \"2026-03-01\"; id = \"1\"; name = \"x\"; shown = 3; clicks = 2; amount = \"0.10\"; },"
       "{ day = \"2026-03-01\"; id = \"2\"; name = \"y\"; shown = 3; clicks = 2; amount = \"2.50\"; }") + ROWS),
    ("faults and quotas on the way", FLOW.replace("server = (", """server = (
  { request = "POST /oauth/token"; status = 503; },""", 1).replace("""  { request = "GET /v2/v1/accounts/7/report?from""", """
  { request = "GET /v2/v1/accounts/7/report"; query = {}; fault = "reset"; },
  { request = "GET /v2/v1/accounts/7/report"; query = {}; fault = "cut"; reply = { data = (); }; },
  { request = "GET /v2/v1/accounts/7/report"; query = {}; status = 429; },
  { request = "GET /v2/v1/accounts/7/report?from""", 1) + ROWS),
    ("a server that falls silent", FLOW.replace("""  { request = "GET /v2/v1/accounts/7/report?from""", """
  { request = "GET /v2/v1/accounts/7/report"; query = {}; fault = "timeout"; },
  { request = "GET /v2/v1/accounts/7/report"; query = {}; fault = "stall"; reply = { data = (); }; },
  { request = "GET /v2/v1/accounts/7/report?from""", 1) + ROWS),
    ("a grant that is dead", """server = ( { request = "POST /oauth/token"; status = 400; reply = { error = "invalid_grant"; }; } );
outcome = "failed"; says = "invalid_grant";
"""),
)


def more(desk):
    desk.write("acme/token.json", json.dumps({"access_token": "made-up-token", "expires_in": 3600}))
    for name, text in MORE:
        desk.write("acme/login.test", HEAD % name + text)
        done = desk.good("omnihub test-plugin ./acme.so --no-conformance", name, "acme")
        tap.has(done.out, "1 hold, 0 failed", name + ": holds")
    desk.write("acme/login.test", HEAD % "a reply that is not there" + MORE[0][1].replace("token.json", "none.json"))
    done = desk.run("omnihub test-plugin ./acme.so --no-conformance", "acme")
    tap.ok(done.code == 1 and "none.json" in done.out, "a file that is not there is named")
    left = [f for f in os.listdir(desk.path("acme")) if f not in ("token.json", "login.test") and not f.startswith((".", "acme"))]
    tap.is_(sorted(left), ["Makefile", "Makefile.am", "README.md", "configure.ac", "meson.build"], "nothing is left in the folder")


# A login at an address that no option changes.
FIXED = """test = "a login that is always at its own host";
stream = "daily"; from = "2026-03-01"; to = "2026-03-02";
options = { account_id = "7"; client_id = "app-1"; client_secret = "made-up-secret"; refresh_token = "made-up-refresh"; page_size = 2; };
""" + FLOW.replace("POST /oauth/token", "POST https://login.acme.example/token") + ROWS
ELSEWHERE = (
    ("the API in its place", ("POST https://login.acme.example/token", "POST /token"), "does not answer for https://login.acme.example/token"),
    ("another host", ("POST https://login.acme.example/token", "POST https://login.acme.test/token"), "login.acme.example"),
    ("http", ("POST https://login.acme.example/token", "POST http://login.acme.example/token"), "for a whole https url"),
)


def hosts(desk):
    """The server answers for hosts that the test names in full, and nothing else may have itself answered for."""
    text = desk.read("acme", "acme.c")
    fixed = text.replace(".token_url = \"{token_url}\"", ".token_url = \"https://login.acme.example/token\"")
    tap.ok(fixed != text, "the login's address can be fixed")
    desk.write("acme/acme.c", "\n".join(line for line in fixed.split("\n") if '.name = "token_url"' not in line))
    tap.is_(desk.compile("acme", folder="acme").code, 0, "builds")
    desk.write("acme/login.test", FIXED)
    done = desk.good("omnihub test-plugin ./acme.so --json", "a login at a host of its own", "acme")
    sheet = json.loads(done.out)
    tap.is_((sheet["tests"][0]["problems"], sheet["failed"], sheet["left_out"]), ([], 0, 0), "is played, and conformance around it holds")
    for name, (old, new), says in ELSEWHERE:
        desk.write("acme/login.test", FIXED.replace(old, new))
        done = desk.run("omnihub test-plugin ./acme.so --no-conformance", "acme")
        tap.ok(done.code != 0, name + ": fails the test")
        tap.has(done.out + done.err, says, name + ": is told")
    desk.write("acme/acme.c", text)


def basic(desk):
    """Some platforms want the client as HTTP Basic when a token is renewed."""
    text = desk.read("acme", "acme.c")
    desk.write("acme/acme.c", text.replace("OMNI_AUTH_OAUTH2_REFRESH,", "OMNI_AUTH_OAUTH2_REFRESH_BASIC,"))
    tap.is_(desk.compile("acme", folder="acme").code, 0, "a login with HTTP Basic builds")
    credentials = base64.b64encode(b"app-1:made-up-secret").decode()
    flow_with = FLOW.replace("POST /oauth/token\";", "POST /oauth/token\"; sends = (\"Authorization: Basic %s\");" % credentials)
    desk.write("acme/login.test", HEAD % "a client as HTTP Basic" + flow_with.replace(', "client_secret=made-up-secret"', "") + ROWS)
    done = desk.good("omnihub test-plugin ./acme.so --no-conformance", "the client goes as HTTP Basic, twice", "acme")
    tap.has(done.out, "1 hold, 0 failed", "and nothing else is sent")
    tap.has(desk.good("omnihub describe ./acme.so", "describe", "acme").out, "client sent as HTTP Basic", "describe says so")


with author.Desk() as the_desk:
    tap.run([lambda f=f: f(the_desk) for f in (prepare, flow, differences, more, hosts, basic)])
