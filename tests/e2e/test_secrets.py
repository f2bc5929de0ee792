#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets are in no log, ledger, cassette, argument list, environment or file of the hub, neither raw nor encoded."""

import base64
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

FIRST, LAST = h.ago(9), h.ago(1)
DAYS = h.days(FIRST, LAST)
PASSWORD, API_KEY = "stand-in-password", "stand-in-api-key"  # as the shop of the stand-ins knows them
STREAM = {"name": "orders", "dataset": "orders", "url": "/all/orders?from={from}&to={to}", "records": "$.orders[*]",
          "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.created", "column": "at"},
                     {"path": "$.total.amount", "column": "net", "format": "major"}]}


def encoded(secret):
    """The secret and every form in which it could slip out."""
    forms = {secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]}
    for lead in range(3):  # base64 looks different by where it begins
        text = base64.b64encode(b"x" * lead + secret.encode())[4 if lead else 0:].decode().rstrip("=")
        forms |= {text[:-2], text[:-2].replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) > 8}


def configure(world, lab):
    lab.write("api-key", API_KEY + "\n", 0o600)
    url = world.url("shop")
    connectors = [h.meta(world, lab), h.ga4(world, lab),
                  h.connector("basic", "rest", {"api_url": url, "user": "reporter", "password": "env:SHOP_PASSWORD", "currency": "EUR",
                                                "streams": [STREAM]}),
                  h.connector("header", "rest", {"api_url": url, "header_value": "file:api-key", "currency": "EUR", "streams": [STREAM]}),
                  h.connector("query", "rest", {"api_url": url, "query_value": "file:api-key", "currency": "EUR", "streams": [STREAM]}),
                  # A login that is refused is the moment when secrets leak.
                  h.connector("refused", "rest", {"api_url": url, "token": "env:WRONG_TOKEN", "streams": [STREAM]})]
    lab.configure(*connectors, sinks=[h.sink("files", "csv", ["channel_daily", "orders"], {"directory": "out"})])


ENV = {"SHOP_PASSWORD": PASSWORD, "WRONG_TOKEN": "wrong-token-4711-canary"}


def secrets_of(world):
    key = world.key_file()["private_key"].splitlines()
    return [h.META_TOKEN, PASSWORD, API_KEY, ENV["WRONG_TOKEN"], key[1], key[9], "ya29."]


def found_in(text, secrets):
    return sorted({secret[:8] for secret in secrets for form in encoded(secret) if form in text})


def everything_written(lab):
    """Every file that the hub wrote into the lab."""
    own = {"meta-token", "ga-key.json", "api-key"}
    text = ""
    for where, _, names in os.walk(lab.folder):
        for name in sorted(set(names) - own):
            with open(os.path.join(where, name), "rb") as f:
                text += f.read().decode("latin-1")
    return text


def test_traces():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configure(world, lab)
        # Platforms like to repeat what they were sent.
        world.control(faults=[{"platform": "meta", "kind": "status", "code": 400, "body": json.dumps(
            {"error": {"message": "bad token " + h.META_TOKEN, "code": 100, "type": "OAuthException"}})}])
        said = [lab.run("-v", "sync", env=ENV)]
        said += [lab.run("-v", "pull", *DAYS, "--json", env=ENV), lab.run("check", "--connect", "--json", env=ENV)]
        said += [lab.run("-v", "pull", "ads", *DAYS, "--record", lab.path("ads.cassette"), env=ENV)]
        said += [lab.run("-v", "pull", name, *DAYS, "--record", lab.path(name + ".cassette"), env=ENV) for name in ("basic", "query", "web")]
        said += [lab.run(command, "--json", env=ENV) for command in ("runs", "status", "restated")]
        said += [lab.run("state", "export", name, env=ENV) for name in ("ads", "web", "basic")]
        tap.is_(said[1].code, 1, "one of the logins is refused")
        tap.is_({r["connector"]: r["outcome"] for r in said[1].json()["results"] if "connector" in r},
                {"ads": "ok", "web": "ok", "basic": "ok", "header": "ok", "query": "ok", "refused": "failed"}, "the others work")
        secrets = secrets_of(world)
        tap.is_(found_in("".join(s.out + s.err for s in said), secrets), [], "no secret is printed")
        tap.is_(found_in(everything_written(lab), secrets), [], "no secret is in store, cassettes or what sinks wrote")
        tap.ok(found_in("xx" + base64.b64encode(b"reporter:" + PASSWORD.encode()).decode(), secrets), "the search itself finds one")


def snapshot(pid):
    """Arguments and environment of a process."""
    text = ""
    for name in ("cmdline", "environ"):
        try:
            with open("/proc/%d/%s" % (pid, name), "rb") as f:
                text += f.read().decode("latin-1")
        except PermissionError:
            pass  # closed to others, which is what is wanted
    return text


def test_processes():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        configure(world, lab)
        world.control(knobs={"shop": {"stall_s": 300}, "meta": {"stall_s": 300}},
                      faults=[{"platform": "shop", "kind": "stall_middle"}, {"platform": "meta", "kind": "stall_middle"}])
        for name in ("basic", "ads"):
            running = lab.start("pull", name, *DAYS, env=ENV)
            platform = "/shop" if name == "basic" else "/meta"
            h.wait_for(lambda: any(e["method"] == "STALL" and e["path"] == platform for e in world.log()), "a stalled reply")
            job, plugin = h.child(running.pid, "omnihub-job"), h.child(running.pid, "omnihub-plugin")
            secrets = secrets_of(world)
            tap.is_(found_in(snapshot(job) + snapshot(plugin), secrets), [], name + ": none in arguments or environment of job and plugin")
            with open("/proc/%d/cmdline" % running.pid, "rb") as f:
                tap.is_(found_in(f.read().decode("latin-1"), secrets), [], name + ": none in omnihub's arguments")
            with open("/proc/%d/limits" % job, encoding="ascii") as f:
                core = next(line.split() for line in f if line.startswith("Max core file size"))
            tap.is_(core[4:6], ["0", "0"], name + ": the job leaves no core file")
            running.terminate()
            running.communicate(timeout=h.WAIT_SECONDS)


def test_sink():
    """What a sink says of its password, as it was given: in a file, in the environment, in the clear."""
    canary = "sink-password-4711-canary"
    with h.Hub() as lab:
        lab.write("till.csv", "Receipt,Date,Total\n1,2026-11-01,12.50\n")
        lab.write("api-key", canary + "\n", 0o600)
        till = h.connector("till", "file", {"path": "till.csv", "dataset": "orders", "constants": {"currency": "EUR"},
                                            "map": {"order_id": "Receipt", "date": "Date", "net": "Total"}})
        for given in ("file:api-key", "env:SHOP_PASSWORD", canary):
            lab.configure(till, sinks=[{"name": "db", "plugin": h.test_plugin("teller"), "datasets": ["orders"], "options": {"password": given}}])
            env = {"SHOP_PASSWORD": canary}
            said = [lab.run("-v", "sync", env=env), lab.run("runs", "db", "--json", env=env), lab.run("status", "--json", "--all", env=env)]
            os.unlink(lab.path("omnihub.conf"))
            tap.has(said[1].out, "cannot connect: db://hub:", "%s: the sink was asked, and says why not" % given[:5])
            tap.is_(found_in("".join(s.out + s.err for s in said) + everything_written(lab), [canary]), [], "without its password")


tap.run([test_traces, test_processes, test_sink])
