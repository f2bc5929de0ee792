#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""conf/demo-omnichannel.conf: one connector of every family, and each day of channel_daily is what the platforms have, once."""

import datetime
import fractions
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import omni  # noqa: E402
import tap  # noqa: E402

TODAY = datetime.date(2026, 11, 20)
NOW = {"OMNIHUB_NOW": "2026-11-20T20:00:00Z"}
FIRST, LAST = TODAY - datetime.timedelta(18), TODAY - datetime.timedelta(4)  # days that every platform has told of
MILLION = 1000000
MONEY = ("cost", "revenue", "platform_conversions", "platform_conversion_value", "deal_value")
COUNTS = ("impressions", "clicks", "sessions", "orders", "crm_leads", "deals_won")
FAMILIES = {"search-ads", "social-ads", "web", "search", "insta", "newsletter", "crm", "shop", "till", "offline-costs"}


def plugin_dirs():
    """Folders of the built plugins, installed or not."""
    folders = []
    for where, _, names in os.walk(os.path.join(omni.BUILD, "plugins")):
        if any(name.endswith(".so") for name in names) and (where.endswith(".libs") or ".libs" not in os.listdir(where)):
            folders.append(where)
    return "(%s)" % ", ".join('"%s"' % folder for folder in sorted(folders))


def configure(lab):
    """The demo's own data and configuration; only where plugins and schema lie differs from an installed omnihub."""
    script = os.path.join(omni.SOURCE, "conf", "demo", "make_data.py")
    subprocess.run([sys.executable, script, "--all", "--dir", lab.folder, "--base", stand_in.base, "--today", str(TODAY)], check=True)
    lab.write("secrets/google-key.json", json.dumps(stand_in.key_file()), 0o600)
    with open(lab.path("omnihub.conf"), encoding="utf-8") as file:
        text = file.read()
    lab.write("omnihub.conf", text.replace("hub: {", 'hub: { schema_dir = "%s"; plugin_dirs = %s;' % (
        os.path.join(omni.SOURCE, "conf", "schema"), plugin_dirs()), 1))


def rows(lab, sql):
    done = lab.omnihub("query", sql, "--format", "json", env=NOW)
    if done.code:
        raise RuntimeError(done.err)
    return done.json()


# ---- what has to come out, by hand

def micros(text):
    return int(fractions.Fraction(text) * MILLION)


def half_even(value):
    return round(value)  # of a Fraction: exactly, halves to the even one


class Rates:
    """The demo's sheet: the newest rate of the day or of the seven before it."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.rates = {line.split(",")[0]: fractions.Fraction(line.split(",")[3].strip()) for line in list(file)[1:]}

    def euro(self, amount, currency, day):
        if currency == "EUR":
            return amount
        for back in range(8):
            rate = self.rates.get(str(day - datetime.timedelta(back)))
            if rate:
                return half_even(amount * rate)
        raise KeyError(day)


def offline_cost(day):
    """The demo's sheet of offline costs: first and last day, counted back from today, and micros."""
    total = 0
    for first, last, amount in ((28, 15, 12500000000), (21, 21, 1800000000), (14, 1, 4200500000), (7, 5, 999900000)):
        n, i = first - last + 1, first - (TODAY - day).days
        if 0 <= i < n:
            total += amount // n + (1 if i < amount % n else 0)
    return total


def deals(day, rates):
    """Deals won on this day: how many, and their worth; each currency of each channel is converted as one sum."""
    won = [d for d in stand_in.truth("hubspot", day, day, stream="deals")["won"] if d["day"] == str(day)]
    groups = {}
    for deal in won:
        group = (deal["source"], deal["currency"] or "EUR")
        groups[group] = groups.get(group, 0) + (deal["cents"] or 0) * 10000
    return len(won), sum(rates.euro(amount, currency, day) for (_, currency), amount in groups.items())


