# SPDX-License-Identifier: Apache-2.0
"""As much of HTTP/2 (RFC 9113) as it takes to break it: a server that answers each request by the next deed of a script."""

import socket
import struct
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
ACK, END_STREAM, END_HEADERS = 1, 1, 4
INTERNAL_ERROR, REFUSED_STREAM, NO_ERROR = 2, 7, 0
STATUS_200, CONTENT_TYPE = b"\x88", b"\x0f\x10"  # of HPACK's static table
PATIENCE = 20


class Server:
    """Over TLS, on a free port of the loopback; the interface of rawserver.RawServer."""

    def __init__(self, context):
        context.set_alpn_protocols(["h2"])
        self.context, self.lock = context, threading.Lock()
        self.script, self.requests, self.healthy = [], [], None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return "https://%s:%d" % (host, self.port)

    def play(self, *script):
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
            sock.settimeout(PATIENCE)
            Connection(self, self.context.wrap_socket(sock, server_side=True)).run()
        except (OSError, EOFError):  # the client hung up, which is what most scripts are about
            pass
        finally:
            sock.close()

    def next_deed(self, stream):
        with self.lock:
            self.requests.append(stream)
            return self.script.pop(0) if self.script else self.healthy

    def close(self):
        self.listener.close()


class Connection:
    def __init__(self, server, sock):
        self.server, self.sock = server, sock

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, kind, flags=0, stream=0, payload=b""):
        self.sock.sendall(struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload)

    def run(self):
        if self.read(len(PREFACE)) != PREFACE:
            return
        self.send(SETTINGS)
        while True:
            head = self.read(9)
            kind, flags, stream = struct.unpack("!BBI", head[3:])
            payload = self.read(int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK)
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == GOAWAY:
                return
            elif kind == HEADERS and not self.server.next_deed(stream)(self, stream):
                return

    def begin(self, stream):
        kind = b"application/json"
        self.send(HEADERS, END_HEADERS, stream, STATUS_200 + CONTENT_TYPE + bytes([len(kind)]) + kind)


# ---- deeds; the connection stays open where they return true

def answer(body):
    def deed(connection, stream):
        connection.begin(stream)
        connection.send(DATA, END_STREAM, stream, body.encode())
        return True
    return deed


def reset(code, body=None):
    """The stream is broken off; body: after the head and this much of it."""
    def deed(connection, stream):
        if body is not None:
            connection.begin(stream)
            connection.send(DATA, 0, stream, body.encode())
        connection.send(RST_STREAM, 0, stream, struct.pack("!I", code))
        return True
    return deed


def go_away(code, last=0, body=None):
    """The whole connection ends; last: the last stream that the server says it has looked at."""
    def deed(connection, stream):
        if body is not None:
            connection.begin(stream)
            connection.send(DATA, 0, stream, body.encode())
        connection.send(GOAWAY, 0, 0, struct.pack("!II", last, code))
        return False
    return deed


def nonsense(data):
    def deed(connection, stream):
        connection.sock.sendall(data)
        return False
    return deed
