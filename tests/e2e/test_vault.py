#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""omnihub secrets: storing, listing, removing, another key, and a pull whose login comes out of the vault."""

import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import api  # noqa: E402
import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

DAYS = h.days(h.ago(5), h.ago(1))


def store(lab, name, value, *more, env=None):
    """omnihub secrets set, the value on standard input as bytes."""
    command = [os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "secrets", "set", name, *more]
    where = dict({n: v for n, v in os.environ.items() if not n.startswith("OMNIHUB_")}, **(env or {}))
    done = subprocess.run(command, input=value, capture_output=True, env=where, timeout=omni.RUN_SECONDS, check=False)
    return done.returncode, done.stderr.decode()


def listed(lab, **more):
    return {secret["name"]: secret for secret in lab.run("secrets", "list", "--json", **more).json()}


def test_pull():
    with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
        lab.configure(h.meta(world, lab, options={"access_token": "secret:meta_token"}))
        done = lab.run("pull", *DAYS)
        tap.is_(done.code, 2, "a secret that is not there: nothing is started")
        tap.has(done.err, 'option "access_token": secret "meta_token": it is not there; store it: omnihub secrets set meta_token',
                "what, where, and what to do")
        tap.is_(listed(lab)["meta_token"]["state"], "missing", "and it is listed as missing")
        code, err = store(lab, "meta_token", (h.META_TOKEN + "\n").encode())
        tap.is_(code, 0, "stored")
        tap.has(err, "made the vault's key", "says that a key was made")
        _, code = lab.pull(*DAYS)
        tap.is_(code, 0, "a pull logs in with it")
        secret = listed(lab)["meta_token"]
        tap.is_((secret["state"], secret["used_by"]), ("ok", ["connector ads"]), "who uses it")
        text = "".join(open(lab.path(*p), encoding="latin-1").read() for p in (("state", "vault"), ("vault.key",), ("omnihub.conf",)))
        tap.ok(h.META_TOKEN not in text, "its value is in no file")
        done = lab.run("secrets", "rotate-key")
        tap.is_((done.code, done.out[:27]), (0, "1 secret sealed with the ne"), "another key")
        tap.is_(lab.pull(*DAYS)[1], 0, "pulls go on")
        lab.check_whole("afterwards")
        tap.is_(lab.run("secrets", "remove", "meta_token").code, 0, "removed")
        tap.is_(lab.run("check").code, 2, "then it is missing again")


def test_sinks():
    """A sink says why it failed in its own words, and its words are made of its options."""
    secret = "pl4ce-n0body-knows"
    for kind in ("secret:place", "file:place.txt"):
        with omni.StandIn("--today", h.TODAY) as world, h.Hub() as lab:
            lab.configure(h.meta(world, lab), sinks=[h.sink("files", "csv", ["ads_daily"], {"directory": kind})])
            lab.write("file", "no folder")
            lab.write("place.txt", lab.path("file", secret))
            os.chmod(lab.path("place.txt"), 0o600)
            tap.is_(store(lab, "place", lab.path("file", secret).encode())[0], 0, "stored")
            done = lab.run("sync", "-v", "--json")
            tap.is_(done.code, 1, "%s: the sink fails" % kind)
            run = next(run for run in lab.ledger() if run["kind"] == "push")
            tap.ok(run["message"], "the ledger says why")
            sink = lab.run("status", "--all", "--json").json()["sinks"][0]
            tap.is_(sink["datasets"][0]["last_run"]["id"], run["id"], "and it is the last of the sink's dataset")
            told = json.dumps(run) + done.out + done.err + lab.run("status", "--all", "--json").out
            tap.ok(secret not in told and "***" in run["message"], "but the secret is in none of its words")