def by_hand(day, rates):
    def of(platform, **more):
        return stand_in.truth(platform, day, day, **more)
    google, meta = of("gads", account="1112223333")["sums"], of("meta", account="act_1002")["sums"]
    site, insta, visits = of("gsc")["sums"], of("instagram", account="17841400000000001")["sums"], of("ga4")["sums"]
    mail, shop, till = of("mailchimp", zone="Europe/Lisbon")["sums"], of("shopify", tests=0), of("square", account="LISBON")
    n_deals, worth = deals(day, rates)
    leads = [d for d in of("hubspot", stream="contacts")["days"] if d == str(day)]
    return {
        "cost": micros(google["cost_micros"]) + rates.euro(micros(meta["spend"]), "USD", day) + offline_cost(day),
        "impressions": int(google["impressions"]) + int(meta["impressions"]) + int(site["impressions"]) + int(insta["views"]),
        "clicks": int(google["clicks"]) + int(meta["inline_link_clicks"]) + int(site["clicks"]) + int(insta["website_clicks"])
        + int(mail["clicks_total"]),
        "sessions": int(visits["sessions"]),
        "orders": shop["rows"] + till["rows"],
        "revenue": micros(shop["sums"]["net"]) + micros(till["sums"]["net"]),
        "platform_conversions": micros(google["conversions"]) + micros(meta["conversions"]) + micros(mail["total_orders"]),
        "platform_conversion_value": micros(google["conversions_value"]) + rates.euro(micros(meta["conversion_value"]), "USD", day)
        + micros(mail["total_revenue"]),
        "crm_leads": len(leads), "deals_won": n_deals, "deal_value": worth,
    }


def compare(lab, name):
    rates = Rates(lab.path("rates", "eurusd.csv"))
    columns = ", ".join("coalesce(sum(%s), 0) AS %s" % (c, c) for c in MONEY + COUNTS)
    got = {row.pop("date"): row for row in rows(lab, "SELECT date, %s FROM channel_daily WHERE date BETWEEN '%s' AND '%s' GROUP BY date"
                                                % (columns, FIRST, LAST))}
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + datetime.timedelta(n)
        tap.is_(got.get(str(day)), by_hand(day, rates), "%s: %s, every number once and to the millionth" % (name, day))


def test_every_family():
    with omni.Lab() as lab:
        configure(lab)
        done = lab.omnihub("sync", env=NOW)
        tap.is_(done.code, 0, "sync")
        if done.code:
            tap.note(done.out + done.err)
        compare(lab, "at first")
        found = {name for row in rows(lab, "SELECT DISTINCT coverage FROM channel_daily") for name in row["coverage"].split(",")}
        tap.is_(found, FAMILIES, "every connector gives numbers to channel_daily")
        facts = {row["channel"]: row for row in rows(lab, "SELECT channel, sum(cost) > 0 AS paid, sum(clicks) > 0 AS clicked, sum(sessions) > 0 "
                                                     "AS visited, sum(orders) > 0 AS bought, sum(crm_leads) > 0 AS known FROM channel_daily "
                                                     "GROUP BY channel")}
        for channel, fact in (("Paid Search", "paid"), ("Paid Social", "paid"), ("TV", "paid"), ("Organic Search", "clicked"),
                              ("Organic Social", "clicked"), ("Email", "clicked"), ("Direct", "visited"), ("Web shop", "bought"),
                              ("Store", "bought"), ("CRM", "known")):
            tap.is_(facts[channel][fact], 1, "%s is %s" % (channel, fact))
        before = rows(lab, "SELECT * FROM channel_daily ORDER BY date, channel")
        tap.is_(lab.omnihub("sync", env=NOW).code, 0, "sync again")
        tap.is_(rows(lab, "SELECT * FROM channel_daily ORDER BY date, channel"), before, "changes nothing")
        stand_in.control(restate=2)
        tap.is_(lab.omnihub("sync", env=NOW).code, 0, "sync after the platforms changed their past")
        tap.ok(rows(lab, "SELECT * FROM channel_daily ORDER BY date, channel") != before, "changes something")
        compare(lab, "after the platforms changed their past")


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_every_family])
