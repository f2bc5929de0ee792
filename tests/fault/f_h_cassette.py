# SPDX-License-Identifier: Apache-2.0
"""F103: cassettes that do not fit: said clearly, and never made up for by asking the platform."""

import json

import fault
import tap
from fault import DAY, page, row

ONE = ("1", "n", 1000000, 1)
CURSOR = {"paging": {"kind": "cursor", "path": "$.next", "param": "after"}}
PAGES = [page(row("1"), more=',"next":"a"'), page(row("2"))]


def changed(change):
    """The cassette with other exchanges."""
    def cut(text):
        tape = json.loads(text)
        tape["exchanges"] = change(tape["exchanges"])
        return json.dumps(tape)
    return cut


CASES = [
    ("as it was recorded", lambda text: text, 0, "ok", ""),
    ("its exchanges in another order", changed(lambda e: e[::-1]), 0, "ok", ""),
    ("its second page is missing", changed(lambda e: e[:1]), 1, "failed", "cassette"),
    ("all is missing", changed(lambda e: []), 1, "failed", "cassette"),
    ("cut in the middle", lambda text: text[:len(text) // 2], 1, "failed", "cassette"),
    ("empty", lambda text: "", 1, "failed", "cassette"),
    ("another file", lambda text: '{"something": "else"}', 1, "failed", "cassette"),
]


def cassettes():
    for name, change, code, outcome, says in CASES:
        bench = fault.Bench()
        checks = fault.Checks("F103 " + name)
        bench.make_well()
        conf = {"stream": CURSOR, "options": {"token": "fault-token-1"}}
        bench.play(PAGES)
        bench.configure(conf)
        recorded = bench.pull("--record", bench.lab.path("tape"))
        checks.is_((recorded.code, len(bench.rows())), (0, 2), "recorded")
        with open(bench.lab.path("tape"), encoding="utf-8") as tape:
            text = tape.read()
        bench.lab.write("tape", change(text), 0o600)
        bench.play(PAGES)
        before = bench.digest()
        result = bench.pull("--replay", bench.lab.path("tape"))
        found = [r for r in result.json()["results"] if r.get("connector") == "shop"][0]
        checks.is_((result.code, found["outcome"]), (code, outcome), "outcome")
        checks.has(found.get("message", ""), says, "says what is wrong")
        checks.is_(bench.server.requests, [], "the platform is not asked")
        if code:
            checks.is_(bench.digest(), before, "data and state are as before")
        after, wanted = bench.make_well()
        checks.is_((after.code, bench.rows()), (0, wanted), "the next run is well without help")
        fault.report(checks)
        bench.close()


if __name__ == "__main__":
    tap.run([cassettes])
