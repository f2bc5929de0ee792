/* SPDX-License-Identifier: Apache-2.0
 * Ends of runs that no job could write. */
#include <config.h>

#include "cli/unwritten.h"

#include <stdlib.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "schedule/agenda.h"
#include "store/reserve.h"

enum { RETRY_FIRST_S = 1, RETRY_MOST_S = 60 };

struct unwritten {
    struct store *store;
    char *state_dir;
    json_t *waiting; /* copies of struct store_abandoned, the oldest first */
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
        unwritten_retry(u);
    json_decref(u->waiting);
    free(u->state_dir);
    free(u);
}

/* ---- copies ---- */

static json_t *copy_of(const struct store_abandoned *a)
{
    json_t *copy = json_object();
    json_put_int(copy, "run", a->run);
    json_put_int(copy, "at", a->at);
    json_put_text(copy, "batch", a->batch);
    json_put_text(copy, "outcome", a->end->outcome);
    json_put_text(copy, "reason", a->end->reason);
    json_put_text(copy, "message", a->end->message);
    json_put_text(copy, "remedy", a->end->remedy);
    if (!a->noted)
        return copy;
    json_put_text(copy, "kind", a->noted->kind);
    json_put_text(copy, "connector", a->noted->connector);
    json_put_text(copy, "stream", a->noted->stream);
    json_put_text(copy, "account", a->noted->account);
    return copy;
}

static omni_status write_one(const struct unwritten *u, const json_t *copy, struct err *err)
{
    const struct store_run noted = {.kind = json_text(copy, "kind"),
                                    .connector = json_text(copy, "connector"),
                                    .stream = json_text(copy, "stream"),
                                    .account = json_text(copy, "account")};
    const struct store_run_end end = {.outcome = json_text(copy, "outcome"),
                                      .reason = json_text(copy, "reason"),
                                      .message = json_text(copy, "message"),
                                      .remedy = json_text(copy, "remedy")};
    return store_runs_abandon(u->store,
                              &(struct store_abandoned){.run = json_int(copy, "run", 0),
                                                        .batch = json_text(copy, "batch"),
                                                        .noted = noted.kind ? &noted : NULL,
                                                        .end = &end,
                                                        .at = json_int(copy, "at", 0),
                                                        .is_late = u->failures > 0},
                              NULL, err);
}

/* ---- writing ---- */

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
void unwritten_retry(struct unwritten *u)
{
    struct err err = {0};
    while (json_array_size(u->waiting) && write_oldest(u, &err) == OMNI_OK)
        ;
    if (json_array_size(u->waiting)) {
        if (u->failures++ == 0)
            log_error("how a run ended cannot be written to the ledger yet: %s", err.text);
        u->due = day_now() + agenda_wait(RETRY_FIRST_S, RETRY_MOST_S, u->failures) * TIME_SECOND;
        return;
    }
    if (u->failures)
        log_info("how runs ended is in the ledger now");
    u->failures = 0;
    u->due = INT64_MAX;
}

void unwritten_add(struct unwritten *u, const struct store_abandoned *a)
{
    if (json_array_size(u->waiting) >= UNWRITTEN_MOST) {
        log_error("too many ends of runs wait for the ledger; one of them is lost");
        return;
    }
    json_array_append_new(u->waiting, copy_of(a));
    if (u->failures == 0)
        unwritten_retry(u);
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
