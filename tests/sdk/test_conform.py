#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The conformance checks for every kind of reply and call: what is right passes all of them, and each careless plugin is found."""

import gzip
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

SOURCE = os.path.join(omni.SOURCE, "tests", "sdk", "various.c")
OPTIONS = """options = { account_id = "7"; token = "made-up-token"; };
"""
WINDOW = """from = "2026-03-01"; to = "2026-03-02";
""" + OPTIONS
ROWS = """rows = (
  { date = "2026-03-01"; campaign_id = "1"; clicks = 2; cost = "0.5"; },
  { date = "2026-03-02"; campaign_id = "2"; campaign_name = "b; \\"c\\""; clicks = 3; cost = "1.25"; } );
"""
SHEET = """Report of 2026-03-02
Day;Campaign ID;"Campaign, name";Clicks;Cost
2026-03-01;1;;2;0.50
2026-03-02;2;"b; ""c""\";3;1.25
"""
LINES = ({"day": "2026-03-01", "campaign": {"id": "1", "name": None}, "clicks": 2, "cost": "0.50"},
         {"day": "2026-03-02", "campaign": {"id": "2", "name": "b; \"c\""}, "clicks": 3, "cost": 1.25})
TESTS = {
    "sheet": """test = "a gzipped CSV"; stream = "sheet";
""" + WINDOW + """exchanges = ( { request = "GET /sheet?from=2026-03-01&to=2026-03-02"; headers = ("content-type: text/csv");
                reply_file = "sheet.csv.gz"; } );
""" + ROWS,
    "plain": """test = "a CSV"; stream = "sheet";
""" + WINDOW + """exchanges = ( { request = "GET /sheet?from=2026-03-01&to=2026-03-02"; headers = ("content-type: text/csv");
                reply_file = "sheet.csv"; } );
""" + ROWS,
    "lines": """test = "lines of JSON, and their total"; stream = "lines";
""" + WINDOW + """exchanges = ( { request = "GET /lines?from=2026-03-01&to=2026-03-02"; headers = ("content-type: application/x-ndjson");
                reply_file = "lines.ndjson"; },
              { request = "GET /sums"; reply = { sums = { cost = "1.75"; }; }; } );
""" + ROWS,
    "orders": """test = "orders and what is in them"; stream = "orders";
""" + OPTIONS + """exchanges = ( { request = "GET /orders"; reply = { orders = (
  { id = "o1"; at = "2026-03-01T10:00:00Z"; net = "3.00"; items = ( { id = "a"; gross = "1.00"; }, { id = "b"; gross = "2.00"; } ); } ); }; } );
rows = ( { order_id = "o1"; net = "3"; } );
parts = { items = ( { order_id = "o1"; line_id = "a"; gross = "1"; }, { order_id = "o1"; line_id = "b"; gross = "2"; } ); };
""",
    "changes": """test = "what changed since the last pull"; stream = "changes"; cursor = "c 1";
""" + OPTIONS + """exchanges = ( { request = "GET /changes?since=c%201"; reply = { orders = (
  { id = "o1"; at = "2026-03-01T10:00:00Z"; net = "3.00"; } ); }; } );
rows = ( { order_id = "o1"; net = "3"; } );
""",
    "check": """test = "the login is proved"; call = "check";
""" + OPTIONS + """server = ( { request = "GET /me"; sends = ("Authorization: Bearer made-up-token"); reply = { id = "me"; }; } );
""",
    "accounts": """test = "which accounts there are"; call = "accounts";
""" + OPTIONS + """exchanges = ( { request = "GET /accounts"; reply = { accounts = ( { id = "7"; name = "seven"; }, { id = "8"; name = "eight"; } ); }; } );
rows = ( { id = "7"; name = "seven"; }, { id = "8"; name = "eight"; } );
""",
}
# For who reads by hand.
SIMPLE = """test = "a CSV for the simple-minded"; stream = "sheet";
""" + WINDOW + """exchanges = ( { request = "GET /sheet?from=2026-03-01&to=2026-03-02"; headers = ("content-type: text/csv");
                reply_file = "simple.csv"; } );
rows = ( { date = "2026-03-01"; campaign_id = "1"; clicks = 2; cost = "0.5"; } );
"""
# Checks that have to be among those that hold.
MUST = {
    "sheet": {"missing": "Clicks", "missing-optional": "Campaign, name", "null-key": "Campaign ID", "object": "Cost", "word": "Clicks",
              "huge": "Cost", "hostile": "Campaign, name", "restated": "Clicks", "unknown": None, "no-rows": None, "half-page": None,
              "cut": None, "clock-hours-ahead": None, "clock-hours-behind": None},
    "lines": {"missing": "$.clicks", "missing-optional": "$.campaign.name", "null-key": "$.campaign.id", "huge": "$.cost",
              "word": "$.clicks", "unknown": None, "no-rows": None, "half-page": None, "total-forbidden": None, "total-login": None,
              "total-cut": None, "total-other": None},
    "orders": {"missing": "items $.gross", "null-key": "items $.id", "word": "items $.gross", "restated": "items $.gross", "huge": "$.net"},
    "changes": {"again": None, "no-rows": None, "restated": "$.net", "restart": None},
    "check": {"forbidden": None, "login-dead": None, "login-once": None, "cut": None, "throttled-long": None},
    "accounts": {"forbidden": None, "login-dead": None, "half-page": None, "no-body": None, "unknown": None, "web-page": None},
}
MUST["plain"] = MUST["sheet"]

