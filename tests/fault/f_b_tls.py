# SPDX-License-Identifier: Apache-2.0
"""F040, and what TLS adds to F032, F038 and F041: certificates of every bad kind are refused, the reason is said."""

import socket
import ssl

import fault
import tap
import tls_lab
from fault import case
from rawserver import RawServer, head, raw, tunnel
from tls_lab import GOOD, ONE, Bench

AUTHORITY = tls_lab.AUTHORITY
if not AUTHORITY:
    tap.skip_all("no openssl program")
AUTHORITY.make("expired", last="20210101000000Z")
AUTHORITY.make("early", first="20480101000000Z")
AUTHORITY.make("otherhost", san="DNS:other.example")
AUTHORITY.openssl("req", "-x509", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key2", "-subj", "/CN=x", "-out", "x.pem")


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
        AUTHORITY.close()
