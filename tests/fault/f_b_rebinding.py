# SPDX-License-Identifier: Apache-2.0
"""F038, with addresses to reach: a name whose public address is answered and whose other one leads here. In a network of its own,
where a public address can be given to this machine."""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

import f_b_names
import fault
import tap
import tls_lab
from fault import case
from tls_lab import GOOD, ONE

PUBLIC, SILENT = "198.41.0.4", "199.7.83.42"  # both public; no way leads from this network to the second
PRIVATE = "10.1.2.3"
INSIDE = "OMNI_TEST_NETWORK"
SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8916, 0x8913, 0x8914, 1
NEW_NETWORK = ["unshare", "--user", "--map-root-user", "--net"]


def interface(name, number, payload):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        return fcntl.ioctl(s, number, struct.pack("16s16s", name.encode(), payload))


def raise_network():
    """The loopback alone, under its own address, a public and a private one."""
    flags = struct.unpack("16sh", interface("lo", SIOCGIFFLAGS, b"")[:18])[1]
    interface("lo", SIOCSIFFLAGS, struct.pack("h", flags | IFF_UP))
    for name, address in (("lo:1", PUBLIC), ("lo:2", PRIVATE)):
        interface(name, SIOCSIFADDR, struct.pack("hH4s", socket.AF_INET, 0, socket.inet_aton(address)))


def enter_network():
    """Begins anew inside; skips where that is not allowed here."""
    if not shutil.which("unshare") or subprocess.run([*NEW_NETWORK, "true"], capture_output=True, check=False).returncode != 0:
        tap.skip_all("no network of one's own to be had (unshare --user --net)")
    os.environ[INSIDE] = "1"
    os.execvp(NEW_NETWORK[0], [*NEW_NETWORK, sys.executable, *sys.argv])


class Bench(f_b_names.Bench):
    """Its server has a good certificate for the name, and listens under every address."""

    def __init__(self):
        super().__init__(tls_lab.AUTHORITY.server("shop", address=""))

    def settings(self, what):
        return super().settings(dict(what, hub=dict(what.get("hub", {}), ca_file=tls_lab.AUTHORITY.path("ca.pem"))))


def behind_silence(address):
    """A public address that is down comes back one day; until then the other one is not taken instead."""
    return case("F038", "%s behind a public address that is down" % address, [GOOD], outcome="retrying", reason="retry", requests=0,
                answers=SILENT + "," + address, says="connect")


def inside(name, private_hosts, **wanted):
    """A shop in the company's own network."""
    return case("F038", name, [GOOD], answers=PRIVATE, hub={"private_hosts": private_hosts}, **wanted)


CASES = [
    case("F038", "a name with a public address", [GOOD], outcome="ok", reason="", stores=[ONE], requests=1, answers=PUBLIC),
    case("F038", "a name with a public address and one that leads here", [GOOD], outcome="ok", reason="", stores=[ONE], requests=1,
         answers=PUBLIC + ",127.0.0.1"),
    behind_silence("127.0.0.1"),
    behind_silence("10.0.0.1"),
    inside("a private network, meant by the host's name", [f_b_names.NAME], outcome="ok", reason="", stores=[ONE], requests=1),
    inside("a private network, meant by the domain", ["else.example", ".shop.example"], outcome="ok", reason="", stores=[ONE], requests=1),
    inside("a private network, meant for others", ["shop.example", ".else.example"], reason="config", requests=0, says="a private address"),
]

if __name__ == "__main__":
    if not tls_lab.AUTHORITY:
        tap.skip_all("no openssl program")
    f_b_names.need_name_server()
    if INSIDE not in os.environ:
        tls_lab.AUTHORITY.close()
        f_b_names.close()
        enter_network()
    raise_network()
    try:
        tls_lab.AUTHORITY.make("shop", san="DNS:%s,IP:127.0.0.1" % f_b_names.NAME)
        f_b_names.make_name_server()
        fault.run(CASES, Bench)
    finally:
        tls_lab.AUTHORITY.close()
        f_b_names.close()
