# SPDX-License-Identifier: Apache-2.0
"""The journal's end of systemd's native protocol."""

import os
import socket
import threading


class Journal:
    """Takes datagrams as entries, {field: value}; one that does not read leaves them in the socket until it is full."""

    def __init__(self, path, reads=True):
        self.path, self.entries = path, []
        if os.path.exists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        if reads:
            self.read()

    def read(self):
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                data = self.socket.recv(1 << 20)
            except OSError:
                return
            if not data:
                return
            self.entries.append(dict(line.split("=", 1) for line in data.decode().splitlines()))

    def having(self, **fields):
        return [e for e in list(self.entries) if all(e.get(name) == value for name, value in fields.items())]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
