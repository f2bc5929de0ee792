# SPDX-License-Identifier: Apache-2.0
"""F021: tables of commas that people and tills write, read by the `file` source."""

import os

import fault
import omni
from fault import DAY, case

HEAD = "date,ad,name,cost,clicks\n"
ROW = DAY + ",%s,n,1,1\n"
GOOD = HEAD + ROW % 1


class FileBench(fault.Bench):
    """The same bench, with a file in the place of the server."""

    def settings(self, case_):
        options = dict({"path": self.lab.path("in", "*.csv"), "dataset": "ads_daily", "constants": {"level": "ad", "currency": "EUR"},
                        "map": {f["column"]: f["path"][2:] for f in fault.FIELDS}}, **case_.get("options", {}))
        tree = super().settings(dict(case_, options={}))
        tree["connectors"][0].update(plugin=omni.plugin_path("file", "file"), options=options)
        return tree

    def pull(self, *more, **how):
        return self.lab.omnihub("pull", "--json", *more, **how)

    def play(self, script):
        text = script[0]
        with open(self.lab.path("in.csv"), "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        os.makedirs(self.lab.path("in"), exist_ok=True)
        os.replace(self.lab.path("in.csv"), self.lab.path("in", "ads.csv"))

    def be_well(self, costs):
        self.play([HEAD + "".join("%s,%d,n,%s,%d\n" % (DAY, n, cost, n) for n, cost in enumerate(costs, 1))])


def bad(name, text, says, **how):
    return case("F021", name, [text], says=says, **how)


def fine(name, text, *stores, **how):
    return case("F021", name, [text], outcome="ok", reason="", stores=list(stores), **how)


def is_put_aside(bench, result, checks):
    found = bench.query("SELECT place, reason, raw FROM rejects ORDER BY id DESC LIMIT 1")
    checks.ok(found and "ads.csv:3" in found[0][0], "the line is put aside with its place", repr(found))


def formula_is_text(bench, result, checks):
    """A sink for machines changes no text; the formula is a spreadsheet's affair."""
    folder = bench.lab.path("out")
    bench.lab.write("omnihub.conf", open(bench.lab.path("omnihub.conf"), encoding="utf-8").read() + "sinks = ( %s );\n" % fault.conf(
        {"name": "files", "plugin": omni.plugin_path("csv", "sinks"), "datasets": ["ads_daily"], "options": {"directory": folder}}), 0o600)
    pushed = bench.lab.omnihub("push")
    written = "".join(open(os.path.join(at, name), encoding="utf-8").read() for at, _, names in os.walk(folder) for name in names)
    checks.ok(pushed.code == 0 and "=cmd()" in written, "and is delivered as it is", pushed.err + written)


ONE = ("1", "n", 1000000, 1)
CASES = [
    bad("a quote that is never closed", GOOD + DAY + ',2,"n,1,1\n' + ROW % 3, "ads.csv"),
    fine("a line end inside quotes", HEAD + DAY + ',1,"a\nb",1,1\n', ("1", "a\nb", 1000000, 1)),
    bad("a line too short", GOOD + DAY + ",2,n\n", "1 of 2 records cannot be read, more than reject_max allows"),
    bad("a line too long", GOOD + ROW.replace("\n", ",9\n") % 2, "1 of 2 records cannot be read"),
    fine("a bad line among many, where that is allowed", GOOD + DAY + ",2,n\n", ONE, connector={"reject_max": "50%"},
         check=is_put_aside),
    fine("columns in another order", "clicks,cost,name,ad,date\n1,1,n,1,%s\n" % DAY, ONE),
    bad("a column with another name", GOOD.replace("cost", "costs"), 'cost'),
    bad("a column twice", HEAD.replace("name", "cost") + ROW % 1, "cost"),
    bad("a line of totals", GOOD + "Total,,,1,1\n", "1 of 2 records cannot be read"),
    bad("lines in front of the header", "Report of the year\n\n" + GOOD, "date"),
    fine("lines in front of the header, announced", "Report of the year\nby me\n" + GOOD, ONE, options={"skip": 2}),
    fine("a formula is text", HEAD + DAY + ",1,=cmd(),1,1\n", ("1", "=cmd()", 1000000, 1), check=formula_is_text),
    bad("another delimiter", GOOD.replace(",", ";"), "date"),
    bad("a NUL byte", (GOOD + ROW % "\0").encode(), "1 of 2 records cannot be read"),
    bad("ISO 8859-1", GOOD.encode() + (DAY + ",2,café,1,1\n").encode("latin-1"), "UTF-8"),
    bad("a file that was gzip once", b"\x1f\x8b\x08\x00garbage" * 9, "ads.csv"),
    case("F021", "a header and no lines do not wipe rows", [HEAD], outcome="suspicious", reason="empty", says="they were kept"),
]

if __name__ == "__main__":
    fault.run(CASES, FileBench)
