/* SPDX-License-Identifier: Apache-2.0
 * Drives a built sink plugin through the contract alone, as the hub does: options, deliveries, what
 * it said. */
#include <config.h>

#include "drive.h"

#include <dirent.h>
#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* ---- the host ---- */

struct omni_config {
    const char *const *pairs;
    char values[DRIVE_OPTIONS][256];
    const struct omni_option *const *declared;
};

/* Lives until the next drive_open(): sinks keep texts of options until close(). */
static struct omni_config config;

static omni_status say_fail(struct omni_run *run, omni_status status, const char *text)
{
    snprintf(run->text, sizeof run->text, "%s", text);
    return run->status = status;
}

static void say_detail(struct omni_run *run, const char *key, const char *value)
{
    snprintf(run->detail, sizeof run->detail, "%s=%s", key, value);
}

static void say_log(struct omni_run *run, int32_t level, const char *text)
{
    (void)run, (void)level, (void)text;
}

static int32_t never_cancelled(struct omni_run *run)
{
    (void)run;
    return 0;
}

static const char *opt_text(const struct omni_config *c, const char *name)
{
    for (int i = 0; c->pairs[2 * i]; i++)
        if (strcmp(c->pairs[2 * i], name) == 0)
            return c->values[i];
    for (const struct omni_option *const *o = c->declared; *o; o++)
        if (strcmp((*o)->name, name) == 0)
            return (*o)->fallback;
    fail_msg("the sink reads option \"%s\", which it does not declare", name);
    return NULL;
}

static int64_t opt_int(const struct omni_config *c, const char *name)
{
    const char *text = opt_text(c, name);
    return text && (strcmp(text, "true") == 0 || strtoll(text, NULL, 10) != 0);
}

static const struct omni_host host = {
    .size = sizeof host,
    .abi_major = OMNI_ABI_MAJOR,
    .abi_minor = OMNI_ABI_MINOR,
    .log = say_log,
    .fail = say_fail,
    .fail_detail = say_detail,
    .cancelled = never_cancelled,
    .opt_text = opt_text,
    .opt_int = opt_int,
};

/* ---- opening ---- */

static void set_options(const struct drive *d, const char *const *options)
{
    config.pairs = options;
    config.declared = d->sink->options;
    for (int i = 0; options[2 * i]; i++) {
        const char *value = options[2 * i + 1];
        snprintf(config.values[i], sizeof config.values[i], "%s%s",
                 value[0] == '%' ? d->folder : "", value + (value[0] == '%'));
    }
}

omni_status drive_open(struct drive *d, const char *plugin, const char *const *options)
{
    char path[512];
    snprintf(path, sizeof path, "%s/plugins/sinks/%s/.libs/%s.so", TEST_BUILDDIR, plugin, plugin);
    if (!d->handle)
        d->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!d->handle)
        fail_msg("%s", dlerror());
    const struct omni_module *module = dlsym(d->handle, "omnihub_module_v1");
    assert_non_null(module);
    d->sink = module->sinks[0];
    assert_string_equal(d->sink->name, plugin);
    memset(&d->run, 0, sizeof d->run);
    d->self = NULL;
    set_options(d, options);
    return d->sink->open(&host, &config, &d->run, &d->self);
}

void drive_close(struct drive *d)
{
    if (d->self)
        d->sink->close(d->self);
    d->self = NULL;
}

