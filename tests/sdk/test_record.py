#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""record: a secret that the platform repeats is scrubbed in every usual form; where it is hidden deeper, nothing is written at all."""

import base64
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import api  # noqa: E402
import tap  # noqa: E402

SECRET = "Tok/4711+secret=x9"
ROW = {"day": "2026-03-01", "id": "1", "name": "n", "shown": 1, "clicks": 1, "amount": "0.5"}


def escaped(text):
    return "".join("\\u%04x" % ord(c) for c in text)


def in_lines(text):
    return "\r\n".join(text[i:i + 9] for i in range(0, len(text), 9))


BASE64 = base64.b64encode(SECRET.encode()).decode()
PAIR = base64.b64encode(("user:" + SECRET).encode()).decode()
# What stands in the reply as a JSON text, bytes as they are sent.
SCRUBBED = (
    ("as it is", json.dumps(SECRET)),
    ("percent-encoded", json.dumps("https://h/x?a=" + urllib.parse.quote(SECRET, safe=""))),
    ("in base64", json.dumps(BASE64)),
    ("in base64 behind a user's name", json.dumps(PAIR)),
    ("with escaped slashes", json.dumps(SECRET).replace("/", "\\/")),
    ("in JSON in JSON", json.dumps(json.dumps({"seen": SECRET}).replace("/", "\\/"))),
)
REFUSED = (
    ("letter by letter in JSON escapes", '"%s"' % escaped(SECRET)),
    ("half of it in JSON escapes", '"%s%s"' % (SECRET[:9], escaped(SECRET[9:]))),
    ("in JSON escapes in JSON in JSON", json.dumps('{"a":"%s"}' % escaped(SECRET))),
    ("percent-encoded letter by letter", json.dumps("".join("%%%02X" % ord(c) for c in SECRET))),
    ("in base64 that is cut into lines", json.dumps(in_lines(BASE64))),
    ("in base64 of a pair that is cut into lines", json.dumps(in_lines(PAIR))),
)


class Api(api.Api):
    echo = '""'

    def answer(self, _):
        return 200, '{"data":[%s],"echo":%s}' % (json.dumps(ROW), self.echo)


def everything_below(folder):
    """All bytes of all files, and their names."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as f:
                found[os.path.join(path, name)] = f.read()
    return found


def record(desk, url):
    os.makedirs(desk.path("tmp"), exist_ok=True)
    return desk.run("omnihub record --plugin ./acme.so -o account_id=42 -o access_token=file:%s -o api_url=%s --from 2026-03-01 "
                    "--to 2026-03-01 --output out/it.cassette" % (desk.path("token"), url), "acme", TMPDIR=desk.path("tmp"))


def prepare(desk, url):
    desk.good("omnihub new-plugin acme", "new-plugin")
    tap.is_(desk.compile("acme", folder="acme").code, 0, "builds")
    desk.write("token", SECRET, 0o600)
    os.mkdir(desk.path("acme", "out"))
    done = record(desk, url)
    tap.is_(done.code, 0, "an ordinary reply is recorded")
    tap.ok(os.stat(desk.path("acme", "out", "it.cassette")).st_mode & 0o777 == 0o600, "for its owner alone")


def scrubbed(desk, url):
    for name, Api.echo in SCRUBBED:
        done = record(desk, url)
        tap.is_(done.code, 0, name + ": recorded")
        text = desk.read("acme", "out", "it.cassette")
        tap.has(text, "***", name + ": something was taken out")
        forms = (SECRET, SECRET.replace("/", "\\/"), urllib.parse.quote(SECRET, safe=""), BASE64, PAIR)
        tap.is_([f for f in forms if f in text], [], name + ": and it is not in the cassette")


def refused(desk, url):
    for name, Api.echo in REFUSED:
        os.remove(desk.path("acme", "out", "it.cassette")) if os.path.exists(desk.path("acme", "out", "it.cassette")) else None
        done = record(desk, url)
        tap.is_(done.code, 1, name + ": refused")
        tap.has(done.out + done.err, "was not written: a secret is still in it", name + ": and why is said")
        tap.is_(os.listdir(desk.path("acme", "out")), [], name + ": no file is left, whole or half")
        tap.is_(os.listdir(desk.path("tmp")), [], name + ": nor anywhere else")
        tap.ok("recorded in" not in done.out, name + ": nothing claims that it was")
    seen = [p for p, b in everything_below(desk.folder).items() if SECRET.encode() in b and not p.endswith("/token")]
    tap.is_(seen, [], "the secret is in no file but its own")


def keeps(desk, url):
    """A cassette that was there before stays as it was."""
    desk.write("acme/out/it.cassette", "of before")
    Api.echo = REFUSED[0][1]
    tap.is_(record(desk, url).code, 1, "refused over a cassette of before")
    tap.is_(desk.read("acme", "out", "it.cassette"), "of before", "which stays")


with author.Desk() as the_desk:
    address = Api().url
    tap.run([lambda f=f: f(the_desk, address) for f in (prepare, scrubbed, refused, keeps)])
