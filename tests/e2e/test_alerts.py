#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts: what begins and ends is told once, together, again where it got lost, and never with a secret in it."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import api  # noqa: E402
import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402
from receivers import Hook  # noqa: E402

ORDERS = '[{"id": "1", "day": "2026-11-01", "net": "12.50"}]'
TOKEN = "canary-platform-token-77"
HOOK_TOKEN = "canary-hook-token-88"


class Platform(api.Api):
    """Serves orders with a status that a test sets; what it says of an error repeats the login it was given."""

    def __init__(self, status=200):
        super().__init__()
        self.status = status

    def answer(self, asked):
        return self.status, ORDERS if self.status == 200 else {"error": "no such thing for %s" % asked.headers.get("Authorization")}

    def connector(self, name, **more):
        fields = [{"path": "$.id", "column": "order_id"}, {"path": "$.day", "column": "date"}, {"path": "$.net", "column": "net"}]
        stream = {"name": "orders", "dataset": "orders", "url": "/orders", "records": "$[*]", "fields": fields, "sync": "snapshot"}
        options = {"api_url": self.url, "streams": [stream], "currency": "EUR",
                   "token": TOKEN}
        return h.connector(name, "rest", options, **dict({"schedule": "@yearly"}, **more))


class Lab(h.Hub):
    def configure_alerts(self, *connectors, alerts, **hub):
        self.configure(*connectors, retry_after="1s", http={"max_attempts": 1}, **hub)
        text = "alerts = (\n%s\n);\n" % ",\n".join("  " + h.written(a) for a in alerts)
        with open(self.path("omnihub.conf"), "a", encoding="utf-8") as conf:
            conf.write(text)

    def serve(self, stack):
        """`omnihub run`; its log goes to a file."""
        log = stack.enter_context(open(self.path("log"), "ab"))
        process = self.start("run", stdout=subprocess.DEVNULL, stderr=log)

        def end():
            if process.poll() is None:
                process.terminate()
            process.wait(h.WAIT_SECONDS)
        stack.callback(end)
        return process

    def log(self):
        with open(self.path("log"), encoding="utf-8") as log:
            return log.read()

    def messages(self, *more):
        done = self.run("alerts", "--json", *more)
        return done.json() if done.code == 0 else []  # the store may just be made

    def stored(self):
        """Everything that lies in the state folder."""
        found = b""
        for folder, _, files in os.walk(self.path("state")):
            for name in files:
                with contextlib.suppress(OSError), open(os.path.join(folder, name), "rb") as file:
                    found += file.read()
        return found


def hook_alert(hook, **more):
    return dict({"name": "hook", "kind": "webhook", "url": hook.url(), "group": "1s"}, **more)


