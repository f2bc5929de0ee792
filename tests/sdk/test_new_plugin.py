#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""new-plugin: every kind builds with every compiler and way that its README names, and passes its tests as it stands."""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import author  # noqa: E402
import tap  # noqa: E402

KINDS = ("rest", "graphql", "async-report", "sink")
FAMILIES = ("ads", "analytics", "commerce", "crm", "email", "search", "social")
COMPILERS = ("gcc -std=c11", "clang -std=c11", "g++ -std=c++17 -x c++ -Wno-missing-field-initializers",
             "clang++ -std=c++17 -x c++ -Wno-missing-field-initializers")


def installed(desk):
    for path in ("include/omnihub/omnihub.h", "include/omnihub/sdk.h", "lib/libomnihub-sdk.a", "lib/pkgconfig/omnihub-sdk.pc",
                 "share/aclocal/omnihub.m4", "share/man/man7/omnihub-plugin.7", "share/doc/omnihub/plugin-guide.md",
                 "share/doc/omnihub/abi.md", "share/doc/omnihub/plugin-reference.md"):
        tap.ok(os.path.exists(os.path.join(desk.prefix, path)), "installed: " + path)
    tap.is_(desk.run("pkg-config --variable=abi_major omnihub-sdk").out.strip(), "1", "pkg-config knows the contract's version")
    folder = desk.run("pkg-config --variable=plugindir omnihub-sdk").out.strip()
    tap.ok(os.path.isdir(folder if folder.startswith(desk.stage) else desk.stage + folder), "pkg-config knows where plugins go")


def examples(desk):
    folder = os.path.join(desk.prefix, "share", "doc", "omnihub", "examples")
    names = sorted(n[:-2] for n in os.listdir(folder))
    tap.is_(len(names), 2, "installed: two worked examples")
    for name in names:
        shutil.copy(os.path.join(folder, name + ".c"), desk.path(name + ".c"))
        tap.is_(desk.compile(name).code, 0, "example %s builds with the one plain line" % name)
        tap.has(desk.good("omnihub describe ./%s.so" % name, "example %s: describe" % name).out, "Stream ", "example %s loads" % name)


def reference(desk):
    with open(os.path.join(desk.prefix, "share", "doc", "omnihub", "plugin-reference.md"), encoding="utf-8") as f:
        text = f.read()
    for part in ("#### struct omni_stream", "| `uint32_t settle_days` | how long the platform restates a day |",
                 "#### omni_pages_after", "#### struct omni_sink"):
        tap.has(text, part, "the reference has " + part)
    for header in ("omnihub.h", "sdk.h"):
        with open(os.path.join(desk.prefix, "include", "omnihub", header), encoding="utf-8") as f:
            code = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
        names = set(re.findall(r"\bomni_[a-z_0-9]+(?=\()", code))
        tap.is_([n for n in sorted(names) if n not in text], [], "the reference has every function of " + header)
        names = set(re.findall(r"\bOMNI_[A-Z_0-9]+\b", code))
        tap.is_([n for n in sorted(names) if n not in text], [], "and every constant and macro")
        structs = dict(re.findall(r"struct (omni_\w+)\s*\{(.*?)\n\};", code, re.S))
        tap.ok(len(structs) > 5, "and there are structs in " + header)
        missing = [n for n in sorted(structs) if "#### struct %s\n" % n not in text]
        tap.is_(missing, [], "the reference has every struct of " + header)
        for name, body in structs.items():
            part = text.partition("#### struct %s\n" % name)[2].partition("\n#### ")[0]
            members = re.findall(r"\(\*(\w+)\)|(\w+)(?:\[[^\]]*\])?\s*[,;]", re.sub(r"\([^*()]*\)(?=;)", "", body))
            missing = [m for m in (a or b for a, b in members) if not re.search(r"\b%s\b" % m, part)]
            tap.is_(missing, [], "and of struct %s every member" % name)


