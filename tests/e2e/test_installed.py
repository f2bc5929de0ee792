#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make install DESTDIR=…: everything is there and works from there: an outside plugin, and the demo, twice."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import api  # noqa: E402
import hub as h  # noqa: E402
import omni  # noqa: E402
import tap  # noqa: E402

ACME = r"""
#include <omnihub/omnihub.h>
#include <omnihub/sdk.h>

static const struct omni_field f_date = {.size = sizeof f_date, .type = OMNI_DATE, .path = "$.day", .column = "date"};
static const struct omni_field f_channel = {.size = sizeof f_channel, .type = OMNI_TEXT, .path = "$.where", .column = "channel"};
static const struct omni_field f_n = {.size = sizeof f_n, .type = OMNI_INT, .path = "$.visits", .column = "sessions"};
static const struct omni_field *const fields[] = {&f_date, &f_channel, &f_n, NULL};
static const struct omni_stream visits = {
    .size = sizeof visits, .sync = OMNI_WINDOW, .name = "visits", .dataset = "web_daily", .fields = fields};
static const struct omni_stream *const streams[] = {&visits, NULL};
static const struct omni_host *hub;

static omni_status acme_open(const struct omni_host *host, const struct omni_config *config, struct omni_run *run, void **self)
{
    (void)config, (void)run;
    hub = host;
    *self = NULL;
    return OMNI_OK;
}

static omni_status acme_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    char url[200];
    struct omni_text text = OMNI_TEXT(url);
    (void)self;
    omni_text_add(&text, "/visits?from=");
    omni_text_add_day(&text, request->from_day);
    struct omni_http http = {.size = sizeof http, .url = omni_text_done(&text)};
    return hub->rows(run, &http, "$.visits[*]");
}

static const struct omni_source acme = {.size = sizeof acme, .name = "acme", .title = "Acme", .family = "analytics",
    .help = "visits", .api_url = "https://api.acme.test", .hosts = "api.acme.test", .streams = streams,
    .open = acme_open, .pull = acme_pull};
static const struct omni_source *const sources[] = {&acme, NULL};
OMNI_MODULE("acme", "1.0", .vendor = "Acme", .license = "MIT", .sources = sources);
"""


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def install(stage):
    # Not a part of the make that runs this test: its job server is its own.
    plain = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR")}
    done = run(["make", "-C", omni.BUILD, "install", "DESTDIR=" + stage], env=plain)
    tap.is_(done.returncode, 0, "make install DESTDIR=…")
    if done.returncode:
        tap.note(done.stdout[-2000:] + done.stderr[-2000:])


def configured():
    """Variables of the built Makefile."""
    with open(os.path.join(omni.BUILD, "Makefile"), encoding="utf-8") as f:
        found = dict(re.findall(r"^(prefix|exec_prefix|bindir|libdir|CC|SAN_FLAGS) = (.*)$", f.read(), re.M))
    return found


def prefix_of(stage):
    return stage + configured()["prefix"]


def test_files():
    found = sorted(os.path.relpath(os.path.join(where, name), prefix) for where, _, names in os.walk(prefix) for name in names)
    for part in ("bin/omnihub", "omnihub-job", "omnihub-plugin", "meta_ads.so", "file.so", "csv.so", "omnihub.h", "sdk.h",
                 "omnihub-sdk.pc", "ads.conf", "channel_daily.sql", "omnihub.1", "omnihub.conf.5", "libomnihub-sdk.a",
                 "doc/omnihub/plugins/rest.md", "doc/omnihub/plugins/meta_ads.md", "doc/omnihub/plugins/csv.md"):
        tap.ok(any(name.endswith(part) for name in found), "installed: " + part)
    tap.ok(not any("hostile" in name or "good.so" in name for name in found), "no plugins of the tests")
    version = run([program, "version", "--json"])
    tap.has(version.stdout, prefix, "the program finds its parts where it was put")
    with h.Hub() as lab:
        lab.write("omnihub.conf", "", 0o600)
        tap.has(lab.omnihub("plugins", "--json", program=program).out, "meta_ads", "and its plugins")
        page = lab.omnihub("describe", "rest", program=program).out.rstrip().rpartition("More: ")[2]
        tap.ok(page.endswith("plugins/rest.md") and os.path.exists(page), "describe names the plugin's page")
        if os.path.exists(page):
            with open(page, encoding="utf-8") as f:
                links = re.findall(r"\]\(([^)]*)\)", f.read())
            tap.is_([link for link in links if not os.path.exists(os.path.join(os.path.dirname(page), link))], [], "whose links lead somewhere")


def flags(what):
    pc = [os.path.join(where, name) for where, _, names in os.walk(prefix) for name in names if name == "omnihub-sdk.pc"][0]
    return run(["pkg-config", what, "--define-variable=prefix=" + prefix, "omnihub-sdk"],
               env=dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(pc))).stdout.split()


