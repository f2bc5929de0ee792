/* SPDX-License-Identifier: Apache-2.0
 * Pulls the good tape, then each spoilt one, and compares what the store holds. */
#include <config.h>

#include "cli/conform.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "kit/sink_checks.h"
#include "kit/spoil.h"
#include "kit/tape.h"

enum { IDS_MAX = 64 };

bool conform_knows(const struct cli *cli)
{
    const char *ids[IDS_MAX], *wanted;
    size_t at = 0, n = 0;
    for (size_t i = 0; i < n_checks && n < IDS_MAX; i++)
        ids[n++] = checks[i].id;
    for (size_t i = 0; i < n_sink_checks && n < IDS_MAX; i++)
        ids[n++] = sink_checks[i].about.id;
    while ((wanted = cli_next(cli, "check", &at))) {
        bool is_known = false;
        for (size_t i = 0; i < n; i++)
            is_known |= strcmp(ids[i], wanted) == 0;
        const char *near = is_known ? NULL : text_suggest(wanted, ids, n);
        if (!is_known) {
            cli_error("test-plugin: there is no check \"%s\"%s%s%s", wanted,
                      near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
            return false;
        }
    }
    return true;
}

bool conform_wants(const struct cli *cli, const struct check *c)
{
    size_t at = 0;
    const char *wanted;
    if (!cli_flag(cli, "check"))
        return true;
    while ((wanted = cli_next(cli, "check", &at)))
        if (strcmp(wanted, c->id) == 0)
            return true;
    return false;
}

/* ---- one check ---- */

/* The tape was at its end, so that nothing was shown. */
static bool is_miss(const struct bench_result *r)
{
    return r->message && strstr(r->message, " in cassette ");
}

static bool is_pulled(const struct bench *b, uint32_t sync)
{
    const struct omni_stream *stream = bench_stream(b);
    return stream && stream->sync == sync;
}

static bool has_days(const struct bench *b)
{
    return is_pulled(b, OMNI_WINDOW);
}

/* before: what the store has to hold; NULL: whatever it holds. What the good tape leads to again,
 * so that the next check begins where this one did. */
static char *restore(struct bench *b, const char *before)
{
    struct bench_result result;
    auto_free char *problem = NULL;
    bench_play(b, b->tape, 0, &result);
    auto_free char *now = bench_store(b);
    if (strcmp(result.outcome, "ok") != 0)
        problem = xasprintf("afterwards, a good pull was %s%s%s", result.outcome,
                            result.message ? ": " : "", result.message ? result.message : "");
    else if (before && strcmp(now, before) != 0)
        problem = xstrdup("afterwards, a good pull did not lead to the rows of before");
    bench_result_free(&result);
    return mem_take(problem);
}

static void leave_out(const struct check *c, struct sheet *sheet)
{
    auto_free char *why =
        xasprintf("the test would have to have %s", c->needs ? c->needs : "a reply with records");
    sheet_check(sheet, &(struct sheet_check){.check = c, .problem = why, .is_left_out = true});
}

/* Of a source that reads files. */
static bool has_requests(const struct bench *b)
{
    return json_array_size(tape_exchanges(b->tape)) > 0;
}

static void leave_replies(struct sheet *sheet)
{
    static const struct check replies = {.id = "replies", .title = "faults in replies"};
    sheet_check(sheet, &(struct sheet_check){
                           .check = &replies,
                           .problem = "the test sends no request; what is wrong with files, the "
                                      "hub finds as it reads them",
                           .is_left_out = true});
}

/* Left out where there is nothing that it could be done to; who has no totals and no GraphQL is not
 * told so. */
static bool put_fault(json_t *tape, const struct check *c, const struct spoil_field *field,
                      struct sheet *sheet)
{
    bool is_aimed = spoil_aim(tape, c->aim);
    if (!c->spoil || (is_aimed && c->spoil(tape, field) > 0))
        return true;
    if (!c->on && c->aim < SPOIL_GRAPHQL)
        leave_out(c, sheet);
    return false;
}

/* is_unknown: what was spoilt led to requests that the test does not have, so nothing was shown. */
static char *judge(struct bench *b, const struct check *c, const json_t *tape, const char *before,
                   bool *is_unknown)
{
    struct bench_result result;
    bench_play(b, tape, c->hours, &result);
    auto_free char *after = bench_store(b);
    /* A refused list of accounts is nobody's list. */
    bool keeps = bench_call(b) != CHECK_PULL && c->expect == CHECK_REFUSED;
    const struct check_run run = {.outcome = result.outcome,
                                  .message = result.message,
                                  .is_about_totals = strcmp(result.reason, "totals") == 0,
                                  .has_days = has_days(b),
                                  .has_changes = is_pulled(b, OMNI_CURSOR),
                                  .is_same = keeps || strcmp(before, after) == 0};
    *is_unknown = is_miss(&result) && c->spoil && c->expect != CHECK_SAME;
    char *problem = is_miss(&result)
                        ? xasprintf("asks for what the test does not have: %s", result.message)
                        : check_judge(c, &run);
    bench_result_free(&result);
    return problem;
}

/* The path alone where the field is of the stream itself. */
static char *subject_of(const struct spoil_field *f)
{
    if (!f)
        return NULL;
    return f->stream == f->whole ? xstrdup(f->field->path)
                                 : xasprintf("%s %s", f->stream->name, f->field->path);
}

static void try_check(struct bench *b, const struct check *c, const struct spoil_field *field,
                      struct sheet *sheet)
{
    auto_json *tape = json_deep_copy(b->tape);
    if (!put_fault(tape, c, field, sheet))
        return;
    auto_free char *subject = subject_of(field);
    auto_free char *before = bench_store(b);
    bool is_unknown;
    auto_free char *problem = judge(b, c, tape, before, &is_unknown);
    if (b->work.is_interrupted)
        return;
    /* Only days are replaced whole: elsewhere a record that became another one may stay. */
    bool may_differ = !has_days(b) && (c->hours || c->expect > CHECK_TAKEN);
    auto_free char *later = restore(b, may_differ ? NULL : before);
    sheet_check(sheet, &(struct sheet_check){.check = c,
                                             .subject = subject,
                                             .problem = problem ? problem : later,
                                             .is_left_out = is_unknown && !later});
}

static void try_fields_of(struct bench *b, const struct check *c, const struct omni_stream *stream,
                          struct sheet *sheet)
{
    const struct omni_field *const *f = stream->fields;
    for (; f && *f && !b->work.is_interrupted; f++) {
        const struct spoil_field field = {*f, stream, bench_stream(b)};
        if (c->on(*f))
            try_check(b, c, &field, sheet);
    }
}

static void try_fields(struct bench *b, const struct check *c, struct sheet *sheet)
{
    const struct omni_stream *stream = bench_stream(b);
    if (!stream)
        return;
    try_fields_of(b, c, stream, sheet);
    for (const struct omni_stream *const *p = stream->parts; p && *p; p++)
        try_fields_of(b, c, *p, sheet);
}

/* What the checks start from: the call once more, a pull's rows stored. */
static bool begin(struct bench *b, struct sheet *sheet)
{
    static const struct check start = {.id = "store",
                                       .title = "the rows of the test are stored",
                                       .means = "what a dry run showed cannot be stored",
                                       .mend = "see the message; `omnihub datasets` shows which "
                                               "columns the dataset has"};
    struct bench_result first;
    tape_drop_mended(b->tape);
    bench_play(b, b->tape, 0, &first);
    bool is_good = strcmp(first.outcome, "ok") == 0;
    if (bench_call(b) == CHECK_PULL || !is_good)
        sheet_check(sheet, &(struct sheet_check){.check = &start,
                                                 .problem = is_good         ? NULL
                                                            : first.message ? first.message
                                                                            : first.outcome});
    bench_result_free(&first);
    return is_good;
}

void conform(struct bench *b, const struct cli *cli, struct sheet *sheet)
{
    sheet_conformance(sheet, b->test);
    if (!begin(b, sheet))
        return;
    for (size_t i = 0; i < n_checks && !b->work.is_interrupted; i++) {
        if (!check_is_for(&checks[i], bench_call(b)) || !conform_wants(cli, &checks[i]) ||
            (checks[i].spoil && !has_requests(b)))
            continue;
        if (checks[i].on)
            try_fields(b, &checks[i], sheet);
        else
            try_check(b, &checks[i], NULL, sheet);
    }
    if (!has_requests(b) && !cli_flag(cli, "check"))
        leave_replies(sheet);
}
