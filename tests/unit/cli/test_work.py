# SPDX-License-Identifier: Apache-2.0
"""omnihub pull, push, sync, check --connect: jobs, what they are told, and what becomes of them."""

import json
import os
import signal
import subprocess
import time

from hubdir import Hub, result
import tap

SHOP = '''{ name = "%s"; plugin = "shop"; %s
  options = { account_id = "a1"; access_token = "env:SHOP_TOKEN"; script = "%s"; %s }; }'''
TOKEN = {"SHOP_TOKEN": "t0ken", "OTHER": "x"}


def shops(*items):
    return "connectors = (\n" + ",\n".join(items) + ");\n"


def shop(name, script="ok.script", more="", options=""):
    return SHOP % (name, more, script, options)


def pull_one():
    with Hub() as hub:
        hub.script("ok.script", dict(do="noise"), dict(event="progress", stream="orders", rows=5, windows=1, windows_total=2),
                   result(read=9, rows=5, inserted=3, changed=1, removed=0, restated=2))
        hub.conf(shops(shop("a", more='extra = true; reject_max = "0.5%"; idle_timeout = "5s"; memory_mb = 64; start = "-7d";')),
                 hub='currency = "EUR"; sandbox = "require"')
        code, out, err = hub("pull", "--stream", "orders", "--from", "2026-01-30", "--to", "2026-01-31", env=TOKEN)
        tap.is_(code, 0, "pull")
        tap.is_(out.splitlines()[1].split(), ["a", "-", "orders", "ok", "5", "3", "1", "0", "2"], "the summary")
        tap.has(err, "a.orders: ok, 5 rows", "a plain line of progress")
        tap.ok("\r" not in err and "\033" not in out + err, "no terminal tricks without a terminal")
        spec = hub.orders("pull.a")
        tap.is_(spec["env"], {"SHOP_TOKEN": "t0ken"}, "only the variables that are named")
        tap.is_(spec["options"]["access_token"], "env:SHOP_TOKEN", "references stay references")
        tap.is_((spec["from"], spec["to"], spec["streams"]), ("2026-01-30", "2026-01-31", ["orders"]), "what was asked for")
        tap.is_((spec["extra"], spec["reject_max"], spec["idle_ms"], spec["memory"], spec["start"], spec["sandbox"]),
                ("*", 5000, 5000, 64 << 20, "-7d", "require"), "settings with their units")
        tap.is_((spec["state_dir"], spec["plugin_path"]), (hub.path("state"), hub.path("plugins/shop.so")), "absolute paths")
        tap.ok("account" not in spec, "the account is the option's")
        tap.is_(hub.orders("combine.")["own_datasets"], [], "combined afterwards")
        tap.is_(os.stat(hub.path("state")).st_mode & 0o777, 0o700, "the state is private")
        hub.script("ok.script", result())
        code, out, err = hub("pull", "-q", "--json", env=TOKEN)
        tap.is_((code, err), (0, ""), "-q is quiet")
        tap.is_([r.get("connector") for r in json.loads(out)["results"]], ["a"], "--json")


def outcomes():
    with Hub() as hub:
        hub.script("ok.script", result(read=1))
        hub.script("bad.script", result("failed", reason="auth", message="token refused", remedy="renew it"))
        hub.script("crash.script", dict(do="begin"), dict(do="crash"))
        hub.script("exit.script", dict(do="exit"))
        hub.script("garbage.script", dict(do="garbage"), dict(do="hang"))
        names = ("ok", "bad", "crash", "exit", "garbage")
        hub.conf(shops(*[shop(n, n + ".script") for n in names]))
        code, out, err = hub("pull", "--json", env=TOKEN)
        got = {r["connector"]: r for r in json.loads(out)["results"]}
        tap.is_(code, 1, "one that fails: 1")
        tap.is_([got[n]["outcome"] for n in names], ["ok", "failed", "crashed", "crashed", "crashed"], "the rest is done")
        tap.has(got["crash"]["message"], "signal 6", "how it ended")
        tap.has(got["exit"]["message"], "exit code 7", "how it ended")
        tap.has(got["garbage"]["message"], "cannot be read", "one that talks nonsense is ended")
        code, out, _ = hub("runs", "--json")
        tap.is_(sorted((r["connector"], r["outcome"]) for r in json.loads(out)),
                [("crash", "crashed"), ("exit", "crashed"), ("garbage", "crashed")],
                "the ledger knows of all that died, also before they could write that they began")
        code, out, _ = hub("pull", "bad", env=TOKEN)
        tap.is_(code, 1, "a table")
        tap.has(out, "bad.orders: failed (auth): token refused\n  → renew it", "with what to do")