void drive_begin_test(struct drive *d)
{
    memset(d, 0, sizeof *d);
    snprintf(d->folder, sizeof d->folder, "%s", "/tmp/omnihub-sink-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

void drive_end_test(struct drive *d)
{
    drive_close(d);
    if (d->handle)
        dlclose(d->handle);
    nftw(d->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *drive_path(const struct drive *d, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *out = paths[next++ % 4];
    snprintf(out, sizeof paths[0], "%s/%s", d->folder, name);
    return out;
}

/* ---- batches ---- */

/* A table in Arrow's layout; of its own size, so that a sanitizer sees every byte read beyond. */
struct arrow {
    struct omni_column columns[DRIVE_COLUMNS];
    const struct omni_column *list[DRIVE_COLUMNS + 1];
    void *owned[3 * DRIVE_COLUMNS];
    uint32_t n, n_owned;
};

static void *own(struct arrow *a, size_t n)
{
    return a->owned[a->n_owned++] = calloc(1, n ? n : 1);
}

static void fill_text(struct arrow *a, struct omni_column *c, const struct drive_table *t,
                      uint32_t i)
{
    size_t total = 0;
    for (uint32_t row = 0; row < t->n_rows; row++)
        total += t->rows[row][i] ? strlen(t->rows[row][i]) : 0;
    char *bytes = own(a, total);
    int32_t *offsets = own(a, (t->n_rows + 1) * sizeof *offsets);
    for (uint32_t row = 0; row < t->n_rows; row++) {
        size_t n = t->rows[row][i] ? strlen(t->rows[row][i]) : 0;
        memcpy(bytes + offsets[row], t->rows[row][i] ? t->rows[row][i] : "", n);
        offsets[row + 1] = offsets[row] + (int32_t)n;
    }
    c->values = bytes;
    c->offsets = offsets;
}

static void fill_numbers(struct arrow *a, struct omni_column *c, const struct drive_table *t,
                         uint32_t i)
{
    size_t width = c->type == OMNI_BOOL ? 1 : c->type == OMNI_DATE ? 4 : 8;
    char *values = own(a, t->n_rows * width);
    for (uint32_t row = 0; row < t->n_rows; row++) {
        if (!t->rows[row][i])
            continue;
        int64_t whole = strtoll(t->rows[row][i], NULL, 10);
        double real = (double)whole / 4; /* tests write quarters, which are exact */
        int32_t day = (int32_t)whole;
        uint8_t flag = (uint8_t)whole;
        const void *from = c->type == OMNI_REAL   ? (const void *)&real
                           : c->type == OMNI_DATE ? (const void *)&day
                           : c->type == OMNI_BOOL ? (const void *)&flag
                                                  : (const void *)&whole;
        memcpy(values + row * width, from, width);
    }
    c->values = values;
}

static void arrow_make(struct arrow *a, const struct drive_table *t, bool with_values)
{
    memset(a, 0, sizeof *a);
    for (; a->n < DRIVE_COLUMNS && t->columns[a->n].name; a->n++) {
        struct omni_column *c = &a->columns[a->n];
        *c = (struct omni_column){
            .size = sizeof *c, .type = t->columns[a->n].type, .name = t->columns[a->n].name};
        a->list[a->n] = c;
        if (!with_values)
            continue;
        uint8_t *valid = own(a, t->n_rows / 8 + 1);
        bool has_null = false;
        for (uint32_t row = 0; row < t->n_rows; row++) {
            has_null = has_null || !t->rows[row][a->n];
            valid[row / 8] |= (uint8_t)((t->rows[row][a->n] != NULL) << row % 8);
        }
        c->valid = has_null ? valid : NULL;
        if (c->type == OMNI_TEXT)
            fill_text(a, c, t, a->n);
        else
            fill_numbers(a, c, t, a->n);
    }
}

static void arrow_free(struct arrow *a)
{
    while (a->n_owned)
        free(a->owned[--a->n_owned]);
}

/* ---- deliveries ---- */

omni_status drive_begin(struct drive *d, const struct drive_table *t)
{
    struct arrow a;
    arrow_make(&a, t, false);
    const struct omni_delivery delivery = {
        .size = sizeof delivery,
        .mode = OMNI_REPLACE,
        .dataset = t->dataset,
        .partition = t->partition,
        .key = t->key,
        .version = t->version,
        .columns = a.list,
        .day_column = t->day_column,
    };
    omni_status status = d->sink->begin(d->self, &d->run, &delivery);
    arrow_free(&a);
    return status;
}

omni_status drive_write(struct drive *d, const struct drive_table *t)
{
    struct arrow a;
    arrow_make(&a, t, true);
    const struct omni_batch batch = {
        .size = sizeof batch, .n_columns = a.n, .n_rows = t->n_rows, .columns = a.list};
    omni_status status = d->sink->write(d->self, &d->run, &batch);
    arrow_free(&a);
    return status;
}

void drive_abort(struct drive *d)
{
    d->sink->abort(d->self, &d->run);
}

omni_status drive_deliver(struct drive *d, const struct drive_table *t)
{
    omni_status status = drive_begin(d, t);
    if (status == OMNI_OK && t->n_rows)
        status = drive_write(d, t);
    if (status == OMNI_OK)
        status = d->sink->commit(d->self, &d->run);
    if (status != OMNI_OK)
        drive_abort(d);
    return status;
}

/* ---- what came out ---- */

char *drive_file(const struct drive *d, const char *name)
{
    FILE *f = fopen(drive_path(d, name), "rb");
    if (!f)
        return NULL;
    char *text = calloc(1, 1 << 20);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

void drive_assert_file(const struct drive *d, const char *name, const char *content)
{
    char *text = drive_file(d, name);
    assert_non_null(text);
    assert_string_equal(text, content);
    free(text);
}

int drive_count(const struct drive *d, const char *name)
{
    DIR *dir = opendir(drive_path(d, name));
    assert_non_null(dir);
    int n = -2; /* . and .. */
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}
