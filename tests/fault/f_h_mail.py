# SPDX-License-Identifier: Apache-2.0
"""F101: mail servers that are busy, refuse, offer no TLS or fall silent, and text that wants to be a header."""

import contextlib
import os

import fault
import hub as h
import tap
import tls_lab
from rawserver import answer
from receivers import HANG_UP, SILENT, Smtp

FROM, OPS, BAD = "omnihub@example.com", "ops@example.com", "bad@example.com"
LOGIN = ("omnihub", "canary-mail-password")


class Bench(fault.Bench):
    """A connector that fails, and an alert by mail; sync sends it."""

    def __init__(self, name, smtp, account="1", to=(OPS,), **alert):
        super().__init__()
        self.checks = fault.Checks("F101 " + name)
        self.smtp, self.account = smtp, account
        self.alert = dict({"name": "ops", "kind": "mail", "url": smtp.url(), "from": FROM, "to": list(to), "tls": "off"}, **alert)
        self.play([answer('{"error": "gone\\r\\nBcc: evil@example.com\\r\\n"}', 404)])
        self.configure({})

    def settings(self, what):
        tree = super().settings(what)
        tree["hub"].update(retry_after="1s", ca_file=tls_lab.AUTHORITY.path("ca.pem") if tls_lab.AUTHORITY else None)
        tree["hub"]["http"].update(request_timeout="3s")
        tree["connectors"][0].update(accounts=[self.account])
        tree["alerts"] = [{name: value for name, value in self.alert.items() if value is not None}]
        return tree

    def sync(self):
        return self.lab.omnihub("sync", "-q")

    def until(self, what, look):
        """Each call tries again what is due."""
        return h.wait_for(lambda: self.sync() and look(), what)

    def message(self):
        return self.lab.omnihub("alerts", "--json").json()[0]

    def __enter__(self):
        return self

    def __exit__(self, kind, died, _):
        if died:
            self.checks.ok(False, "dies: %r" % died, self.lab.omnihub("alerts").out)
        fault.report(self.checks)
        self.close()
        return True


def greylisting():
    with Smtp() as smtp, Bench("a greylisting server", smtp) as bench:
        smtp.say("RCPT", "450 4.2.0 greylisted, come again")
        bench.sync()
        message = bench.message()
        bench.checks.is_((smtp.mails, message.get("code")), ([], None), "it is kept")
        bench.checks.has(message.get("message", ""), "450 4.2.0 greylisted", "with what the server said")
        bench.until("the mail", lambda: smtp.mails)
        bench.checks.is_([(m.sender, m.to) for m in smtp.mails], [(FROM, [OPS])], "delivered once it comes again")
        bench.checks.is_(bench.message().get("code"), "sent", "and noted")


def too_large():
    with Smtp() as smtp, Bench("552 too large", smtp) as bench:
        smtp.say(".", "552 5.3.4 message too large")
        bench.sync()
        message = bench.message()
        bench.checks.is_(message.get("code"), "refused", "it is not sent for ever")
        bench.checks.has(message.get("message", ""), "552 5.3.4", "with what the server said")
        bench.checks.has(bench.lab.omnihub("status").out, "alert ops: refused", "status says so")


def one_of_two():
    with Smtp() as smtp, Bench("a bad recipient among good ones", smtp, to=(BAD, OPS)) as bench:
        smtp.say("RCPT TO:<%s>" % BAD, "550 5.1.1 no such user")
        bench.sync()
        bench.checks.is_([m.to for m in smtp.mails], [[OPS]], "the good one gets it")
        message = bench.message()
        bench.checks.is_((message.get("code"), message.get("done", {}).get(OPS)), ("sent", "ok"), "it is sent")
        bench.checks.has(message.get("message", ""), BAD + ": the server refuses it: 550 5.1.1", "each recipient has its answer")
        bench.checks.has(bench.lab.omnihub("status").out, "alert ops: partly", "status says that one did not get it")
        smtp.say("RCPT TO:<%s>" % BAD, "450 later")
        done = bench.lab.omnihub("alerts", "--test")
        bench.checks.is_((done.code, len(smtp.mails)), (1, 2), "a test says so, too")


def some_later():
    with Smtp() as smtp, Bench("one recipient of two is told to wait", smtp, to=(BAD, OPS)) as bench:
        smtp.say("RCPT TO:<%s>" % BAD, "451 later")
        bench.sync()
        bench.until("the second one", lambda: len(smtp.mails) >= 2)
        bench.checks.is_([m.to for m in smtp.mails], [[OPS], [BAD]], "who has it does not get it again")


