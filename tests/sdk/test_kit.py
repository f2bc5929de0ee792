#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test-plugin: what is wrong is found, named and explained, in a test as well as by the conformance checks."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import tap  # noqa: E402

PULL = "omni_status status = me->hub->rows(run, &http, \"$.data[*]\");\n        if (status != OMNI_OK)\n            return status;"
# A mistake that authors make, and the check that must find it.
MISTAKES = (
    ("the status of rows() is not looked at", (PULL, "me->hub->rows(run, &http, \"$.data[*]\");"), "down"),
    ("a missing number is called optional", (".type = OMNI_INT, .path = \"$.clicks\"",
                                             ".type = OMNI_INT, .flags = OMNI_OPTIONAL, .path = \"$.clicks\""), None),
    ("days come from the clock", ("omni_query_day(&url, \"to\", request->to_day);",
                                  "omni_query_int(&url, \"to\", (int64_t)time(NULL));"), "test"),
    ("judge() calls everything fine", (".pull = acme_pull)", ".pull = acme_pull, .judge = acme_judge)"), "forbidden"),
    ("a crash", (PULL, PULL + "\n        abort();"), "test"),
    ("a page loop by hand", ("while (omni_pages_after(&pages, &http, \"next_cursor\"))",
                             "while (omni_json_text(omni_json_of_reply(&http), \"next_cursor\", pages.cursor, "
                             "sizeof(pages.cursor)))"), None),
)
# A mistake, and what its author has to be told by the test alone.
WORDS = (
    ("days are read in another form", (".unit = OMNI_DATE_ISO", ".unit = OMNI_DATE_COMPACT"), "$.day"),
    ("the records are looked for elsewhere", ("$.data[*]", "$.datum[*]"), "no row came, 3 should"),
    ("a row of two cells", (PULL, "struct omni_cell two[2] = {{OMNI_NULL, 0, {0}}, {OMNI_NULL, 0, {0}}};\n        omni_status wrong = "
                                  "me->hub->row(run, two, 2);\n        if (wrong != OMNI_OK)\n            return wrong;\n        " + PULL), "row 1: "),
    ("it says why it dies", (PULL, PULL + '\n        fputs("assertion of the author\\n", stderr);\n        abort();'),
     "it printed last: assertion of the author"),
)
TAPS = 'OMNI_FIELD(.type = OMNI_INT, .path = "$.clicks", .column = "clicks")'
# What keeps a plugin from being loaded, and what is said.
REFUSED = (
    ("a field without its size", (TAPS, TAPS.replace("OMNI_FIELD(", "&(const struct omni_field){")[:-1] + "}"), "size: is 0: use the macros"),
    ("tables that cannot be read", ("    NULL};\n\nstatic const struct omni_stream", "    (const struct omni_field *)8};\n\nstatic const struct omni_stream"),
     "does each list end with NULL?"),
)
JUDGE = """
static omni_status acme_judge(void *self, struct omni_run *run, const struct omni_http *http, uint32_t *wait_ms)
{
    (void)self, (void)run, (void)http, (void)wait_ms;
    return OMNI_OK;
}
static const struct omni_source *const sources"""


def score(desk, *arguments):
    done = desk.run("omnihub test-plugin ./acme.so --json " + " ".join(arguments), "acme")
    try:
        return json.loads(done.out), done
    except ValueError:
        tap.note(done.out + done.err)
        raise


def failed(sheet):
    return [c["id"] for c in sheet["checks"] if c["result"] == "failed"]


def begin(desk):
    desk.good("omnihub new-plugin acme", "new-plugin")
    tap.is_(desk.compile("acme", folder="acme").code, 0, "builds")
    sheet, done = score(desk)
    tap.is_((done.code, sheet["failed"], failed(sheet)), (0, 0, []), "the plugin of the template has no fault")
    tap.is_(sheet["plugin"], "acme", "the sheet names the plugin")
    tap.ok(sheet["ok"] > 40, "more than forty checks")
    tap.is_(os.listdir(desk.path("acme")).count("state"), 0, "nothing is left in the folder")