READ = "omni_status status = hub->rows(run, &http, \"$.orders[*]\");"
# What is read by hand takes what is no number for 0, and cells in the place of the fields' table.
BY_HAND = """
    omni_status status = hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    for (const char *line = http.reply; *line; line += strcspn(line, "\\n"), line += *line == '\\n') {
        struct omni_cell cells[5] = {{OMNI_NULL, 0, {0}}};
        char id[64] = "", name[64] = "";
        double cost = 0;
        int32_t day = 0;
        int64_t clicks = 0;
        int has_name = 0;
        %s
        cells[0].type = OMNI_DATE; cells[0].v.i = day;
        cells[1].type = OMNI_TEXT; cells[1].v.s = id; cells[1].len = (uint32_t)strlen(id);
        cells[2].type = has_name ? OMNI_TEXT : OMNI_NULL; cells[2].v.s = name; cells[2].len = (uint32_t)strlen(name);
        cells[3].type = OMNI_INT; cells[3].v.i = clicks;
        cells[4].type = OMNI_MICROS; cells[4].v.i = (int64_t)(cost * 1000000);
        if (day)
            status = hub->row(run, cells, 5);
        if (status != OMNI_OK)
            return status;
    }
"""
JSON_LINE = """struct omni_json record = omni_json_of(line, strcspn(line, "\\n"));
        char text[64] = "";
        omni_json_text(record, "day", text, sizeof(text));
        omni_day_parse(text, &day);
        omni_json_text(record, "campaign.id", id, sizeof(id));
        has_name = omni_json_text(record, "campaign.name", name, sizeof(name));
        omni_json_int(record, "clicks", &clicks);
        omni_json_text(record, "cost", text, sizeof(text));
        cost = strtod(text, NULL);"""
CSV_LINE = """char text[2][64] = {"", ""};
        omni_day_parse(line, &day);
        sscanf(line, "%*[^,],%63[^,],%63[^,],%63[^,],%63[^\\n]", id, name, text[0], text[1]);
        has_name = 1;
        clicks = atol(text[0]);
        cost = strtod(text[1], NULL);"""