def deadline():
    with Hub() as hub:
        hub.script("hang.script", dict(do="begin"), dict(do="hang"))
        hub.conf(shops(shop("a", "hang.script")), hub='run_timeout = "1s"')
        code, out, _ = hub("pull", "--json", env=TOKEN)
        tap.is_((code, json.loads(out)["results"][0]["outcome"]), (1, "hung"), "a job that does not end is ended")
        tap.is_(json.loads(hub("runs", "--json")[1])[0]["outcome"], "hung", "and so says the ledger")


def interrupted():
    with Hub() as hub:
        hub.script("hang.script", dict(do="begin"), dict(event="progress", stream="orders", rows=1), dict(do="hang"))
        hub.conf(shops(*[shop("s%d" % i, "hang.script") for i in range(3)]), hub="parallel = 1")
        p = hub.start("pull", "--json", env=TOKEN)
        while not os.path.exists(hub.path("state/spec.pull.s0")):
            time.sleep(0.02)
        while "running" not in hub("runs", "--json")[1]:
            time.sleep(0.02)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60)
        tap.is_(p.returncode, 130, "interrupted: 130")
        answer = json.loads(out)
        tap.is_([r["outcome"] for r in answer["results"]], ["interrupted"] * 3, "every job ends")
        tap.ok(answer["interrupted"], "and says so")
        tap.ok(not os.path.exists(hub.path("state/spec.pull.s1")), "nothing more is started")
        tap.is_(json.loads(hub("runs", "--json")[1])[0]["outcome"], "interrupted", "the ledger too")


def killed_hub():
    with Hub() as hub:
        hub.script("hang.script", dict(do="begin"), dict(do="hang"))
        hub.script("ok.script", result())
        hub.conf(shops(shop("a", "hang.script"), shop("b")))
        p = hub.start("pull", "a", env=TOKEN)
        while "running" not in hub("runs", "--json")[1]:
            time.sleep(0.02)
        p.kill()
        p.communicate()
        code, _, err = hub("pull", "b", env=TOKEN)
        tap.is_(code, 0, "after kill -9 of the hub the next one works")
        tap.is_(json.loads(hub("runs", "--json")[1])[0]["outcome"], "interrupted", "and closes what was left open")


def locked():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a")))
        hub("pull", env=TOKEN)
        hub.script("hang.script", dict(do="begin"), dict(do="hang"))
        hub.conf(shops(shop("a", "hang.script")))
        p = hub.start("pull", env=TOKEN)
        while "running" not in hub("runs", "--json")[1]:
            time.sleep(0.02)
        code, out, err = hub("push")
        tap.is_((code, out), (3, ""), "a second hub is refused: 3")
        tap.has(err, "process %d" % p.pid, "and named")
        tap.is_(hub("state", "reset", "a", "--yes")[0], 3, "state changes take the lock as well")
        tap.is_(hub("status", env=TOKEN)[0], 0, "looking does not")
        p.terminate()
        p.communicate()


def accounts():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.script("accounts.script", *[dict(event="account", id=i, name="Shop " + i) for i in ("pt-1", "pt-2", "es-1")])
        hub.script("none.script", result("failed", stream="", message="login refused"))
        hub.conf(shops(
            '{ name = "all"; plugin = "shop"; accounts = "all"; accounts_match = "^pt-"; options = { access_token = "env:SHOP_TOKEN"; script = "ok.script"; script_accounts = "accounts.script"; }; }',
            '{ name = "two"; plugin = "shop"; accounts = ("x", "y"); options = { access_token = "env:SHOP_TOKEN"; script = "ok.script"; }; }',
            '{ name = "no"; plugin = "shop"; accounts = "all"; options = { access_token = "env:SHOP_TOKEN"; script_accounts = "none.script"; }; }',
            '{ name = "empty"; plugin = "shop"; accounts = "all"; accounts_match = "^zz"; options = { access_token = "env:SHOP_TOKEN"; script_accounts = "accounts.script"; }; }'))
        code, out, _ = hub("pull", "--json", env=TOKEN)
        got = sorted((r["connector"], r.get("account") or "", r["outcome"]) for r in json.loads(out)["results"])
        tap.is_(got, [("all", "", "ok"), ("all", "", "ok"), ("empty", "", "suspicious"), ("no", "", "failed"),
                      ("two", "", "ok"), ("two", "", "ok")], "a job for each account")
        tap.is_(sorted(f for f in os.listdir(hub.path("state")) if f.startswith("spec.pull")),
                ["spec.pull.allpt-1", "spec.pull.allpt-2", "spec.pull.twox", "spec.pull.twoy"], "those that match")
        tap.is_(code, 1, "one that is refused stops no other")


