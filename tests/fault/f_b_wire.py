# SPDX-License-Identifier: Apache-2.0
"""F032 to F037, F049, F050: connections that break, lengths that lie, packings, floods and trickles. TLS is in f_b_tls.py."""

import gzip
import socket

import fault
from fault import case, page, row
from http_lab import BODY, GOOD, LIMIT, REPLY, Bench, passing, well
from rawserver import answer, drip, endless, head, raw, reset, stall, zipped


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = head(headers=["Transfer-Encoding: chunked"]) + b"\r\n"
LINES = b"".join(row(str(n)).encode() + b"\n" for n in range(500))
BOMB = page(row(name='"%s"' % ("0" * (LIMIT - 4096))), more="")


def nested(body, times):
    for _ in range(times):
        body = gzip.compress(body)
    return answer(body, headers=["Content-Encoding: " + ", ".join(["gzip"] * times)])


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


CONNECTIONS = [
    case("F032", "connection refused", [GOOD], outcome="retrying", reason="retry", options={"api_url": "http://127.0.0.1:%d" % closed_port()},
         says="connect"),
    *[well("F032", "reset after %d bytes, then well" % at, [reset(REPLY[:at]), GOOD], requests=2)
      for at in (0, 9, BODY - 2, BODY, BODY + 1, BODY + 30, len(REPLY) - 1)],
    *[well("F032", "closed after %d bytes, then well" % at, [raw(REPLY[:at]), GOOD], requests=2)
      for at in (0, 9, BODY - 2, BODY, BODY + 1, BODY + 30, len(REPLY) - 1)],
    passing("F032", "reset in the middle of the page, every time", reset(REPLY[:BODY + 30]), "reset by peer"),
    case("F033", "a body shorter than announced", [raw(REPLY[:-5])], outcome="retrying", reason="retry", requests=2,
         says="5 bytes remaining"),
    passing("F033", "chunks without an end", raw(CHUNKED + chunk(GOOD.encode())), "transfer closed"),
    passing("F033", "half a chunk", raw(CHUNKED + chunk(GOOD.encode())[:20]), "transfer closed"),
    passing("F033", "a chunk of nonsense", raw(CHUNKED + b"zz\r\n" + GOOD.encode()), "chunked-encoding"),
    case("F033", "whole rows, but not the whole page", [raw(head() + b"\r\n" + GOOD[:-2].encode())], requests=2, says="in the middle of the document"),
    case("F034", "a body longer than announced", [raw(head() + b"Content-Length: 20\r\n\r\n" + GOOD.encode())], requests=2,
         says="it ends here"),
    passing("F034", "two different lengths", raw(head() + b"Content-Length: 20\r\n" + REPLY[len(head()):]), "two different Content-Length"),
    passing("F034", "a negative length", raw(head() + b"Content-Length: -1\r\n\r\n" + GOOD.encode()), "Content-Length"),
    case("F035", "a gzip bomb", [zipped(BOMB)], requests=1, says="times its size", http={"max_body_mb": 100}),
    case("F035", "a gzip bomb over the limit", [zipped(b" " * (LIMIT * 2))], requests=1, says="the reply"),
    well("F035", "gzip", [zipped(GOOD)]),
    case("F035", "gzip in gzip", [nested(GOOD.encode(), 2)], requests=1, says="which nobody asked for"),
    case("F035", "a packing of its own", [answer(GOOD, headers=["Content-Encoding: zstd"])], requests=1, says='packed as "zstd"'),
    well("F035", "two members of gzip", [answer(gzip.compress(GOOD[:9].encode()) + gzip.compress(GOOD[9:].encode()) + bytes(9),
         headers=["Content-Encoding: gzip"])]),
    passing("F035", "cut gzip", answer(gzip.compress(GOOD.encode())[:-20], headers=["Content-Encoding: gzip"]), "gzip"),
    passing("F035", "gzip cut between two lines", answer(gzip.compress(LINES)[:-30], headers=["Content-Encoding: gzip"]), "gzip",
            stream={"format": "ndjson", "records": "$"}),
    passing("F035", "not gzip at all", answer(GOOD, headers=["Content-Encoding: gzip"]), "not the gzip that it says it is"),
    well("F035", "a gzip file, served as it is", [answer(gzip.compress(GOOD.encode()))]),
    case("F035", "half a gzip file", [answer(gzip.compress(GOOD.encode())[:-20])], requests=2, says="ends too early"),
    case("F035", "a bomb of a file", [answer(gzip.compress(BOMB.encode()))], requests=2, says="times their size", http={"max_body_mb": 100}),
    passing("F036", "silence after the request", stall(), "Operation "),
    passing("F036", "silence after the head", stall(head() + b"Content-Length: 99\r\n\r\n"), "Operation "),
    passing("F036", "silence in the middle", stall(REPLY[:BODY + 30]), "Operation "),
    passing("F036", "one byte after the other", drip(b" ", 0.2, head() + b"\r\n"), "timed out", http={"request_timeout": "2s"}),
    passing("F036", "a head drop by drop", drip(b"X-A: b\r\n", 0.2, head()), "Operation ", http={"request_timeout": "2s"}),
    case("F036", "a head without end", [endless(head(), b"X-Padding: %s\r\n" % (b"x" * 900))], requests=1, says="head"),
    case("F037", "a body without end", [endless(head() + b'\r\n{"x":[', b"1," * 4096)], requests=2, says="bytes around the records"),
    case("F037", "chunks without number", [endless(CHUNKED, chunk(b" " * 8192))], requests=1, says="the reply is larger than"),
    case("F049", "a header of a megabyte", [raw(head() + b"X-Big: " + b"x" * (1 << 20) + b"\r\n\r\n")], requests=1, says="head"),
    case("F049", "ten thousand headers", [raw(head() + b"X-A: b\r\n" * 10000 + b"\r\n")], requests=1, says="500 lines"),
    well("F049", "a lonely CR in a header", [raw(REPLY.replace(b"HTTP/1.1 200 Because\r\n", b"HTTP/1.1 200 Because\r\nX-Odd: a\rX-Fake: b\r\n"))]),
    case("F049", "a second reply inside a header", [raw(head() + b"X-A: b\n\nHTTP/1.1 200 OK\n" + REPLY[17:])], says="expected a value", requests=2),
    well("F050", "421, then a new connection", [answer("wrong server", 421), GOOD]),
    case("F050", "HTTP/0.9", [raw(GOOD.encode())], requests=1, says="the server does not speak HTTP"),
]

if __name__ == "__main__":
    fault.run(CONNECTIONS, Bench)
