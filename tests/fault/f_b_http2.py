# SPDX-License-Identifier: Apache-2.0
"""F050: HTTP/2 streams and connections that are broken off."""

import fault
import http2
import tap
import tls_lab
from fault import case, page, row
from http2 import INTERNAL_ERROR, NO_ERROR, REFUSED_STREAM

GOOD = page(row())
ONE = ("1", "n", 1000000, 1)


class Bench(tls_lab.Bench):
    def __init__(self):
        super().__init__(http2.Server(tls_lab.AUTHORITY.context("good")))

    def play(self, script):
        script = [deed if callable(deed) else http2.answer(deed) for deed in script]
        self.server.healthy = script[-1]
        self.server.play(*script)


def well(name, deed):
    return case("F050", name + ", then well", [deed, GOOD], outcome="ok", reason="", stores=[ONE], requests=2)


def again(name, deed, says):
    return case("F050", name + ", every time", [deed], outcome="retrying", reason="retry", says=says)


HALF = GOOD[:20]
CASES = [
    case("F050", "HTTP/2", [GOOD], outcome="ok", reason="", stores=[ONE], requests=1),
    well("a stream is reset before its reply", http2.reset(INTERNAL_ERROR)),
    well("a stream is refused", http2.reset(REFUSED_STREAM)),
    well("a stream is reset in the middle of the page", http2.reset(INTERNAL_ERROR, HALF)),
    well("the connection goes away before the reply", http2.go_away(NO_ERROR)),
    well("the connection goes away in the middle of the page", http2.go_away(INTERNAL_ERROR, 1, HALF)),
    again("a stream is reset in the middle of the page", http2.reset(INTERNAL_ERROR, HALF), "HTTP/2 stream"),
    again("the connection goes away in the middle of the page", http2.go_away(INTERNAL_ERROR, 1, HALF), ""),
    again("frames of nonsense", http2.nonsense(b"\xff" * 64), ""),
]

if __name__ == "__main__":
    if not tls_lab.AUTHORITY:
        tap.skip_all("no openssl program")
    try:
        fault.run(CASES, Bench)
    finally:
        tls_lab.AUTHORITY.close()
