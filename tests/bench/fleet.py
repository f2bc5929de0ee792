# SPDX-License-Identifier: Apache-2.0
"""Many connectors that were all pulled a moment ago, and the service that waits for them."""

import datetime
import os
import signal
import socket
import subprocess
import time

import workload as w

READY_SECONDS, IDLE_SECONDS, SOON_HOURS, SPREAD_HOURS = 60, 5, 6, 12


class Fleet:
    """So many connectors of the rest plugin, each once a day, none within the next hours; a store that knows them all."""

    def __init__(self, folder, n):
        self.folder, self.state, self.conf = folder, os.path.join(folder, "state"), os.path.join(folder, "fleet.conf")
        os.makedirs(self.state)
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(self.text(n))
        subprocess.run([w.program("bench_fleet"), "store", str(n), w.SCHEMA, self.state], check=True)

    def text(self, n):
        hour = datetime.datetime.now(datetime.timezone.utc).hour
        head = ('hub: { state_dir = "%s"; schema_dir = "%s"; timezone = "UTC"; currency = "EUR"; plugin_dirs = ("%s"); };\n' %
                (self.state, w.SCHEMA, os.path.dirname(w.omni.plugin_path("rest", "file"))))
        form = ('{ name = "shop-%05d"; plugin = "rest"; schedule = "%d %d * * *"; options = { api_url = "http://127.0.0.1:9";\n'
                ' streams = ( { name = "report"; dataset = "ads_daily"; url = "/"; records = "$";\n'
                ' fields = ( { path = "$.day"; column = "date"; } );\n'
                ' constants = { level = "account"; }; } ); }; }')
        return head + "connectors = (\n" + ",\n".join(
            form % (i, i % 60, (hour + SOON_HOURS + i // 60 % SPREAD_HOURS) % 24) for i in range(n)) + " );\n"

    def command(self, *arguments):
        return [os.path.join(w.omni.BUILD, "omnihub"), "-c", self.conf] + list(arguments)

    def close(self):
        pass


class Service:
    """`omnihub run`, from its start until it says that it is ready, and on until it rests."""

    def __init__(self, fleet):
        path = os.path.join(fleet.folder, "notify")
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(READY_SECONDS)
            began = time.monotonic()
            self.process = subprocess.Popen(fleet.command("-q", "run"), env=dict(os.environ, NOTIFY_SOCKET=path),
                                            stderr=subprocess.DEVNULL)
            try:
                while b"READY=1" not in notify.recv(4096):
                    pass
            except OSError:
                self.close()
                raise
            self.start = time.monotonic() - began
        self.wait_for_rest()

    def read(self, name):
        with open("/proc/%d/%s" % (self.process.pid, name), encoding="ascii") as file:
            return file.read()

    def wait_for_rest(self):
        for _ in range(int(READY_SECONDS / w.POLL_SECONDS)):
            if not self.read("task/%d/children" % self.process.pid).split():
                time.sleep(1)  # what follows the last job
                return
            time.sleep(w.POLL_SECONDS)
        raise RuntimeError("the service does not come to rest")

    def resident_kib(self):
        return int(self.read("status").split("VmRSS:")[1].split()[0])

    def ran(self):
        """Seconds on a processor, and how often it was put on one."""
        seconds, _, times = self.read("schedstat").split()
        return int(seconds) / 1e9, int(times)

    def idle(self):
        """Its share of a core while nothing is due, and how often it woke up."""
        before, began = self.ran(), time.monotonic()
        time.sleep(IDLE_SECONDS)
        after = self.ran()
        return (after[0] - before[0]) / (time.monotonic() - began), after[1] - before[1]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()