def test_life():
    """One message for what begins together, none for what goes on, one for the end."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        lab.write("hook-token", HOOK_TOKEN + "\n", 0o600)
        lab.configure_alerts(platform.connector("shop"), platform.connector("branch"),
                             alerts=[hook_alert(hook, group="3s", token="file:hook-token")])
        lab.serve(stack)
        h.wait_for(hook.taken, "the first message")
        tap.is_([sorted(m) for m in hook.items()], [[("failing", "branch.orders", "open"), ("failing", "shop.orders", "open")]],
                "two connectors that fail together are one message")
        first = hook.taken()[0]
        tap.is_((first["headers"].get("Authorization"), first["headers"].get("Idempotency-Key")),
                ("Bearer " + HOOK_TOKEN, first["body"]["key"]), "with the token, and its key as idempotency key")
        tap.has(first["body"]["text"], "2 new", "in words, too")
        tap.has(first["body"]["text"], "failed-", "with the outcome's code")
        tap.has(first["body"]["text"], "to do: ", "and with what is to be done")

        before = len(lab.ledger("shop"))
        lab.run("resume", "shop")
        h.wait_for(lambda: len([r for r in lab.ledger("shop") if r["outcome"] != "running"]) > before, "another run that fails")
        platform.status = 200
        lab.run("resume", "shop")
        lab.run("resume", "branch")
        h.wait_for(lambda: sum(map(len, hook.items())) >= 4, "the end to be told")
        tap.is_(sorted(sum(hook.items()[1:], [])), [("failing", "branch.orders", "over"), ("failing", "shop.orders", "over")],
                "what goes on failing is not told again, that it is well again is told once")
        h.wait_for(lambda: all(m.get("code") == "sent" for m in lab.messages()), "the messages to be noted as sent")
        tap.is_(lab.run("status").out.count("alert hook"), 0, "status has nothing to say of alerts that got through")
        for name, place in (("the message", str(hook.posts)), ("the log", lab.log()), ("the store", lab.stored().decode("latin-1")),
                            ("the list", str(lab.messages()))):
            tap.ok(TOKEN not in place, "the platform's token is not in " + name)
            tap.ok(name == "the message" or HOOK_TOKEN not in place, "the receiver's token is not in " + name)


def test_signed():
    """By a key out of the vault, as its receiver works it out; a key that is none keeps the message."""
    key = "whsec_" + base64.b64encode(b"canary-signing-key-99").decode()
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        lab.write("key", key + "\n", 0o600)
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook, signing_key="file:key")])
        lab.serve(stack)
        h.wait_for(hook.taken, "a message")
        post = hook.taken()[0]
        at, said = post["headers"]["webhook-timestamp"], post["headers"]["webhook-id"]
        content = b"%s.%s.%s" % (said.encode(), at.encode(), post["raw"])
        expected = base64.b64encode(hmac.new(b"canary-signing-key-99", content, hashlib.sha256).digest()).decode()
        tap.is_(post["headers"]["webhook-signature"], "v1," + expected, "the signature is what its receiver works out")
        tap.is_(said, post["body"]["key"], "its id is the message's")
        tap.ok(abs(time.time() - int(at)) < 3600, "its time is now")
        tap.ok(key not in lab.log() and key not in lab.stored().decode("latin-1") and "canary" not in str(hook.posts), "the key is nowhere")
    with Lab() as lab, Hook() as hook:
        lab.configure_alerts(alerts=[hook_alert(hook, signing_key="short")])
        done = lab.run("alerts", "--test")
        tap.ok(done.code == 1 and "signing_key: shorter than 16 bytes" in done.out + done.err, "a key that is none: nothing is sent unsigned")
        tap.is_(hook.posts, [], "to nobody")


def test_lost_and_killed():
    """A receiver that is down, and a service that is killed: one message, one id."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        hook.paused = True
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook)])
        process = lab.serve(stack)
        h.wait_for(lambda: len(hook.posts) >= 2, "a second attempt")
        h.kill_hard(process.pid)
        process.wait()
        tried = len(hook.posts)
        done = lab.run("status")
        tap.has(done.out, "alert hook: waiting", "status says that a message does not get through")
        tap.has(done.out, "503", "and why")
        hook.paused = False
        lab.serve(stack)
        h.wait_for(hook.taken, "the message to be delivered after the restart")
        tap.ok(tried >= 2 and len({post["body"]["key"] for post in hook.posts}) == 1, "each attempt has the same key, over the restart too")
        tap.is_(hook.items(), [[("failing", "shop.orders", "open")]], "it is told once")
        h.wait_for(lambda: lab.messages()[0].get("code") == "sent", "the message to be noted as sent")
        tap.is_(len(lab.messages()), 1, "there is one message")