def mistakes(desk):
    good = desk.read("acme", "acme.c")
    for name, (old, new), found in MISTAKES:
        tap.ok(old in good, name + ": can be made")
        text = good.replace(old, new, 1).replace("#include <stdlib.h>", "#include <stdlib.h>\n#include <time.h>")
        if "acme_judge" in new:
            text = text.replace("\nstatic const struct omni_source *const sources", JUDGE, 1)
        desk.write("acme/acme.c", text)
        if not tap.is_(desk.compile("acme", folder="acme").code, 0, name + ": builds"):
            continue
        sheet, done = score(desk)
        if found is None:
            tap.is_(done.code, 0, name + ": is no fault, and the hub stands by")
        elif found == "test":
            tap.ok(done.code == 1 and sheet["tests"][0]["problems"], name + ": its own test fails")
        else:
            tap.ok(done.code == 1 and found in failed(sheet), name + ": check %s finds it" % found)
            check = next(c for c in sheet["checks"] if c["id"] == found and c["result"] == "failed")
            tap.ok(check["means"] and check["mend"] and check["problem"], name + ": with its meaning and how to mend it")
            text = desk.run("omnihub test-plugin ./acme.so --check " + found, "acme").out
            tap.has(text, "mend:  ", name + ": in the text, too")
            tap.has(text, " 1 failed", name + ": --check runs this one alone")
    desk.write("acme/acme.c", good)
    desk.compile("acme", folder="acme")


def words(desk):
    good = desk.read("acme", "acme.c")
    for name, (old, new), says in WORDS:
        tap.ok(old in good, name + ": can be made")
        desk.write("acme/acme.c", good.replace(old, new, 1).replace("#include <stdlib.h>", "#include <stdio.h>\n#include <stdlib.h>"))
        tap.is_(desk.compile("acme", folder="acme").code, 0, name + ": builds")
        problems = score(desk, "--no-conformance")[0]["tests"][0]["problems"]
        tap.has(" ".join(problems), says, name + ": is told")
        tap.ok("asked for once more" not in " ".join(problems), name + ": and not what followed from it")
    for name, (old, new), says in REFUSED:
        tap.ok(old in good, name + ": can be made")
        desk.write("acme/acme.c", good.replace(old, new, 1))
        tap.is_(desk.compile("acme", folder="acme").code, 0, name + ": builds")
        done = desk.run("omnihub test-plugin ./acme.so", "acme")
        tap.is_(done.code, 2, name + ": is refused")
        tap.has(done.err, says, name + ": is told")
    desk.write("acme/acme.c", good)
    tap.is_(desk.compile("acme", folder="acme").code, 0, "the good one builds again")


def files(desk):
    good = desk.read("acme", "acme.test")
    for name, (old, new), code, says in (
            ("a wrong number", ("clicks = 34", "clicks = 35"), 1, "clicks=35, came: clicks=34"),
            ("a row too many", ('  { date = "2026-03-02"', '  { date = "2026-03-02"; campaign_id = "9"; },\n  { date = "2026-03-02"'),
             1, "row 3 did not come"),
            ("a column that is not there", ("clicks = 34", "klicks = 34"), 1, "klicks=34, came: klicks=no such column"),
            ("an unknown setting", ("from =", "form ="), 2, 'did you mean "from"'),
            ("half a window", ('to = "2026-03-02";', ""), 2, "from and to go together"),
            ("an unknown stream", ('stream = "daily"', 'stream = "weekly"'), 1, 'no stream "weekly"'),
            ("a missing option", ('account_id = "42"; ', ""), 1, 'option "account_id" is missing'),
            ("a cassette that is not there", ("acme.cassette", "none.cassette"), 1, "none.cassette"),
            ("another day", ('from = "2026-03-01"', 'from = "2026-02-28"'), 1, "is not in cassette"),
            ("another outcome", ('test = "two', 'outcome = "failed"; test = "two'), 1, "the run was ok, not failed"),
            ("an amount with a point", ('cost = "7.05"', "cost = 7.05"), 0, "ok"),
            ("a wrong amount with a point", ('cost = "7.05"', "cost = 7.06"), 1, 'cost=7.06, came: cost="7.05"')):
        tap.ok(old in good, name + ": can be written")
        desk.write("acme/acme.test", good.replace(old, new, 1))
        done = desk.run("omnihub test-plugin ./acme.so --no-conformance", "acme")
        tap.is_(done.code, code, name + ": exit code")
        tap.has(done.out + done.err, says, name + ": is told")
    desk.write("acme/acme.test", good)


