# SPDX-License-Identifier: Apache-2.0
"""docs/faults.md and the tests agree: every entry has its row, each test that a row names is there and runs, and every entry that a
test is named after is in the table with that test."""

import os
import re
import sys

SOURCE = os.environ["OMNI_SRCDIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "lib"))
import tap  # noqa: E402

ENTRIES = ["F%03d" % n for n in range(1, 105)]
FOLDERS = ("fault", "hostile")  # whose tests are named after entries
LISTS = {"hostile/hostile_lab.py": "hostile/test_hostile_pull.py"}  # of cases, and who goes through them
ROW = re.compile(r"^\| (F\d{3}) \| (.+) \| (.+) \|$", re.M)
NUMBER = re.compile(r"\bF\d{3}\b")


def read(*parts):
    with open(os.path.join(SOURCE, *parts), encoding="utf-8") as file:
        return file.read()


def table():
    """{entry: [(file, name), …]}; an open one is ("open", its part)."""
    found = {}
    for number, what, tests in ROW.findall(read("docs", "faults.md")):
        tap.ok(number not in found and len(what) > 10, number + " has one row, in words")
        found[number] = [tuple(part.strip() for part in (test + ":").split(":")[:2]) for test in tests.split(",")]
    return found


def numbers_in(text):
    """What a test is named after; the sentence at its top may speak of others."""
    body = text.split('"""', 2)[-1]
    return set(NUMBER.findall(body))


def run_by_make():
    """The tests that local.mk files name, without folder and ending."""
    found = set()
    for folder, _, files in os.walk(os.path.join(SOURCE, "tests")):
        if "local.mk" in files:
            for words in re.findall(r"^\w*TESTS *\+?=(.*)$", read(folder, "local.mk").replace("\\\n", " "), re.M):
                found |= {os.path.basename(word).rsplit(".", 1)[0] for word in words.split()}
    return found


def check_rows(rows, are_run):
    for number, tests in sorted(rows.items()):
        for file, name in tests:
            if file == "open":
                tap.ok(name, "%s is open, with the part it belongs to" % number)
                continue
            path = os.path.join("tests", file)
            if not tap.ok(os.path.exists(os.path.join(SOURCE, path)), "%s: there is %s" % (number, file)):
                continue
            tap.ok((name or number) in read(path), "%s: %s has %s" % (number, file, name or number))
            test = os.path.basename(LISTS.get(file, file)).rsplit(".", 1)[0]
            tap.ok(test in are_run, "%s: %s is run by make check" % (number, test))


def check_tests(rows):
    for folder in FOLDERS:
        for file in sorted(os.listdir(os.path.join(SOURCE, "tests", folder))):
            if not file.endswith(".py") or file == "test_table.py":
                continue
            named = folder + "/" + file
            for number in sorted(numbers_in(read("tests", folder, file))):
                tap.ok(any(named == test for test, _ in rows.get(number, [])), "%s stands in the table for %s" % (named, number))


def test_table():
    rows = table()
    tap.is_(sorted(rows), ENTRIES, "every entry has a row")
    check_rows(rows, run_by_make())
    check_tests(rows)


tap.run([test_table])
