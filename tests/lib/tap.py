# SPDX-License-Identifier: Apache-2.0
"""The Test Anything Protocol in a few functions: each check prints its line at once, done() the plan and the exit code."""

import sys
import traceback

_count = 0
_failed = 0


def ok(condition, name):
    """One check; returns whether it held."""
    global _count, _failed
    _count += 1
    _failed += 0 if condition else 1
    print("%sok %d - %s" % ("" if condition else "not ", _count, name.replace("#", "_")), flush=True)
    return bool(condition)


def skip(name, reason):
    """A check that cannot be made here."""
    global _count
    _count += 1
    print("ok %d - %s # SKIP %s" % (_count, name.replace("#", "_"), reason), flush=True)


def is_(got, wanted, name):
    """The two are equal; returns whether they were."""
    if not ok(got == wanted, name):
        note("got:    %r" % (got,))
        note("wanted: %r" % (wanted,))
    return got == wanted


def has(text, part, name):
    """`part` is inside `text`."""
    if not ok(part in text, name):
        note("%r is not in %r" % (part, text))


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def bail(reason):
    """Nothing can be tested here at all."""
    print("Bail out! " + reason, flush=True)
    sys.exit(1)


def skip_all(reason):
    print("1..0 # SKIP " + reason, flush=True)
    sys.exit(0)


def run(tests):
    """Calls each test function; an exception is a failed check and the next one goes on. Ends the program."""
    for test in tests:
        try:
            test()
        except Exception:  # whatever a test dies of is shown and counted
            ok(False, test.__name__ + " dies of an exception")
            note(traceback.format_exc())
    done()


def done():
    print("1..%d" % _count, flush=True)
    sys.exit(1 if _failed or not _count else 0)
