/* SPDX-License-Identifier: Apache-2.0
 * Shapes of datasets. SQL can only be checked against tables: where there is no store yet, an empty
 * one is made in a temporary folder for as long as it takes. */
#include <config.h>

#include "cli/shapes.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/reading.h"

static omni_status open_store(struct shapes *s, const struct config *c, struct err *err)
{
    if (reading_has_store(c)) {
        s->store = store_open(c->hub.state_dir, s->schema, STORE_READ, err);
        return s->store ? OMNI_OK : err->status;
    }
    const char *tmp = getenv("TMPDIR");
    s->scratch = xasprintf("%s/omnihub-check-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(s->scratch)) {
        err_set(err, OMNI_E_CONFIG, "cannot make a temporary folder %s: %s", s->scratch,
                strerror(errno));
        free(s->scratch);
        s->scratch = NULL;
        return err->status;
    }
    s->store = store_open(s->scratch, s->schema, STORE_WRITE, err);
    return s->store ? OMNI_OK : err->status;
}

/* The text begins with the place that the finding has anyway. */
static void add_finding(struct config_findings *findings, struct config_place place,
                        const char *text)
{
    auto_free char *prefix = xasprintf("%s:%d: ", place.file, place.line);
    config_findings_add(findings, true, place, "%s",
                        text_starts(text, prefix) ? text + strlen(prefix) : text);
}

/* One after the other, so that a dataset may use those before it and each gets its own finding. */
static omni_status prepare_each(struct shapes *s, const struct config *c, const char *dir,
                                struct config_findings *findings, struct err *err)
{
    struct combine_setup setup = {.dir = dir, .own = s->own, .currency = c->hub.currency};
    s->combine = combine_new(s->store, &setup, err);
    for (size_t i = 0; s->combine && i < c->n_datasets; i++) {
        struct err own = {0};
        s->own[setup.n_own++] = s->own[i];
        struct combine *more = combine_new(s->store, &setup, &own);
        if (!more) {
            add_finding(findings, c->datasets[i].place, own.text);
            setup.n_own--;
            continue;
        }
        combine_free(s->combine);
        s->combine = more;
    }
    return s->combine ? OMNI_OK : err->status;
}

omni_status shapes_open(struct shapes *s, const struct config *c, struct config_findings *findings,
                        struct err *err)
{
    *s = (struct shapes){0};
    s->schema = schema_load(c->hub.schema_dir, err);
    if (!s->schema || open_store(s, c, err) != OMNI_OK)
        return err->status;
    auto_free char *dir = reading_combined_dir(c);
    s->own = reading_own_datasets(c);
    if (findings)
        return prepare_each(s, c, dir, findings, err);
    const struct combine_setup setup = {
        .dir = dir, .own = s->own, .n_own = c->n_datasets, .currency = c->hub.currency};
    s->combine = combine_new(s->store, &setup, err);
    return s->combine ? OMNI_OK : err->status;
}

static void remove_scratch(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *e;
    while (dir && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}

void shapes_close(struct shapes *s)
{
    combine_free(s->combine);
    free(s->own);
    store_close(s->store);
    schema_free(s->schema);
    if (s->scratch)
        remove_scratch(s->scratch);
    free(s->scratch);
}

size_t shapes_count(const struct shapes *s)
{
    return schema_count(s->schema) + combine_count(s->combine);
}

const struct schema_dataset *shapes_at(const struct shapes *s, size_t i)
{
    size_t n = schema_count(s->schema);
    return i < n ? schema_at(s->schema, i) : combine_at(s->combine, i - n);
}

const char *shapes_kind(const struct shapes *s, const struct config *c, size_t i)
{
    if (i < schema_count(s->schema))
        return "common";
    for (size_t k = 0; k < c->n_datasets; k++)
        if (strcmp(c->datasets[k].name, shapes_at(s, i)->name) == 0)
            return "own";
    return "combined";
}

const struct schema_dataset *shapes_find(const struct shapes *s, const char *name)
{
    for (size_t i = 0; i < shapes_count(s); i++)
        if (strcmp(shapes_at(s, i)->name, name) == 0)
            return shapes_at(s, i);
    return NULL;
}

const char *shapes_suggest(const struct shapes *s, const char *name)
{
    size_t n = shapes_count(s);
    auto_free const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = shapes_at(s, i)->name;
    return text_suggest(name, names, n);
}
