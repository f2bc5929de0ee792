# SPDX-License-Identifier: Apache-2.0
"""What the source plugins' tests share: the real programs pull from the stand-ins, what came is asked of the store."""

import decimal
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
sys.dont_write_bytecode = True

import hub  # noqa: E402
import tap  # noqa: E402


def total(lab, column, table, where="1"):
    """The exact sum as the store has it."""
    value = lab.value("SELECT sum(%s) AS s FROM %s WHERE %s" % (column, table, where))
    return None if value is None else int(value)


def same_sums(lab, table, truth, columns, name, where="1"):
    """columns: {column: member of the truth}; "micros:cost" for exact columns."""
    tap.is_(lab.value("SELECT count(*) AS n FROM %s WHERE %s" % (table, where)), truth["rows"], name + ": every row once")
    got, wanted = {}, {}
    for column, member in columns.items():
        kind, _, plain = column.rpartition(":")
        got[plain] = total(lab, plain, table, where)
        wanted[plain] = int(decimal.Decimal(truth["sums"][member]) * (1000000 if kind else 1))
    tap.is_({c: (got[c], wanted[c]) for c in got if got[c] != wanted[c]}, {}, name + ": every sum to the micro")


def by_connector(results):
    return {key[0]: result for key, result in results.items()}


def refused(lab, cases, *days):
    """cases: {connector: (what is said, option that is named or None, part of the message)}."""
    results, code = lab.pull(*days)
    results = by_connector(results)
    tap.is_(code, 1, "refused: exit code 1")
    for connector, (name, option, part) in cases.items():
        result = results[connector]
        tap.is_((result["outcome"], result.get("detail", {}).get("option")), ("failed", option), name + ": refused, and the option is named")
        tap.has(result["message"], part, name + ": says why")
