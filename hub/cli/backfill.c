/* SPDX-License-Identifier: Apache-2.0
 * Backfills under way. */
#include <config.h>

#include "cli/backfill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "facts/timetable.h"
#include "store/backfills.h"
#include "store/ledger.h"

enum { RETRY_FIRST_S = 60, BROKEN_LIMIT = 5 };

/* One account's. */
struct chain {
    struct backfills *all;
    int64_t id;
    char *connector, *account;
    int32_t from, next_to; /* days still to do */
    int32_t chunk_from;
    bool is_busy, is_over;
    int64_t began, not_before; /* micros */
    int64_t until;             /* a parked chunk may go on then; 0: it is not, or nobody said */
    unsigned failures;
    const struct outcome *worst; /* of the chunk; NULL: nothing was wrong so far */
    char why[512];
};

struct backfills {
    struct store *store;
    struct work *work;
    struct supervise *jobs;
    struct chain **chains;
    size_t n;
};

struct backfills *backfills_new(struct store *store)
{
    struct backfills *b = xcalloc(1, sizeof *b);
    b->store = store;
    return b;
}

static void chain_free(struct chain *c)
{
    free(c->connector);
    free(c->account);
    free(c);
}

void backfills_free(struct backfills *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n; i++)
        chain_free(b->chains[i]);
    free(b->chains);
    free(b);
}

void backfills_use(struct backfills *b, struct work *work, struct supervise *jobs)
{
    b->work = work;
    b->jobs = jobs;
}

/* ---- taking up ---- */

static bool is_there(const struct backfills *b, int64_t id)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->chains[i]->id == id && !b->chains[i]->is_over)
            return true;
    return false;
}

static void take_up(struct backfills *b, const json_t *row)
{
    int32_t from, to, done;
    const char *from_text = json_text(row, "from_day"), *to_text = json_text(row, "to_day"),
               *done_text = json_text(row, "done_from");
    if (is_there(b, json_int(row, "id", 0)) ||
        !day_parse_iso(from_text, strlen(from_text), &from) ||
        !day_parse_iso(to_text, strlen(to_text), &to))
        return;
    bool has_done = done_text && day_parse_iso(done_text, strlen(done_text), &done);
    struct chain *c = xcalloc(1, sizeof *c);
    *c = (struct chain){.all = b,
                        .id = json_int(row, "id", 0),
                        .connector = xstrdup(json_text(row, "connector")),
                        .account = xstrdup(json_text(row, "account")),
                        .from = from,
                        .next_to = has_done ? done - 1 : to};
    b->chains = xrealloc(b->chains, (b->n + 1) * sizeof(struct chain *));
    b->chains[b->n++] = c;
}

static void forget_over(struct backfills *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->n; i++)
        if (b->chains[i]->is_over && !b->chains[i]->is_busy)
            chain_free(b->chains[i]);
        else
            b->chains[kept++] = b->chains[i];
    b->n = kept;
}

omni_status backfills_load(struct backfills *b, struct err *err)
{
    auto_json *open = backfills_list(b->store, NULL, true, err);
    const json_t *row;
    size_t i;
    if (!open)
        return err->status;
    forget_over(b);
    json_array_foreach(open, i, row) take_up(b, row);
    return OMNI_OK;
}

void backfills_clock_moved(struct backfills *b, int64_t moved)
{
    for (size_t i = 0; i < b->n; i++) {
        struct chain *c = b->chains[i];
        c->began += moved;
        if (c->not_before)
            c->not_before += moved;
    }
}

void backfills_drop(struct backfills *b, const char *connector)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->chains[i]->connector, connector) == 0)
            b->chains[i]->is_over = true;
}

/* ---- chunks ---- */

static void say_fault(omni_status status, const struct err *err)
{
    if (status != OMNI_OK)
        log_error("a backfill cannot be noted: %s", err->text);
}

static void end_chain(struct chain *c, const char *code, const char *message)
{
    struct err err = {0};
    c->is_over = true;
    say_fault(backfill_end(c->all->store, c->id, code, message, &err), &err);
}

/* Micros; 0: not said. */
static int64_t until_of(const json_t *result)
{
    const char *until = json_text(result, "until");
    struct day_clock at;
    if (!until || !day_parse_time(until, strlen(until), &at))
        return 0;
    return at.day * TIME_DAY + at.micros - at.offset * TIME_SECOND;
}

static void on_event(void *ctx, const json_t *event)
{
    struct chain *c = ctx;
    const char *name = json_text(event, "event"), *message = json_text(event, "message");
    if (!name || strcmp(name, "result") != 0)
        return;
    const struct outcome *o = outcome_find(json_text(event, "outcome"), json_text(event, "reason"));
    int64_t until = until_of(event);
    c->until = until > c->until ? until : c->until;
    bool is_stored = strcmp(o->outcome, "ok") == 0 || strcmp(o->outcome, "suspicious") == 0;
    if (is_stored || (c->worst && c->worst->then >= o->then))
        return;
    c->worst = o;
    snprintf(c->why, sizeof c->why, "%s", message ? message : o->title);
}

static void start_chunk(struct chain *c, const struct config_connector *k);