PARTS_BY_HAND = """
    omni_status status = hub->http(run, &http);
    struct omni_json orders = omni_json_at(omni_json_of_reply(&http), "orders"), order = {0}, item;
    const struct omni_part_rows *rows = (const struct omni_part_rows *)hub->extension(OMNI_PART_ROWS);
    while (status == OMNI_OK && omni_json_next(orders, &order)) {
        struct omni_row *row = (struct omni_row *)malloc(sizeof(*row));
        omni_row_begin(row, streams[2], order);
        status = omni_row_send(row, hub, run, 0);
        free(row);
        struct omni_json items = omni_json_at(order, "items");
        item = (struct omni_json){0};
        while (status == OMNI_OK && omni_json_next(items, &item)) {
            struct omni_cell cells[4] = {{OMNI_NULL, 0, {0}}};
            char order_id[64] = "", id[64] = "", at[64] = "";
            int64_t seconds = 0;
            omni_json_text(order, "id", order_id, sizeof(order_id));
            omni_json_text(item, "id", id, sizeof(id));
            cells[0].type = cells[1].type = OMNI_TEXT;
            cells[0].v.s = order_id; cells[0].len = (uint32_t)strlen(order_id);
            cells[1].v.s = id; cells[1].len = (uint32_t)strlen(id);
            cells[2].type = OMNI_MICROS;
            omni_json_micros(item, "gross", &cells[2].v.i);
            omni_json_text(order, "at", at, sizeof(at));
            omni_time_parse(at, &seconds);
            cells[3].type = OMNI_TIME; cells[3].v.i = seconds * 1000000;
            status = rows->row(run, 1, cells, 4);
        }
    }
"""
ACCOUNTS = ("""    if (status != OMNI_OK)
        return status;
    struct omni_json list = omni_json_at(omni_json_of_reply(&http), "accounts");
    if (list.kind != OMNI_JSON_ARRAY)
        return hub->fail(run, OMNI_E_DATA, "the reply has no list of accounts");
""",)
# A mistake, the tests that show it, and the checks that find it.
MISTAKES = (
    ("lines are read by hand", (READ, BY_HAND % JSON_LINE), {"lines": ("word", "huge", "missing", "object", "half-page")}),
    ("a CSV is read by hand", (READ, BY_HAND % CSV_LINE), {"simple": ("word", "missing", "object", "huge")}),
    ("the parts are read by hand", (READ, PARTS_BY_HAND), {"orders": ("word", "missing", "object", "huge")}),
    ("a missing account list is no accounts", ("if (list.kind != OMNI_JSON_ARRAY)", "if (0)"), {"accounts": ("half-page", "no-body")}),
    ("accounts() goes on without the platform", (ACCOUNTS[0], "    (void)status;\n    struct omni_json list = omni_json_at("
                                                 "omni_json_of_reply(&http), \"accounts\");\n"),
     {"accounts": ("forbidden", "login-dead", "down")}),
    ("check() thinks that any answer is good", ("    return status;\n}\n\nstatic omni_status various_accounts",
                                                "    (void)status;\n    return OMNI_OK;\n}\n\nstatic omni_status various_accounts"),
     {"check": ("forbidden", "login-dead", "not-found", "down")}),
    ("total() goes on without the platform", ("        return status;\n    return omni_total_found", "        return OMNI_OK;\n    return "
                                              "omni_total_found"), {"lines": ("total-forbidden", "total-login")}),
    ("a total of one's own", ("omni_total_found(hub, run, \"cost\", omni_json_of_reply(&http), \"sums.cost\")",
                              "hub->found_total(run, \"cost\", 1750000)"), {"lines": ("total-other",)}),
    ("the hour of the day is asked with", ("omni_query_day(&url, \"to\", request->to_day);",
                                           "omni_query_day(&url, \"to\", request->to_day);\n        if (omni_ms_to_midnight(0) != 4 * 3600000)\n"
                                           "            omni_query(&url, \"now\", \"1\");"),
     {"sheet": ("clock-hours-ahead", "clock-hours-behind")}),
    ("today is asked with", ("omni_query_day(&url, \"to\", request->to_day);",
                             "omni_query_day(&url, \"to\", request->to_day);\n        if (omni_today() != omni_day_of(2026, 3, 5))\n"
                             "            omni_query(&url, \"today\", \"1\");"), {"sheet": ("clock-ahead", "clock-behind")}),
)


