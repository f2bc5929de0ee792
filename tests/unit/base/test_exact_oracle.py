# SPDX-License-Identifier: Apache-2.0
"""hub/base/exact.c against Python's fractions: numbers of any length, scale and rounding."""
import os
import random
import re
import subprocess
from fractions import Fraction

PROGRAM = os.path.join(os.environ["OMNI_BUILDDIR"], "tests/unit/base/exact_print")
OK, SYNTAX, RANGE, PRECISION = range(4)
ROUND = 32
NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?")
CASES = 40_000


def random_text(spread):
    whole = "".join(spread.choice("0123456789") for _ in range(spread.choice([0, 1, 2, 5, 13, 19, 20, 40, 60])))
    decimals = "".join(spread.choice("0000512349") for _ in range(spread.choice([0, 0, 1, 2, 6, 7, 20, 45])))
    point = "." if decimals or spread.random() < 0.05 else ""
    exponent = spread.choice(["", "", f"e{spread.randint(-60, 60)}", f"E+{spread.randint(0, 9)}"])
    return (spread.choice(["", "-", "+"]) + whole + point + decimals + exponent) or "-"


def expected(text, shift, flags):
    if not NUMBER.fullmatch(text):
        return SYNTAX, 0
    mantissa, _, exponent = text.lower().partition("e")
    sign = -1 if mantissa[0] == "-" else 1
    whole, _, decimals = mantissa.lstrip("+-").partition(".")
    size = Fraction(int(whole + decimals)) * Fraction(10) ** (int(exponent or 0) - len(decimals) + shift)
    value = round(size) if flags & ROUND else int(size)
    if value > 2**63 - (sign > 0):
        return RANGE, 0
    if not flags & ROUND and value != size:
        return PRECISION, 0
    return OK, sign * value


def main():
    spread = random.Random(5)
    cases = [(random_text(spread), spread.choice([0, 3, 4, 6, 10, -3]), spread.choice([0, ROUND]))
             for _ in range(CASES)]
    lines = "".join(f"{text} {shift} {flags}\n" for text, shift, flags in cases)
    run = subprocess.run([PROGRAM], input=lines, capture_output=True, text=True, check=True)
    answers = [tuple(map(int, line.split())) for line in run.stdout.splitlines()]
    wrong = [(case, answer, expected(*case)) for case, answer in zip(cases, answers)
             if answer != expected(*case)]
    print("1..1")
    print(f"{'ok' if not wrong and len(answers) == CASES else 'not ok'} 1 - {CASES} numbers")
    for case, answer, right in wrong[:10]:
        print(f"# {case}: {answer}, not {right}")


main()
