#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""F051 to F056: grants that die or rotate, jobs killed in the middle of a renewal, vaults that cannot be read."""

import fcntl
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import hub as h  # noqa: E402
import omni  # noqa: E402
import rotating  # noqa: E402
import tap  # noqa: E402

STREAM = {"name": "orders", "dataset": "orders", "url": "/orders", "records": "$.orders[*]", "sync": "snapshot",
          "constants": {"currency": "EUR"},
          "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"}]}
LOCK_SECONDS = 60


class Lab(h.Hub):
    """Connectors that share one grant of a rotating platform, and one that has nothing to do with it."""

    def __init__(self, names=("shop",), reference="secret:grant", **hub):
        super().__init__()
        self.platform, self.other = rotating.Platform(), rotating.Platform()
        connectors = [self.connector(name, self.platform, reference) for name in names]
        self.configure(*connectors, self.connector("other", self.other, "secret:other"), parallel=8, **hub)
        self.keep("grant", self.platform.log_in())
        self.keep("client", rotating.CLIENT_SECRET)
        self.keep("other", self.other.log_in())

    def connector(self, name, platform, reference):
        options = {"api_url": platform.url(), "client_id": rotating.CLIENT, "client_secret": "secret:client",
                   "refresh_token": reference, "token_url": platform.url() + "/token", "streams": [STREAM]}
        return h.connector(name, "rest", options)

    def keep(self, name, value):
        command = [os.path.join(omni.BUILD, "omnihub"), "-q", "-c", self.path("omnihub.conf"), "secrets", "set", name]
        subprocess.run(command, input=value.encode(), check=True, timeout=omni.RUN_SECONDS)

    def secret(self, name="grant"):
        return {s["name"]: s for s in self.run("secrets", "list", "--json").json()}[name]

    def outcome(self, name="shop"):
        results, code = self.pull(name)
        found = [r for (connector, _, _), r in results.items() if connector == name]
        return found[0], code

    def close(self):
        self.platform.shutdown()
        self.other.shutdown()
        super().close()


def unlocked(path):
    """The vault's lock, once nobody has it."""
    lock = os.open(path, os.O_RDWR)
    h.wait_for(lambda: try_lock(lock), "the vault's lock")
    return lock