def test_outside_plugin():
    """Nothing but what is installed: cc and pkg-config, as the README says."""
    if not shutil.which("pkg-config"):
        tap.ok(True, "no pkg-config here # SKIP")
        return
    with open(os.path.join(stage, "acme.c"), "w", encoding="utf-8") as f:
        f.write(ACME)
    path = os.path.join(stage, "acme.so")
    done = run(os.environ.get("CC", "cc").split() + ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"] + flags("--cflags") +
               ["-o", path, os.path.join(stage, "acme.c")] + flags("--libs"))
    tap.is_((done.returncode, done.stderr), (0, ""), "an outside plugin builds with the .pc alone")
    folder = run(["pkg-config", "--version"]).returncode == 0 and flags("--variable=plugindir")[0]
    tap.ok(folder and os.path.isdir(folder), "plugindir of the .pc is the folder of the plugins")
    shutil.copy(path, os.path.join(folder, "acme.so"))
    with h.Hub() as lab:
        visits = '{"visits":[{"day":"2026-01-05","where":"Direct","visits":"12"},{"day":"2026-01-05","where":"Email","visits":"30"}]}'
        with page(visits) as visits_api:
            lab.write("omnihub.conf", 'hub: { state_dir = "state"; };\nconnectors = ( { name = "a"; plugin = "acme"; '
                      'options = { api_url = "%s"; }; } );\n' % visits_api.url, 0o600)
            done = lab.omnihub("pull", "--from", "2026-01-05", "--to", "2026-01-05", program=program)
        tap.is_(done.code, 0, "it is found by its name and pulls")
        if done.code:
            tap.note(done.out + done.err)
        out = lab.omnihub("query", "SELECT sum(sessions) AS n FROM web_daily", "--format", "csv", program=program).out
        tap.is_(out.split(), ["n", "42"], "its rows are stored, with the installed schema")


def page(text):
    """An API with one JSON text for every request."""
    return api.Api(lambda _: (200, text))


def test_demo():
    with h.Hub() as lab:
        script = os.path.join(omni.SOURCE, "conf", "demo", "run.sh")
        outs = []
        for again in range(2):
            done = run(["sh", script, prefix, lab.path("demo")])
            tap.is_(done.returncode, 0, "the demo, run %d" % (again + 1))
            if done.returncode:
                tap.note(done.stdout + done.stderr)
            outs.append(done.stdout)
            for channel in ("Paid Social", "Organic Search", "Direct", "TV", "Email"):
                tap.has(done.stdout, channel, "shows channel " + channel)
            tap.is_(sorted(os.listdir(lab.path("demo", "out"))), ["channel_daily.csv", "store_daily.csv"], "leaves CSV files")
            tap.ok(os.path.exists(lab.path("demo", "bi.db")), "and a database")
            tap.ok("Traceback" not in done.stderr and "Exception" not in done.stderr, "without noise")
        restated = outs[1].partition("omnihub restated")[2]
        tap.ok("omnihub restated" not in outs[0], "the first run has nothing to restate")
        for name in ("web", "ads-europe", "ads-us", "till"):
            tap.has(restated, name, "the second shows restated days of " + name)


def test_large_demo():
    with h.Hub() as lab:
        script = os.path.join(omni.SOURCE, "conf", "demo", "run.sh")
        done = run(["sh", script, prefix, "--all", lab.path("demo")])
        if not tap.is_(done.returncode, 0, "the large demo"):
            tap.note(done.stdout + done.stderr)
        for words in ("Paid Search", "Organic Search", "Organic Social", "Email", "CRM", "Web shop", "Store", "TV", "clicks in mails"):
            tap.has(done.stdout, words, "shows " + words)
        tap.ok("Traceback" not in done.stderr and "Exception" not in done.stderr, "without noise")


def test_uninstall():
    plain = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR")}
    os.remove(os.path.join(flags("--variable=plugindir")[0], "acme.so"))
    tap.is_(run(["make", "-C", omni.BUILD, "uninstall", "DESTDIR=" + stage], env=plain).returncode, 0, "make uninstall")
    left = [os.path.join(where, name) for where, _, names in os.walk(prefix) for name in names if not name.endswith(".conf")]
    tap.is_(left, [], "leaves nothing but configuration")


for needed in ("meta_ads", "google_analytics", "file", "csv", "sqlite"):
    h.plugin(needed)  # the demo uses them all
with omni.Lab() as place:
    stage = place.path("stage")
    prefix = prefix_of(stage)
    program = os.path.join(prefix, "bin", "omnihub")
    install(stage)
    tap.run([test_files, test_outside_plugin, test_demo, test_large_demo, test_uninstall])
