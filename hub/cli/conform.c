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

/* What the good tape leads to again, so that the next check begins where this one did. */
static char *restore(struct bench *b, const char *before)
{
    struct bench_result result;
    auto_free char *problem = NULL;
    bench_pull(b, b->tape, false, 0, &result);
    auto_free char *now = bench_store(b);
    if (strcmp(result.outcome, "ok") != 0)
        problem = xasprintf("afterwards, a good pull was %s%s%s", result.outcome,
                            result.message ? ": " : "", result.message ? result.message : "");
    else if (strcmp(now, before) != 0)
        problem = xstrdup("afterwards, a good pull did not lead to the rows of before");
    bench_result_free(&result);
    return mem_take(problem);
}

static void try_check(struct bench *b, const struct check *c, const struct omni_field *field,
                      struct sheet *sheet)
{
    auto_json *tape = json_deep_copy(b->tape);
    struct sheet_check out = {.check = c, .subject = field ? field->path : NULL};
    struct bench_result result;
    if (c->spoil && c->spoil(tape, field) == 0) {
        out.is_left_out = true;
        out.problem =
            c->on ? NULL : "the replies of the test have nothing that it could be done to";
        if (!c->on)
            sheet_check(sheet, &out);
        return;
    }
    auto_free char *before = bench_store(b);
    bench_pull(b, tape, false, c->days, &result);
    auto_free char *after = bench_store(b);
    const struct check_run run = {.outcome = result.outcome,
                                  .message = result.message,
                                  .is_same = strcmp(before, after) == 0};
    auto_free char *problem =
        is_miss(&result) ? xasprintf("asks for what the test does not have: %s", result.message)
                         : check_judge(c, &run);
    bench_result_free(&result);
    if (!b->work.is_interrupted) {
        auto_free char *later = restore(b, before);
        out.problem = problem ? problem : later;
        sheet_check(sheet, &out);
    }
}

static void try_fields(struct bench *b, const struct check *c, struct sheet *sheet)
{
    const struct omni_stream *stream = bench_stream(b);
    for (const struct omni_field *const *f = stream ? stream->fields : NULL; f && *f; f++)
        if (c->on(*f) && !b->work.is_interrupted)
            try_check(b, c, *f, sheet);
}

void conform(struct bench *b, const struct cli *cli, struct sheet *sheet)
{
    struct bench_result first;
    sheet_conformance(sheet, b->test);
    bench_pull(b, b->tape, false, 0, &first);
    bool is_good = strcmp(first.outcome, "ok") == 0;
    const struct check start = {.id = "store",
                                .title = "the rows of the test are stored",
                                .means = "what a dry run showed cannot be stored",
                                .mend = "see the message; `omnihub datasets` shows which columns "
                                        "the dataset has"};
    const struct sheet_check out = {.check = &start, .problem = is_good ? NULL : first.message};
    sheet_check(sheet, &out);
    for (size_t i = 0; i < n_checks && is_good && !b->work.is_interrupted; i++) {
        if (!conform_wants(cli, &checks[i]))
            continue;
        if (checks[i].on)
            try_fields(b, &checks[i], sheet);
        else
            try_check(b, &checks[i], NULL, sheet);
    }
    bench_result_free(&first);
}
