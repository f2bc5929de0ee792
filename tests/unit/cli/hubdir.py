# SPDX-License-Identifier: Apache-2.0
"""A folder with a configuration, plugins that are descriptions, and scripts for the stand-in of omnihub-job."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["OMNI_SRCDIR"], "tests", "lib"))

PROGRAM = os.path.join(os.environ["OMNI_BUILDDIR"], "tests/unit/cli/omnihub")
SCHEMA = os.path.join(os.environ["OMNI_SRCDIR"], "conf/schema")


def option(name, kind="text", flags=(), **more):
    return dict(name=name, type=kind, flags=list(flags), **more)


def stream(name, dataset="orders"):
    return dict(name=name, dataset=dataset, sync="window",
                fields=[dict(path="$.id", column="order_id", type="text", flags=["key"])])


SCRIPTS = [option("script"), option("script_pull"), option("script_accounts"), option("script_check"),
           option("script_push")]

SHOP = dict(abi="1.0", name="shop", version="2.1", vendor="Acme", sources=[dict(
    name="shop", title="Shop", family="commerce", api_version="v3", api_sunset="2031-05-01",
    account_option="account_id", api_url="https://api.shop.test",
    options=SCRIPTS + [
        option("account_id", help="Which shop", flags=["required"]),
        option("access_token", flags=["secret"], help="From the shop's settings"),
        option("mode", choices="fast|slow", fallback="fast"), option("limit", "int"),
        option("wait", "duration"), option("since", "date"), option("names", "list"), option("map", "map"),
        option("deep", "tree"), option("flag", "bool")],
    logins=[dict(kind="bearer", options="access_token")],
    streams=[stream("orders"), stream("lines")])])

OUT = dict(abi="1.0", name="out", version="1.0",
           sinks=[dict(name="out", title="Out", options=SCRIPTS + [option("path", flags=["required"])])])


class Hub:
    """hub("pull") runs the program; files are relative to the folder."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="omnihub-test-")
        os.mkdir(self.path("plugins"))
        self.plugin("shop", SHOP)
        self.plugin("out", OUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def plugin(self, name, description):
        """In one step, as a package manager puts it: a service may be asking it at this moment."""
        half = "plugins/%s.half" % name
        self.write(half, description if isinstance(description, str) else json.dumps(description))
        os.replace(self.path(half), self.path("plugins/%s.so" % name))

    def script(self, name, *events):
        self.write(name, "".join(json.dumps(e) + "\n" for e in events))

    def conf(self, text, hub="", mode=0o600):
        self.write("omnihub.conf", 'hub: { state_dir = "state"; schema_dir = "%s"; plugin_dirs = ("plugins"); accept_file_system = true; %s };\n%s'
                   % (SCHEMA, hub, text), mode)

    def env(self, **more):
        env = {k: v for k, v in os.environ.items() if k not in ("OMNIHUB_CONF", "SHOP_TOKEN")}
        env.update(more)
        return env

    def start(self, *args, env=None, **more):
        return subprocess.Popen([PROGRAM, args[0], "-c", self.path("omnihub.conf"), *args[1:]],
                                env=self.env(**(env or {})), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=more.pop("stdin", subprocess.DEVNULL), text=True, **more)

    def __call__(self, *args, env=None, input=None):
        """(exit code, stdout, stderr)"""
        p = self.start(*args, env=env, stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL)
        out, err = p.communicate(input, timeout=120)
        return p.returncode, out, err

    def orders(self, name):
        with open(self.path("state/spec." + name), encoding="utf-8") as f:
            return json.load(f)


def result(outcome="ok", stream="orders", **more):
    return dict(event="result", stream=stream, account=more.pop("account", ""), outcome=outcome, **more)
