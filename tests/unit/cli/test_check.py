# SPDX-License-Identifier: Apache-2.0
"""omnihub check, plugins, describe: everything that is wrong, at once, with its place and what to do."""

import json
import os
import subprocess

import hubdir
from hubdir import Hub
import tap

GOOD = '''connectors = (
  { name = "shop-a"; plugin = "shop"; schedule = "every 6h";
    options = { account_id = "a1"; access_token = "env:SHOP_TOKEN"; }; }
);
sinks = ( { name = "files"; plugin = "out"; datasets = ("orders"); options = { path = "o"; }; } );
'''


def good_configuration():
    with Hub() as hub:
        hub.conf(GOOD)
        code, out, err = hub("check", env={"SHOP_TOKEN": "t"})
        tap.is_((code, err), (0, ""), "a good configuration passes in silence")
        tap.has(out, "ok (1 connector, 1 sink, 0 datasets)", "and says so")
        tap.ok(not os.path.exists(hub.path("state")), "check leaves no store behind")


def everything_at_once():
    with Hub() as hub:
        hub.conf('''connectors = (
  { name = "shop-a"; plugin = "shop"; shedule = "every 6h"; schedule = "every 6 hours";
    streams = ("orderz");
    options = { acount_id = "a1";
                access_token = "env:SHOP_TOKEN";
                mode = "quick"; limit = "5"; wait = "soon"; since = "then"; names = 5;
                map = { a = { b = 1; }; }; deep = "x"; flag = "yes"; }; },
  { name = "gone"; plugin = "shopp"; },
  { name = "gone"; plugin = "out"; options = { }; }
);
sinks = ( { name = "files"; plugin = "out"; datasets = ("ordrs"); } );
''')
        code, out, err = hub("check")
        tap.is_((code, out), (2, ""), "wrong configuration: 2, nothing on stdout")
        for line, text in (
                (3, 'unknown key "shedule" (did you mean "schedule"?)'), (3, 'schedule "every 6 hours"'),
                (3, 'has no stream "orderz" (did you mean "orders"?)'),
                (5, 'unknown option "acount_id" (did you mean "account_id"?)'),
                (3, 'option "account_id" is missing: Which shop'),
                (6, "environment variable SHOP_TOKEN is not set"), (7, '"quick" is not one of fast|slow'),
                (7, 'option "limit" must be a whole number'), (7, 'option "wait" must be an interval'),
                (7, 'option "since" must be a date'), (7, 'option "names" must be a list'),
                (8, 'option "map" must be a group'), (8, 'option "deep" must be a group or a list'),
                (8, 'option "flag" must be true or false'), (9, 'no plugin "shopp"'),
                (10, "there is one of this name already"), (10, "has no source to pull from"),
                (12, 'there is no dataset "ordrs" (did you mean "orders"?)'),
                (12, 'option "path" is missing')):
            hit = [l for l in err.splitlines() if ":%d: " % line in l and text in l]
            tap.ok(len(hit) == 1, "line %d: %s" % (line, text))
            if not hit:
                tap.note(err)
        lines = [int(l.split(":")[1]) for l in err.splitlines()]
        tap.is_(lines, sorted(lines), "in the order of the file")
        code, out, _ = hub("check", "--json")
        findings = json.loads(out)["findings"]
        tap.is_((code, {f["severity"] for f in findings}, len(findings)), (2, {"error"}, len(lines)), "the same as JSON")


def narrowed():
    with Hub() as hub:
        hub.conf(GOOD)
        code, _, _ = hub("check", "files")
        tap.is_(code, 0, "check NAME looks at that one only")
        code, _, err = hub("check", "shop-b")
        tap.is_(code, 2, "an unknown name is refused")
        tap.has(err, 'did you mean "shop-a"?', "with a suggestion")


