# SPDX-License-Identifier: Apache-2.0
"""What the tests over TLS have in common: certificates made at test time, and a bench whose server has a good one."""

import os
import shutil
import ssl
import subprocess
import tempfile
import warnings

import fault
from fault import page, row
from rawserver import RawServer, answer

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

    def context(self, name, most=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if most:
            context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, most
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(self.path(name + ".pem"), self.path("key"))
        return context

    def server(self, name, most=None, address="127.0.0.1"):
        server = RawServer(self.context(name, most), address)
        server.healthy = answer(GOOD)
        return server

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def authority():
    """With a good certificate; None where there is no openssl program."""
    if not shutil.which("openssl"):
        return None
    made = Authority()
    made.make("good")
    return made


AUTHORITY = authority()


class Bench(fault.Bench):
    """Its own server speaks TLS with a good certificate, which the configuration trusts."""

    def __init__(self, server=None):
        super().__init__(server or AUTHORITY.server("good"))

    def settings(self, what):
        options = dict({"api_url": self.server.url("localhost"), "token": "fault-token-1"}, **what.get("options", {}))
        return super().settings(dict(what, options=options, hub=dict({"ca_file": AUTHORITY.path("ca.pem")}, **what.get("hub", {}))))