def kinds(desk):
    for kind in KINDS:
        name = "my_" + kind.replace("-", "_")
        desk.good("omnihub new-plugin %s --%s" % (name, kind), kind + ": new-plugin")
        for compiler in COMPILERS:
            words = compiler.split(" ", 1)
            if not desk.has_compiler(words[0] + " " + words[1].split(" ")[0]):
                tap.skip("%s: %s" % (kind, compiler), "this compiler is not installed")
                continue
            if desk.sanitizer and ("clang" in compiler) != ("clang" in desk.cc):
                tap.skip("%s: %s" % (kind, compiler), "the library has another compiler's sanitizer in it")
                continue
            language = compiler.replace("-x c++ ", "")
            # -x holds for the source only: the archive behind it is none.
            done = desk.run("%s -Wall -Wextra -Werror -fPIC -c %s $(pkg-config --cflags omnihub-sdk) -o %s.o %s.c && "
                            "%s -shared %s -o %s.so %s.o $(pkg-config --libs omnihub-sdk)"
                            % (compiler, desk.sanitizer, name, name, language.split(" ")[0], desk.sanitizer, name, name), name)
            if not tap.is_(done.code, 0, "%s: %s" % (kind, compiler)):
                tap.note(done.err)
            done = desk.good("omnihub test-plugin ./%s.so --no-conformance" % name, "%s: %s: its test holds" % (kind, compiler), name)
            tests = [f for f in os.listdir(desk.path(name)) if f.endswith(".test")]
            tap.has(done.out, "%d hold, 0 failed" % len(tests), "%s: %s: and counts" % (kind, compiler))
        desk.run("rm %s.so" % name, name)
        tap.is_(desk.compile(name, folder=name).code, 0, kind + ": the one plain line")
        done = desk.good("omnihub test-plugin ./%s.so" % name, kind + ": every conformance check holds", name)
        tap.has(done.out, " 0 failed", kind + ": none failed")


def families(desk):
    for family in FAMILIES:
        name = "of_" + family
        desk.good("omnihub new-plugin %s --family %s" % (name, family), "family %s: new-plugin" % family)
        tap.is_(desk.compile(name, folder=name).code, 0, "family %s: builds" % family)
        done = desk.good("omnihub test-plugin ./%s.so" % name, "family %s: tests and conformance" % family, name)
        tap.has(done.out, " 0 failed", "family %s: none failed" % family)


def ways(desk):
    flags = ("-g " + desk.sanitizer).strip()
    desk.good("omnihub new-plugin way", "new-plugin for the ways of building")
    desk.good("make && make check && make install DESTDIR=%s/plain" % desk.top, "make, make check, make install", "way", CFLAGS=flags)
    if shutil.which("autoreconf"):
        done = desk.good("autoreconf -i && mkdir -p build && cd build && ../configure && make && make check && "
                         "make install DESTDIR=%s/auto" % desk.top, "autotools, with OMNIHUB_PREREQ and OMNIHUB_PLUGIN", "way",
                         CFLAGS=flags)
        tap.ok("way.so" in "".join(f for _, _, files in os.walk(desk.top + "/auto") for f in files), "autotools install the plugin")
        tap.is_(done.code, 0, "autotools work as a whole")
        done = desk.run("./configure", "way", CFLAGS=flags)
        tap.has(done.err, "configure in a folder of its own", "autotools do not overwrite the Makefile")
    else:
        tap.skip("autotools", "autoreconf is not installed")
    if shutil.which("meson") and shutil.which("ninja"):
        desk.good("meson setup mbuild && meson compile -C mbuild && meson test -C mbuild", "Meson", "way", CFLAGS=flags)
    else:
        tap.skip("Meson", "meson or ninja is not installed")


def refusals(desk):
    for arguments, says in (("Acme", "no name"), ("a/b", "no name"), ("x --family adds", "families: ads"),
                            ("x --rest --graphql", "exclude each other"), ("x --sink --family ads", "leave --family out"),
                            ("way", "cannot make the folder way")):
        done = desk.run("omnihub new-plugin " + arguments)
        tap.ok(done.code in (2, 3), "new-plugin %s is refused" % arguments)
        tap.has(done.err, says, "new-plugin %s: says why" % arguments)


with author.Desk() as the_desk:
    tap.run([lambda f=f: f(the_desk) for f in (installed, examples, reference, kinds, families, ways, refusals)])
