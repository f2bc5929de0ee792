#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What omnihub-web's pages look like in a browser: on a phone and on a desk, light and dark, without JavaScript; for everybody."""

import contextlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import browser as b  # noqa: E402
import hub as h  # noqa: E402
import tap  # noqa: E402
import web as w  # noqa: E402

LONG_NAME = "as-long-as-names-may-be-" + 40 * "x"
WIDTHS = (320, 360, 768, 1000, 1280)
CONTRAST = 4.5  # WCAG 2, level AA, for text of any size

# What reaches beyond the window's right edge, though it is no link that only shows when it is focused.
TOO_WIDE = """[...document.querySelectorAll("body *")].filter(e => {
  const r = e.getBoundingClientRect(), hidden = e.closest("thead") && getComputedStyle(e.closest("thead")).position === "absolute";
  return r.width > 0 && r.right > document.documentElement.clientWidth + 0.5 && !hidden && !e.closest(".skip");
}).map(e => e.tagName + " " + e.textContent.slice(0, 40))"""

# [colour, [grounds from the inside out], text] of every element with a text of its own.
TEXTS = """[...document.querySelectorAll("body *")].filter(e =>
  [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length
).map(e => {
  const grounds = [];
  for (let p = e; p; p = p.parentElement) grounds.push(getComputedStyle(p).backgroundColor);
  return [getComputedStyle(e).color, grounds, e.textContent.trim().slice(0, 30)];
})"""

STRUCTURE = """({
  h1: document.querySelectorAll("h1").length,
  lang: document.documentElement.lang,
  landmarks: ["header", "main", "footer"].map(t => document.querySelectorAll("body > " + t).length),
  headless: [...document.querySelectorAll("table")].filter(t => !t.caption || !t.querySelector("th[scope=col]")).length,
  rowless: [...document.querySelectorAll("section[aria-labelledby]")].filter(s =>
    !document.getElementById(s.getAttribute("aria-labelledby"))).length,
  nameless: [...document.querySelectorAll("a")].filter(a => !a.textContent.trim()).length,
  twice: [...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i),
  title: document.title
})"""

VISIBLE = """(() => { const r = document.querySelector("main h1").getBoundingClientRect();
  return r.width > 50 && r.height > 10 && r.top > 0 && r.bottom < innerHeight; })()"""


def colour(text):
    """"rgb(1, 2, 3)" or "rgba(1, 2, 3, 0.5)" as (r, g, b, a)"""
    parts = [float(p) for p in text[text.index("(") + 1:-1].replace(",", " ").replace("/", " ").split()]
    return tuple(parts[:3]) + (parts[3] if len(parts) > 3 else 1.0,)


def over(top, below):
    return tuple(t * top[3] + b_ * (1 - top[3]) for t, b_ in zip(top[:3], below[:3])) + (1.0,)


