/* SPDX-License-Identifier: Apache-2.0
 * Rows of the test come through the file source, so that the store is filled the usual way; then
 * the sink gets them from the usual push, with a fault in the middle where a check wants one. */
#include <config.h>

#include "cli/sink_bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/conform.h"
#include "cli/work.h"
#include "config/write.h"
#include "kit/sink_checks.h"
#include "schema/schema.h"

#define NOT_RUN "none"
enum { SHOWN_MAX = 16 * 1024 * 1024, CONF_MAX = 1024 * 1024, FILE_MODE = 0600, FOLDER_MODE = 0700 };
enum { CHANGE = 1000000 }; /* longer than before, so that the file differs in size, too */

struct sink_bench {
    const struct trial *trial;
    const struct cli *outer;
    const struct test_file *test;
    struct sheet *sheet;
    json_t *rows; /* {dataset: [rows]} as they are now */
    unsigned n_sinks;
    bool is_interrupted;
};

/* ---- what is stored ---- */

static char *input_path(const struct sink_bench *b, const char *dataset)
{
    return xasprintf("%s/in-%s.json", b->trial->folder, dataset);
}

/* {column: column} of every column that a row names. */
static json_t *map_of(const json_t *rows)
{
    json_t *map = json_object(), *row, *value;
    size_t i;
    const char *column;
    json_array_foreach(rows, i, row) json_object_foreach(row, column, value)
        json_put_text(map, column, column);
    return map;
}

/* The connectors that bring the rows. */
static char *connectors(const struct sink_bench *b)
{
    auto_buf out = BUF_INIT(CONF_MAX);
    const char *dataset;
    json_t *rows;
    buf_adds(&out, "connectors = (\n");
    json_object_foreach(b->rows, dataset, rows)
    {
        auto_free char *path = input_path(b, dataset);
        auto_json *map = map_of(rows);
        buf_printf(&out, "%s{ name = \"rows_%s\"; plugin = \"file\"; options = {\n",
                   dataset == json_object_iter_key(json_object_iter(b->rows)) ? "" : ", ", dataset);
        write_text_setting(&out, "path", path);
        write_text_setting(&out, "dataset", dataset);
        write_setting(&out, "map", map);
        buf_adds(&out, "}; }\n");
    }
    buf_adds(&out, ");\n");
    return xstrdup(buf_text(&out));
}

static bool write_inputs(const struct sink_bench *b, struct err *err)
{
    const char *dataset;
    json_t *rows;
    json_object_foreach(b->rows, dataset, rows)
    {
        auto_free char *path = input_path(b, dataset);
        auto_free char *text = json_print(rows);
        if (file_replace(path, text, strlen(text), FILE_MODE, err) != OMNI_OK)
            return false;
    }
    return true;
}

/* ---- delivering ---- */

struct delivery {
    const char *sink, *fault;
    const json_t *datasets; /* names */
    const char *own;        /* a section of own datasets, NULL: none */
};

struct delivered {
    char outcome[24];
    char *message; /* free() */
};

static void take_result(const struct work *w, struct delivered *out)
{
    size_t i;
    json_t *r;
    const json_t *found = NULL;
    json_array_foreach(w->results, i, r)
    {
        const char *outcome = json_text(r, "outcome");
        bool is_ok = outcome && strcmp(outcome, "ok") == 0;
        if (!found || !is_ok)
            found = r;
        if (!is_ok)
            break;
    }
    const char *outcome = json_text(found, "outcome"), *message = json_text(found, "message");
    snprintf(out->outcome, sizeof out->outcome, "%s", outcome ? outcome : "none");
    out->message = message && *message ? xstrdup(message) : NULL;
}

/* free() */
static char *complaints(const struct cli *cli)
{
    auto_json *texts = json_array();
    auto_buf all = BUF_INIT(CONF_MAX);
    size_t i;
    json_t *text;
    trial_complaints(cli, texts);
    json_array_foreach(texts, i, text)
        buf_printf(&all, "%s%s", i ? "; " : "", json_string_value(text));
    return xstrdup(buf_text(&all));
}

static struct delivered deliver(struct sink_bench *b, const struct delivery *d)
{
    struct work w = {.lock = -1};
    struct err err = {0};
    struct delivered out = {.outcome = NOT_RUN};
    struct cli cli = {.command = b->outer->command,
                      .is_quiet = true,
                      .keeps_findings = true,
                      .is_verbose = b->outer->is_verbose};
    auto_free char *inputs = connectors(b);
    auto_free char *more = xasprintf("%s%s", inputs, d->own ? d->own : "");
    const struct trial_plan plan = {
        .options = b->test->options, .datasets = d->datasets, .more = more, .name = d->sink};
    bool is_ready = write_inputs(b, &err) && trial_write(b->trial, &cli, &plan) == CLI_OK &&
                    work_prepare(&w, &cli, true, true) == CLI_OK && work_lock(&w) == CLI_OK;
    if (is_ready) {
        w.sink_fault = d->fault;
        work_pull(&w);
        work_combine(&w);
        work_push(&w);
        take_result(&w, &out);
        b->is_interrupted = w.is_interrupted;
    } else {
        out.message = err.text[0] ? xstrdup(err.text) : complaints(&cli);
    }
    work_free(&w);
    config_free(cli.config);
    config_findings_free(cli.findings);
    return out;
}