def test_values():
    with h.Hub() as lab:
        lab.configure()
        for value, good in ((b"plain", True), (b"line 1\nline 2\n", True), ("grün 🔑".encode(), True), (b"q\"u'o\\te", True),
                            (b"nul\0inside", False), (b"\xff\xfe", False), (b"", False), (b"\n", False), (b"x" * 65537, False),
                            (b"x" * 65536 + b"\n", True)):
            code, err = store(lab, "x", value)
            tap.is_(code, 0 if good else 2, "F055 %r is %s" % (value[:12], "stored" if good else "refused"))
            if not good:
                tap.has(err, "the value", "and it says why")
        tap.is_(store(lab, "no/name", b"x")[0], 2, "a name that is none")
        tap.is_(lab.run("secrets", "remove", "unknown").code, 2, "one that is not there")
        for words in (("set",), ("list", "x"), ("rotate-key", "x"), ("get", "x")):
            tap.is_(lab.run("secrets", *words).code, 2, "usage: " + " ".join(words))
        tap.has(lab.run("secrets", "lst").err, 'did you mean "list"?', "a suggestion")


def test_calendar():
    with h.Hub() as lab:
        lab.configure()
        now = {"OMNIHUB_NOW": "2026-03-01T12:00:00Z"}
        for name, words in (("fixed", ()), ("far", ("--expires", "2026-12-31")), ("quarter", ("--expires", "80d")), ("near", ("--expires", "29d")),
                            ("soon", ("--expires", "1d"))):
            tap.is_(store(lab, name, b"x", *words, env=now)[0], 0, name)
        tap.is_(store(lab, "past", b"x", "--expires", "2026-02-01", env=now)[0], 2, "a day that is over")
        tap.is_(store(lab, "odd", b"x", "--expires", "soon", env=now)[0], 2, "no day")
        tap.is_({n: s["state"] for n, s in listed(lab, env=now).items()},
                {"fixed": "ok", "far": "ok", "quarter": "ok", "near": "expiring", "soon": "expiring"}, "what expires within 30 days is said")
        later = listed(lab, env={"OMNIHUB_NOW": "2026-03-03T12:00:00Z"})
        tap.is_((later["soon"]["state"], later["near"]["message"]), ("expired", "it expires on 2026-03-30, within 30 days"),
                "two days later")
        for day, words in (("09-30", None), ("10-03", "within 90 days"), ("12-02", "within 30 days"), ("12-25", "within 7 days")):
            message = listed(lab, env={"OMNIHUB_NOW": "2026-%sT12:00:00Z" % day})["far"].get("message")
            tap.is_(message, words and "it expires on 2026-12-31, " + words, "one that lives long: 90, 30 and 7 days ahead (%s)" % day)
        tap.has(later["soon"]["remedy"], "omnihub secrets set soon", "with the command")
        tap.is_(later["far"]["expires_at"], "2026-12-31T00:00:00Z", "the day")


def test_key_places():
    with h.Hub() as lab:
        lab.configure(vault_key="keys/mine")
        os.mkdir(lab.path("keys"))
        tap.is_(store(lab, "a", b"x")[0], 0, "a key where the configuration says")
        tap.ok(os.path.exists(lab.path("keys", "mine")), "made there")
        lab.configure()
        os.mkdir(lab.path("cred"))
        os.rename(lab.path("keys", "mine"), lab.path("cred", "vault-key"))
        os.chmod(lab.path("cred", "vault-key"), 0o440)  # as the service manager leaves it, with an ACL
        env = {"CREDENTIALS_DIRECTORY": lab.path("cred")}
        tap.is_(store(lab, "b", b"y", env=env)[0], 0, "a credential of the service manager")
        tap.ok(not os.path.exists(lab.path("vault.key")), "no other key is made")
        code, err = store(lab, "c", b"z")
        tap.is_(code, 3, "without it")
        tap.has(err, "key is not there", "nothing is sealed with another one")


