# SPDX-License-Identifier: Apache-2.0
"""One source pulled by the real programs from its stand-in: configuration, results of its streams, and what the store holds."""

import contextlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import omni  # noqa: E402
from hub import SCHEMA, written  # noqa: E402
import tap  # noqa: E402


class Source(omni.Lab):
    """source.pull() runs `omnihub pull`; source.rows() and .value() ask with `omnihub query`."""

    def __init__(self, family, name, options):
        super().__init__()
        self.plugin = omni.plugin_path(name, family)
        if not self.plugin:
            self.close()
            tap.skip_all("plugin %s is not built" % name)
        self.options = options
        self.configure()

    def configure(self, streams=(), **options):
        """Writes the configuration anew, with these options instead of or beside the first ones; None: without it."""
        self.options = {n: v for n, v in dict(self.options, **options).items() if v is not None}
        connector = {"name": "it", "plugin": self.plugin, "options": self.options}
        if streams:
            connector["streams"] = list(streams)
        self.write("omnihub.conf", "hub: %s;\nconnectors = ( %s );\n" % (
            written({"state_dir": self.path("state"), "schema_dir": SCHEMA, "currency": "EUR"}), written(connector)), 0o600)

    def pull(self, *arguments, streams=()):
        """{stream: result}; the result's members are those of `omnihub pull --json`."""
        if streams:
            self.configure(streams)
        done = self.omnihub("pull", *arguments, "--json")
        self.code, self.err = done.code, done.err
        try:
            return {r["stream"]: r for r in done.json()["results"] if "stream" in r}
        except (ValueError, KeyError):
            tap.note("exit %d\n%s\n%s" % (done.code, done.out, done.err))
            raise

    def pull_ok(self, name, *arguments, **more):
        results = self.pull(*arguments, **more)
        if not tap.ok(self.code == 0 and all(r["outcome"] == "ok" for r in results.values()), name):
            tap.note("%s\n%s" % (results, self.err))
        return results

    def pull_fails(self, outcome, part, name, *arguments, **more):
        """Each stream ends like this, with these words."""
        results = self.pull(*arguments, **more)
        tap.is_({r["outcome"] for r in results.values()}, {outcome}, name)
        tap.has(" ".join(r.get("message") or "" for r in results.values()), part, name + ": says why")
        return results

    def rows(self, sql):
        done = self.omnihub("query", sql, "--format", "json")
        if done.code != 0:
            raise RuntimeError("%s: %s" % (sql, done.err))
        return done.json()

    def row(self, sql):
        """The only row, as a tuple."""
        (row,) = self.rows(sql)
        return tuple(row.values())

    def value(self, sql):
        return self.row(sql)[0]


@contextlib.contextmanager
def source(family, name, options):
    it = Source(family, name, options)
    try:
        yield it
    finally:
        it.close()