def dry_run():
    with Hub() as hub:
        hub.script("ok.script", dict(event="row", stream="orders", dataset="orders", values={"order_id": "1"}), result(read=1))
        hub.conf(shops(shop("a")))
        os.mkdir(hub.path("state"))
        code, out, _ = hub("pull", "--dry-run", env=TOKEN)
        tap.is_((code, json.loads(out)["values"]), (0, {"order_id": "1"}), "rows as JSON lines")
        tap.is_(hub.orders("pull.a")["dry_run"], True, "the job knows")
        tap.ok(not os.path.exists(hub.path("state/store.db")), "nothing is stored")


def wrong_asks():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a"), shop("b")))
        for args, text in ((["--from", "2026-02-30"], "is not a day"), (["--to", "today"], "--to needs --from"),
                           (["--from", "today", "--to", "-2d"], "lies after"), (["--record", "c"], "one connector"),
                           (["a", "--record", "c", "--replay", "d"], "exclude each other"), (["c"], 'no connector is called "c"'),
                           (["--stream", "nope"], 'a stream "nope"')):
            code, out, err = hub("pull", *args, env=TOKEN)
            tap.is_((code, out), (2, ""), "refused: pull " + " ".join(args))
            tap.has(err, text, "says: " + text)
        tap.ok(not os.path.exists(hub.path("state")), "nothing was started")
        code, _, err = hub("pull")
        tap.is_(code, 2, "a missing variable is a finding")
        tap.has(err, "omnihub.conf:4: connector", "with its place")
        here = os.getcwd()
        hub("pull", "a", "--record", "tape", env=TOKEN)
        tap.is_(hub.orders("pull.a")["record"], os.path.join(here, "tape"), "cassettes are named from here")


def push_and_sync():
    with Hub() as hub:
        hub.script("ok.script", result(read=1))
        hub.script("push.script", dict(event="result", dataset="orders", outcome="ok", deliveries=2, rows=10))
        sink = 'sinks = ( { name = "out"; plugin = "out"; datasets = ("orders"); options = { path = "p"; script = "push.script"; }; } );'
        hub.conf(shops(shop("a")) + sink)
        code, out, _ = hub("push")
        tap.is_(code, 0, "push needs no login of sources")
        tap.is_(out.splitlines()[1].split(), ["out", "orders", "ok", "2", "10"], "the summary")
        tap.is_(hub.orders("push.out")["datasets"], ["orders"], "told what to deliver")
        tap.ok(not os.path.exists(hub.path("state/spec.pull.a")), "nothing is pulled")
        tap.is_(hub("push", "outt")[0], 2, "an unknown sink")
        code, out, _ = hub("sync", "a", "--json", env=TOKEN)
        tap.is_((code, [r.get("connector") or r.get("sink") for r in json.loads(out)["results"]]), (0, ["a", "out"]), "sync does all")


def disabled():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a"), shop("b", more="enabled = false;")))
        names = lambda *a: [r["connector"] for r in json.loads(hub("pull", "--json", *a, env=TOKEN)[1])["results"]]
        tap.is_(names(), ["a"], "a disabled connector rests")
        tap.is_(names("b"), ["b"], "unless it is named")


def connect():
    with Hub() as hub:
        hub.script("ok.script", dict(event="result", outcome="ok", message="as Ada"))
        hub.script("no.script", dict(event="result", outcome="failed", reason="auth", message="refused", remedy="renew"))
        hub.conf(shops(shop("a"), shop("b", "no.script")))
        code, out, _ = hub("check", "--connect", env=TOKEN)
        tap.is_(code, 1, "check --connect: a refused login is 1")
        tap.has(out, "b: failed (auth): refused\n  → renew", "with what to do")
        tap.is_(hub("check", "--connect", "a", env=TOKEN)[0], 0, "narrowed to one")


def closed_pipe():
    with Hub() as hub:
        hub.script("ok.script", result())
        hub.conf(shops(shop("a")))
        hub("pull", env=TOKEN)
        read, write = os.pipe()
        os.close(read)
        p = subprocess.run([hub.start.__globals__["PROGRAM"], "plugins", "-c", hub.path("omnihub.conf")], stdout=write,
                           stderr=subprocess.PIPE, check=False)
        os.close(write)
        tap.is_((p.returncode, p.stderr), (0, b""), "a reader that went away is no error")
        with open("/dev/full", "wb") as full:
            p = subprocess.run([hub.start.__globals__["PROGRAM"], "version"], stdout=full, stderr=subprocess.PIPE, check=False)
        tap.is_(p.returncode, 3, "a full disk is")
        tap.has(p.stderr.decode(), "No space left", "and says so")


tap.run([pull_one, outcomes, deadline, interrupted, killed_hub, locked, accounts, dry_run, wrong_asks, push_and_sync,
         disabled, connect, closed_pipe])