def test_told_to_wait():
    """A receiver that says for how long it must not be asked; what else happens meanwhile is no reason to ask it."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        hook.statuses, hook.headers = [429] * 50, {"Retry-After": "7200"}
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook)])
        lab.serve(stack)
        h.wait_for(lambda: lab.messages() and lab.messages()[0].get("message"), "the refusal to be noted")
        for n in range(3):
            lab.run("resume", "shop")
            h.wait_for(lambda n=n: len([r for r in lab.ledger("shop") if r["outcome"] == "failed"]) >= n + 2, "another run")
        tap.is_(len(hook.posts), 1, "it is asked once")
        waits = datetime.datetime.fromisoformat(lab.messages()[0]["next_at"].replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)
        tap.ok(5400 < waits.total_seconds() <= 7200, "and then when it said")


def test_no_chain():
    """An alert that is not delivered is no failed delivery to a sink: nothing is combined again for it."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        hook.paused = True
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook)])
        lab.serve(stack)
        h.wait_for(lambda: len(hook.posts) >= 2 and lab.log().count("combine outcome=ok") == 2, "two attempts, and combine at its start and after the pull")
        lab.run("resume", "shop")
        h.wait_for(lambda: lab.log().count("combine outcome=ok") == 3, "the second pull to be followed up")
        tried = len(hook.posts)
        h.wait_for(lambda: len(hook.posts) >= tried + 2, "more attempts")
        tap.is_(lab.log().count("combine outcome=ok"), 3, "combined once for each pull")


def test_unknown():
    """Killed after the receiver has it, before anybody could note that: it comes again, and can be told apart."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook)])
        started, killed = [], []

        def kill_once(_):
            if not killed:
                killed.append(h.kill_hard(started[0].pid))
        hook.before_reply = kill_once
        started.append(lab.serve(stack))
        started[0].wait(h.WAIT_SECONDS)
        lab.serve(stack)
        h.wait_for(lambda: lab.messages() and lab.messages()[0].get("code") == "sent", "the message to be noted as sent")
        tap.is_((len(hook.posts), len({post["headers"]["Idempotency-Key"] for post in hook.posts})), (2, 1), "twice, with one key")


def test_gone():
    """What is taken out of the configuration is not complained about for ever."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        lab.configure_alerts(platform.connector("shop"), platform.connector("branch"), alerts=[hook_alert(hook)])
        lab.serve(stack)
        h.wait_for(lambda: sum(map(len, hook.items())) >= 2, "both to be told")
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook)])
        tap.is_(lab.run("reload").code, 0, "reload")
        h.wait_for(lambda: ("failing", "branch.orders", "over") in sum(hook.items(), []), "the end of what is gone")
        tap.ok(("failing", "shop.orders", "over") not in sum(hook.items(), []), "not of what is there")


def test_given_up():
    with Lab() as lab, Hook() as hook, Platform(404) as platform, contextlib.ExitStack() as stack:
        hook.paused = True
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook, give_up="1s")])
        lab.serve(stack)
        h.wait_for(lambda: lab.messages() and lab.messages()[0].get("code") == "lost", "the message to be given up")
        tap.has(lab.run("status").out, "alert hook: lost", "status says that it was lost")
        tap.has(lab.log(), "cannot be delivered (lost)", "the log as well")


def test_remind_and_choose():
    with Lab() as lab, Hook() as hook, Hook() as other, Platform(404) as platform, contextlib.ExitStack() as stack:
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook, remind="1s"),
                                                                 hook_alert(other, name="other", events=["drift", "sunset"])])
        lab.serve(stack)
        h.wait_for(lambda: len(hook.taken()) >= 3, "reminders")
        tap.is_(hook.items()[:3], [[("failing", "shop.orders", state)] for state in ("open", "still", "still")], "told again where it is wanted")
        tap.is_(other.posts, [], "an alert gets the kinds of events that it wants")


def test_stale():
    """No run ends well for longer than it may: told, and told again that it is over."""
    with Lab() as lab, Hook() as hook, Platform(503) as platform, contextlib.ExitStack() as stack:
        lab.configure_alerts(platform.connector("shop", stale_after="2s"), alerts=[hook_alert(hook, events=["stale", "failing"])])
        lab.serve(stack)
        h.wait_for(lambda: {("stale", "shop", "open"), ("failing", "shop.orders", "open")} <= set(sum(hook.items(), [])), "both to be told")
        tap.ok(len(lab.ledger("shop")) >= 3, "a passing fault is told as failing once it came three times")
        tap.has(lab.run("status").out, "stale", "status shows it")
        platform.status = 200
        h.wait_for(lambda: {("stale", "shop", "over"), ("failing", "shop.orders", "over")} <= set(sum(hook.items(), [])), "the end of both")
        tap.ok(True, "both are told to be over")


