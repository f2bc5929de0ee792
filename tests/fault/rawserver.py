# SPDX-License-Identifier: Apache-2.0
"""A server that answers exactly what a test says, byte by byte: also what no HTTP library would ever send.

A script is a list of deeds, one for each request in the order of arrival; after it every request gets `healthy`.
A deed is a function of one Exchange; the connection stays open where it returns true.
"""

import gzip
import socket
import struct
import threading
import time

TLS_HELLO = 0x16
PATIENCE = 20  # seconds after which a stalled reply is given up, should the client never do so


class Exchange:
    """One request and the socket to answer it on."""

    def __init__(self, server, sock, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.server, self.sock, self.body = server, sock, body
        self.method, self.target = (lines[0].split(" ") + ["", ""])[:2]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}

    def send(self, data):
        self.sock.sendall(data)

    def wait_for_client(self):
        """Until the client hangs up."""
        self.sock.settimeout(PATIENCE)
        while self.sock.recv(65536):
            pass


class RawServer:
    """Listens on a free port of the loopback, or of another address ("": all). `context`: an ssl context makes it speak TLS."""

    def __init__(self, context=None, address="127.0.0.1"):
        self.context, self.lock = context, threading.Lock()
        self.script, self.requests, self.healthy = [], [], answer(b"[]")
        self.listener = socket.create_server((address, 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, host="127.0.0.1", scheme=None):
        return "%s://%s:%d" % (scheme or ("https" if self.context else "http"), host, self.port)

    def play(self, *script):
        """Forgets what was asked so far, and answers by this script from now on."""
        with self.lock:
            self.script, self.requests = list(script), []

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(PATIENCE)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            while self.exchange(sock):
                pass
        except OSError:  # the client hung up, which is what most scripts are about
            pass
        finally:
            sock.close()

    def exchange(self, sock):
        received = b""
        while b"\r\n\r\n" not in received:
            more = sock.recv(65536)
            if not more:
                return False
            received += more
            if received[0] == TLS_HELLO:  # as web servers do
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return False
        head, _, body = received.partition(b"\r\n\r\n")
        exchange = Exchange(self, sock, head, body)
        while len(exchange.body) < int(exchange.headers.get("content-length", "0")):
            exchange.body += sock.recv(65536)
        with self.lock:
            self.requests.append(exchange)
            deed = self.script.pop(0) if self.script else self.healthy
        return deed(exchange)

    def close(self):
        self.listener.close()


# ---- deeds

def head(status=200, headers=(), kind="application/json"):
    """The head of a reply, without the empty line."""
    lines = ["HTTP/1.1 %d %s" % (status, "Because")] + (["Content-Type: " + kind] if kind else []) + list(headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n"


def answer(body=b"", status=200, headers=(), kind="application/json"):
    """A proper reply."""
    data = body.encode() if isinstance(body, str) else body
    return raw(head(status, headers, kind) + b"Content-Length: %d\r\n\r\n" % len(data) + data, keep=True)


def zipped(body, headers=()):
    return answer(gzip.compress(body if isinstance(body, bytes) else body.encode()), headers=["Content-Encoding: gzip", *headers])


def redirect(target, status=302):
    return answer(status=status, headers=["Location: " + target])


def raw(data, keep=False, times=1):
    """Exactly these bytes, `times` over; then the connection is closed unless it is kept."""
    def deed(exchange):
        for _ in range(times):
            exchange.send(data)
        return keep
    return deed


def reset(data=b""):
    """These bytes, then RST instead of an orderly end."""
    def deed(exchange):
        exchange.send(data)
        exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    return deed


def stall(data=b""):
    """These bytes, then silence."""
    def deed(exchange):
        exchange.send(data)
        exchange.wait_for_client()
        return False
    return deed


def drip(data, pause=0.2, first=b""):
    """One byte at a time, over and over, never an end."""
    def deed(exchange):
        exchange.send(first)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for byte in data:
                exchange.send(bytes([byte]))
                time.sleep(pause)
        return False
    return deed


def endless(first, data):
    """As fast as the client takes it, until it hangs up."""
    def deed(exchange):
        exchange.send(first)
        while True:
            exchange.send(data)
    return deed


def by_request(choose):
    """`choose(exchange)` gives the deed."""
    return lambda exchange: choose(exchange)(exchange)


def tunnel(port):
    """What a proxy does with CONNECT, whatever host was named: bytes go to and fro a port of this machine."""
    def pump(source, target):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def deed(exchange):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as onward:
            exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(onward, exchange.sock), daemon=True)
            back.start()
            pump(exchange.sock, onward)
            back.join(PATIENCE)
        return False
    return deed
