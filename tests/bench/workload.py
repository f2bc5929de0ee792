# SPDX-License-Identifier: Apache-2.0
"""The bench's surroundings: pages on disk behind nginx, a configuration, the programs run and measured."""

import datetime
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))

import omni  # noqa: E402 (the tests' helpers lie beside us)

SCHEMA = os.path.join(omni.SOURCE, "conf", "schema")
FIRST_DAY = datetime.date(2026, 1, 1)
DAYS, POLL_SECONDS, START_SECONDS = 30, 0.005, 10
TEXTS = ("date", "account_id", "campaign_id", "campaign_name", "adset_id", "ad_id", "ad_name", "country", "device", "currency")
NUMBERS = (("impressions", "impressions", None), ("clicks", "clicks", None), ("spend", "cost", "major"),
           ("conversions", "conversions", None), ("conversion_value", "conversion_value", "major"),
           ("actions[?@.action_type=='link_click'].value", "link_clicks", None),
           ("actions[?@.action_type=='purchase'].value", "purchases", None))


def program(name):
    return os.path.join(omni.BUILD, "tests", "bench", name)


def days(window_days):
    return [(FIRST_DAY + datetime.timedelta(day)).isoformat() for day in range(0, DAYS, window_days)]


def nginx_path():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Pages:
    """ROWS rows in windows of so many days and pages of so many rows, behind nginx."""

    def __init__(self, folder, rows, window_days, per_page):
        self.folder, self.window_days, self.port = folder, window_days, free_port()
        self.base = "http://127.0.0.1:%d" % self.port
        os.makedirs(os.path.join(folder, "pages"))
        os.makedirs(os.path.join(folder, "nginx"))
        out = subprocess.run([program("bench_pages"), "write", str(rows), str(window_days), str(per_page), self.base,
                              os.path.join(folder, "pages")], check=True, capture_output=True, text=True).stdout
        self.rows = int(out.split()[0])
        self.process = subprocess.Popen([nginx_path(), "-e", "stderr", "-p", os.path.join(folder, "nginx"), "-c", self.configure()])
        wait_for(self.port)

    def configure(self):
        path = os.path.join(self.folder, "nginx.conf")
        temporary = "".join("%s_temp_path %s/nginx/%s; " % (kind, self.folder, kind)
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(path, "w", encoding="utf-8") as out:
            out.write("daemon off; master_process off; pid %s/nginx/pid; error_log stderr;\n" % self.folder +
                      "events { }\nhttp { access_log off; sendfile on; keepalive_requests 1000000; %s\n" % temporary +
                      "types { application/json json; }\n" +
                      "server { listen 127.0.0.1:%d; root %s/pages; } }\n" % (self.port, self.folder))
        return path

    def close(self):
        self.process.terminate()
        self.process.wait()


class Served:
    """The same pages, made on the fly: for measurements of memory, where the server's speed does not matter."""

    def __init__(self, rows, window_days, per_page):
        self.window_days = window_days
        self.process = subprocess.Popen([program("bench_pages"), "serve", str(rows), str(window_days), str(per_page)],
                                        stdout=subprocess.PIPE, text=True)
        self.base = "http://127.0.0.1:" + self.process.stdout.readline().split()[1]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def wait_for(port):
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(POLL_SECONDS)
    raise RuntimeError("the web server did not start")


class Usage:
    """What a command took: wall seconds, processor seconds of all its processes, and the sum of their peaks of memory."""

    def __init__(self, wall, cpu, peak_kib):
        self.wall, self.cpu, self.peak_kib = wall, cpu, peak_kib


class PeakWatch(threading.Thread):
    """The largest sum of the peaks of a process and its descendants that live at the same time, read from /proc."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_kib, self.now, self.ended = pid, 0, {}, threading.Event()

    def visit(self, pid):
        try:
            with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        self.now[pid] = int(line.split()[1])
            with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as children:
                for child in children.read().split():
                    self.visit(int(child))
        except OSError:
            pass

    def run(self):
        while not self.ended.wait(POLL_SECONDS):
            self.now = {}
            self.visit(self.pid)
            if sum(self.now.values()) > self.peak_kib:
                self.peak_kib = sum(self.now.values())


def measure(command, cores=None, watch=False, env=None):
    """Runs to the end; a command that fails ends the bench."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=err, stderr=err, env=env,
                                   preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None)
        peaks = PeakWatch(process.pid)
        if watch:
            peaks.start()
        code = process.wait()
        wall = time.monotonic() - start
        peaks.ended.set()
        err.seek(0)
        if code != 0:
            raise RuntimeError("%s ended with %d: %s" % (command, code, err.read()))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(wall, cpu, peaks.peak_kib)


def seconds(command):
    """The first number that a baseline prints."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


class Hub:
    """A folder with configuration, schema and state, and the built omnihub to run on it."""

    def __init__(self, folder, source, isolation="process"):
        self.folder = folder
        self.state = os.path.join(folder, "state")
        self.schema = os.path.join(folder, "schema")
        if not os.path.isdir(self.schema):
            shutil.copytree(SCHEMA, self.schema)
            shutil.copy(os.path.join(HERE, "report.conf"), self.schema)
        self.conf = os.path.join(folder, "hub-%s.conf" % isolation)
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(self.text(source, isolation))

    def text(self, source, isolation):
        fields = [(name, name, None) for name in TEXTS] + list(NUMBERS)
        listed = ",\n  ".join('{ path = "$.%s"; column = "%s"; %s}' %
                              (path, column, 'format = "%s"; ' % form if form else "") for path, column, form in fields)
        return ('hub: { state_dir = "%s"; schema_dir = "%s"; };\n' % (self.state, self.schema) +
                'connectors = ( { name = "bench"; plugin = "%s"; isolation = "%s";\n' % (omni.plugin_path("rest", "file"), isolation) +
                ' options = { api_url = "%s"; streams = ( { name = "report"; dataset = "report";\n' % source.base +
                '  url = "/{from}/1.json"; records = "$.data[*]"; max_window_days = %d; sync = "window";\n' % source.window_days +
                '  paging = { kind = "next"; path = "$.paging.next"; };\n  fields = (%s); } ); }; } );\n' % listed)

    def clear(self):
        shutil.rmtree(self.state, ignore_errors=True)

    def command(self, *arguments):
        return [os.path.join(omni.BUILD, "omnihub"), "-c", self.conf] + list(arguments)

    def pull(self, last=DAYS, **how):
        to = FIRST_DAY + datetime.timedelta(last - 1)
        return measure(self.command("pull", "--from", FIRST_DAY.isoformat(), "--to", to.isoformat()), **how)

    def query(self, sql):
        done = subprocess.run(self.command("query", "--format", "csv", sql), check=True, capture_output=True, text=True)
        return done.stdout.splitlines()[-1]


class FileHub(Hub):
    """A file of orders instead of pages."""

    def text(self, source, isolation):
        return ('hub: { state_dir = "%s"; schema_dir = "%s"; };\n' % (self.state, self.schema) +
                'connectors = ( { name = "bench"; plugin = "%s"; isolation = "%s";\n' % (omni.plugin_path("file", "file"), isolation) +
                ' options = { path = "%s"; dataset = "orders"; delimiter = ";";\n' % source +
                '  map = { order_id = "order"; date = "day"; net = "net"; }; constants = { currency = "EUR"; }; }; } );\n')