def prepare(desk):
    with open(SOURCE, encoding="utf-8") as f:
        desk.good_source = f.read()
    desk.write("sheet.csv", SHEET)
    desk.write("lines.ndjson", "".join(json.dumps(line) + "\n" for line in LINES))
    with gzip.open(desk.path("sheet.csv.gz"), "wb") as f:
        f.write(SHEET.encode())
    for name, text in dict(TESTS, simple=SIMPLE).items():
        desk.write(name + ".test", text)
    desk.write("simple.csv", "Day,Campaign ID,Name,Clicks,Cost\n2026-03-01,1,a,2,0.50\n")


def build(desk, text):
    desk.write("various.c", text)
    done = desk.compile("various")
    if done.code:
        tap.note(done.err)
    return done.code == 0


def score(desk, name, *checks):
    done = desk.run("omnihub test-plugin ./various.so %s.test --json %s" % (name, " ".join("--check " + c for c in checks)))
    try:
        return json.loads(done.out), done
    except ValueError:
        tap.note(done.out + done.err)
        raise


def holds(desk, what, names):
    for name in names:
        sheet, done = score(desk, name)
        if not tap.is_((done.code, sheet["failed"], sheet["tests"][0]["problems"]), (0, 0, []), "%s%s: every check holds" % (what, name)):
            tap.note([c for c in sheet["checks"] if c["result"] == "failed"])
        held = {(c["id"], c.get("subject")) for c in sheet["checks"] if c["result"] == "ok"}
        for check, subject in MUST[name].items():
            tap.ok((check, subject) in held, "%s%s: %s %s was made" % (what, name, check, subject or ""))


def right(desk):
    tap.ok(build(desk, desk.good_source), "the plugin builds")
    holds(desk, "", TESTS)


# The same streams, none of them declared; what an amount is, its column says.
FINDS = ((".streams = streams,", ".streams = none, .discover = various_discover,"), (".type = OMNI_MICROS, ", ""),
         ("static const struct omni_source *const sources[]", """static omni_status various_discover(void *self, struct omni_run *);
static const struct omni_stream *const none[] = {NULL};

static const struct omni_source *const sources[]"""), ("OMNI_MODULE(", """static omni_status various_discover(void *self, struct omni_run *run)
{
    (void)self;
    omni_status status = OMNI_OK;
    for (size_t i = 0; streams[i] && status == OMNI_OK; i++)
        status = hub->found_stream(run, streams[i]);
    return status;
}

OMNI_MODULE("""))


def finds(desk):
    """Streams that discover() finds are spoilt and compared like those that are declared."""
    text = desk.good_source
    for old, new in FINDS:
        tap.ok(old in text, "can be made to find its streams: " + old[:30])
        text = text.replace(old, new)
    if not tap.ok(build(desk, text), "a plugin that finds its streams: builds"):
        return
    holds(desk, "found: ", ("sheet", "lines", "orders", "changes"))
    desk.write("none.test", TESTS["sheet"].replace('stream = "sheet"', 'stream = "sheets"'))
    done = desk.run("omnihub test-plugin ./various.so none.test")
    tap.ok(done.code == 1 and "it has sheet, lines" in done.out, "a stream that it does not find: those that there are, are named")
    desk.write("sheet.cassette", json.dumps({"omnihub_cassette": 1, "exchanges": [
        {"request": {"method": "GET", "url": "https://api.various.example/sheet?from=2026-03-01&to=2026-03-02"},
         "reply": {"status": 200, "headers": ["content-type: text/csv"], "body": SHEET}}]}))
    done = desk.good("omnihub pull --plugin ./various.so --dry-run --explain --stream sheet --replay sheet.cassette -o account_id=7 "
                     "-o token=made-up-token --from 2026-03-01 --to 2026-03-02", "--explain of a stream that is found")
    for part in ("Stream sheet", "← Clicks", "micros  first: \"0.5\""):
        tap.has(done.out, part, "explained: " + part)
    careless = text.replace(READ, BY_HAND % JSON_LINE).replace("#include <stdlib.h>", "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>")
    tap.ok(build(desk, careless), "a careless one that finds its streams: builds")
    sheet, _ = score(desk, "lines", "word", "missing")
    tap.is_(sorted({c["id"] for c in sheet["checks"] if c["result"] == "failed"}), ["missing", "word"], "and is found")