/* ---- looking at the target ---- */

/* What the test's command prints, run in the folder where relative options start; free(). */
static char *look(const struct sink_bench *b)
{
    struct err err = {0};
    auto_buf text = BUF_INIT(SHOWN_MAX);
    auto_free char *path = xasprintf("%s/shown", b->trial->folder);
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)b->test->show, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC,
                                     FILE_MODE);
    /* Jobs were started in that folder already: work_go_home(). */
    if (posix_spawnp(&pid, "sh", &actions, NULL, argv, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    if (file_read(path, &text, &err) != OMNI_OK)
        return xstrdup(err.text);
    return xstrdup(buf_text(&text));
}

/* ---- checks ---- */

/* NULL: fine; free(). */
static char *expect(const struct sink_bench *b, const struct delivered *d, const char *outcome,
                    const char *shown)
{
    if (strcmp(d->outcome, NOT_RUN) == 0 && d->message)
        return xstrdup(d->message);
    if (strcmp(d->outcome, outcome) != 0)
        return xasprintf("the push was %s, not %s%s%s", d->outcome, outcome, d->message ? ": " : "",
                         d->message ? d->message : "");
    auto_free char *now = shown ? look(b) : NULL;
    if (!shown || strcmp(now, shown) == 0)
        return NULL;
    return xasprintf("the target shows\n%s           instead of\n%s", now, shown);
}

static char *step(struct sink_bench *b, const struct delivery *d, const char *outcome,
                  const char *shown)
{
    struct delivered out = deliver(b, d);
    char *problem = expect(b, &out, outcome, shown);
    free(out.message);
    return problem;
}

/* A sink of another name has had nothing yet. */
static char *new_sink(struct sink_bench *b)
{
    return xasprintf(TRIAL_NAME "-%u", ++b->n_sinks);
}

static json_t *dataset_names(const struct sink_bench *b)
{
    json_t *names = json_array(), *rows;
    const char *dataset;
    json_object_foreach(b->rows, dataset, rows) json_array_append_new(names, json_string(dataset));
    return names;
}

/* The numbers of the last row of the first dataset. */
static void change_row(const struct sink_bench *b, json_int_t by)
{
    const json_t *rows = json_object_iter_value(json_object_iter(b->rows));
    json_t *row = json_array_get(rows, json_array_size(rows) - 1), *value;
    const char *column;
    json_object_foreach(row, column, value) if (json_is_integer(value))
        json_integer_set(value, json_integer_value(value) + by);
}

static char *check_changed(struct sink_bench *b, const struct delivery *d)
{
    auto_free char *before = look(b);
    change_row(b, CHANGE);
    char *problem = step(b, d, "ok", NULL);
    auto_free char *now = look(b);
    change_row(b, -CHANGE);
    if (!problem && strcmp(before, now) == 0)
        problem = xstrdup("the target still shows the old number");
    return problem ? problem : step(b, d, "ok", b->test->shows);
}

static char *check_fault(struct sink_bench *b, const struct delivery *d, const struct sink_check *c)
{
    struct delivery broken = *d;
    broken.fault = c->fault;
    char *problem = step(b, &broken, c->about.outcomes, b->test->shows);
    return problem ? problem : step(b, d, "ok", b->test->shows);
}

/* ---- a table that gets wider ---- */

#define WIDENED "kit_widened"

/* Commands and what they print, of the dataset of the test as of another; free(). */
static char *of_widened(const char *text, const char *dataset)
{
    auto_buf out = BUF_INIT(SHOWN_MAX);
    text_add_replaced(&out, text, dataset, WIDENED);
    return xstrdup(buf_text(&out));
}

/* The columns that the rows name: those of the key first. */
static json_t *split_columns(const struct sink_bench *b, const struct schema_dataset *d,
                             size_t *n_keys)
{
    auto_json *named = map_of(json_object_get(b->rows, d->name));
    json_t *columns = json_array();
    for (size_t i = 0; i < d->n_columns; i++) {
        if (json_object_get(named, d->columns[i].name))
            json_array_append_new(columns, json_string(d->columns[i].name));
        if (i < d->n_keys)
            *n_keys = json_array_size(columns);
    }
    return columns;
}

static void add_names(struct buf *out, const json_t *columns, size_t n, const char *quote)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s%s%s", i ? ", " : "", quote,
                   json_string_value(json_array_get(columns, i)), quote);
}