def secrets():
    with Hub() as hub:
        plain = GOOD.replace("env:SHOP_TOKEN", "hunter2")
        hub.conf(plain)
        code, _, err = hub("check")
        tap.is_(code, 0, "a secret in the clear in a private file passes")
        tap.has(err, 'warning: connector "shop-a": option "access_token" is a secret in the clear', "with a warning")
        hub.conf(plain, mode=0o644)
        code, _, err = hub("check")
        tap.is_(code, 2, "in a file that everybody reads it does not")
        tap.has(err, "everybody can read", "and says why")
        tap.ok("hunter2" not in err, "the secret is not shown")
        hub.conf(GOOD.replace("env:SHOP_TOKEN", "/etc/shop.token"))
        code, _, err = hub("check")
        tap.is_(code, 2, "a path without file: is refused")
        tap.has(err, 'write "file:PATH"', "and says how to write it")
        hub.conf(GOOD.replace("env:SHOP_TOKEN", "secret:shop"))
        code, _, err = hub("check")
        tap.is_(code, 2, "the vault is not there yet")
        tap.has(err, 'store it: omnihub secrets set shop', "what to use instead")
        for mode, want, text in ((0o600, 0, ""), (0o644, 2, "can be read by others: chmod 600")):
            hub.conf(GOOD.replace("env:SHOP_TOKEN", "file:token"))
            hub.write("token", "t\n", mode)
            code, _, err = hub("check")
            tap.is_(code, want, "file: with mode %o" % mode)
            tap.has(err, text, "says: " + text)


def files():
    broken = {
        "syntax error": 'connectors = ( { name = ; } );',
        "duplicate setting name: it stands in this file or group already": "a = 1;\na = 2;",
        "contains a NUL byte": b"hub = {\0};",
        "is not UTF-8": b'x = "\xff";',
        "does a file include itself": '@include "omnihub.conf"',
        "cannot read": '@include "missing.conf"',
        "is not a regular file": '@include "plugins"',
        "@include takes a path relative": '@include "/etc/passwd"',
        "needs more than 32 bits": "hub: { parallel = 4294967297; };",
        "too large for a number": "hub: { parallel = 99999999999999999999; };",
        "memory exhausted": "a = " + "(" * 20000 + ")" * 20000 + ";",
        "too large for a configuration file": b"#" * (9 << 20),
        'unknown section "conectors" (did you mean "connectors"?)': "conectors = ( );",
        "must be a list": "sinks = 3;",
    }
    for text, content in broken.items():
        with Hub() as hub:
            hub.write("omnihub.conf", content)
            code, _, err = hub("check")
            tap.is_(code, 2, "refused: " + text)
            tap.has(err, text, "says: " + text)
            tap.ok(hub.path("omnihub.conf") + ":" in err, "names the file")
    with Hub() as hub:
        hub.write("omnihub.conf", b"\xef\xbb\xbfhub: { schema_dir = \"" + hubdir.SCHEMA.encode() + b"\"; };\r\n# 4294967297 @include\r\n")
        code, _, err = hub("check")
        tap.is_((code, err), (0, ""), "a byte order mark and CRLF are fine")
        code, _, err = hub("check", "-c", hub.path("none.conf"))
        tap.is_(code, 2, "no file")
        tap.has(err, "none.conf: cannot be read: No such file", "says so")


def several_files():
    with Hub() as hub:
        hub.conf('@include "inc/more.conf"\n')
        hub.write("inc/more.conf", 'sinks = ( { name = "a"; plugin = "out"; options = { path = "p"; }; } );\n')
        hub.write("conf.d/20.conf", '\nconnectors = ( { name = "b"; plugin = "shop"; } );\n')
        hub.write("conf.d/10.conf", 'sinks = ( { name = "a"; plugin = "out"; options = { path = "p"; }; } );\n')
        hub.write("conf.d/30.conf.off", "nonsense")
        code, _, err = hub("check")
        tap.is_(code, 2, "conf.d is read as well")
        tap.has(err, "conf.d/10.conf:1: sink \"a\": there is one of this name already, at %s:1" % hub.path("inc/more.conf"),
                "names are unique over all files")
        tap.has(err, "conf.d/20.conf:2: connector \"b\": option \"account_id\" is missing", "places name their file")
        hub.write("conf.d/40.conf", "hub: { };\n")
        _, _, err = hub("check")
        tap.has(err, "conf.d/40.conf:1: hub: is there already", "one hub section")