def begins(desk):
    """A test and a trial say where a stream of changed records begins; nothing else does."""
    options = "--plugin ./various.so --dry-run --stream changes --replay none.cassette -o account_id=7 -o token=made-up-token "
    desk.write("none.cassette", json.dumps({"omnihub_cassette": 1, "exchanges": []}))
    for arguments, since in (("", "ever"), ("--cursor c9", "c9")):
        done = desk.run("omnihub pull " + options + arguments)
        tap.has(done.err, "/changes?since=" + since, "a dry run%s begins at %s" % (arguments and " with " + arguments, since))
    for command, says in (("pull --cursor c9", "is for a --dry-run"), ("pull --cursor c9 --from 2026-03-01 " + options, "takes the place of"),
                          ("record --cursor c9 --from 2026-03-01 --plugin ./various.so -o account_id=7 -o token=made-up-token",
                           "takes the place of")):
        done = desk.run("omnihub " + command)
        tap.ok(done.code == 2 and says in done.err, "%s: refused, and says why" % command[:40])
    desk.write("both.test", TESTS["changes"] + 'from = "2026-03-01"; to = "2026-03-02";\n')
    done = desk.run("omnihub test-plugin ./various.so both.test")
    tap.ok(done.code == 2 and "in the place of from and to" in done.err, "a test with both is refused")


# What is missing of a reply, or of the rows, is missing whatever the plugin says.
SWALLOWED = READ + "\n    status = OMNI_OK;"
STRAY = READ + """
    struct omni_cell stray[5] = {{OMNI_DATE, 0, {0}}, {OMNI_TEXT, 1, {0}}};
    stray[1].v.s = "x";
    (void)hub->row(run, stray, 5);"""
BATCH = '            status = hub->rows(run, &http, "$.orders[*].order");'
BATCHES = """hub: { state_dir = "state-batches"; schema_dir = "%s"; http = { first_wait_ms = 5; }; };
connectors = ( { name = "it"; plugin = "%s"; streams = ("batches"); options = { account_id = "7"; token = "file:%s"; }; } );
"""


def batch(n, body):
    order = {"id": "o%d" % n, "at": "2026-03-0%dT10:00:00Z" % n, "net": "3.00"}
    text = json.dumps({"orders": [{"order": order}, {"order": dict(order, id="p%d" % n)}]})
    return {"request": {"method": "GET", "url": "https://api.various.example/batches/%d" % n},
            "reply": {"status": 200, "headers": ["content-type: application/json"], "body": body(text)}}


