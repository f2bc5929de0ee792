#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When schedules fire, against brute force over every minute with Python's zoneinfo: random expressions, many zones."""

import datetime
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import tap

try:
    import zoneinfo
    zoneinfo.ZoneInfo("Europe/Berlin")
except (ImportError, LookupError):
    print("1..0 # SKIP no time zone data for Python")
    sys.exit(0)

ZONES = ("UTC Europe/Berlin Europe/London Europe/Dublin Europe/Lisbon America/New_York America/Los_Angeles America/St_Johns "
         "America/Havana America/Santiago America/Sao_Paulo America/Asuncion Asia/Kathmandu Asia/Beirut Asia/Tokyo Asia/Tehran "
         "Asia/Kolkata Asia/Gaza Africa/Cairo Africa/Casablanca Antarctica/Troll Australia/Lord_Howe Australia/Sydney "
         "Australia/Adelaide Pacific/Chatham Pacific/Apia Pacific/Auckland Pacific/Kiritimati Atlantic/Azores America/Phoenix "
         "America/Halifax America/Denver Europe/Moscow Europe/Istanbul Asia/Amman Asia/Jerusalem Africa/Windhoek America/Nuuk "
         "America/Mexico_City Indian/Mauritius").split()
ROUNDS = int(os.environ.get("SCHEDULE_ROUNDS", "40"))
DAYS = int(os.environ.get("SCHEDULE_DAYS", "370"))
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def field(rng, low, high, wild):
    """An expression of one field and the set of values it means."""
    if rng.random() < wild:
        step = rng.choice([n for n in (1, 1, 2, 5, 6, 15) if n <= high])
        return ("*" if step == 1 else "*/%d" % step), set(range(low, high + 1, step)), True
    parts, values = [], set()
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        first = rng.randint(low, high)
        last = rng.randint(first, high) if rng.random() < 0.3 else first
        parts.append(str(first) if first == last else "%d-%d" % (first, last))
        values |= set(range(first, last + 1))
    return ",".join(parts), values, False


def expression(rng):
    shapes = ((0, 59, 0.3), (0, 23, 0.4), (1, 31, 0.7), (1, 12, 0.8), (0, 7, 0.7))
    fields = [field(rng, low, high, wild) for low, high, wild in shapes]
    return " ".join(f[0] for f in fields), fields


def day_fits(fields, date):
    _, (_, days, any_day), (_, months, _), (_, weekdays, any_weekday) = (None,) + tuple(fields[2:])
    weekday = date.isoweekday() % 7
    by_day = date.day in days
    by_weekday = weekday in weekdays or (weekday == 0 and 7 in weekdays)
    if date.month not in months:
        return False
    return by_day and by_weekday if any_day or any_weekday else by_day or by_weekday


class Zone:
    """The local clock at every minute of the span, and the first minute that shows each local time."""

    def __init__(self, name, start, minutes):
        zone = zoneinfo.ZoneInfo(name)
        self.start, self.local, self.first = start, [], {}
        for i in range(-1440 * 2, minutes + 1440 * 2):
            local = (EPOCH + datetime.timedelta(minutes=start + i)).astimezone(zone).replace(tzinfo=None)
            self.first.setdefault(local, start + i)
            if 0 <= i < minutes:
                self.local.append(local)


def wall(zone, fields):
    fits = {}
    for i, local in enumerate(zone.local):
        date = local.date()
        if date not in fits:
            fits[date] = day_fits(fields, date)
        if fits[date] and local.hour in fields[1][1] and local.minute in fields[0][1]:
            yield zone.start + i


def fixed(zone, fields, minutes):
    """Each local time once: its first minute, or the first one after the gap that swallowed it."""
    fires = set()
    date, last = zone.local[0].date() - datetime.timedelta(days=1), zone.local[-1].date()
    while date <= last:
        if day_fits(fields, date):
            for hour in fields[1][1]:
                for minute in fields[0][1]:
                    local = datetime.datetime(date.year, date.month, date.day, hour, minute)
                    while local not in zone.first:
                        local += datetime.timedelta(minutes=1)
                    fires.add(zone.first[local])
        date += datetime.timedelta(days=1)
    return sorted(t for t in fires if zone.start <= t < zone.start + minutes)


def main():
    seed = int(os.environ.get("SCHEDULE_SEED", "20260329"))
    rng = random.Random(seed)
    start = int((datetime.datetime(2026, 1, 1, tzinfo=UTC) - EPOCH).total_seconds() // 60)
    minutes = DAYS * 1440
    zones = ZONES if ROUNDS >= 300 else ["Australia/Lord_Howe", "America/Havana"] + rng.sample(ZONES, 2)
    per_zone = max(1, ROUNDS // 4) if ROUNDS < 300 else ROUNDS
    program = os.path.join(os.environ.get("OMNI_BUILDDIR", "."), "tests", "unit", "schedule", "schedule_print")
    for name in zones:
        zone = Zone(name, start, minutes)
        cases = []
        while len(cases) < per_zone:
            text, fields = expression(rng)
            is_wild = fields[0][2] or fields[1][2]
            cases.append((text, list(wall(zone, fields)) if is_wild else fixed(zone, fields, minutes)))
        lines = "".join("%s\t%d\t%d\t%s\n" % (name, start, start + minutes, text) for text, expected in cases if expected)
        done = subprocess.run([program], input=lines, capture_output=True, text=True, check=False)
        got = iter([[int(t) for t in line.split()] for line in done.stdout.splitlines()])
        wrong = [(text, expected) for text, expected in cases if expected and next(got, None) != expected]
        tap.ok(not wrong and done.returncode == 0, "%s: %d expressions fire as Python says (seed %d)" % (name, len(cases), seed))
        for text, expected in wrong[:3]:
            print("# %s: expected %d times, first %s %s" % (text, len(expected), expected[:3], done.stderr[:200]))
    tap.done()


main()