INLINE = """test = "the login is refused";
stream = "daily"; from = "2026-03-01"; to = "2026-03-01";
options = { account_id = "7"; access_token = "not-a-real-token"; };
exchanges = (
  { request = "GET /v1/accounts/7/report?from=2026-03-01&to=2026-03-01&limit=500"; status = 401; reply = { error = "expired"; }; }
);
outcome = "failed"; says = "the login was refused";
"""
FAULTS = """test = "a fault that passes, then a page in words of the test";
stream = "daily"; from = "2026-03-01"; to = "2026-03-01";
options = { account_id = "7"; access_token = "not-a-real-token"; };
exchanges = (
  { request = "GET /v1/accounts/7/report?from=2026-03-01&to=2026-03-01&limit=500"; fault = "reset"; },
  { request = "GET /v1/accounts/7/report?from=2026-03-01&to=2026-03-01&limit=500";
    reply = { data = ( { day = "2026-03-01"; id = "1"; name = "x"; shown = 3; clicks = 2; amount = "0.10"; } ); }; }
);
rows = ( { date = "2026-03-01"; campaign_id = "1"; cost = "0.1"; } );
"""


def inline(desk):
    desk.write("acme/refused.test", INLINE)
    desk.write("acme/faults.test", FAULTS)
    done = desk.good("omnihub test-plugin ./acme.so refused.test faults.test --no-conformance", "replies in the test itself", "acme")
    tap.has(done.out, "2 hold, 0 failed", "both hold")
    done = desk.good("omnihub test-plugin ./acme.so faults.test acme.test --check repeated-page", "several tests of one stream", "acme")
    tap.has(done.out, "conformance of stream daily, around acme.test", "faults are made around the one with the most pages")
    tap.has(done.out, "ok       a page that comes again", "which has what they need")
    done = desk.run("omnihub test-plugin ./acme.so --check forbiden", "acme")
    tap.is_(done.code, 2, "an unknown check is refused")
    tap.has(done.err, 'did you mean "forbidden"', "and the right one is named")
    desk.write("acme/broken.test", "test = ;")
    done = desk.run("omnihub test-plugin ./acme.so broken.test", "acme")
    tap.is_(done.code, 2, "a file that cannot be read")
    tap.has(done.err, "broken.test:1", "is named with its line")


FILE_OPTIONS = 'options = { path = "till.csv"; dataset = "orders"; map = { net = "Total"; date = "At"; }; };'
FILE = """test = "a till's file"; stream = "orders";
%s
rows = ( { order_id = "till.csv:2"; net = "1"; }, { order_id = "till.csv:3"; net = "2.5"; } );
""" % FILE_OPTIONS


def without_requests(desk):
    """A source that reads files: its test brings the files along, and checks about replies have nothing to spoil."""
    os.mkdir(desk.path("till"))
    desk.write("till/till.csv", "Total,At\n1.00,2026-01-01\n2.50,2026-01-02\n")
    desk.write("till/till.test", FILE)
    plugin = desk.good("pkg-config --variable=plugindir omnihub-sdk", "plugindir").out.strip() + "/file.so"
    done = desk.good("omnihub test-plugin %s till/till.test --json" % plugin, "a file beside the test is found from another folder")
    sheet = json.loads(done.out)
    held = {c["id"] for c in sheet["checks"] if c["result"] == "ok"}
    tap.ok({"store", "again", "clock-ahead", "clock-hours-behind"} <= held, "what needs no reply is checked")
    rest = [(c["id"], c["result"]) for c in sheet["checks"] if c["result"] != "ok"]
    tap.is_(rest, [("replies", "left out")], "what needs one is left out, and said once")
    desk.write("till/wrong.test", FILE.replace("map =", "mapp ="))
    done = desk.run("omnihub test-plugin %s till/wrong.test --json" % plugin)
    problems = json.loads(done.out)["tests"][0]["problems"]
    tap.ok(any('did you mean "map"' in p for p in problems) and len(problems) == 2, "wrong options: the sheet has every complaint")
    tap.is_(done.err, "", "and they are not said twice")
    desk.write("old.cassette", "{}")
    done = desk.run("omnihub record --plugin %s -o path=till/till.csv -o dataset=orders -o 'map={\"net\":\"Total\",\"date\":\"At\"}' "
                    "--output old.cassette" % plugin)
    tap.ok(done.code == 1 and "no request was sent" in done.err and not done.out, "record: where no request is sent, there is no cassette")


