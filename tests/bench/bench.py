#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures omnihub against small baselines of the same work, alternately, and prints ratios beside what is wanted.
Usage: bench.py [--json] [NAME...]   BENCH_ROWS (1000000), BENCH_ROUNDS (5); names are those of the first column."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

import fleet as f
import workload as w

ROWS, ROUNDS = int(os.environ.get("BENCH_ROWS", "1000000")), int(os.environ.get("BENCH_ROUNDS", "5"))
FOLDER = os.environ.get("BENCH_DIR", "/var/tmp")
MIB, WINDOW_DAYS, PER_PAGE = 1024, 1, 1000
FEW, MANY = 50, 10000  # connectors


class Goal:
    """What one name measures: each round gives one or more (line, value); wanted[line] says what is asked of it."""

    def __init__(self, name, measure, wanted, rounds=None):
        self.name, self.measure, self.wanted, self.rounds = name, measure, wanted, rounds or ROUNDS
        self.values = {}

    def round(self, bench):
        for line, value in self.measure(bench):
            self.values.setdefault(line, []).append(value)


class Wanted:
    """must and stretch; most: smaller is better."""

    def __init__(self, what, must=None, stretch=None, most=True, unit="x"):
        self.what, self.must, self.stretch, self.most, self.unit = what, must, stretch, most, unit

    def verdict(self, value):
        def reached(limit):
            return limit is not None and (value <= limit if self.most else value >= limit)
        return "-" if self.must is None else "stretch" if reached(self.stretch) else "must" if reached(self.must) else "MISSED"


class Bench:
    """Pages, servers and hubs, made when first asked for and kept for all rounds."""

    def __init__(self, folder):
        self.folder, self.kept, self.things = folder, {}, []

    def keep(self, key, make):
        if key not in self.kept:
            self.kept[key] = make(os.path.join(self.folder, "-".join(str(part) for part in key)))
            self.things.append(self.kept[key])
        return self.kept[key]

    def pages(self, window_days=WINDOW_DAYS):
        return self.keep(("pages", window_days), lambda folder: w.Pages(folder, ROWS, window_days, PER_PAGE))

    def served(self, rows, per_page=PER_PAGE, window_days=WINDOW_DAYS):
        return self.keep(("served", rows, per_page, window_days), lambda _: w.Served(rows, window_days, per_page))

    def fleet(self, n):
        return self.keep(("fleet", n), lambda folder: f.Fleet(folder, n))

    def hub(self, source, isolation="process"):
        return w.Hub(os.path.join(self.folder, "hub"), source, isolation)

    def bare(self, window_days=WINDOW_DAYS, cores=None):
        prefix = ["taskset", "-c", str(cores)] if cores is not None else []
        return w.seconds(prefix + [w.program("bench_bare"), str(ROWS), str(window_days), os.path.join(self.folder, "bare.db")])

    def first_pull(self, source, isolation="process", **how):
        hub = self.hub(source, isolation)
        hub.clear()
        return hub.pull(**how)

    def close(self):
        for thing in self.things:
            thing.close()


def pull(b):
    yield "1", b.first_pull(b.pages()).wall / b.bare()


def one_core(b):
    core = min(os.sched_getaffinity(0))
    yield "2", b.first_pull(b.pages(), cores={core}).wall / b.bare(cores=core)


def source(b):
    pages, hub = b.pages(), b.hub(b.pages())
    both = [w.seconds([w.program("bench_source"), kind, pages.base, hub.schema] + w.days(WINDOW_DAYS)) for kind in ("jansson", "reader")]
    yield "3", both[0] / both[1]


