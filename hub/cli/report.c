/* SPDX-License-Identifier: Apache-2.0
 * The summary at the end of pull, push, sync and check --connect. */
#include <config.h>

#include "cli/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/output.h"

static bool is_ok(const json_t *result)
{
    const char *outcome = json_text(result, "outcome");
    return outcome && strcmp(outcome, "ok") == 0;
}

static struct omni_cell text(const json_t *result, const char *key)
{
    const char *s = json_text(result, key);
    return output_text(s && *s ? s : NULL);
}

static struct omni_cell number(const json_t *result, const char *key)
{
    const json_t *v = json_object_get(result, key);
    return json_is_integer(v) ? output_int(json_integer_value(v)) : output_text(NULL);
}

/* ---- tables ---- */

/* What a table shows of each result that has `key`. */
struct columns {
    const char *key;
    size_t n, n_texts; /* the first n_texts hold text, the others counts */
    const char *names[9];
};

static const struct columns pull_columns = {"connector",
                                            9,
                                            4,
                                            {"connector", "account", "stream", "outcome", "rows",
                                             "inserted", "changed", "removed", "restated"}};
static const struct columns push_columns = {
    "sink", 5, 3, {"sink", "dataset", "outcome", "deliveries", "rows"}};
static const struct columns check_columns[] = {
    {"connector", 3, 3, {"connector", "account", "outcome"}}, {"sink", 2, 2, {"sink", "outcome"}}};

static void print_results(const json_t *results, const struct columns *c)
{
    struct output *o = NULL;
    json_t *r;
    size_t i;
    json_array_foreach(results, i, r)
    {
        struct omni_cell cells[ARRAY_LEN(c->names)];
        if (!json_text(r, c->key))
            continue;
        if (!o) {
            o = output_new(OUTPUT_TABLE, stdout);
            output_columns(o, c->names, c->n);
        }
        for (size_t k = 0; k < c->n; k++)
            cells[k] = k < c->n_texts ? text(r, c->names[k]) : number(r, c->names[k]);
        output_row(o, cells);
    }
    if (o)
        output_finish(o);
}

/* ---- what needs a person ---- */

static void print_trouble(const json_t *r)
{
    const char *who = json_text(r, "connector"), *sink = json_text(r, "sink"),
               *stream = json_text(r, "stream"), *dataset = json_text(r, "dataset"),
               *account = json_text(r, "account"), *message = json_text(r, "message"),
               *reason = json_text(r, "reason"), *remedy = json_text(r, "remedy"),
               *outcome = json_text(r, "outcome");
    const char *what = stream ? stream : dataset;
    if (!message || (is_ok(r) && !*message))
        return;
    who = who ? who : sink ? sink : "combine";
    printf("\n%s%s%s", who, what && *what ? "." : "", what ? what : "");
    if (account && *account)
        printf(" (account %s)", account);
    printf(": %s%s%s", output_colour(stdout, outcome), outcome ? outcome : "?",
           output_plain(stdout));
    if (reason && *reason)
        printf(" (%s)", reason);
    printf(": %s\n", message);
    if (remedy && *remedy)
        printf("  → %s\n", remedy);
}

static void print_json(const struct work *w)
{
    auto_json *out = json_object();
    json_put_text(out, "batch", w->batch);
    json_put_flag(out, "interrupted", w->is_interrupted);
    json_object_set(out, "results", w->results);
    cli_print_json(out);
}

int work_report(struct work *w)
{
    bool all_ok = true;
    json_t *r;
    size_t i;
    progress_clear(w->progress);
    json_array_foreach(w->results, i, r) all_ok &= is_ok(r);
    if (!w->is_dry && cli_flag(w->cli, "json")) {
        print_json(w);
    } else if (!w->is_dry) {
        if (!w->cli->is_quiet) { /* a cron job's mail is for trouble */
            print_results(w->results, w->is_check ? &check_columns[0] : &pull_columns);
            print_results(w->results, w->is_check ? &check_columns[1] : &push_columns);
        }
        json_array_foreach(w->results, i, r) print_trouble(r);
    } else {
        /* The rows have stdout for themselves. */
        json_array_foreach(w->results, i, r) if (!is_ok(r))
            cli_error("%s: %s", json_text(r, "connector") ? json_text(r, "connector") : "job",
                      json_text(r, "message") ? json_text(r, "message") : "failed");
    }
    return w->is_interrupted ? CLI_INTERRUPTED : all_ok ? CLI_OK : CLI_FAILED;
}