def try_lock(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def test_rotation():
    with Lab() as lab:
        for turn in (1, 2, 3):
            lab.platform.dead_tokens.add(lab.platform.access)  # each run has to renew
            result, code = lab.outcome()
            tap.is_((result["outcome"], code, lab.platform.turn), ("ok", 0, turn), "F051 run %d renews the grant" % turn)
        tap.is_(lab.platform.reuses, 0, "F051 no refresh token is sent twice")
        refreshes = lab.platform.refreshes
        lab.outcome()
        tap.is_((lab.platform.refreshes, lab.outcome()[0]["outcome"]), (refreshes, "ok"), "access tokens are kept between runs")
        text = open(lab.path("state", "vault"), encoding="utf-8").read()
        tap.ok("canary" not in text and "access" not in text, "and are not readable")


def test_side_by_side():
    names = ["shop%d" % n for n in range(6)]
    with Lab(names) as lab:
        for turn in range(3):
            lab.platform.dead_tokens.add(lab.platform.access)
            results, code = lab.pull(*names)
            tap.is_((code, {r["outcome"] for (name, _, _), r in results.items() if name.startswith("shop")}), (0, {"ok"}),
                    "F051 six jobs of one grant at once, round %d" % turn)
            tap.is_((lab.platform.refreshes, lab.platform.reuses), (turn + 1, 0), "F051 one of them renewed it for all")


def test_side_by_side_teeth():
    """The platform does what the test relies on: a token that comes back ends the grant."""
    platform = rotating.Platform()
    form = {"client_id": rotating.CLIENT, "client_secret": rotating.CLIENT_SECRET, "refresh_token": platform.log_in()}
    tap.is_([platform.refresh(form)[0] for _ in range(2)], [200, 400], "reuse is noticed")
    tap.ok(platform.is_revoked, "and ends the grant")
    platform.shutdown()


def test_dead():
    with Lab(("shop", "till")) as lab:
        lab.platform.revoke()
        results, code = lab.pull()
        shop = results[("shop", "", "orders")]
        tap.is_((code, shop["outcome"], shop["reason"]), (1, "failed", "auth"), "F051 a grant that was revoked")
        tap.has(shop["message"], "Token has been revoked.", "F051 what the platform says")
        tap.has(shop["remedy"], "omnihub secrets set grant", "F051 the exact command")
        tap.is_(results[("other", "", "orders")]["outcome"], "ok", "F051 other grants go on")
        tap.is_((lab.secret()["state"], lab.secret("other")["state"]), ("refused", "ok"), "F051 which one is dead")
        asked = lab.platform.refreshes
        till = lab.outcome("till")[0]
        tap.is_((lab.platform.refreshes, till["outcome"]), (asked, "failed"), "F051 the platform is not asked again")
        tap.has(till["message"], "omnihub secrets set grant", "F051 and the next one says what to do")
        lab.keep("grant", lab.platform.log_in())
        tap.is_(([lab.outcome(name)[0]["outcome"] for name in ("shop", "till")], lab.secret()["state"]), (["ok", "ok"], "ok"),
                "F051 after a new login all is well")


def test_odd_replies():
    with Lab() as lab:
        first = lab.platform.token("refresh")
        for more, name in (({"refresh_token": None}, "no refresh_token"), ({"expires_in": "3600"}, "expires_in as text"),
                           ({"expires_in": 0}, "expires_in of 0"), ({"expires_in": -5}, "a negative one"),
                           ({"expires_in": 10**15}, "a huge one"), ({"expires_in": None}, "none"), ({"token_type": "mac?"}, "an odd type"),
                           ({"refresh_token_expires_in": "x"}, "an odd expiry")):
            lab.keep("grant", lab.platform.log_in())
            lab.platform.more = more
            if more.get("refresh_token", "") is None:
                lab.platform.token = lambda kind, old=lab.platform.token: old(kind) if kind == "access" else first
                lab.keep("grant", first)
            tap.is_(lab.outcome()[0]["outcome"], "ok", "F052 " + name)
            lab.platform.__dict__.pop("token", None)
        lab.platform.more = {"refresh_token_expires_in": 20 * 86400 + 3600}
        lab.keep("grant", lab.platform.log_in())
        lab.outcome()
        tap.has(lab.secret()["message"], ", within 30 days", "F052 and what it says of the refresh token's end is kept")
        tap.has(lab.run("status").out, "grant", "in status, too")


def start_renewal(lab):
    """A pull whose token request has used up the old refresh token, and waits for its answer. (process, job's pid)"""
    lab.platform.at_token.shut()
    process = lab.start("pull", "shop")
    lab.platform.at_token.wait_for_arrival()
    return process, h.child(process.pid, "omnihub-job")


def end(process):
    process.communicate(timeout=omni.RUN_SECONDS)


def test_killed_before_it_is_kept():
    with Lab() as lab:
        process, job = start_renewal(lab)
        lock = unlocked(lab.path("state", "locks", "vault.lock"))  # the job will wait for it, with the answer in its hands
        lab.platform.at_token.open()
        h.wait_for(lambda: waits_for_lock(job), "the job with the platform's answer")
        h.kill_hard(job)
        end(process)
        os.close(lock)
        result, code = lab.outcome()
        tap.is_((code, result["outcome"], result["reason"]), (1, "failed", "auth"), "F053 killed before the new token was kept")
        tap.has(result["message"], "a renewal was begun at", "F053 the reason is named")
        tap.has(result["remedy"], "omnihub secrets set grant", "F053 with the exact command")
        tap.is_(lab.outcome("other")[0]["outcome"], "ok", "F053 others go on")
        lab.keep("grant", lab.platform.log_in())
        tap.is_(lab.outcome()[0]["outcome"], "ok", "F053 after a new login all is well")
        lab.check_whole("F053 afterwards")


def waits_for_lock(job):
    """The job has read the answer: its connection to the platform is closed or idle, and it has the lock's file open."""
    try:
        return any(os.readlink("/proc/%d/fd/%s" % (job, fd)).endswith("/vault.lock") for fd in os.listdir("/proc/%d/fd" % job))
    except OSError:
        return False


def test_killed_before_it_is_used():
    with Lab() as lab:
        lab.platform.at_data.shut()
        process = lab.start("pull", "shop")
        lab.platform.at_data.wait_for_arrival()  # the new token was kept, its first use has no answer yet
        h.kill_hard(h.child(process.pid, "omnihub-job"))
        end(process)
        lab.platform.at_data.open()
        refreshes = lab.platform.refreshes
        tap.is_(lab.outcome()[0]["outcome"], "ok", "F053 killed after the new token was kept: the next run is well")
        tap.is_((lab.platform.refreshes, lab.platform.reuses), (refreshes, 0), "F053 with the token that was kept")
        lab.platform.dead_tokens.add(lab.platform.access)
        tap.is_((lab.outcome()[0]["outcome"], lab.platform.reuses), ("ok", 0), "F053 and renews with the newest refresh token")
        lab.check_whole("F053 afterwards")


def test_stored_anew_meanwhile():
    with Lab() as lab:
        process, _ = start_renewal(lab)
        lab.keep("grant", lab.platform.log_in())
        lab.platform.at_token.open()
        end(process)
        result, _ = lab.outcome()
        tap.is_((result["outcome"], lab.platform.reuses), ("ok", 0), "F051 what a person stores meanwhile wins")


def test_not_in_the_vault():
    with Lab(reference="file:refresh") as lab:
        lab.write("refresh", lab.platform.log_in(), 0o600)
        done = lab.run("pull", "shop")
        tap.is_(done.code, 0, "F051 a rotating token in a file works once")
        tap.has(done.err, "file:refresh: the new one cannot be kept there", "F051 and it is said that it needs the vault")
        result, _ = lab.outcome()
        tap.has(result["remedy"], "put it into refresh", "F051 the remedy names the file")


def broken_vaults(whole, key):
    data = json.loads(whole)
    flipped = json.loads(whole)
    for record in flipped["secrets"]:
        if record["name"] == "grant":
            record["sealed"] = ("B" if record["sealed"][0] == "A" else "A") + record["sealed"][1:]
    return [("a vault cut in half", whole[:len(whole) // 2], key, 0o600, 2, "is damaged"),
            ("a vault of a newer omnihub", json.dumps(dict(data, format=2)), key, 0o600, 2, "newer omnihub"),
            ("a vault that others may read", whole, key, 0o644, 2, "chmod 600"),
            ("one bit flipped", json.dumps(flipped), key, 0o600, 1, 'secret "grant" is damaged'),
            ("no key", whole, None, 0o600, 2, "key is not there"),
            ("another key", whole, "A" * 43 + "=\n", 0o600, 2, "sealed with another key")]


def test_broken_vaults():
    with Lab() as lab:
        whole, key = (open(lab.path(*p), encoding="utf-8").read() for p in (("state", "vault"), ("vault.key",)))
        for name, vault, key_text, mode, code, says in broken_vaults(whole, key):
            lab.write("state/vault", vault, mode)
            os.unlink(lab.path("vault.key"))
            if key_text:
                lab.write("vault.key", key_text, 0o600)
            done = lab.run("pull")
            tap.is_(done.code, code, "F054 %s: exit code" % name)
            tap.has(done.out + done.err, says, "F054 %s is named" % name)
            if code == 1:
                tap.is_(lab.outcome("other")[0]["outcome"], "ok", "F054 %s: only its connector fails" % name)
            else:
                tap.is_(open(lab.path("state", "vault"), encoding="utf-8").read(), vault, "F054 %s: nothing is overwritten" % name)
            lab.write("vault.key", key, 0o600)
            lab.write("state/vault", whole, 0o600)
        lab.keep("other", lab.other.log_in())  # an old vault has its old refresh token
        tap.is_(lab.run("pull").code, 0, "F054 with vault and key in place all is well")


def test_no_trace():
    """F056: the vault's values and the tokens that come for them are in nothing that is said or left behind."""
    with Lab() as lab:
        said = [lab.run("-v", "pull"), lab.run("status", "--json"), lab.run("secrets", "list", "--json"), lab.run("runs", "--json")]
        lab.platform.revoke()
        lab.platform.dead_tokens.add(lab.platform.access)
        said += [lab.run("-v", "pull"), lab.run("-v", "pull", "other", "--record", lab.path("other.cassette"))]
        tap.ok("canary" in lab.platform.token("access"), "F056 the canary is one")
        text = "".join(done.out + done.err for done in said)
        for where, _, names in os.walk(lab.folder):
            for name in names:
                with open(os.path.join(where, name), "rb") as f:
                    text += f.read().decode("latin-1")
        found = [word for word in ("refresh-canary", "access-canary", rotating.CLIENT_SECRET) if word in text]
        tap.is_(found, [], "F056 no secret in what is said, nor in any file")
        tap.ok(len(text) > 20000, "F056 and that was a lot")


tap.run([test_rotation, test_side_by_side, test_side_by_side_teeth, test_dead, test_odd_replies, test_killed_before_it_is_kept,
         test_killed_before_it_is_used, test_stored_anew_meanwhile, test_not_in_the_vault, test_broken_vaults, test_no_trace])
