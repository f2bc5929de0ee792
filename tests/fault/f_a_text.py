# SPDX-License-Identifier: Apache-2.0
"""F001 to F023: JSON and text that no honest platform sends, and some that do."""

import os

import fault
from fault import DAY, case, page, row
from rawserver import answer, endless, head, zipped

BIG = 9007199254740993  # 2^53 + 1: no double can hold it
NAME = "Ünï 🛒 \u202eevil\u202c <b>'; DROP TABLE runs;--\n2026-01-01T00:00:00Z error forged\t%s%n"
JSON_NAME = fault.json.dumps(NAME)
TOKEN = "fault-token-0123456789"
LONG = '{"ads":[{"date":"%s","echo":"%s","x":"%s' % (DAY, TOKEN, "y" * 300)


def one(**values):
    return page(row(**values))


def bad(number, name, body, says, **how):
    """A reply that is asked for once more, as it may have been cut on the way, and then refused."""
    return case(number, name, [body], says=says, requests=2, **how)


def formatted(words):
    """The stream whose cost is written in that way."""
    return {"fields": [dict(field, format=words) if field["column"] == "cost" else field for field in fault.FIELDS]}


def name_is_exact(bench, result, checks):
    checks.is_(bench.rows(), [("1", NAME, 1000000, 1)], "the name is stored bit by bit")
    table = bench.lab.omnihub("query", "--format", "json", "SELECT ad_name FROM ads_daily")
    checks.is_(table.json()[0]["ad_name"], NAME, "and comes out so")


def no_forged_line(bench, result, checks):
    checks.ok(not any(line.startswith("2026-01-01T00") for line in result.err.splitlines()), "no log line of its own", result.err)


def beginning_is_kept(bench, result, checks):
    """Of the reply that could not be read, once, and without the token that the platform repeated."""
    rejects = bench.lab.omnihub("runs", "--rejects", "--json", "--last", "1").json()
    checks.is_([r["raw"] for r in rejects], [LONG.replace(TOKEN, "***")[:200]], "its beginning is kept with the run")
    checks.has(rejects[0]["reason"], "byte ", "with the reason")
    checks.has(rejects[0]["where"], "/ads?from=", "and what was asked")
    checks.is_(rejects[0]["run"], bench.query("SELECT max(id) FROM runs WHERE connector = 'shop'")[0][0], "it is of this run")


def three_kinds_of_nothing(bench, result, checks):
    found = bench.query("SELECT ad_id, ad_name IS NULL, ad_name, cost FROM d_ads_daily ORDER BY ad_id")
    checks.is_(found, [("1", 1, None, 1000000), ("2", 1, None, 1000000), ("3", 0, "", 1000000), ("4", 0, "0", 0)],
               "null, absent, empty and 0 stay apart")