def test_stale_by_cron():
    """Without a service and a schedule the admin says how old it may be."""
    with Lab() as lab, Hook() as hook, Platform(503) as platform:
        shop = platform.connector("shop", stale_after="1s")
        del shop["schedule"]
        lab.configure_alerts(shop, alerts=[hook_alert(hook, events=["stale"])])
        h.wait_for(lambda: lab.run("sync") and hook.taken(), "it to be told")
        tap.is_(hook.items(), [[("stale", "shop", "open")]], "told by sync")


def test_secrets():
    """A secret that expires soon."""
    with Lab() as lab, Hook() as hook, Platform() as platform, contextlib.ExitStack() as stack:
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook)])
        now = datetime.datetime.now(datetime.timezone.utc)
        long_ago = (now - datetime.timedelta(200)).strftime("%Y-%m-%dT%H:%M:%SZ")
        soon = (now + datetime.timedelta(5)).strftime("%Y-%m-%d")
        set_secret(lab, "old", "--expires", soon, env={"OMNIHUB_NOW": long_ago})
        set_secret(lab, "young", "--expires", (now + datetime.timedelta(60)).strftime("%Y-%m-%d"))
        process = lab.serve(stack)
        h.wait_for(hook.taken, "a message")
        tap.is_(hook.items(), [[("secret", "secret old", "open")]], "told of one that comes to its end, not of one that has time")
        tap.has(hook.taken()[0]["body"]["text"], "omnihub secrets set old", "with the command")
        set_secret(lab, "old", "--expires", (now + datetime.timedelta(300)).strftime("%Y-%m-%d"))
        process.send_signal(1)
        h.wait_for(lambda: len(hook.taken()) >= 2, "the end")
        tap.is_(hook.items()[1], [("secret", "secret old", "over")], "over with a new one")


def set_secret(lab, name, *more, env=None):
    done = subprocess.run([os.path.join(omni.BUILD, "omnihub"), "-c", lab.path("omnihub.conf"), "secrets", "set", name, *more],
                          input="value-of-" + name, text=True, capture_output=True, check=False, env=dict(os.environ, **(env or {})))
    tap.is_(done.returncode, 0, "secret %s is stored" % name)


def test_sync():
    """Without a service: sent at the end of sync, what did not get through with the next one."""
    with Lab() as lab, Hook() as hook, Platform(404) as platform:
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook, group="1h")])
        hook.statuses = [500]
        tap.is_(lab.run("sync").code, 1, "the run's failure is the exit code")
        tap.is_([post["status"] for post in hook.posts], [500], "sent at once, without waiting for more")
        h.wait_for(lambda: lab.run("sync").code == 1 and hook.taken(), "a later sync to deliver it")
        tap.is_(hook.items(), [[("failing", "shop.orders", "open")]], "told once")
        platform.status = 200
        tap.is_(lab.run("sync").code, 0, "well again")
        tap.is_(hook.items()[1:], [[("failing", "shop.orders", "over")]], "and told")
        lab.check_whole("after it all")


def test_sink():
    """A sink that cannot be written to."""
    with Lab() as lab, Hook() as hook, Platform() as platform:
        lab.write("in-the-way", "")
        sinks = [h.sink("files", "csv", ["orders"], {"directory": "in-the-way"})]
        lab.configure_alerts(platform.connector("shop"), sinks=sinks, alerts=[hook_alert(hook)])
        lab.run("sync")
        found = sum(hook.items(), [])
        tap.ok(found and all(k == "failing" and s.startswith("sink files") for k, s, _ in found), "a sink that fails is told")
        tap.has(lab.run("status").out, "sink files", "status shows it")
        os.unlink(lab.path("in-the-way"))
        tap.is_(lab.run("sync").code, 0, "mended")
        tap.is_({state for _, _, state in sum(hook.items()[1:], [])}, {"over"}, "and told")