def luminance(c):
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in (x / 255 for x in c[:3])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text, grounds):
    ground = (255.0, 255.0, 255.0, 1.0)
    for g in reversed(grounds):
        ground = over(colour(g), ground)
    lights = sorted((luminance(over(colour(text), ground)), luminance(ground)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def fill(lab):
    """All kinds of states, long names, and texts that break lines badly."""
    lab.write("till.csv", w.ORDERS)
    long_text = "x" * 300
    lab.write("bad.csv", "Receipt,Date,Total\n1,%s,12.50\n" % long_text)
    lab.configure(w.till(), w.till(LONG_NAME, "bad.csv"),
                  w.till("off", enabled=False), w.till("never", "till.csv", schedule="@daily"),
                  sinks=[h.sink("out", "csv", ["orders"], {"directory": "out"}), h.sink("sink-" + LONG_NAME[:50], "csv", ["orders"], {"directory": "taken"})])
    lab.write("taken", "a file where the folder should be")
    with open(lab.path("omnihub.conf"), "a", encoding="utf-8") as conf:
        conf.write("alerts = ( %s );\n" % ", ".join(h.written(a) for a in (
            {"name": "nobody-there", "kind": "webhook", "url": "http://127.0.0.1:9/" + 60 * "x", "group": "1s"},
            {"name": "quiet", "kind": "webhook", "url": "http://127.0.0.1:9/", "events": ["sunset"]})))
    lab.run("pull", "till", LONG_NAME)
    lab.run("push")
    lab.run("sync", "till")
    lab.write("till.csv", w.ORDERS.replace("12.50", "1234567890.25"))
    lab.run("pull", "till")
    setting = lab.start("secrets", "set", "a-token", "--expires", "5d", stdin=subprocess.PIPE)
    setting.communicate("the value\n", timeout=h.WAIT_SECONDS)


def look_at(page, url, width, scheme, name):
    page.open(url, width, scheme)
    where = "%s, %d px, %s: " % (name, width, scheme)
    tap.is_(page.complaints(), [], where + "no complaint of the browser")
    tap.ok(page.look("document.documentElement.scrollWidth <= innerWidth"), where + "nothing to scroll sideways")
    tap.is_(page.look(TOO_WIDE), [], where + "nothing reaches beyond the edge")
    tap.ok(page.look(VISIBLE), where + "what it says is seen at once")
    pale = [(round(contrast(c, g), 2), text) for c, g, text in page.look(TEXTS) if contrast(c, g) < CONTRAST]
    tap.is_(pale, [], where + "every text can be read")
    return where


def look_at_pixels(page, width, scheme, where):
    shot_width, height, counts = b.pixels(page.screenshot())
    tap.is_((shot_width, height), (width, 900), where + "the picture has the window's size")
    ground, n = max(counts.items(), key=lambda item: item[1])
    tap.ok(luminance(ground) > 0.8 if scheme == "light" else luminance(ground) < 0.05, where + "its ground is %s" % scheme)
    tap.ok(len(counts) > 30 and n < 0.97 * width * height, where + "and there is something on it")


def test_looks():
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(h.Hub())
        fill(lab)
        web = stack.enter_context(w.Web(lab))
        overview = web.ask("/").text
        for part in ("Last delivery", "Whether messages get through", "What lasts, newest first"):
            tap.has(overview, part, "the overview has the table: " + part)
        page = stack.enter_context(b.Browser())
        pages = {"overview": "/", "connector": "/connectors/till",
                 "long names": "/connectors/" + LONG_NAME}
        for name, path in pages.items():
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    where = look_at(page, web.url(path), width, scheme, name)
                    if width in (360, 1280) and name == "overview":
                        look_at_pixels(page, width, scheme, where)
            structure = page.look(STRUCTURE)
            tap.is_((structure["h1"], structure["lang"], structure["landmarks"]), (1, "en", [1, 1, 1]), name + ": one heading, language, landmarks")
            tap.is_([structure[k] for k in ("headless", "rowless", "nameless", "twice")], [0, 0, 0, []], name + ": tables, sections and links have names")
            tap.ok(structure["title"].endswith("omnihub") and len(structure["title"]) > 12, name + ": the title says what it is: " + structure["title"])


def test_many():
    """More connectors than fit on one page."""
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(h.Hub())
        lab.write("till.csv", w.ORDERS)
        lab.configure(*[w.till("till-%03d" % n) for n in range(250)])
        web = stack.enter_context(w.Web(lab))
        page = stack.enter_context(b.Browser())
        seen = []
        for number in (1, 2, 3):
            page.open(web.url("/?page=%d" % number), 360, "light")
            seen += page.look('[...document.querySelectorAll("tbody th a")].map(a => a.textContent)')
        tap.is_(sorted(seen), ["till-%03d" % n for n in range(250)], "three pages show each connector once")
        tap.ok(page.look('!!document.querySelector("a[rel=prev]") && !document.querySelector("a[rel=next]")'), "the last one leads back only")


if not b.find():
    tap.skip_all("no chromium")
tap.run([test_looks, test_many])
