# SPDX-License-Identifier: Apache-2.0
"""What the tests of shops and tills share: a connector in a folder of its own, pulled by the real programs."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

from bench import NOW, TODAY, ago, written  # noqa: E402,F401
import omni  # noqa: E402
import tap  # noqa: E402

CONF = """hub: { state_dir = "%s"; schema_dir = "%s"; timezone = "UTC"; };
connectors = ( { name = "it"; plugin = "%s"; start = "%s"; extra = true; %s options = { %s }; } );
"""


class Shop:
    """One connector beside the stand-in. options: without secrets; secrets: their values, which go into files."""

    def __init__(self, stand_in, plugin, platform, options, secrets, start="-400d", more=""):
        self.stand_in, self.platform, self.start, self.more = stand_in, platform, start, more
        self.path = omni.plugin_path(plugin, "commerce")
        if not self.path:
            tap.skip_all("plugin %s is not built" % plugin)
        self.lab = omni.Lab()
        self.options = dict(options, api_url=stand_in.url(platform))
        for name, text in secrets.items():
            self.options[name] = "file:" + self.lab.write(name, text, 0o600)
        stand_in.control(clear=True, generation=0, today=str(TODAY))
        self.configure()

    def configure(self, **more):
        given = dict(self.options, **more)
        text = " ".join("%s = %s;" % (name, written(value)) for name, value in given.items() if value is not None)
        self.lab.write("omnihub.conf", CONF % (self.lab.path("state"), os.path.join(omni.SOURCE, "conf", "schema"), self.path,
                                               self.start, self.more, text))

    def pull(self, stream, *arguments):
        """The stream's result: outcome, reason, message, inserted …"""
        done = self.lab.omnihub("pull", "it", "--stream", stream, "--json", *arguments, env=NOW)
        results = done.json()["results"] if done.out.startswith("{") else []
        for result in results:
            if "stream" in result or result.get("outcome") != "ok":
                return dict(result, err=done.err)
        return {"outcome": "none", "message": done.err, "err": done.err}

    def good(self, stream, name, *arguments):
        result = self.pull(stream, *arguments)
        if not tap.ok(result["outcome"] == "ok", name):
            tap.note(result.get("message"))
        return result

    def bad(self, stream, name, reason, says):
        result = self.pull(stream)
        tap.is_((result["outcome"], result.get("reason")), ("failed", reason), name)
        tap.has(result.get("message") or "", says, name + ": says why")

    def check(self):
        return self.lab.omnihub("check", "--connect", "--json", env=NOW)

    def query(self, sql):
        done = self.lab.omnihub("query", sql, "--format", "json", env=NOW)
        if done.code != 0:
            raise RuntimeError(done.err)
        return done.json()

    def one(self, sql):
        (row,) = self.query(sql)
        return row

    def sums(self, dataset, *columns, where="1"):
        """Exact sums as decimal text."""
        asked = ", ".join("dec(sum(%s)) AS %s" % (column, column) for column in columns)
        return self.one("SELECT %s FROM %s WHERE %s" % (asked, dataset, where))

    def same(self, dataset, truth, columns, name):
        """The dataset adds up to what the platform has."""
        tap.is_(self.sums(dataset, *columns), {column: truth["sums"][column] for column in columns}, name + ": exact sums")
        tap.is_(self.one("SELECT count(*) AS n FROM " + dataset)["n"], truth["rows"], name + ": every row once")

    def truth(self, **more):
        return self.stand_in.truth(self.platform, ago(400), TODAY, **more)

    def fault(self, kind, **more):
        self.stand_in.control(fault=dict({"platform": self.platform, "kind": kind}, **more))

    def knob(self, **values):
        self.stand_in.control(knobs={self.platform: values})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lab.close()