def own_datasets():
    with Hub() as hub:
        hub.conf('''datasets = (
  { name = "one"; key = ("date"); sql = "SELEC 1"; },
  { name = "two"; key = ("date"); sql = "SELECT nope FROM orders"; },
  { name = "fine"; key = ("date"); sql = "SELECT date FROM orders GROUP BY 1"; } );
''')
        code, _, err = hub("check")
        tap.is_(code, 2, "SQL is prepared, also before anything was pulled")
        for line, text in ((3, 'omnihub.conf:3: dataset "one": '), (4, 'omnihub.conf:4: dataset "two": ')):
            tap.ok(len([l for l in err.splitlines() if text in l]) == 1, "line %d has its finding" % line)
        tap.is_(len(err.splitlines()), 2, "and nothing else")


def plugins():
    with Hub() as hub:
        hub.conf("")
        hub.plugin("bad", "crash")
        hub.plugin("none", "this is no plugin")
        code, out, _ = hub("plugins", "--json")
        rows = {r["plugin"]: r for r in json.loads(out)}
        tap.is_(code, 0, "plugins lists")
        tap.ok({"bad", "none", "out", "shop"} <= set(rows), "all of the folder, beside those installed")
        tap.has(rows["bad"]["refused"], "signal 6", "one that crashes says so")
        tap.has(rows["none"]["refused"], "omnihub_module_v1", "one that is refused says why")
        tap.is_((rows["shop"]["kind"], rows["shop"]["api_sunset"]), ("source", "2031-05-01"), "the others go on")
        _, out, _ = hub("plugins")
        tap.has(out.splitlines()[0], "plugin", "and as a table")


def describe():
    with Hub() as hub:
        hub.conf("")
        code, out, _ = hub("describe", "shop")
        tap.is_(code, 0, "describe")
        for text in ("Shop, version 2.1", "account_id", "text, secret", "bearer token: access_token", "Stream orders → orders"):
            tap.has(out, text, "shows " + text)
        _, out, _ = hub("describe", "shop", "--json")
        tap.is_(json.loads(out), hubdir.SHOP, "--json is the raw description")
        _, snippet, _ = hub("describe", "shop", "--conf")
        _, sink, _ = hub("describe", "out", "--conf")
        hub.conf(snippet.replace('account_id = ""', 'account_id = "a"') + sink.replace('path = ""', 'path = "p"'))
        code, _, err = hub("check", env={"SHOP_ACCESS_TOKEN": "t"})
        tap.is_((code, err), (0, ""), "--conf is a ready configuration")
        code, _, err = hub("describe", "shp")
        tap.is_(code, 2, "an unknown plugin")
        tap.has(err, "shp", "is named")


def usage():
    for args, text in ((["chek"], 'did you mean "check"?'), (["check", "--conect"], 'did you mean "--connect"?'),
                       (["pull", "--from"], 'option "--from" needs a value'), (["runs", "a", "b"], "too many arguments"),
                       (["query"], "an argument is missing"), (["check", "-x"], 'unknown option "-x"'), ([], "usage:"),
                       (["runs", "--last", "x"], "not a number"), (["serve"], "unknown command")):
        p = subprocess.run([hubdir.PROGRAM, *args], capture_output=True, text=True, check=False)
        tap.is_((p.returncode, p.stdout), (2, ""), "wrong usage: " + " ".join(args))
        tap.has(p.stderr, text, "says: " + text)
    for args in (["help"], ["-h"], ["pull", "-h"], ["help", "query"], ["version"], ["--version"]):
        p = subprocess.run([hubdir.PROGRAM, *args], capture_output=True, text=True, check=False)
        tap.is_((p.returncode, p.stderr), (0, ""), " ".join(args))
        tap.ok(p.stdout, "answers on stdout")


tap.run([good_configuration, everything_at_once, narrowed, secrets, files, several_files, own_datasets, plugins, describe, usage])
