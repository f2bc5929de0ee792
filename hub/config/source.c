/* SPDX-License-Identifier: Apache-2.0
 * Reads one configuration file with libconfig. A small scan comes before it: libconfig 1.5 ends the
 * process on an included folder, cuts numbers that do not fit into 32 bits, and knows no limits. */
#include <config.h>

#include "config/source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/digest.h"
#include "base/file.h"
#include "base/text.h"

struct scan {
    struct source *source;
    struct config_findings *findings;
    const char *name; /* of the file being scanned */
    int depth, line;
};

static struct config_place here(const struct scan *s)
{
    return (struct config_place){s->name, s->line};
}

/* ---- bytes ---- */

static bool read_bytes(const char *path, struct buf *out, struct config_place place,
                       struct config_findings *f)
{
    struct stat st;
    if (stat(path, &st) < 0 && strcmp(path, place.file) == 0)
        config_findings_add(f, true, place,
                            "cannot be read: %s; name the file with -c or "
                            "OMNIHUB_CONF",
                            strerror(errno));
    else if (stat(path, &st) < 0)
        config_findings_add(f, true, place, "cannot read \"%s\": %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        config_findings_add(f, true, place, "\"%s\" is not a regular file", path);
    else if (st.st_size > SOURCE_MAX_BYTES)
        config_findings_add(f, true, place,
                            "\"%s\" is too large for a configuration file (at most %d MB)", path,
                            SOURCE_MAX_BYTES >> 20);
    else {
        struct err err = {0};
        if (file_read(path, out, &err) == OMNI_OK)
            return true;
        config_findings_add(f, true, place, "%s", err.text);
    }
    return false;
}

static bool check_bytes(const struct buf *b, bool is_included, struct scan *s)
{
    if (s->source->digest)
        digest_add(s->source->digest, buf_text(b), b->len);
    const char *text = buf_text(b), *bad = memchr(text, '\0', b->len);
    s->line = 1;
    if (is_included && text_starts(text, "\xEF\xBB\xBF")) {
        config_findings_add(s->findings, true, here(s),
                            "begins with a byte order mark: save it as UTF-8 without one");
        return false;
    }
    for (const char *p = text; bad && p < bad; p++)
        s->line += *p == '\n';
    if (bad) {
        config_findings_add(s->findings, true, here(s),
                            "contains a NUL byte: not a text file, or saved as UTF-16");
        return false;
    }
    if (!text_is_utf8(text, b->len)) {
        s->line = 0;
        config_findings_add(s->findings, true, here(s), "is not UTF-8 text");
        return false;
    }
    return true;
}

/* ---- the scan ---- */

static void scan_file(struct scan *, const char *path, struct config_place from);

static const char *skip_string(const char *p, struct scan *s)
{
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1])
            p++;
        s->line += *p == '\n';
    }
    return *p ? p + 1 : p;
}

static const char *skip_comment(const char *p, struct scan *s)
{
    if (p[0] == '#' || p[1] == '/')
        return p + strcspn(p, "\n");
    for (p += 2; *p && !(p[0] == '*' && p[1] == '/'); p++)
        s->line += *p == '\n';
    return *p ? p + 2 : p;
}

/* libconfig 1.5 keeps the low 32 bits of a whole number without the suffix L. */
static const char *scan_number(const char *p, struct scan *s)
{
    const char *start = p;
    while (isalnum((unsigned char)*p) || *p == '.' ||
           ((*p == '-' || *p == '+') && p > start && (p[-1] == 'e' || p[-1] == 'E')))
        p++;
    size_t n = (size_t)(p - start);
    bool is_long = n > 1 && (p[-1] == 'L');
    while (n && start[n - 1] == 'L')
        n--;
    long long value;
    auto_free char *digits = xstrndup(start, n);
    if (n == 0 || strspn(digits, "0123456789") != n)
        return p;
    if (!text_parse_int(digits, 0, LLONG_MAX, &value))
        config_findings_add(s->findings, true, here(s),
                            "%s is too large for a number; an id is text: write \"%s\"", digits,
                            digits);
    else if (value > INT32_MAX && !is_long)
        config_findings_add(s->findings, true, here(s),
                            "%s needs more than 32 bits: write %sL, or \"%s\" where it is an id",
                            digits, digits, digits);
    return p;
}

