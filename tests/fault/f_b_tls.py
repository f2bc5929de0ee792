# SPDX-License-Identifier: Apache-2.0
"""F040, and what TLS adds to F032, F038 and F041: certificates of every bad kind are refused, the reason is said."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import warnings

import fault
import tap
from fault import case, page, row
from rawserver import RawServer, answer, head, raw, tunnel

warnings.simplefilter("ignore", DeprecationWarning)  # old TLS is what is tested
GOOD = page(row())
ONE = ("1", "n", 1000000, 1)
NAMES = "DNS:localhost,IP:127.0.0.1"
CNF = """[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\nrand_serial=yes
x509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=%s\n"""


class Authority:
    """Certificates of one key, made at test time."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="omni-test-")
        self.openssl("genrsa", "-out", "key", "2048")
        for name in ("ca", "stranger"):
            self.openssl("req", "-x509", "-new", "-key", "key", "-subj", "/CN=" + name, "-days", "30", "-addext",
                         "subjectAltName=" + NAMES, "-out", name + ".pem")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, ca="ca", san=NAMES, first="20200101000000Z", last="20490101000000Z"):
        with open(self.path("cnf"), "w", encoding="utf-8") as out:
            out.write(CNF % san)
        open(self.path("index.txt"), "w", encoding="utf-8").close()
        self.openssl("req", "-new", "-key", "key", "-subj", "/CN=" + name, "-out", "csr")
        self.openssl("ca", "-batch", "-config", "cnf", "-cert", ca + ".pem", "-keyfile", "key", "-startdate", first, "-enddate", last,
                     "-in", "csr", "-out", name + ".pem", "-notext")

    def server(self, name, most=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if most:
            context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, most
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(self.path(name + ".pem"), self.path("key"))
        server = RawServer(context)
        server.healthy = answer(GOOD)
        return server


if not shutil.which("openssl"):
    tap.skip_all("no openssl program")
AUTHORITY = Authority()
AUTHORITY.make("good")
AUTHORITY.make("expired", last="20210101000000Z")
AUTHORITY.make("early", first="20480101000000Z")
AUTHORITY.make("otherhost", san="DNS:other.example")
AUTHORITY.openssl("req", "-x509", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key2", "-subj", "/CN=x", "-out", "x.pem")


class Bench(fault.Bench):
    """Its own server speaks TLS with a good certificate, which the configuration trusts."""

    def __init__(self):
        super().__init__(AUTHORITY.server("good"))

    def settings(self, what):
        options = dict({"api_url": self.server.url("localhost"), "token": "fault-token-1"}, **what.get("options", {}))
        return super().settings(dict(what, options=options, hub=dict({"ca_file": AUTHORITY.path("ca.pem")}, **what.get("hub", {}))))


def refused(name, certificate, says, hub=None, most=None, host="localhost", outcome="failed", reason="config"):
    """The client may not come so far as to send its token."""
    other = AUTHORITY.server(certificate, most)

    def nothing_was_sent(bench, result, checks):
        checks.is_(len(other.requests), 0, "no request, and no token, was sent")
    return case("F040", name, [GOOD], outcome=outcome, reason=reason, says=says, options={"api_url": other.url(host)}, hub=hub or {},
                check=nothing_was_sent)


NOT_TRUSTED = "the server's certificate is not trusted"
PROXY = RawServer()


def proxied(bench):
    PROXY.play()
    PROXY.healthy = tunnel(bench.server.port)
    return [GOOD]


def saw_only_names(bench, result, checks):
    checks.is_([(e.method, e.target) for e in PROXY.requests], [("CONNECT", "localhost:%d" % bench.server.port)], "the proxy sees a name")
    checks.ok(all("fault-token-1" not in str(e.headers) for e in PROXY.requests), "and not the token")


CASES = [
    case("F040", "a good certificate", [GOOD], outcome="ok", reason="", stores=[ONE]),
    refused("expired", "expired", (NOT_TRUSTED, "certificate has expired")),
    refused("not yet valid: the clock may be wrong", "early", ("not yet valid", "check this machine's clock")),
    refused("another host's", "otherhost", "matches target host name"),
    refused("self-signed", "stranger", (NOT_TRUSTED, "self-signed certificate")),
    refused("of an authority that is not known here", "good", ("unable to get local issuer", "option ca_file"),
            hub={"ca_file": AUTHORITY.path("x.pem")}),
    refused("TLS 1.1 at most", "good", "SSL", most=ssl.TLSVersion.TLSv1_1, outcome="retrying", reason="retry"),
    case("F040", "plain HTTP where TLS is meant", [GOOD], outcome="retrying", reason="retry", says="SSL",
         options={"api_url": "https://localhost:%d" % PROXY.port}),
    case("F032", "a cut reply that ends without TLS's goodbye", [raw(head() + b"\r\n" + GOOD.encode()[:-2])],
         says="ends in the middle of the document"),
    case("F041", "through a proxy", proxied, outcome="ok", reason="", stores=[ONE], hub={"proxy": PROXY.url()}, check=saw_only_names),
]


def leads_here():
    """A name that is not localhost and still leads to this machine: what a rebinding name server would answer."""
    name = socket.gethostname()
    try:
        return name if socket.gethostbyname(name).startswith("127.") and "localhost" not in name else None
    except OSError:
        return None


if leads_here():
    AUTHORITY.make("named", san="DNS:" + leads_here())
    CASES.append(refused("F038: a good certificate does not open the way to this machine", "named", "loopback address (127.",
                         host=leads_here()))

if __name__ == "__main__":
    try:
        fault.run(CASES, Bench)
    finally:
        shutil.rmtree(AUTHORITY.folder, ignore_errors=True)
