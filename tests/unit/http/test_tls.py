# SPDX-License-Identifier: Apache-2.0
"""TLS as the client meets it: certificates of every bad kind are refused with a reason."""
import os
import ssl
import subprocess
import tempfile
import threading
import socket
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # old TLS is what is tested
GET = os.path.join(os.environ["OMNI_BUILDDIR"], "tests/unit/http/http_get")
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def make_key(folder, name):
    openssl(folder, "genrsa", "-out", name + ".key", "2048")


def make_ca(folder, name):
    make_key(folder, name)
    openssl(folder, "req", "-x509", "-new", "-key", name + ".key", "-subj", "/CN=" + name,
            "-days", "30", "-out", name + ".pem")


def make_cert(folder, name, ca, san, from_day, to_day):
    """A certificate signed by ca; days are UTC times as openssl ca wants them."""
    make_key(folder, name)
    openssl(folder, "req", "-new", "-key", name + ".key", "-subj", "/CN=" + name,
            "-out", name + ".csr")
    with open(os.path.join(folder, "ca.cnf"), "w", encoding="utf-8") as f:
        f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                "default_md=sha256\npolicy=p\nunique_subject=no\nrand_serial=yes\n"
                "x509_extensions=e\n[p]\ncommonName=supplied\n"
                "[e]\nsubjectAltName=" + san + "\n")
    open(os.path.join(folder, "index.txt"), "a", encoding="utf-8").close()
    openssl(folder, "ca", "-batch", "-config", "ca.cnf", "-cert", ca + ".pem",
            "-keyfile", ca + ".key", "-startdate", from_day, "-enddate", to_day,
            "-in", name + ".csr", "-out", name + ".pem", "-notext")


class Server:
    """Answers every TLS connection on loopback with the same reply."""

    def __init__(self, folder, cert, most=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if most:
            self.context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            self.context.maximum_version = most
            self.context.set_ciphers("ALL:@SECLEVEL=0")
        self.context.load_cert_chain(os.path.join(folder, cert + ".pem"),
                                     os.path.join(folder, cert + ".key"))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            plain, _ = self.socket.accept()
            plain.settimeout(20)
            try:
                with self.context.wrap_socket(plain, server_side=True) as tls:
                    tls.recv(65536)
                    tls.sendall(REPLY)
                    tls.unwrap()
            except (OSError, ssl.SSLError):
                plain.close()


def get(server, host, ca_file=None):
    args = [GET, "https://%s:%d" % (host, server.port)] + ([ca_file] if ca_file else [])
    return subprocess.run(args, capture_output=True, text=True, check=True, timeout=60).stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_ca(folder, "ca")
        make_ca(folder, "stranger")
        names = "DNS:localhost,IP:127.0.0.1"
        good, past, future = "20200101000000Z", "20210101000000Z", "20490101000000Z"
        make_cert(folder, "good", "ca", names, good, future)
        make_cert(folder, "expired", "ca", names, good, past)
        make_cert(folder, "early", "ca", names, "20480101000000Z", future)
        make_cert(folder, "otherhost", "ca", "DNS:other.example", good, future)
        make_cert(folder, "unknown", "stranger", names, good, future)
        ca = os.path.join(folder, "ca.pem")
        cases = [
            ("a good certificate with ca_file", "good", ca, None, "ok 200 {}", ""),
            ("the same without ca_file", "good", None, None, "config ", "issuer"),
            ("an expired one", "expired", ca, None, "config ", "expired"),
            ("one of the future", "early", ca, None, "config ", "not yet valid"),
            ("one for another host", "otherhost", ca, None, "config ", "subject name"),
            ("one of an unknown authority", "unknown", ca, None, "config ", "issuer"),
            ("a self-signed one", "stranger", ca, None, "config ", "self-signed"),
            ("TLS 1.1 at most", "good", ca, ssl.TLSVersion.TLSv1_1, "retry ", "SSL"),
        ]
        print("1..%d" % len(cases))
        for i, (what, cert, ca_file, most, begins, part) in enumerate(cases, 1):
            out = get(Server(folder, cert, most), "localhost", ca_file)
            fine = out.startswith(begins) and part.replace("-", " ") in out.replace("-", " ")
            print("%sok %d - %s" % ("" if fine else "not ", i, what))
            if not fine:
                print("# " + out.strip())


main()