static void chunk_is_done(struct chain *c)
{
    struct err err = {0};
    char from[DAY_TEXT], to[DAY_TEXT];
    omni_status status =
        backfill_advance(c->all->store, c->id, c->chunk_from, day_now() - c->began, &err);
    say_fault(status, &err);
    log_info("backfill of %s%s%s: %s … %s is done", c->connector, *c->account ? " account " : "",
             c->account, day_print(c->chunk_from, from), day_print(c->next_to, to));
    c->failures = 0;
    c->next_to = c->chunk_from - 1;
    if (c->next_to < c->from)
        end_chain(c, "ok", NULL);
}

static bool is_interruption(const struct outcome *o)
{
    return strcmp(o->outcome, "interrupted") == 0;
}

/* What a person has to mend ends it; the same order takes it up again. */
static void chunk_has_failed(struct chain *c)
{
    c->failures++;
    bool is_final = c->worst->then == THEN_NEXT ||
                    (c->worst->then == THEN_COUNT && c->failures >= BROKEN_LIMIT);
    if (is_interruption(c->worst))
        return;
    if (is_final) {
        end_chain(c, c->worst->code, c->why);
        return;
    }
    if (c->until) { /* the platform said when, so nothing is counted */
        c->failures = 0;
        c->not_before = c->until;
        return;
    }
    c->not_before =
        day_now() + agenda_wait(RETRY_FIRST_S, TIMETABLE_RETRY_MOST_S, c->failures) * TIME_SECOND;
}

static void on_end(void *ctx)
{
    struct chain *c = ctx;
    c->is_busy = false;
    if (!c->worst)
        chunk_is_done(c);
    else
        chunk_has_failed(c);
    if (c->is_over || c->worst)
        return;
    const struct config_connector *k = config_connector(c->all->work->cli->config, c->connector);
    if (k && !c->all->work->is_interrupted)
        start_chunk(c, k);
}

static void start_chunk(struct chain *c, const struct config_connector *k)
{
    int32_t first = c->next_to - BACKFILL_CHUNK_DAYS + 1;
    c->chunk_from = first > c->from ? first : c->from;
    c->is_busy = true;
    c->worst = NULL;
    c->until = 0;
    c->began = day_now();
    work_add_chunk(c->all->work, c->all->jobs,
                   &(struct work_chunk){.connector = k,
                                        .account = c->account,
                                        .from = c->chunk_from,
                                        .to = c->next_to,
                                        .event = on_event,
                                        .end = on_end,
                                        .ctx = c});
}

void backfills_start(struct backfills *b, int64_t now,
                     bool (*may_run)(void *ctx, const char *connector), void *ctx)
{
    for (size_t i = 0; i < b->n; i++) {
        struct chain *c = b->chains[i];
        const struct config_connector *k = config_connector(b->work->cli->config, c->connector);
        if (c->is_busy || c->is_over || c->not_before > now)
            continue;
        c->not_before = 0; /* who may not run now is not waited for by the clock any more */
        if (!k)
            continue;
        if (!work_is_refused(b->work, k->plugin) && (!may_run || may_run(ctx, c->connector)))
            start_chunk(c, k);
    }
}

int64_t backfills_due(const struct backfills *b)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < b->n; i++) {
        const struct chain *c = b->chains[i];
        if (!c->is_busy && !c->is_over && c->not_before && c->not_before < due)
            due = c->not_before;
    }
    return due;
}

/* ---- orders ---- */

static omni_status begin(struct store *store, const struct config_connector *k, const char *account,
                         const struct backfill_order *o, struct err *err)
{
    struct backfill_order one = *o;
    one.connector = k->name;
    one.account = account;
    return backfill_begin(store, &one, err) ? OMNI_OK : err->status;
}

/* Accounts that earlier pulls met: each once. */
static omni_status begin_known(struct store *store, const struct config_connector *k,
                               const struct backfill_order *o, struct err *err)
{
    auto_json *feeds = ledger_feeds(store, k->name, err);
    auto_json *seen = json_object();
    const json_t *feed;
    size_t i;
    if (!feeds)
        return err->status;
    json_array_foreach(feeds, i, feed)
    {
        const char *account = json_text(feed, "account");
        if (!account || json_object_get(seen, account))
            continue;
        json_object_set_new(seen, account, json_true());
        if (begin(store, k, account, o, err) != OMNI_OK)
            return err->status;
    }
    if (json_object_size(seen) > 0)
        return OMNI_OK;
    return err_set(err, OMNI_E_CONFIG,
                   "its accounts are asked of the platform, and none is known yet: pull it once "
                   "before");
}

omni_status backfill_order(struct store *store, const struct config_connector *k, int32_t from,
                           int32_t to, struct err *err)
{
    const struct backfill_order o = {.from = from, .to = to};
    if (!k->accounts)
        return begin(store, k, "", &o, err);
    if (k->accounts[0] && strcmp(k->accounts[0], "all") == 0)
        return begin_known(store, k, &o, err);
    for (const char *const *a = k->accounts; *a; a++)
        if (begin(store, k, *a, &o, err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}