def reader(_):
    out = subprocess.run([w.program("reader_bench"), str(max(ROWS // 10, 10000))], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        if line.startswith("yajl"):
            yield "4", float(line.split(" reader takes ")[1].split()[0])


def script(b):
    pages, path = b.pages(), os.path.join(b.folder, "script.db")
    if os.path.exists(path):
        os.unlink(path)
    theirs = w.measure([sys.executable, os.path.join(w.HERE, "bench_script.py"), pages.base, path] + w.days(WINDOW_DAYS))
    yield "5", theirs.wall / b.first_pull(pages).wall


def isolation(b):
    apart, inside = (b.first_pull(b.pages(), kind) for kind in ("process", "none"))
    yield "6 wall", apart.wall / inside.wall
    yield "6 cpu", apart.cpu / inside.cpu
    # Looking at memory takes time itself, so it has pulls of its own.
    apart, inside = (b.first_pull(b.pages(), kind, watch=True) for kind in ("process", "none"))
    yield "6 memory", (apart.peak_kib - inside.peak_kib) / MIB


def memory(b):
    peaks = [b.first_pull(b.served(rows), watch=True).peak_kib for rows in (ROWS // 10, ROWS, ROWS * 10)]
    yield "7 peak", max(peaks) / MIB
    yield "7 growth", max(peaks) / min(peaks)


def page(b):
    small, large = (b.first_pull(b.served(ROWS, per_page), watch=True).peak_kib for per_page in (1000, 10000))
    yield "8", (large - small) / MIB


def cold(b):
    hub = b.hub(b.served(w.DAYS))
    hub.clear()
    hub.pull(last=1)
    used = hub.pull(last=1)
    yield "9", used.wall * 1000
    yield "9 cpu", used.cpu * 1000


def refresh(b):
    first = b.first_pull(b.pages())
    yield "refresh", b.hub(b.pages()).pull().wall / first.wall


def one_window(b):
    yield "one window", b.first_pull(b.pages(w.DAYS)).wall / b.bare(w.DAYS)


def one_reply(b):
    rows = ROWS * 2 // 5  # 200 MB of a million rows
    yield "one reply", b.first_pull(b.served(rows, rows, w.DAYS), watch=True).peak_kib / MIB


def csv(b):
    path = os.path.join(b.folder, "lines.csv")
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii") as out:
            out.write("order;day;net\n")
            for i in range(ROWS * 10):
                out.write("A%d;2026-01-%02d;%d.%02d\n" % (i, i * 28 // (ROWS * 10) + 1, i % 900, i % 100))
    hub = w.FileHub(os.path.join(b.folder, "csv"), path)
    hub.clear()
    yield "csv", w.measure(hub.command("pull"), watch=True).peak_kib / MIB


def combine(b):
    for rows in (ROWS, ROWS * 2, ROWS * 5):
        out = subprocess.run([w.program("bench_combine"), str(rows), w.SCHEMA, b.folder], check=True, capture_output=True, text=True).stdout.split()
        yield "combine all %dM" % (rows // 1000000), float(out[0]) * 1e6 / rows
        yield "combine day %dM" % (rows // 1000000), float(out[1]) * 1000


def idle(b):
    service = f.Service(b.fleet(FEW))
    yield "10", service.resident_kib() / MIB
    service.close()


def many(b):
    fleet = b.fleet(MANY)
    yield "11 decision", w.seconds([w.program("bench_fleet"), "dispatch", str(MANY)])
    yield "11 check", w.measure(fleet.command("check")).wall * 1000
    yield "11 status", w.measure(fleet.command("status")).wall * 1000
    service = f.Service(fleet)
    share, woken = service.idle()
    yield "11 start", service.start * 1000
    yield "11 idle", share * 100
    yield "11 woken", woken
    yield "11 memory", service.resident_kib() / MIB
    service.close()


GOALS = [
    Goal("pull", pull, {"1": Wanted("pull, HTTP to store / bare SQLite", 1.25, 1.10)}),
    Goal("core", one_core, {"2": Wanted("the same on one core", 1.45, 1.30)}),
    Goal("source", source, {"3": Wanted("source side, times faster than a jansson tree", 8, 15, most=False)}),
    Goal("reader", reader, {"4": Wanted("row reader / yajl", 0.6, 0.35)}),
    Goal("script", script, {"5": Wanted("times faster than the Python script", 3.5, 6, most=False)}),
    Goal("isolation", isolation, {"6 wall": Wanted("own process / in the job: wall", 1.10, 1.03),
                                  "6 cpu": Wanted("own process / in the job: processor", 1.20, 1.05),
                                  "6 memory": Wanted("own process: memory more", 10, 6, unit="MiB")}),
    Goal("memory", memory, {"7 peak": Wanted("peak of all processes, rows/10 to rows*10", 48, 32, unit="MiB"),
                            "7 growth": Wanted("largest / smallest of those", 1.1, 1.05)}, rounds=1),
    Goal("page", page, {"8": Wanted("memory more with pages ten times as large", 2, 0, unit="MiB")}, rounds=1),
    Goal("cold", cold, {"9": Wanted("cold start: one pull of one row", 60, 30, unit="ms"),
                        "9 cpu": Wanted("  processor time of it", unit="ms")}),
    Goal("idle", idle, {"10": Wanted("idle service, 50 connectors", 16, 8, unit="MiB")}),
    Goal("many", many, {"11 decision": Wanted("10,000 connectors: a dispatch decision", 5, 1, unit="us"),
                        "11 idle": Wanted("  the service while nothing is due, of a core", 0.1, 0, unit="%"),
                        "11 woken": Wanted("  how often it woke up meanwhile", unit=""),
                        "11 memory": Wanted("  the service", unit="MiB"),
                        "11 check": Wanted("  check", unit="ms"),
                        "11 status": Wanted("  status", unit="ms"),
                        "11 start": Wanted("  run, until it is ready", unit="ms")}),
    Goal("refresh", refresh, {"refresh": Wanted("unchanged again / first load", 1.0, 0.75)}),
    Goal("window", one_window, {"one window": Wanted("30 days in one window / bare SQLite")}),
    Goal("reply", one_reply, {"one reply": Wanted("peak, one reply of 200 MB per million rows", 48, 32, unit="MiB")}, rounds=1),
    Goal("csv", csv, {"csv": Wanted("peak, a CSV of rows*10 lines", 48, 32, unit="MiB")}, rounds=1),
    Goal("combine", combine, dict(
        [("combine all %dM" % (n * ROWS // 1000000), Wanted("combine everything, %d rows: per million" % (n * ROWS), unit="s"))
         for n in (1, 2, 5)] +
        [("combine day %dM" % (n * ROWS // 1000000), Wanted("combine one changed day of %d rows" % (n * ROWS), 1000, 300, unit="ms"))
         for n in (1, 2, 5)]), rounds=1),
]
NEEDS_NGINX = ("pull", "core", "source", "script", "isolation", "refresh", "window")


def lines(goals):
    for goal in goals:
        for key, wanted in goal.wanted.items():
            values = goal.values.get(key)
            if values:
                middle = statistics.median(values)
                yield {"goal": key, "what": wanted.what, "median": middle, "min": min(values), "max": max(values), "unit": wanted.unit,
                       "must": wanted.must, "stretch": wanted.stretch, "verdict": wanted.verdict(middle)}


def print_table(goals):
    form = "%-15s %-48s %9s %9s %9s %-4s %8s %8s  %s"
    print(form % ("goal", "what / baseline", "median", "min", "max", "", "must", "stretch", "verdict"))
    for line in lines(goals):
        limits = ["-" if line[key] is None else "%g" % line[key] for key in ("must", "stretch")]
        print(form % (line["goal"], line["what"], "%.3f" % line["median"], "%.3f" % line["min"], "%.3f" % line["max"],
                      line["unit"], limits[0], limits[1], line["verdict"]))


def measure_all(goals):
    with tempfile.TemporaryDirectory(prefix="omni-bench-", dir=FOLDER) as folder:
        bench = Bench(folder)
        try:
            for number in range(ROUNDS):
                for goal in goals:
                    if number < goal.rounds:
                        print("round %d of %d: %s" % (number + 1, goal.rounds, goal.name), file=sys.stderr, flush=True)
                        goal.round(bench)
        finally:
            bench.close()


def main(arguments):
    names = [name for name in arguments if name != "--json"]
    unknown = set(names) - {goal.name for goal in GOALS}
    if unknown:
        sys.exit("no such measurement: %s; there are: %s" % (" ".join(unknown), " ".join(goal.name for goal in GOALS)))
    goals = [goal for goal in GOALS if not names or goal.name in names]
    notes = []
    if not w.nginx_path():
        goals = [goal for goal in goals if goal.name not in NEEDS_NGINX]
        notes.append("nginx is missing (Debian: nginx-light): not measured: " + ", ".join(NEEDS_NGINX))
    measure_all(goals)
    if not all(goal.values for goal in goals):
        notes.append("not measured, as configure found no yajl (Debian: libyajl-dev): reader")
    if "--json" in arguments:
        print(json.dumps({"rows": ROWS, "rounds": ROUNDS, "lines": list(lines(goals)), "notes": notes}, indent=1))
    else:
        print_table(goals)
        print("".join("# %s\n" % note for note in notes), end="")


main(sys.argv[1:])
