# SPDX-License-Identifier: Apache-2.0
"""Looking for secrets: how a secret may be spelt, where it may lie, and what processes show of themselves."""

import base64
import json
import os
import threading
import time
import urllib.parse

import tap

SHORTEST = 6  # a piece of fewer bytes is found anywhere


def spellings(secret):
    """The secret as texts that may hold it: raw, percent-encoded, as JSON in JSON, base64 at every offset."""
    raw = secret.encode("utf-8")
    percent = urllib.parse.quote(secret, safe="")
    found = {raw, percent.encode(), percent.replace("%20", "+").encode(), percent.lower().encode() if secret.islower() else percent.encode()}
    for escaped in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        found |= {escaped[1:-1].encode("utf-8"), escaped[1:-1].replace("/", "\\/").encode("utf-8"),
                  json.dumps(escaped)[1:-1].encode("utf-8")}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        inner = text[(shift * 8 + 5) // 6:(shift + len(raw)) * 8 // 6]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return {s for s in found if len(s) >= SHORTEST}


class Search:
    """For canaries: {name: secret}."""

    def __init__(self, canaries):
        self.spelt = [(name, spelling) for name, secret in canaries.items() for spelling in spellings(secret)]

    def leaks(self, text):
        """Which canaries are in it, and how they are spelt."""
        return sorted({(name, spelling) for name, spelling in self.spelt if spelling in text})

    def clean(self, text, what):
        found = self.leaks(text)
        if not tap.ok(not found, what):
            for name, spelling in found[:5]:
                at = text.find(spelling)
                tap.note("%s as %r: …%r…" % (name, spelling, text[max(0, at - 150):at + 80]))

    def clean_files(self, folder, but=()):
        """Every file below the folder."""
        for where, _, files in os.walk(folder):
            for name in sorted(set(files) - set(but)):
                with open(os.path.join(where, name), "rb") as file:
                    path = os.path.relpath(os.path.join(where, name), folder)
                    self.clean(file.read(), path + ": no secret in the file")


class Spy(threading.Thread):
    """Looks at the command lines and environments of the hub's processes while they run."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.is_over, self.looks = {}, False, 0

    def run(self):
        while not self.is_over:
            for pid in filter(str.isdigit, os.listdir("/proc")):
                self.look(pid)
            time.sleep(0.002)

    def look(self, pid):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                line = file.read()
            name = os.path.basename(line.split(b"\0")[0])
            if name.startswith(b"omnihub"):
                with open("/proc/%s/environ" % pid, "rb") as file:
                    environ = file.read()
                # What `omnihub` itself was started with is the admin's.
                self.seen.setdefault(name, set()).add(line + (b"" if name == b"omnihub" else environ))
                self.looks += 1
        except OSError:
            pass

    def stop(self):
        self.is_over = True
        self.join()

    def everything(self):
        return b"\n".join(line for lines in self.seen.values() for line in lines)