static void scan_include(const char *p, struct scan *s)
{
    p += strspn(p, " \t");
    if (*p != '"')
        return;
    size_t n = strcspn(p + 1, "\"\n");
    auto_free char *name = xstrndup(p + 1, n);
    if (name[0] == '/') {
        config_findings_add(s->findings, true, here(s),
                            "@include takes a path relative to the folder of %s", s->source->path);
        return;
    }
    if (s->depth >= SOURCE_MAX_INCLUDES) {
        config_findings_add(s->findings, true, here(s),
                            "@include \"%s\": includes are nested too deep; does a file include "
                            "itself?",
                            name);
        return;
    }
    const char *path = arena_printf(s->source->arena, "%s/%s", s->source->folder, name);
    struct scan inner = {s->source, s->findings, path, s->depth + 1, 1};
    scan_file(&inner, path, here(s));
}

static const char *scan_word(const char *p)
{
    while (isalnum((unsigned char)*p) || *p == '_' || *p == '-' || *p == '*')
        p++;
    return p;
}

static const char *scan_token(const char *p, struct scan *s)
{
    if (*p == '"')
        return skip_string(p, s);
    if (*p == '#' || (p[0] == '/' && (p[1] == '/' || p[1] == '*')))
        return skip_comment(p, s);
    if (text_starts(p, "@include")) {
        scan_include(p + strlen("@include"), s);
        return p + strcspn(p, "\n");
    }
    if (isdigit((unsigned char)*p))
        return scan_number(p, s);
    if (isalpha((unsigned char)*p) || *p == '*')
        return scan_word(p);
    s->line += *p == '\n';
    return p + 1;
}

static void scan_text(const char *text, struct scan *s)
{
    s->line = 1;
    for (const char *p = text; *p;)
        p = scan_token(p, s);
}

static void scan_file(struct scan *s, const char *path, struct config_place from)
{
    auto_buf text = BUF_INIT(SOURCE_MAX_BYTES + 1);
    if (read_bytes(path, &text, from, s->findings) && check_bytes(&text, true, s))
        scan_text(buf_text(&text), s);
}

/* ---- the file ---- */

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static struct config_place place_of(const struct source *s, const char *file, int line)
{
    if (!file)
        return (struct config_place){s->path, line};
    return (struct config_place){arena_printf(s->arena, "%s/%s", s->folder, file), line};
}

/* What libconfig leaves to be guessed. */
static const char *hint_for(const char *why)
{
    static const struct {
        const char *why, *hint;
    } hints[] = {
        {"syntax error", " here or just before: a missing \";\", quote or bracket?"},
        {"duplicate setting name", ": it stands in this file or group already; a further list of "
                                   "connectors, sinks … goes into a file of its own in conf.d"},
    };
    for (size_t i = 0; why && i < ARRAY_LEN(hints); i++)
        if (strcmp(why, hints[i].why) == 0)
            return hints[i].hint;
    return "";
}

bool source_open(struct source *s, const char *path, struct arena *arena, struct digest *digest,
                 struct config_findings *findings)
{
    *s = (struct source){.path = arena_strdup(arena, path), .arena = arena, .digest = digest};
    s->folder = folder_of(arena, path);
    config_init(&s->tree);
    auto_buf text = BUF_INIT(SOURCE_MAX_BYTES + 1);
    struct scan scan = {s, findings, s->path, 0, 1};
    if (!read_bytes(path, &text, (struct config_place){s->path, 0}, findings) ||
        !check_bytes(&text, false, &scan))
        return false;
    const char *start = buf_text(&text);
    if (text_starts(start, "\xEF\xBB\xBF"))
        start += 3;
    size_t before = config_findings_errors(findings);
    scan_text(start, &scan);
    /* What the scan refused, libconfig would refuse less clearly, or not at all. */
    if (config_findings_errors(findings) > before)
        return false;
    config_set_include_dir(&s->tree, s->folder);
    if (config_read_string(&s->tree, start) == CONFIG_TRUE)
        return true;
    const char *why = config_error_text(&s->tree);
    config_findings_add(findings, true,
                        place_of(s, config_error_file(&s->tree), config_error_line(&s->tree)),
                        "%s%s", why ? why : "cannot be parsed", hint_for(why));
    return false;
}

void source_close(struct source *s)
{
    config_destroy(&s->tree);
}

struct config_place source_place(const struct source *s, const config_setting_t *setting)
{
    return place_of(s, config_setting_source_file(setting),
                    (int)config_setting_source_line(setting));
}
