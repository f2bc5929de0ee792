/* SPDX-License-Identifier: Apache-2.0
 * Ends of runs and events that the store did not take. */
#include <config.h>

#include "cli/unwritten.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "schedule/agenda.h"
#include "store/events.h"
#include "store/reserve.h"

enum { RETRY_FIRST_S = 1, RETRY_MOST_S = 60 };

struct unwritten {
    struct store *store;
    char *state_dir;
    json_t *waiting; /* copies of what is to be written, each with "write": how; oldest first */
    uint32_t failures;
    int64_t due; /* micros; INT64_MAX: nothing waits */
};

struct unwritten *unwritten_new(struct store *store, const char *state_dir)
{
    struct unwritten *u = xcalloc(1, sizeof *u);
    *u = (struct unwritten){
        .store = store, .state_dir = xstrdup(state_dir), .waiting = json_array(), .due = INT64_MAX};
    return u;
}

void unwritten_free(struct unwritten *u)
{
    if (!u)
        return;
    if (json_array_size(u->waiting))
        unwritten_retry(u, &(struct err){0});
    json_decref(u->waiting);
    free(u->state_dir);
    free(u);
}

/* ---- ends of runs ---- */

static json_t *copy_of_end(const struct store_abandoned *a)
{
    json_t *copy = json_object();
    json_put_text(copy, "write", "end");
    json_put_int(copy, "run", a->run);
    json_put_int(copy, "at", a->at);
    json_put_text(copy, "batch", a->batch);
    json_put_text(copy, "outcome", a->end->outcome);
    json_put_text(copy, "reason", a->end->reason);
    json_put_text(copy, "message", a->end->message);
    json_put_text(copy, "remedy", a->end->remedy);
    json_put_int(copy, "signal", a->end->signal);
    if (!a->noted)
        return copy;
    json_put_text(copy, "kind", a->noted->kind);
    json_put_text(copy, "connector", a->noted->connector);
    json_put_text(copy, "stream", a->noted->stream);
    json_put_text(copy, "account", a->noted->account);
    return copy;
}

static omni_status write_end(const struct unwritten *u, const json_t *copy, struct err *err)
{
    const struct store_run noted = {.kind = json_text(copy, "kind"),
                                    .connector = json_text(copy, "connector"),
                                    .stream = json_text(copy, "stream"),
                                    .account = json_text(copy, "account")};
    const struct store_run_end end = {.outcome = json_text(copy, "outcome"),
                                      .reason = json_text(copy, "reason"),
                                      .message = json_text(copy, "message"),
                                      .remedy = json_text(copy, "remedy"),
                                      .signal = (int)json_int(copy, "signal", 0)};
    return store_runs_abandon(u->store,
                              &(struct store_abandoned){.run = json_int(copy, "run", 0),
                                                        .batch = json_text(copy, "batch"),
                                                        .noted = noted.kind ? &noted : NULL,
                                                        .end = &end,
                                                        .at = json_int(copy, "at", 0),
                                                        .is_late = u->failures > 0},
                              NULL, err);
}

/* ---- events ---- */

static json_t *copy_of_event(const char *how, const char *kind, const char *scope, const char *text)
{
    json_t *copy = json_object();
    json_put_text(copy, "write", how);
    json_put_text(copy, "kind", kind);
    json_put_text(copy, "scope", scope);
    json_put_text(copy, "text", text);
    return copy;
}

static omni_status write_raise(const struct unwritten *u, const json_t *copy, struct err *err)
{
    const struct event event = {.kind = json_text(copy, "kind"),
                                .scope = json_text(copy, "scope"),
                                .text = json_text(copy, "text")};
    return event_raise(u->store, &event, err);
}

static omni_status write_clear(const struct unwritten *u, const json_t *copy, struct err *err)
{
    return event_clear(u->store, json_text(copy, "kind"), json_text(copy, "scope"), NULL, err);
}

/* ---- writing ---- */

static const struct {
    const char *how;
    omni_status (*write)(const struct unwritten *, const json_t *, struct err *);
} writes[] = {{"end", write_end}, {"raise", write_raise}, {"clear", write_clear}};

static omni_status write_one(const struct unwritten *u, const json_t *copy, struct err *err)
{
    size_t i = 0;
    while (strcmp(writes[i].how, json_text(copy, "write")) != 0)
        i++;
    return writes[i].write(u, copy, err);
}

/* What failed is to be written down even on a full disk: then the reserve is for that. */
static bool has_made_room(const struct unwritten *u)
{
    if (!store_is_full(u->store) || !reserve_release(u->state_dir))
        return false;
    log_warn("the disk is full: the reserve is given back, to write down what failed");
    return true;
}

static omni_status write_oldest(struct unwritten *u, struct err *err)
{
    const json_t *oldest = json_array_get(u->waiting, 0);
    omni_status status = write_one(u, oldest, err);
    if (status != OMNI_OK && has_made_room(u))
        status = write_one(u, oldest, err);
    if (status == OMNI_OK)
        json_array_remove(u->waiting, 0);
    return status;
}

/* The store's fault is said once, not at each attempt. */
omni_status unwritten_retry(struct unwritten *u, struct err *err)
{
    while (json_array_size(u->waiting) && write_oldest(u, err) == OMNI_OK)
        ;
    if (json_array_size(u->waiting)) {
        if (u->failures++ == 0)
            log_error("what happened cannot be written to the ledger yet: %s", err->text);
        u->due = day_now() + agenda_wait(RETRY_FIRST_S, RETRY_MOST_S, u->failures) * TIME_SECOND;
        return err->status;
    }
    if (u->failures)
        log_info("what happened is in the ledger now");
    u->failures = 0;
    u->due = INT64_MAX;
    return OMNI_OK;
}

static void add(struct unwritten *u, json_t *copy_take)
{
    if (json_array_size(u->waiting) >= UNWRITTEN_MOST) {
        log_error("too much waits for the ledger; some of what happened is lost");
        json_decref(copy_take);
        return;
    }
    json_array_append_new(u->waiting, copy_take);
    if (u->failures == 0)
        unwritten_retry(u, &(struct err){0});
}

void unwritten_add(struct unwritten *u, const struct store_abandoned *a)
{
    add(u, copy_of_end(a));
}

void unwritten_raise(struct unwritten *u, const char *kind, const char *scope, const char *text)
{
    add(u, copy_of_event("raise", kind, scope, text));
}

void unwritten_clear(struct unwritten *u, const char *kind, const char *scope)
{
    add(u, copy_of_event("clear", kind, scope, NULL));
}

int64_t unwritten_due(const struct unwritten *u)
{
    return u->due;
}

void unwritten_clock_moved(struct unwritten *u, int64_t moved)
{
    if (u->due != INT64_MAX) /* a wait, not a moment */
        u->due += moved;
}
