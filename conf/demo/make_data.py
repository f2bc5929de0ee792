#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the demo's input: the till's exports, a sheet of offline costs, exchange rates, secrets, and the configuration.

Everything lies in the last 30 days. The same day, seed and generation always give the same bytes; a later generation
brings returns that the shops booked afterwards on days that had been exported before.
"""

import argparse
import datetime
import json
import os
import random
import urllib.request

DAYS = 30
STORES = ("LIS-01", "LIS-02", "OPO-01")
RETURN_DAYS = 14  # how long after the sale the shops take goods back
HERE = os.path.dirname(os.path.abspath(__file__))
SMALL, LARGE = os.path.join(HERE, "demo.conf.in"), os.path.join(HERE, "..", "demo-omnichannel.conf")
# What the stand-ins take for a login.
SECRETS = {
    "google-developer-token": "stand-in-dev-token-0001",
    "google-client-secret": "stand-in-client-secret",
    "google-refresh-token": "1//stand-in-refresh-token",
    "meta-token": "EAAB-stand-in-token",
    "instagram-token": "IGQV-stand-in-token",
    "mailchimp-key": "0123456789abcdef0123456789abcdef-us21",
    "hubspot-token": "pat-stand-in-hubspot-token",
    "shopify-token": "shpat_stand-in-token",
    "square-token": "EAAA-stand-in-token",
}


def comma(cents, thousands=""):
    """Cents with a decimal comma, as the till and the sheet write them."""
    whole, rest = divmod(abs(cents), 100)
    text = format(whole, ",d").replace(",", thousands)
    return "%s%s,%02d" % ("-" if cents < 0 else "", text, rest)


def receipts(seed, day, generation, today):
    """One day's receipts of all stores; returns are receipts of their own with a negative net."""
    dice = random.Random("till %d %s" % (seed, day))
    for store in STORES:
        for number in range(dice.randint(6, 18) if day.weekday() < 6 else dice.randint(2, 6)):
            at = datetime.datetime.combine(day, datetime.time(dice.randint(9, 20), dice.randint(0, 59)))
            gross = dice.randint(490, 14900)
            discount = gross // 10 if dice.random() < 0.2 else 0
            customer = "C%04d" % dice.randint(1, 400) if dice.random() < 0.5 else ""
            receipt = "%s-%s-%03d" % (store, day.strftime("%y%m%d"), number + 1)
            yield receipt, at, store, customer, gross, discount, 0
            late = dice.randint(1, 12)
            if late <= 1 or (late <= 1 + generation and (today - day).days <= RETURN_DAYS):
                yield receipt + "R", at + datetime.timedelta(minutes=20), store, customer, 0, 0, gross - discount


def write(folder, name, lines, end="\r\n"):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8", newline="") as out:
        out.write("".join(line + end for line in lines))
    # An export that did not change keeps its time: the hub need not read it again.
    if os.path.exists(path) and open(path, "rb").read() == open(path + ".new", "rb").read():
        os.remove(path + ".new")
    else:
        os.replace(path + ".new", path)


def till(folder, seed, generation, today):
    for age in range(DAYS, 0, -1):
        day = today - datetime.timedelta(age)
        lines = ["Beleg;Zeit;Filiale;Kunde;Brutto;Rabatt;Retoure;Netto"]
        for receipt, at, store, customer, gross, discount, refund in receipts(seed, day, generation, today):
            lines.append(";".join((receipt, at.strftime("%d.%m.%Y %H:%M"), store, customer, comma(gross), comma(discount),
                                   comma(refund), comma(gross - discount - refund))))
        write(folder, "till/till-%s.csv" % day, lines)


def offline_costs(folder, today):
    def span(first, last):
        return ";".join((today - datetime.timedelta(n)).strftime("%d.%m.%Y") for n in (first, last))
    write(folder, "offline/costs.csv", [
        "from;to;channel;campaign;amount;note",
        span(28, 15) + ";TV;Autumn spot;" + comma(1250000, ".") + ";regional, 20 s",
        span(21, 21) + ";Print;City magazine;" + comma(180000, ".") + ";full page",
        span(14, 1) + ";Radio;Morning show;" + comma(420050, ".") + ";14 days",
        span(7, 5) + ";Events;Store opening;" + comma(99990, ".") + ";",
    ])


def rates(folder, seed, today):
    """Euro for one dollar on working days, as central banks publish them."""
    dice, rate, lines = random.Random("rates %d" % seed), 92300, ["date,base,quote,rate"]
    for age in range(DAYS + 7, 0, -1):
        day = today - datetime.timedelta(age)
        rate += dice.randint(-350, 350)
        if day.weekday() < 5:
            lines.append("%s,USD,EUR,0.%05d" % (day, rate))
    write(folder, "rates/eurusd.csv", lines, "\n")


def write_secret(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
        out.write(text + "\n")


def configuration(folder, base, template):
    with open(template, encoding="utf-8") as source:
        text = source.read().replace("@BASE@", base).replace("@DIR@", folder)
    write(folder, "omnihub.conf", text.splitlines(), "\n")
    os.makedirs(os.path.join(folder, "secrets"), 0o700, exist_ok=True)
    for name, secret in SECRETS.items():
        write_secret(os.path.join(folder, "secrets", name), secret)


def open_the_crm(base):
    """The stand-in's CRM has been kept for as long as the demo looks back."""
    order = json.dumps({"knobs": {"hubspot": {"days": DAYS}}}).encode("ascii")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(base + "/_control", order, timeout=30) as reply:
        reply.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dir", required=True)
    parser.add_argument("--base", required=True, help="where the stand-ins are, http://127.0.0.1:PORT")
    parser.add_argument("--all", action="store_true", help="one connector of every family")
    parser.add_argument("--today", type=datetime.date.fromisoformat,
                        default=datetime.datetime.now(datetime.timezone.utc).date())
    parser.add_argument("--generation", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = os.path.abspath(options.dir)
    if options.all:
        open_the_crm(options.base)
    else:
        till(folder, options.seed, options.generation, options.today)
    offline_costs(folder, options.today)
    rates(folder, options.seed, options.today)
    configuration(folder, options.base, LARGE if options.all else SMALL)


if __name__ == "__main__":
    main()