def test_trying():
    with Lab() as lab, Hook() as hook, Platform() as platform:
        lab.configure_alerts(platform.connector("shop"), alerts=[hook_alert(hook), hook_alert(hook, name="second")])
        done = lab.run("alerts", "--test", "hook")
        tap.is_((done.code, done.out), (0, "hook: sent\n"), "a test message is sent")
        tap.is_(hook.items(), [[("test", "alerts", "open")]], "to the one that was named")
        tap.is_(lab.run("alerts", "--test").code, 0, "or to all")
        hook.statuses = [500]
        done = lab.run("alerts", "--test", "hook")
        tap.is_((done.code, "500" in done.err), (1, True), "one that is not taken is said")
        done = lab.run("alerts", "--test", "hok")
        tap.is_((done.code, "did you mean \"hook\"" in done.err), (2, True), "an unknown name is refused")


def test_configuration():
    wrong = [
        ({"name": "a", "kind": "pager", "url": "x"}, 'kind "pager" is not one of'),
        ({"name": "a", "kind": "webhook", "url": "http://example.com/x"}, "only https is allowed"),
        ({"name": "a", "kind": "webhook", "url": "nonsense"}, "alert \"a\": url:"),
        ({"name": "a", "kind": "webhook", "url": "https://x.example/", "user": "u", "password": "p"}, 'user: is for kind = "mail"'),
        ({"name": "a", "kind": "webhook", "url": "https://x.example/", "tokn": "t"}, 'did you mean "token"'),
        ({"name": "a", "kind": "webhook", "url": "https://x.example/", "events": ["failing", "fresh"]}, '"fresh" is not one of'),
        ({"name": "a", "kind": "webhook", "url": "https://x.example/", "remind": "soon"}, 'remind "soon" is not an interval'),
        ({"name": "a", "kind": "mail", "url": "smtp://m.example", "from": "a@b"}, "to: is missing"),
        ({"name": "a", "kind": "mail", "url": "smtp://m.example", "from": "a@b", "to": "nobody"}, "not an address like"),
        ({"name": "a", "kind": "mail", "url": "smtp://m.example", "from": "a@b", "to": ["c@d\r\nBcc: e@f"]}, "not an address like"),
        ({"name": "a", "kind": "mail", "url": "smtp://m.example", "from": "a@b", "to": "c@d", "tls": "off"}, "without TLS only a server on"),
        ({"name": "a", "kind": "mail", "url": "imap://m.example", "from": "a@b", "to": "c@d"}, "not a url like smtp://"),
        ({"name": "a", "kind": "mail", "url": "smtp://m.example", "from": "a@b", "to": "c@d", "user": "u"}, "go together"),
        ({"name": "a", "kind": "webhook", "url": "secret:none"}, 'secret "none"'),
    ]
    with Lab() as lab, Platform() as platform:
        for alert, text in wrong:
            lab.configure_alerts(platform.connector("shop"), alerts=[alert])
            done = lab.run("check")
            tap.ok(done.code == 2 and text in done.err and "omnihub.conf:" in done.err, "refused: " + text)
            if text not in done.err:
                tap.note(done.err)
        lab.configure_alerts(platform.connector("shop"), alerts=[
            {"name": "a", "kind": "mail", "url": "smtps://m.example", "from": "a@b", "to": ["c@d"], "user": "u", "password": "in-the-clear"}])
        done = lab.run("check")
        tap.is_((done.code, "password" in done.err and "in the clear" in done.err, "in-the-clear" in done.err), (0, True, False),
                "a password in the clear is warned of, and not shown")


tap.run([test_life, test_signed, test_lost_and_killed, test_told_to_wait, test_no_chain, test_unknown, test_gone, test_given_up, test_remind_and_choose, test_stale, test_stale_by_cron, test_secrets, test_sync, test_sink, test_trying,
         test_configuration])
