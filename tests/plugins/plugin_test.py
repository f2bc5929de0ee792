# SPDX-License-Identifier: Apache-2.0
"""What the plugin tests share: where things are, sums, and a source that is opened and closed around a test."""

import contextlib
import datetime
import decimal
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import omni  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)


def needs(name, family):
    """The plugin's file. Python is not built with the sanitizers, so it cannot load a plugin that is."""
    path = omni.plugin_path(name, family)
    if not path:
        tap.skip_all("plugin %s is not built" % name)
    with open(path, "rb") as file:
        if b"__asan_init" in file.read():
            tap.skip_all("built with a sanitizer")
    return path


@contextlib.contextmanager
def opened(plugin):
    import abi
    tap.is_(plugin.open(), abi.OK, "opens")
    if plugin.source.discover:
        tap.is_(plugin.discover(), abi.OK, "tells its streams")
    try:
        yield plugin
    finally:
        plugin.close()


def total(rows, column):
    return sum(decimal.Decimal(row[column]) for row in rows)


def same_sums(rows, truth, columns, name):
    """Exact: what the rows add up to and what the platform has."""
    for column, member in columns.items():
        tap.is_(total(rows, column), decimal.Decimal(truth["sums"][member]), "%s: sum(%s)" % (name, column))
    tap.is_(len(rows), truth["rows"], name + ": every row once")