CASES = [
    bad("F001", "malformed JSON", '{"ads":[{"date":"x', "byte 18 of the reply: it ends here, in the middle"),
    bad("F001", "malformed JSON with a secret", LONG, "byte ", options={"token": TOKEN}, check=beginning_is_kept),
    bad("F001", "malformed JSON in the middle", page(row(), row().replace(":", "=", 1)), "byte "),
    case("F001", "malformed once, then whole", ['{"a":', one(cost="7")], outcome="ok", reason="", requests=2,
         stores=[("1", "n", 7000000, 1)]),
    case("F002", "nothing where JSON should be", [""], says="HTTP 200 with an empty reply"),
    case("F002", "204 No Content: no rows, which do not wipe rows", [answer(status=204)], outcome="suspicious", reason="empty",
         says="the platform sent no rows"),
    case("F002", "an empty list does not wipe rows", [page()], outcome="suspicious", reason="empty", says="they were kept"),
    bad("F003", "NaN", one(cost="NaN"), "expected a value, near NaN"),
    bad("F003", "Infinity", one(cost="-Infinity"), "near Infinity"),
    bad("F004", "1e999", one(cost="1e999"), '"1e999" is too large'),
    bad("F004", "1e-400 is not 0", one(cost="1e-400"), "more decimals than can be kept exactly"),
    bad("F005", "a count over 2^63", one(clicks="9223372036854775808"), '"9223372036854775808" is too large'),
    case("F005", "an id over 2^63 stays what it is", [one(ad="18446744073709551617").replace('"18446744073709551617"', "18446744073709551617")],
         outcome="ok", reason="", stores=[("18446744073709551617", "n", 1000000, 1)]),
    case("F006", "a count over 2^53 is exact", [one(clicks=str(BIG))], outcome="ok", reason="", stores=[("1", "n", 1000000, BIG)]),
    case("F007", "decimals are exact", [page(row("1", cost="0.1"), row("2", cost="1.10"), row("3", cost="9007199254.740993"))],
         outcome="ok", reason="", stores=[("1", "n", 100000, 1), ("2", "n", 1100000, 1), ("3", "n", 9007199254740993, 1)]),
    bad("F008", "thousands", one(cost='"1,234.56"'), '"1,234.56" is not a number'),
    bad("F008", "a decimal comma", one(cost='"1.234,56"'), '"1.234,56" is not a number'),
    bad("F008", "a percent sign", one(clicks='"12%"'), '"12%" is not a number'),
    bad("F008", "dashes", one(cost='"--"'), '"--" is not a number'),
    bad("F008", "a dollar sign", one(cost='"$5"'), '"$5" is not a number'),
    case("F008", "a decimal comma that was announced", [one(cost='"1.234,56"')], outcome="ok", reason="", stores=[("1", "n", 1234560000, 1)],
         stream=formatted("decimal_comma thousands")),
    case("F008", "thousands that were announced", [one(cost='"1,234.56"')], outcome="ok", reason="", stores=[("1", "n", 1234560000, 1)],
         stream=formatted("thousands")),
    bad("F008", "an announced comma, but a point", one(cost='"12.5"'), "is not a number", stream=formatted("decimal_comma")),
    case("F008", "the process's locale changes nothing", [one(cost='"2.5"')], outcome="ok", reason="", stores=[("1", "n", 2500000, 1)],
         env={"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}),
    bad("F009", "a key twice", '{"ads":[{"date":"%s","ad":"1","ad":"2"}]}' % DAY, "member ad appears twice"),
    bad("F010", "too deep", '{"ads":[{"x":%s%s}]}' % ("[" * 3000, "]" * 3000), "nested deeper than 64 levels"),
    bad("F011", "invalid UTF-8", one(name='"\xff"').encode("latin-1"), "text is not valid UTF-8"),
    bad("F011", "overlong UTF-8", one(name='"\xc0\xaf"').encode("latin-1"), "text is not valid UTF-8"),
    bad("F011", "half a surrogate pair", one(name='"\\ud800"'), "surrogate pair"),
    bad("F011", "U+0000", one(name='"\\u0000"'), "\\u0000 is not allowed"),
    case("F012", "one byte order mark", [b"\xef\xbb\xbf" + one().encode()], outcome="ok", reason="", stores=[("1", "n", 1000000, 1)]),
    bad("F012", "two byte order marks", b"\xef\xbb\xbf" * 2 + one().encode(), "expected a value"),
    bad("F013", "UTF-16", one().encode("utf-16"), "expected a value"),
    bad("F013", "ISO 8859-1", one(name='"café"').encode("latin-1"), "text is not valid UTF-8"),
    bad("F014", "garbage behind the document", one() + " x", "expected nothing more after the document"),
    bad("F014", "a second document", one() + page(), "expected nothing more after the document"),
    case("F015", "a reply without end", [endless(head() + b"\r\n" + b'{"ads":[', row().encode() + b",")], requests=1,
         says="the reply is larger than 2097152 bytes"),
    case("F015", "one gigantic text", [one(name='"%s"' % ("x" * (3 << 20)))], requests=1,
         says="the reply is larger than 2097152 bytes"),
    case("F016", "an unknown field is passed over", [page(row().replace("{", '{"new":{"a":[1]},', 1))], outcome="ok", reason="",
         stores=[("1", "n", 1000000, 1)]),
    case("F016", "a field is gone", [one().replace('"cost"', '"kost"')], says='no record of stream ads has the field "$.cost"'),
    bad("F016", "a number became a list", one(cost="[1]"), ('field "$.cost" (column cost)', "is not a number")),
    bad("F016", "a number became an object", one(cost='{"amount":1}'), 'field "$.cost" (column cost)'),
    bad("F016", "an id became an object", one(ad='{"text":"n"}'), ('field "$.ad" (column ad_id)', "is not a single value")),
    bad("F016", "the list of records became an object", '{"ads":{"1":%s}}' % row(), "column date: a row has no value for it"),
    bad("F016", "records became numbers", '{"ads":[1,2]}', "expected a record, which is an object or array"),
    case("F017", "null, absent, empty", [page(row("1", name="null"), row("2").replace('"name":"n",', ""), row("3", name='""'),
         row("4", name='"0"', cost="0"))], outcome="ok", reason="", check=three_kinds_of_nothing),
    case("F018", "a value never seen before", [one(name='"TOTALLY_NEW"')], outcome="ok", reason="", stores=[("1", "TOTALLY_NEW", 1000000, 1)]),
    bad("F019", "30 February", one(date='"2026-02-30"'), '"2026-02-30" is not a date'),
    bad("F019", "day zero", one(date='"0000-00-00"'), '"0000-00-00" is not a date'),
    bad("F019", "seconds since 1970 instead of a date", one(date="1795132800"), "is not a date"),
    bad("F019", "24 o'clock", one(date='"%sT24:00:00Z"' % DAY), "is not a date"),
    bad("F019", "milliseconds where seconds are meant", one(date="1795132800000"), "is not in the years 1 to 9999",
        stream={"fields": [dict(f, format="epoch") if f["column"] == "date" else f for f in fault.FIELDS]}),
    bad("F019", "seconds where milliseconds are meant", one(date="1795132800"), "is outside of the window",
        stream={"fields": [dict(f, format="epoch_ms") if f["column"] == "date" else f for f in fault.FIELDS]}),
    bad("F019", "the year 2106", one(date='"2106-02-07"'), "is outside of the window"),
    bad("F019", "no date at all", one(date="null"), "column date"),
    bad("F020", "more decimals than micros", one(cost="0.12345678"), "more decimals than can be kept exactly"),
    bad("F020", "a currency that does not exist", page(row().replace("{", '{"cur":"EURO",', 1)), "is not an ISO 4217 currency code",
        stream={"fields": fault.FIELDS + [{"path": "$.cur", "column": "currency"}]}),
    case("F020", "negative cost is a correction", [one(cost="-1.50")], outcome="ok", reason="", stores=[("1", "n", -1500000, 1)]),
    case("F022", "the same key twice", [page(row(cost="1"), row(cost="2"))], says="key"),
    case("F023", "a name full of tricks", [one(name=JSON_NAME)], outcome="ok", reason="", check=name_is_exact),
    bad("F023", "a line end in a value cannot forge a log line", one(clicks=JSON_NAME), "is not a number", check=no_forged_line),
    bad("F023", "a control character in the clear", one(name='"a\nb"'), "byte "),
]

if __name__ == "__main__":
    fault.run([dict(c) for c in CASES])
