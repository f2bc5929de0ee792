/* SPDX-License-Identifier: Apache-2.0
 * What is wrong in a configuration, collected so that everything is reported at once. */
#include <config.h>

#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

/* A file full of nonsense must not fill the memory or the screen. */
enum { MAX_FINDINGS = 200 };

struct config_findings {
    struct arena *arena;
    struct config_finding items[MAX_FINDINGS];
    size_t n, n_errors;
    struct config_finding sorted[MAX_FINDINGS];
};

struct config_findings *config_findings_new(void)
{
    struct config_findings *f = xcalloc(1, sizeof *f);
    f->arena = arena_new();
    return f;
}

void config_findings_free(struct config_findings *f)
{
    if (!f)
        return;
    arena_free(f->arena);
    free(f);
}

static bool is_known(const struct config_findings *f, struct config_place place, const char *text)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct config_finding *k = &f->items[i];
        const char *a = k->place.file ? k->place.file : "", *b = place.file ? place.file : "";
        if (k->place.line == place.line && strcmp(a, b) == 0 && strcmp(k->text, text) == 0)
            return true;
    }
    return false;
}

void config_findings_add(struct config_findings *f, bool is_error, struct config_place place,
                         const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (is_known(f, place, text))
        return;
    f->n_errors += is_error;
    if (f->n == MAX_FINDINGS)
        return;
    struct config_finding *new = &f->items[f->n++];
    new->is_error = is_error;
    new->place.file = arena_strdup(f->arena, place.file);
    new->place.line = place.line;
    new->text = arena_strdup(f->arena, text);
}

size_t config_findings_errors(const struct config_findings *f)
{
    return f->n_errors;
}

static int by_place(const void *a, const void *b)
{
    const struct config_finding *x = *(const struct config_finding *const *)a,
                                *y = *(const struct config_finding *const *)b;
    int files = strcmp(x->place.file ? x->place.file : "", y->place.file ? y->place.file : "");
    if (files)
        return files;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return x < y ? -1 : x > y; /* as they were found */
}

const struct config_finding *config_findings_list(struct config_findings *f, size_t *n)
{
    const struct config_finding *by[MAX_FINDINGS];
    for (size_t i = 0; i < f->n; i++)
        by[i] = &f->items[i];
    qsort(by, f->n, sizeof by[0], by_place);
    for (size_t i = 0; i < f->n; i++)
        f->sorted[i] = *by[i];
    *n = f->n;
    return f->sorted;
}

/* A service's log may be no text, and must not wait. */
static void print_line(bool is_error, const char *line)
{
    if (log_is_open())
        log_line(is_error ? LOG_ERROR : LOG_WARN, "%s", line);
    else
        fprintf(stderr, "%s\n", line);
}

void config_findings_print(struct config_findings *f)
{
    size_t n;
    const struct config_finding *list = config_findings_list(f, &n);
    for (size_t i = 0; i < n; i++) {
        const struct config_finding *k = &list[i];
        const char *kind = k->is_error ? "" : "warning: ";
        auto_free char *line =
            k->place.line > 0 && k->place.file
                ? xasprintf("%s:%d: %s%s", k->place.file, k->place.line, kind, k->text)
                : xasprintf("%s: %s%s", k->place.file ? k->place.file : "omnihub", kind, k->text);
        print_line(k->is_error, line);
    }
    if (n == MAX_FINDINGS)
        print_line(false, "omnihub: too many findings; the rest is not shown");
}

json_t *config_findings_json(struct config_findings *findings)
{
    size_t n;
    const struct config_finding *list = config_findings_list(findings, &n);
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        json_put_text(one, "severity", list[i].is_error ? "error" : "warning");
        json_put_text(one, "file", list[i].place.file);
        if (list[i].place.line > 0)
            json_put_int(one, "line", list[i].place.line);
        json_put_text(one, "message", list[i].text);
        json_array_append_new(out, one);
    }
    return out;
}
