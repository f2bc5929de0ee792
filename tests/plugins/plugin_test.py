# SPDX-License-Identifier: Apache-2.0
"""What the plugin tests share: where things are, sums, and a source that is opened and closed around a test."""

import contextlib
import datetime
import decimal
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import omni  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)


def needs(name, family):
    """The plugin's file. One that is built with AddressSanitizer needs its library before all others."""
    path = omni.plugin_path(name, family)
    if not path:
        tap.skip_all("plugin %s is not built" % name)
    with open(path, "rb") as file:
        is_sanitized = b"__asan_init" in file.read()
    if is_sanitized and "LD_PRELOAD" not in os.environ:
        command = os.environ.get("CC", "cc").split() + ["-print-file-name=libasan.so"]
        library = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        if not os.path.isabs(library):
            tap.skip_all("this compiler has no shared libasan to load into Python")
        # Python itself keeps memory until the end: only the plugin's mistakes shall count.
        os.execve(sys.executable, [sys.executable] + sys.argv,
                  dict(os.environ, LD_PRELOAD=library, ASAN_OPTIONS="detect_leaks=0"))
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
