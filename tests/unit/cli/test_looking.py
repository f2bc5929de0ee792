# SPDX-License-Identifier: Apache-2.0
"""omnihub status, runs, restated, datasets, query, state: what they show, before and after a first pull."""

import csv
import io
import json
import os

from hubdir import Hub, result
import tap

CONF = '''connectors = ( { name = "a"; plugin = "shop"; schedule = "every 6h";
  options = { account_id = "a1"; access_token = "env:SHOP_TOKEN"; script = "ok.script"; }; } );
datasets = ( { name = "own_orders"; key = ("date"); sql = "SELECT date FROM orders"; } );
'''
TOKEN = {"SHOP_TOKEN": "t"}


def before_a_pull():
    with Hub() as hub:
        hub.conf(CONF)
        code, out, err = hub("status")
        tap.is_(code, 0, "status before a pull")
        tap.has(out, "never pulled", "says so")
        tap.has(out, "switches API version v3 off on 2031-05-01", "and knows the API's end")
        tap.is_(json.loads(hub("status", "--json")[1])[0]["schedule"], "every 6h", "as JSON")
        for command in ("runs", "restated"):
            code, out, _ = hub(command, "--json")
            tap.is_((code, json.loads(out)), (0, []), command + " is empty")
        code, out, err = hub("query", "SELECT 1")
        tap.is_((code, out), (3, ""), "query has nothing to ask")
        tap.is_(hub("state", "show", "a")[0], 3, "state has nothing to show")


def datasets():
    with Hub() as hub:
        hub.conf(CONF)
        code, out, _ = hub("datasets", "--json")
        tap.is_(code, 0, "datasets without a store")
        names = {d["name"]: d for d in json.loads(out)}
        tap.ok("orders" in names and "fx_rates" in names, "the common ones")
        code, out, _ = hub("datasets", "orders")
        tap.has(out, "order_id", "one with its columns")
        code, _, err = hub("datasets", "order")
        tap.is_(code, 2, "an unknown one")
        tap.has(err, 'did you mean "orders"?', "with a suggestion")
        tap.ok(not os.path.exists(hub.path("state")), "no store is left behind")


def queries():
    with Hub() as hub:
        hub.script("ok.script", dict(do="begin"), result())
        hub.conf(CONF)
        hub("pull", env=TOKEN)
        sql = "SELECT 'São' AS city, 9223372036854775807 AS n, NULL AS z, dec(1500000) AS d"
        code, out, _ = hub("query", sql)
        tap.is_((code, [l.split() for l in out.splitlines()]),
                (0, [["city", "n", "z", "d"], ["São", "9223372036854775807", "-", "1.5"]]), "a table")
        _, out, _ = hub("query", sql, "--format", "csv")
        tap.is_(list(csv.reader(io.StringIO(out))), [["city", "n", "z", "d"], ["São", "9223372036854775807", "", "1.5"]], "CSV")
        _, out, _ = hub("query", sql, "--format", "json")
        tap.is_(json.loads(out), [dict(city="São", n=9223372036854775807, z=None, d="1.5")], "JSON")
        tap.is_(json.loads(hub("query", "SELECT 1 WHERE 0", "--format", "json")[1]), [], "no rows")
        for bad in ("SELEC 1", "DELETE FROM orders", "SELECT 1; SELECT 2", "ATTACH 'x' AS y"):
            code, out, err = hub("query", bad)
            tap.ok(code == 2 and err.startswith("omnihub: query: "), "refused: " + bad)
        tap.is_(hub("query", "SELECT 1", "--format", "xml")[0], 2, "an unknown format")


def runs_and_state():
    with Hub() as hub:
        hub.script("ok.script", dict(do="begin"), dict(do="exit"))
        hub.conf(CONF)
        hub("pull", env=TOKEN)
        hub("pull", env=TOKEN)
        tap.is_(len(json.loads(hub("runs", "--json")[1])), 2, "runs")
        tap.is_(len(json.loads(hub("runs", "a", "--json", "--last", "1")[1])), 1, "--last")
        tap.has(hub("runs")[1], "crashed", "as a table")
        document = dict(omnihub_state=1, feeds=[dict(connector="a", source="shop", stream="orders", account="a1",
                                                     dataset="orders", state={"cursor": "42"})])
        code, out, err = hub("state", "import", "a", input=json.dumps(document))
        tap.is_((code, out), (0, "imported: 1 feed\n"), "state import")
        exported = json.loads(hub("state", "export", "a")[1])
        tap.is_(exported["feeds"][0]["state"], {"cursor": "42"}, "state export")
        tap.has(hub("state", "show", "a")[1], "42", "state show")
        tap.is_(hub("state", "reset", "a", "--stream", "lines")[1], "forgotten: 0 feeds\n", "reset of another stream")
        tap.is_(hub("state", "reset", "a")[1], "forgotten: 1 feed\n", "state reset")
        document["feeds"][0]["connector"] = "b"
        for text, why in ((json.dumps(document), 'about connector "b"'), ("{", ""), ("[]", "")):
            code, _, err = hub("state", "import", "a", input=text)
            tap.ok(code == 2 and why in err, "a wrong document is refused: " + text[:10])
        tap.is_(hub("state", "rest", "a")[0], 2, "an unknown verb")
        tap.is_(hub("state", "show", "zz")[0], 2, "an unknown connector")


tap.run([before_a_pull, datasets, queries, runs_and_state])