OVERFLOW = PULL + """
        char *four = malloc(4);
        fprintf(stderr, "hello from the author\\n");
        four[http.size] = 1;
        free(four);"""


def sanitized(desk):
    """Memory faults are found by the author's own sanitizer, out of the sandbox, and only where that is asked for."""
    good = desk.read("acme", "acme.c")
    desk.write("acme/acme.c", good.replace(PULL, OVERFLOW, 1).replace("#include <stdlib.h>", "#include <stdio.h>\n#include <stdlib.h>"))
    runtime = desk.run("%s -print-file-name=libasan.so" % desk.cc).out.strip()
    if desk.sanitizer or not os.path.isabs(runtime):
        tap.skip("a sanitizer in the plugin alone", "this build has one, or the compiler none")
    elif tap.is_(desk.compile("acme", desk.cc + " -std=c11 -g -fsanitize=address -Wno-stringop-overflow", "acme").code, 0, "builds with a sanitizer"):
        fenced = desk.run("omnihub test-plugin ./acme.so acme.test --no-conformance", "acme")
        tap.has(fenced.err, "ASan runtime does not come first", "in its sandbox it does not start, and what it printed says why")
        debug = "omnihub test-plugin --debug ./acme.so acme.test --no-conformance"
        done = desk.run(debug, "acme", LD_PRELOAD=runtime)
        tap.is_(done.code, 1, "--debug: the overflow fails the test")
        for part in ("hello from the author", "heap-buffer-overflow", "acme.c:"):
            tap.has(done.err, part, "--debug: what it prints is shown: " + part)
        desk.write("acme/acme.c", good)
        tap.is_(desk.compile("acme", desk.cc + " -std=c11 -g -fsanitize=address", "acme").code, 0, "the good one builds with a sanitizer")
        tap.is_(desk.run(debug, "acme", LD_PRELOAD=runtime).code, 0, "--debug: and holds")
    desk.write("acme/acme.c", good)
    tap.is_(desk.compile("acme", folder="acme").code, 0, "the good one builds again")
    done = desk.run("omnihub pull --debug acme")
    tap.ok(done.code == 2 and "--debug belongs to --plugin" in done.err, "--debug: not for what is configured")


# What authors of sinks get wrong, and the checks that must find it.
SINK_MISTAKES = (
    ("rows are added to those that are there", ('fopen(me->aside, "w")', 'fopen(me->path, "a")'), ("test",)),
    ("rows are written in place", ('"%s.new", me->path', '"%s", me->path'), ("die-before-commit", "fail-in-write")),
    ("commit() forgets to make them visible", ("rename(me->aside, me->path) != 0", "0"), ("test",)),
)


def sinks(desk):
    desk.good("omnihub new-plugin tsv --sink", "new-plugin --sink")
    good = desk.read("tsv", "tsv.c")
    desk.write("tsv/wrong.test", desk.read("tsv", "tsv.test").replace("directory =", "folder ="))
    tap.is_(desk.compile("tsv", folder="tsv").code, 0, "builds")
    done = desk.run("omnihub test-plugin ./tsv.so wrong.test --json", "tsv")
    tap.has(" ".join(json.loads(done.out)["tests"][0]["problems"]), 'unknown option "folder"', "wrong options of a sink: the sheet says so")
    os.unlink(desk.path("tsv", "wrong.test"))
    for name, (old, new), found in SINK_MISTAKES:
        tap.ok(old in good, name + ": can be made")
        desk.write("tsv/tsv.c", good.replace(old, new, 1))
        tap.is_(desk.compile("tsv", folder="tsv").code, 0, name + ": builds")
        done = desk.run("omnihub test-plugin ./tsv.so --json", "tsv")
        sheet = json.loads(done.out)
        tap.is_(done.code, 1, name + ": is found")
        if found == ("test",):
            tap.ok(sheet["tests"][0]["problems"], name + ": by its own test")
        else:
            tap.ok(set(found) & set(failed(sheet)), name + ": by one of " + ", ".join(found))


with author.Desk() as the_desk:
    tap.run([lambda f=f: f(the_desk) for f in (begin, mistakes, words, files, inline, sanitized, without_requests, sinks)])