/* A dataset of these columns of the test's own. */
static char *widened(const char *dataset, const json_t *columns, size_t n, size_t n_keys)
{
    auto_buf own = BUF_INIT(CONF_MAX), sql = BUF_INIT(CONF_MAX);
    buf_adds(&sql, "SELECT ");
    add_names(&sql, columns, n, "");
    buf_printf(&sql, " FROM %s", dataset);
    buf_adds(&own, "datasets = ( { name = \"" WIDENED "\"; key = (");
    add_names(&own, columns, n_keys, "\"");
    buf_adds(&own, ");\n");
    write_text_setting(&own, "sql", buf_text(&sql));
    buf_adds(&own, "} );\n");
    return xstrdup(buf_text(&own));
}

/* All columns but the last, then all: the target has to be as the test says. */
static char *widen_in(struct sink_bench *b, const struct schema_dataset *d, const char *sink,
                      const char **left_out)
{
    size_t n_keys = 0;
    auto_json *columns = split_columns(b, d, &n_keys), *names = json_pack("[s]", WIDENED);
    size_t n = json_array_size(columns);
    if (n < n_keys + 2 || d->day < 0) {
        *left_out = "the rows of the test need a day and two columns that are no keys";
        return NULL;
    }
    auto_free char *narrow = widened(d->name, columns, n - 1, n_keys),
                   *wide = widened(d->name, columns, n, n_keys),
                   *shows = of_widened(b->test->shows, d->name);
    struct delivery delivery = {.sink = sink, .datasets = names, .own = narrow};
    char *problem = step(b, &delivery, "ok", NULL);
    auto_free char *before = problem ? NULL : look(b);
    if (before && strcmp(before, shows) == 0)
        *left_out = "show does not look at the last column of the rows";
    delivery.own = wide;
    return problem || *left_out ? problem : step(b, &delivery, "ok", shows);
}

/* In a folder of its own, so that what the target shows is this dataset alone. */
static char *widen(struct sink_bench *b, const char *sink, const char **left_out)
{
    struct err err = {0};
    const char *dataset = json_object_iter_key(json_object_iter(b->rows));
    auto_free char *folder = xasprintf("%s/widen", b->trial->folder),
                   *conf = xasprintf("%s/omnihub.conf", folder),
                   *show = of_widened(b->test->show, dataset);
    struct trial trial = *b->trial;
    struct sink_bench inner = *b;
    struct test_file test = *b->test;
    struct schema *schema = schema_load(b->trial->probe.config->hub.schema_dir, &err);
    const struct schema_dataset *d = schema ? schema_find(schema, dataset) : NULL;
    char *problem = NULL;
    trial.folder = folder;
    trial.conf = conf;
    test.show = show;
    inner.trial = &trial;
    inner.test = &test;
    if (json_object_size(b->rows) != 1 || !d)
        *left_out = "the test has several datasets, or one that is not a common one";
    else if (file_make_dirs(folder, FOLDER_MODE, &err) != OMNI_OK)
        problem = xstrdup(err.text);
    else
        problem = widen_in(&inner, d, sink, left_out);
    b->is_interrupted = inner.is_interrupted;
    schema_free(schema);
    return problem;
}

static void try_check(struct sink_bench *b, const struct sink_check *c)
{
    auto_json *names = dataset_names(b);
    auto_free char *sink = new_sink(b);
    const struct delivery d = {.sink = sink, .datasets = names};
    auto_free char *problem = NULL;
    const char *left_out = NULL;
    switch (c->step) {
    case SINK_STEP_AGAIN:
        problem = step(b, &d, "ok", b->test->shows);
        break;
    case SINK_STEP_FAULT:
        problem = check_fault(b, &d, c);
        break;
    case SINK_STEP_CHANGED:
        problem = check_changed(b, &d);
        break;
    case SINK_STEP_WIDEN:
        problem = widen(b, sink, &left_out);
        break;
    }
    if (!b->is_interrupted)
        sheet_check(b->sheet, &(struct sheet_check){.check = &c->about,
                                                    .problem = left_out ? left_out : problem,
                                                    .is_left_out = left_out});
}

/* ---- the test ---- */

static bool has_changeable(const struct sink_bench *b)
{
    return b->test->show && json_object_size(b->rows) > 0;
}

bool sink_bench_run(const struct trial *trial, const struct cli *outer, const struct test_file *t,
                    bool conforms, struct sheet *sheet)
{
    struct sink_bench b = {.trial = trial,
                           .outer = outer,
                           .test = t,
                           .sheet = sheet,
                           .rows = json_deep_copy(t->datasets)};
    auto_json *names = dataset_names(&b), *problems = json_array();
    auto_free char *sink = new_sink(&b);
    const struct delivery first = {.sink = sink, .datasets = names};
    auto_free char *problem = step(&b, &first, t->outcome, t->shows);
    if (problem)
        json_array_append_new(problems, json_string(problem));
    sheet_test(sheet, t, problems);
    if (!problem && conforms && has_changeable(&b)) {
        sheet_conformance(sheet, t);
        for (size_t i = 0; i < n_sink_checks && !b.is_interrupted; i++)
            if (conform_wants(outer, &sink_checks[i].about))
                try_check(&b, &sink_checks[i]);
    }
    json_decref(b.rows);
    return !b.is_interrupted;
}
