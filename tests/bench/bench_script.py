#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The usual script, as a baseline: pages of the workload into a keyed SQLite table.
Usage: bench_script.py BASE_URL DATABASE FIRST_DAY..."""

import http.client
import json
import sqlite3
import sys
import urllib.parse
from decimal import Decimal

TABLE = """CREATE TABLE report(date TEXT NOT NULL, account_id TEXT NOT NULL, campaign_id TEXT NOT NULL, campaign_name TEXT,
 adset_id TEXT, ad_id TEXT NOT NULL, ad_name TEXT, country TEXT NOT NULL, device TEXT NOT NULL, currency TEXT,
 impressions INTEGER, clicks INTEGER, spend INTEGER, conversions INTEGER, conversion_value INTEGER, link_clicks INTEGER,
 purchases INTEGER, PRIMARY KEY(date, account_id, campaign_id, ad_id, country, device)) WITHOUT ROWID"""
TEXTS = ("date", "account_id", "campaign_id", "campaign_name", "adset_id", "ad_id", "ad_name", "country", "device", "currency")


def typed(row):
    actions = {action["action_type"]: int(action["value"]) for action in row["actions"]}
    return [row[name] for name in TEXTS] + [
        int(row["impressions"]), int(row["clicks"]), int(Decimal(row["spend"]) * 1000000),
        int(Decimal(str(row["conversions"])) * 1000000), int(Decimal(row["conversion_value"]) * 1000000),
        actions.get("link_click"), actions.get("purchase")]


def main(base, path, *days):
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(TABLE)
    parts = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(parts.netloc)
    for day in days:
        url = "%s/%s/1.json" % (base, day)
        while url:
            connection.request("GET", urllib.parse.urlsplit(url).path)
            page = json.loads(connection.getresponse().read())
            database.executemany("INSERT OR REPLACE INTO report VALUES(%s)" % ",".join("?" * 17), map(typed, page["data"]))
            url = page["paging"].get("next")
        database.commit()


main(*sys.argv[1:])