def no_starttls():
    with Smtp(wants_login=LOGIN) as smtp, Bench("no STARTTLS", smtp, tls=None, user=LOGIN[0], password="env:MAIL_PASSWORD") as bench:
        os.environ["MAIL_PASSWORD"] = LOGIN[1]
        bench.sync()
        bench.checks.is_((smtp.mails, [line for line in smtp.lines if line.startswith(("AUTH", "MAIL"))]), ([], []),
                         "neither mail nor login are sent in the clear")
        bench.checks.has(bench.message().get("message", ""), "offers no STARTTLS", "and it is said")


def starttls():
    if not tls_lab.AUTHORITY:
        tap.skip("F101 STARTTLS", "no openssl program")
        return
    os.environ["MAIL_PASSWORD"] = LOGIN[1]
    for is_smtps in (False, True):
        name = "smtps" if is_smtps else "STARTTLS"
        with Smtp(tls_lab.AUTHORITY.context("good"), is_smtps, LOGIN) as smtp, \
                Bench(name, smtp, url=smtp.url("localhost"), tls=None, user=LOGIN[0], password="env:MAIL_PASSWORD") as bench:
            bench.sync()
            bench.checks.is_([(m.is_tls, m.user) for m in smtp.mails], [(True, LOGIN[0])], "login and mail go through TLS")
            bench.alert.update(password="wrong-canary-password")
            bench.configure({})
            done = bench.lab.omnihub("alerts", "--test")
            bench.checks.has(done.err, "535", "a wrong password is said")
            bench.checks.ok("canary" not in done.err + done.out, "and not shown", done.err)
            state = "".join(map(str, bench.query("SELECT * FROM outbox")))
            bench.checks.ok("canary" not in state, "nor kept", state)
    made = tls_lab.AUTHORITY
    made.make("other", san="DNS:other.example")
    with Smtp(made.context("other"), False, LOGIN) as smtp, Bench("another server's certificate", smtp, url=smtp.url("localhost"), tls=None) as bench:
        bench.sync()
        bench.checks.is_(smtp.mails, [], "nothing is sent")
        bench.checks.has(bench.message().get("message", ""), "certificate", "and it is said")


def after_data():
    for name, order in (("silence", SILENT), ("an end of the connection", HANG_UP)):
        with Smtp() as smtp, Bench(name + " after DATA", smtp) as bench:
            smtp.say(".", order)
            bench.sync()
            bench.checks.ok(smtp.half, "it was sent, and nobody knows")
            bench.until("the mail", lambda: smtp.mails)
            bench.checks.is_(smtp.mails[0].id(), smtp.half[0].id(), "the second one has the same Message-ID")


def injection():
    account = "1\r\nBcc: evil@example.com\r\n\r\n\u00fcber \U0001f600"
    with Smtp() as smtp, Bench("names with line ends", smtp, account=account) as bench:
        bench.sync()
        mail = smtp.mails[0]
        bench.checks.is_((mail.parsed["Bcc"], mail.to), (None, [OPS]), "no header comes of them")
        bench.checks.has(mail.parsed["Subject"], "\u00fcber \U0001f600", "the subject keeps every character")
        bench.checks.is_(mail.parsed.defects, [], "it is a proper mail")
        bench.checks.has(mail.text(), "failed-", "with the outcome")
        bench.checks.ok(all(len(line) <= 998 for line in mail.raw.split(b"\r\n")) and b"\n." not in mail.raw, "its lines are what mail allows")
        bench.checks.is_((mail.parsed["Auto-Submitted"], mail.parsed["To"]), ("auto-generated", OPS), "nobody's absence is told to it")


def not_there():
    with Smtp() as smtp, Bench("a server that is down", smtp) as bench:
        port = smtp.port
        smtp.close()
        bench.sync()
        bench.checks.has(bench.message().get("message", ""), "onnect", "it is said")
        with contextlib.suppress(OSError), Smtp(port=port) as again:  # somebody else may have the port by now
            bench.until("the mail", lambda: again.mails)
            bench.checks.is_([m.to for m in again.mails], [[OPS]], "delivered once it is back")


os.environ.pop("MAIL_PASSWORD", None)
for test in (greylisting, too_large, one_of_two, some_later, no_starttls, starttls, after_data, injection, not_there):
    test()
tap.done()