def stands_by(desk):
    """The hub itself refuses what was not read whole."""
    for name, old, new in (("an honest plugin", READ, READ), ("a plugin that passes over what rows() says", READ, SWALLOWED)):
        tap.ok(build(desk, desk.good_source.replace(old, new)), name + ": builds")
        for test, checks in {"sheet": ("half-page", "word", "null-key"), "lines": ("huge", "object", "half-page"), "orders": ("no-body", "web-page")}.items():
            sheet, _ = score(desk, test, *checks)
            bad = [(c["id"], c.get("problem")) for c in sheet["checks"] if c["result"] != "ok"]
            tap.is_((bad, len(sheet["checks"]) > len(checks)), ([], True), "%s: %s: nothing of it is stored" % (name, test))
    desk.write("half.test", TESTS["sheet"].replace("sheet.csv.gz", "half.csv.gz"))
    with open(desk.path("sheet.csv.gz"), "rb") as good, open(desk.path("half.csv.gz"), "wb") as half:
        half.write(good.read()[:-9])
    done = desk.run("omnihub test-plugin ./various.so half.test --no-conformance")
    tap.is_(done.code, 1, "a cut gzip, passed over: fails")
    tap.has(done.out, "the plugin went on all the same", "and it is told what was passed over")
    tap.ok(build(desk, desk.good_source.replace(READ, STRAY)), "a plugin that passes over what row() says: builds")
    done = desk.run("omnihub test-plugin ./various.so lines.test --no-conformance")
    tap.ok(done.code == 1 and "outside of the window" in done.out, "and is refused")
    desk.write("token", "made-up-token", 0o600)
    desk.write("batches.conf", BATCHES % (os.path.join(omni.SOURCE, "conf", "schema"), desk.path("various.so"), desk.path("token")), 0o600)
    whole, half = (lambda text: text), (lambda text: text[:len(text) // 2 + 10])
    for name, new in (("an honest plugin", BATCH), ("one that passes over it", BATCH.replace("status = ", "(void)"))):
        tap.ok(build(desk, desk.good_source.replace(BATCH, new)), name + ": builds")
        desk.run("rm -rf state-batches")
        again = [batch(2, half)] * 2
        desk.write("batches.cassette", json.dumps({"omnihub_cassette": 1, "exchanges": [batch(1, whole)] + again + [batch(3, whole)]}))
        done = desk.run("omnihub -c batches.conf pull it --replay batches.cassette --json")
        result = json.loads(done.out)["results"][0]
        tap.is_((done.code, result["outcome"]), (1, "failed"), "half a part: %s fails" % name)
        tap.has(result["message"], "/batches/2", "half a part: which one is told")
        rows = json.loads(desk.run("omnihub -c batches.conf query 'SELECT order_id AS o FROM orders ORDER BY 1' --format json").out)
        tap.is_([row["o"] for row in rows], ["o1", "p1"], "half a part: the part before it is stored, it and what follows are not")


def careless(desk):
    for name, (old, new), found in MISTAKES:
        tap.ok(desk.good_source.count(old) == 1, name + ": can be made")
        text = desk.good_source.replace(old, new).replace("#include <stdlib.h>", "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>")
        if not tap.ok(build(desk, text), name + ": builds"):
            continue
        for test, checks in found.items():
            sheet, done = score(desk, test, *checks)
            tap.is_((done.code, sheet["tests"][0]["problems"]), (1, []), "%s: %s: its own test holds" % (name, test))
            bad = {c["id"] for c in sheet["checks"] if c["result"] == "failed"}
            tap.is_(sorted(set(checks) - bad), [], "%s: %s: found by %s" % (name, test, ", ".join(checks)))


# The target keeps the columns that it began with.
WIDE = (("    FILE *out;\n", "    FILE *out;\n    uint32_t width;\n"),
        ("    for (const struct omni_column *const *c = delivery->columns; *c; c++)\n", """    me->width = 0;
    for (const struct omni_column *const *c = delivery->columns; *c; c++)
        me->width++;
    char first[1100];
    snprintf(first, sizeof(first), "%s.width", me->path);
    FILE *known = fopen(first, "r");
    unsigned width = me->width;
    if (known) {
        if (fscanf(known, "%u", &width) == 1)
            me->width = width;
        fclose(known);
    } else if ((known = fopen(first, "w"))) {
        fprintf(known, "%u", width);
        fclose(known);
    }
    for (const struct omni_column *const *c = delivery->columns; *c && c < delivery->columns + me->width; c++)
"""),
        ("for (uint32_t i = 0; i < batch->n_columns; i++) {", "for (uint32_t i = 0; i < me->width; i++) {"),
        ("i + 1 < batch->n_columns", "i + 1 < me->width"))


def sinks(desk):
    desk.good("omnihub new-plugin tsv --sink", "new-plugin --sink")
    text = desk.read("tsv", "tsv.c")
    tap.is_(desk.compile("tsv", folder="tsv").code, 0, "the sink builds")
    done = desk.good("omnihub test-plugin ./tsv.so --check widen --json", "a sink that takes columns as they come", "tsv")
    tap.is_([(c["id"], c["result"]) for c in json.loads(done.out)["checks"]], [("widen", "ok")], "holds when a table gets wider")
    for old, new in WIDE:
        tap.is_(text.count(old), 1, "the sink can be made to keep its columns: " + old.strip()[:30])
        text = text.replace(old, new)
    desk.write("tsv/tsv.c", text)
    done = desk.compile("tsv", folder="tsv")
    if not tap.is_(done.code, 0, "the careless sink builds"):
        tap.note(done.err)
    done = desk.run("omnihub test-plugin ./tsv.so --json", "tsv")
    sheet = json.loads(done.out)
    tap.is_((done.code, sheet["tests"][0]["problems"]), (1, []), "a sink that keeps its first columns: its own test holds")
    tap.is_([c["id"] for c in sheet["checks"] if c["result"] == "failed"], ["widen"], "and is found by widen alone")
    test = desk.read("tsv", "tsv.test").replace(", n[\\\"cost\\\"]", "").replace("$n[\\\"impressions\\\"], $n[\\\"cost\\\"]", "$n[\\\"impressions\\\"]")
    for amount in (" 12.500000", " 7.050000", " 13.200000"):
        test = test.replace(amount, "")
    desk.write("tsv/tsv.test", test)
    sheet = json.loads(desk.run("omnihub test-plugin ./tsv.so --check widen --json", "tsv").out)
    check = (sheet["checks"] or [{}])[0]
    tap.is_(check.get("result"), "left out", "a look that does not show the new column proves nothing")
    tap.has(check.get("problem") or "", "show does not look at", "and that is said")


def graphql(desk):
    """Errors that come with status 200 end a page loop as if that page were the last."""
    desk.good("omnihub new-plugin graph --graphql", "new-plugin --graphql")
    text = desk.read("graph", "graph.c")
    tap.ok(".judge = graph_judge" in text, "the template has a judge()")
    tap.is_(desk.compile("graph", folder="graph").code, 0, "builds")
    sheet = json.loads(desk.good("omnihub test-plugin ./graph.so --check errors --json", "with judge()", "graph").out)
    tap.is_([(c["id"], c["result"]) for c in sheet["checks"]], [("store", "ok"), ("errors", "ok")], "errors are noticed")
    desk.write("graph/graph.c", text.replace("return me->hub->fail(run, OMNI_E_DATA, message);", "(void)me, (void)run;\n    return OMNI_OK;"))
    tap.is_(desk.compile("graph", folder="graph").code, 0, "a judge() that calls them fine builds")
    sheet = json.loads(desk.run("omnihub test-plugin ./graph.so --json", "graph").out)
    tap.is_(sheet["tests"][0]["problems"], [], "its own test holds")
    tap.ok("errors" in [c["id"] for c in sheet["checks"] if c["result"] == "failed"], "and it is found by errors")
    desk.good("omnihub new-plugin plain", "new-plugin")
    tap.is_(desk.compile("plain", folder="plain").code, 0, "builds")
    sheet = json.loads(desk.good("omnihub test-plugin ./plain.so --check errors --json", "who speaks no GraphQL", "plain").out)
    tap.is_([c["id"] for c in sheet["checks"]], ["store"], "is not asked for it")


def manual(desk):
    ids = set()
    for name in ("checks.c", "sink_checks.c"):
        with open(os.path.join(omni.SOURCE, "hub", "kit", name), encoding="utf-8") as f:
            ids |= set(re.findall(r'^ *\{(?:\{\.id = )?"([a-z-]+)"', f.read(), re.M))
    tap.ok(len(ids) > 40, "there are more than forty checks")
    with open(os.path.join(desk.prefix, "share", "man", "man7", "omnihub-plugin.7"), encoding="utf-8") as f:
        page = f.read()
    tap.is_([i for i in sorted(ids) if ".It Cm %s\n" % i not in page], [], "the manual has every one of them")


with author.Desk() as the_desk:
    tap.run([lambda f=f: f(the_desk) for f in (prepare, right, finds, begins, stands_by, careless, sinks, graphql, manual)])
