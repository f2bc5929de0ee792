# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to over two pipes (its DevTools protocol: JSON with a NUL at the end), and its screenshots as pixels."""

import base64
import json
import os
import shutil
import struct
import subprocess
import tempfile
import zlib

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WAIT_SECONDS = 120


def find():
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="omni-browser-")
        to_read, self.to = os.pipe()
        self.back, from_write = os.pipe()
        command = [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
                   "--user-data-dir=" + self.folder, "about:blank"]

        def wire():
            """The protocol's ends are descriptors 3 and 4."""
            high = [os.dup2(to_read, 100), os.dup2(from_write, 101)]
            for number, fd in enumerate(high):
                os.dup2(fd, 3 + number)
                os.set_inheritable(3 + number, True)

        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        close_fds=False, preexec_fn=wire)
        os.close(to_read)
        os.close(from_write)
        self.number, self.rest, self.session, self.events = 0, b"", None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def receive(self):
        while b"\0" not in self.rest:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise RuntimeError("the browser has gone")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        order = {"id": self.number, "method": method, "params": params}
        if self.session:
            order["sessionId"] = self.session
        os.write(self.to, json.dumps(order).encode() + b"\0")
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def open(self, url, width, scheme, height=900):
        """Without JavaScript in the page, as a phone or a desktop of that width shows it."""
        self.events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Page.navigate", url=url)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.receive())

    def look(self, expression):
        """The value of an expression about the page; the browser's own, so that the page's rules do not matter."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["text"] + ": " + expression[:200])
        return result["result"].get("value")

    def complaints(self):
        """Errors, refused parts, failed requests."""
        self.look("1")
        found = [e["params"]["entry"]["text"] for e in self.events if e.get("method") == "Log.entryAdded"]
        found += [str(e["params"]) for e in self.events if e.get("method") in ("Runtime.exceptionThrown", "Network.loadingFailed")]
        return found

    def screenshot(self):
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- PNG ----

def unfilter(kind, line, above, step):
    """One line of bytes as it was before PNG's filter."""
    out = bytearray(line)
    for i, byte in enumerate(line):
        left, up = out[i - step] if i >= step else 0, above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            add = left
        elif kind == 2:
            add = up
        elif kind == 3:
            add = (left + up) // 2
        elif kind == 4:
            guess = left + up - corner
            add = min((left, up, corner), key=lambda v: abs(guess - v))
        else:
            add = 0
        out[i] = (byte + add) & 255
    return out


def pixels(png):
    """(width, height, {(red, green, blue): how many})"""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        data = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[:10])
        elif kind == b"IDAT":
            packed += data
        at += 12 + size
    step = {2: 3, 6: 4}[colour]
    assert depth == 8
    raw, above, counts = zlib.decompress(packed), bytearray(width * step), {}
    for y in range(height):
        start = y * (width * step + 1)
        above = unfilter(raw[start], raw[start + 1:start + 1 + width * step], above, step)
        for x in range(0, width * step, step):
            colour_here = bytes(above[x:x + 3])
            counts[colour_here] = counts.get(colour_here, 0) + 1
    return width, height, {tuple(c): n for c, n in counts.items()}
