# SPDX-License-Identifier: Apache-2.0
"""Where alerts go: a webhook's receiver and a raw SMTP server, on free ports, that take, refuse or fall silent as a test says."""

import base64
import contextlib
import email
import email.policy
import http.server
import json
import socket
import threading

PATIENCE = 120  # until a silent connection is given up


class Hook:
    """Takes what is posted; `statuses` are used up one by one, then it is 200. headers: of every answer."""

    def __init__(self):
        self.posts, self.statuses, self.paused, self.before_reply = [], [], False, lambda post: None
        self.headers = {}
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                status = hook.statuses.pop(0) if hook.statuses else 503 if hook.paused else 200
                hook.posts.append({"status": status, "headers": dict(self.headers), "path": self.path, "body": body, "raw": raw})
                hook.before_reply(hook.posts[-1])
                self.send_response(status)
                for header in dict(hook.headers, **{"Content-Length": "2"}).items():
                    self.send_header(*header)
                self.end_headers()
                self.wfile.write(b"ok")

            def handle(self):
                with contextlib.suppress(OSError):  # a sender that was killed
                    super().handle()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/hook"):
        return "http://127.0.0.1:%d%s" % (self.server.server_address[1], path)

    def taken(self):
        return [post for post in self.posts if post["status"] == 200]

    def items(self):
        """(kind, scope, state) of everything that was taken, message by message."""
        return [[(i["kind"], i["scope"], i["state"]) for i in post["body"]["items"]] for post in self.taken()]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Mail:
    def __init__(self, sender, to, data, is_tls, user):
        self.sender, self.to, self.raw, self.is_tls, self.user = sender, to, data, is_tls, user
        self.parsed = email.message_from_bytes(data, policy=email.policy.default)

    def text(self):
        return self.parsed.get_content()

    def id(self):
        return self.parsed["Message-ID"]


SILENT, HANG_UP = "(silent)", "(hang up)"


class Smtp:
    """say(verb, reply, …): what it answers to a command that begins so, once each; "." is the end of the data. Mail that was not
    answered with 250 is in `half`."""

    def __init__(self, context=None, is_smtps=False, wants_login=None, port=0):
        self.context, self.is_smtps, self.wants_login = context, is_smtps, wants_login
        self.mails, self.half, self.lines, self.orders = [], [], [], []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return "%s://%s:%d" % ("smtps" if self.is_smtps else "smtp", host, self.port)

    def say(self, verb, *replies):
        with self.lock:
            self.orders += [(verb, reply) for reply in replies]

    def order_for(self, line):
        with self.lock:
            for number, (verb, reply) in enumerate(self.orders):
                if line.upper().startswith(verb.upper()):
                    del self.orders[number]
                    return reply
        return None

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            sock.settimeout(PATIENCE)
            if self.is_smtps:
                sock = self.context.wrap_socket(sock, server_side=True)
            Conversation(self, sock).run()
        except OSError:  # the client hung up, or an order said so
            pass
        finally:
            sock.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # else a thread that waits in accept() takes one more
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Conversation:
    def __init__(self, server, sock):
        self.server, self.sock, self.file = server, sock, sock.makefile("rb")
        self.is_tls, self.user, self.sender, self.to = server.is_smtps, None, None, []

    def reply(self, line, usual):
        """The ordered reply, or the usual one; whether it was a good one."""
        text = self.server.order_for(line) or usual
        if text == SILENT:
            while self.sock.recv(65536):
                pass
        if text in (SILENT, HANG_UP):
            raise OSError("as ordered")
        self.sock.sendall(text.encode() + b"\r\n")
        return text[0] in "23"

    def run(self):
        self.reply("(greeting)", "220 raw ESMTP")
        while True:
            line = self.file.readline()
            if not line:
                return
            text = line.decode().rstrip("\r\n")
            self.server.lines.append(text)
            verb = text.split(" ")[0].split(":")[0].upper()
            if verb == "QUIT":
                self.reply(text, "221 bye")
                return
            getattr(self, "on_" + verb.lower(), self.on_other)(text)

    def on_other(self, text):
        self.reply(text, "250 fine")

    def on_ehlo(self, text):
        offers = ["250-raw", "250-SIZE 10000000"]
        if self.server.context and not self.is_tls:
            offers.append("250-STARTTLS")
        if self.server.wants_login:
            offers.append("250-AUTH PLAIN")
        self.reply(text, "\r\n".join(offers + ["250 HELP"]))

    def on_starttls(self, text):
        if self.reply(text, "220 go on"):
            self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
            self.file, self.is_tls = self.sock.makefile("rb"), True

    def on_auth(self, text):
        words = text.split(" ")
        if len(words) < 3:
            self.sock.sendall(b"334 \r\n")
            words.append(self.file.readline().decode().strip())
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        is_right = (user, password) == self.server.wants_login
        self.user = user if is_right else None
        self.reply(text, "235 welcome" if is_right else "535 5.7.8 wrong password")

    def on_mail(self, text):
        self.sender, self.to = text.split("<")[1].split(">")[0], []
        self.reply(text, "250 fine")

    def on_rcpt(self, text):
        if self.reply(text, "250 fine"):
            self.to.append(text.split("<")[1].split(">")[0])

    def on_data(self, text):
        if not self.reply(text, "354 go on"):
            return
        data = b""
        while True:
            line = self.file.readline()
            if not line:
                raise OSError("cut")
            if line == b".\r\n":
                break
            data += line[1:] if line.startswith(b".") else line
        mail = Mail(self.sender, self.to, data, self.is_tls, self.user)
        self.server.half.append(mail)
        if self.reply(".", "250 taken"):
            self.server.half.remove(mail)
            self.server.mails.append(mail)