class Platform(api.Api):
    """Knows tokens; /open is for everyone. Counts what was asked; answers while its gate is open."""

    def __init__(self):
        super().__init__()
        self.tokens, self.asked, self.gate = set(), [], threading.Event()
        self.gate.set()

    def answer(self, asked):
        self.asked.append(asked.path)
        is_let_in = asked.path == "/open" or asked.token() in self.tokens
        self.gate.wait(omni.RUN_SECONDS)
        return (200, [{"id": "1", "day": "2026-11-01", "net": "1.00"}]) if is_let_in else (401, "no")

    def connector(self, name, secret):
        fields = [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"}]
        stream = {"name": "orders", "dataset": "orders", "url": "/" + name, "records": "$[*]", "fields": fields, "sync": "snapshot"}
        return h.connector(name, "rest", {"api_url": self.url, "token": "secret:" + secret, "streams": [stream]},
                           schedule="@yearly")


def outcomes(lab):
    found, done = {}, lab.run("runs", "--json", "--last", "0")
    for run in reversed(done.json() if done.code == 0 else []):  # the service may still make the store
        if run["kind"] == "pull":
            found.setdefault(run["connector"], []).append(run.get("code"))
    return found


def test_service_is_told():
    """Who was refused is tried again once there is a new secret; who was not, and who uses another one, waits for the next tick."""
    platform = Platform()
    with h.Hub() as lab:
        lab.configure(*[platform.connector(name, secret) for name, secret in (("shop", "one"), ("till", "two"), ("open", "one"))])
        for name in ("one", "two"):
            tap.is_(store(lab, name, b"old")[0], 0, "stored, and no service to be told")
        with open(lab.path("log"), "wb") as log, lab.start("run", stdout=subprocess.DEVNULL, stderr=log) as service:
            try:
                first = {"shop": ["failed-auth"], "till": ["failed-auth"], "open": ["ok"]}
                h.wait_for(lambda: outcomes(lab) == first, "the first runs")
                platform.tokens.add("new")
                done = lab.run("secrets", "list")  # takes no time from anybody, and changes nothing
                tap.is_((done.code, outcomes(lab)), (0, first), "both wait for a person")
                said = set_secret(lab, "one", "new")
                tap.is_((said.code, said.out), (0, "the service tries again now: connector shop\n"), "the one that was refused is named")
                after = dict(first, shop=["failed-auth", "ok"])
                h.wait_for(lambda: outcomes(lab)["shop"][1:] == ["ok"], "its next run")
                said = set_secret(lab, "one", "new")
                tap.is_((said.code, said.out), (0, ""), "nobody waits for it any more")
                said = set_secret(lab, "two", "wrong")
                tap.has(said.out, "connector till", "a secret that is wrong again")
                h.wait_for(lambda: outcomes(lab)["till"][1:] == ["failed-auth"], "its next run")
                tap.is_(outcomes(lab), dict(after, till=["failed-auth"] * 2), "each once, and nobody else")
                tap.is_(platform.asked.count("/open"), 1, "whoever was well is left alone")
            finally:
                service.terminate()
        said = set_secret(lab, "two", "new")
        tap.is_((said.code, said.out, said.err), (0, "", ""), "no service: nothing is said")
        with lab.start("run", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
            try:
                h.wait_for(lambda: outcomes(lab)["till"][2:] == ["ok"], "its run by the next service")
                tap.is_(outcomes(lab), dict(after, till=["failed-auth", "failed-auth", "ok"]), "the next service tries what waits for a person once")
            finally:
                service.terminate()
    platform.close()


def test_secret_during_a_run():
    """The old one is on its way to the platform, which refuses it after the new one was stored."""
    platform = Platform()
    platform.gate.clear()
    with h.Hub() as lab:
        lab.configure(platform.connector("shop", "one"), platform.connector("open", "one"))
        store(lab, "one", b"old")
        with lab.start("run", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
            try:
                h.wait_for(lambda: {"/shop", "/open"} <= set(platform.asked), "both runs")
                platform.tokens.add("new")
                tap.is_(set_secret(lab, "one", "new").code, 0, "stored while runs go on with the old one")
                platform.gate.set()
                h.wait_for(lambda: outcomes(lab).get("shop") == ["failed-auth", "ok"], "the run with the new one")
                tap.is_(outcomes(lab)["open"], ["ok"], "whoever was refused after that is tried again, and nobody else")
            finally:
                service.terminate()
    platform.close()


def set_secret(lab, name, value):
    command = [os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "secrets", "set", name]
    return omni.Result(subprocess.run(command, input=value, capture_output=True, text=True, timeout=omni.RUN_SECONDS, check=False))


test_pull()
test_sinks()
test_values()
test_calendar()
test_key_places()
test_service_is_told()
test_secret_during_a_run()
tap.done()
