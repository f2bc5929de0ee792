/* SPDX-License-Identifier: Apache-2.0
 * What the end of a run means for the event "failing" of its stream, account or sink. */
#include <config.h>

#include <string.h>

#include "base/mem.h"
#include "base/outcome.h"
#include "base/text.h"
#include "store/events.h"
#include "store/internal.h"

enum { PASSING_FAULTS = 3 }; /* in a row, before they are told */

static const char *given(const char *text)
{
    return text && *text ? text : NULL;
}

/* "shop", "shop.orders", "shop.orders/account", "sink files.channel_daily"; free(). */
static char *scope_of(const struct event_run *r, const char *stream, const char *account)
{
    bool is_sink = strcmp(r->kind, "push") == 0;
    const char *name = given(r->connector);
    stream = given(stream);
    account = is_sink ? NULL : given(account);
    return xasprintf("%s%s%s%s%s%s", is_sink ? "sink " : "", name ? name : r->kind,
                     stream ? "." : "", stream ? stream : "", account ? "/" : "",
                     account ? account : "");
}

/* The last runs of the same stream, this one included, all ended so. */
static omni_status is_lasting(struct store *s, const struct event_run *r, bool *lasts,
                              struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT count(*) FROM (SELECT outcome FROM runs WHERE connector = ?1 AND stream = ?2 AND"
        " account = ?3 AND kind = ?4 AND ended IS NOT NULL ORDER BY id DESC LIMIT ?5)"
        " WHERE outcome = ?6",
        err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ssssis", r->connector, r->stream ? r->stream : "", r->account ? r->account : "",
             r->kind, (int64_t)PASSING_FAULTS, r->outcome);
    omni_status status = sql_int(stmt, 0, &n, err);
    *lasts = n >= PASSING_FAULTS;
    return status;
}

static omni_status raise_it(struct store *s, const struct event_run *r, const struct outcome *o,
                            struct err *err)
{
    auto_free char *scope = scope_of(r, r->stream, r->account);
    const char *message = given(r->message);
    auto_free char *text = xasprintf("%s: %s%s%s", o->code, message ? message : o->title,
                                     o->remedy ? "; to do: " : "", o->remedy ? o->remedy : "");
    return event_raise(s, &(struct event){EVENT_FAILING, scope, text, 0}, err);
}

/* What ended well also ends what stood above it: a login that failed before any stream began. */
static omni_status clear_it(struct store *s, const struct event_run *r, struct err *err)
{
    const char *const above[][2] = {{r->stream, r->account}, {NULL, r->account}, {NULL, NULL}};
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < ARRAY_LEN(above) && status == OMNI_OK; i++) {
        auto_free char *scope = scope_of(r, above[i][0], above[i][1]);
        status = event_clear(s, EVENT_FAILING, scope, NULL, err);
    }
    return status;
}

omni_status event_of_run(struct store *s, const struct event_run *r, struct err *err)
{
    bool lasts = false;
    if (!text_in_list(r->kind, strlen(r->kind), "pull|push|combine", "|"))
        return OMNI_OK;
    const struct outcome *o = outcome_find(r->outcome, r->reason);
    if (strcmp(o->code, "ok") == 0)
        return clear_it(s, r, err);
    if (o->then != THEN_AGAIN)
        return raise_it(s, r, o, err);
    if (strcmp(o->outcome, "retrying") != 0) /* parked, interrupted: nothing is wrong */
        return OMNI_OK;
    omni_status status = is_lasting(s, r, &lasts, err);
    return status == OMNI_OK && lasts ? raise_it(s, r, o, err) : status;
}

/* As raise_it() writes it. */
omni_status event_fails_with(struct store *s, const char *who, const char *code, bool *fails,
                             struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT count(*) FROM notices WHERE kind = ?1 AND until IS NULL AND"
                    " (scope = ?2 OR substr(scope, 1, length(?2) + 1) IN (?2 || '.', ?2 || '/'))"
                    " AND substr(text, 1, length(?3) + 2) = ?3 || ': '",
                    err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "sss", EVENT_FAILING, who, code);
    omni_status status = sql_int(stmt, 0, &n, err);
    *fails = n > 0;
    return status;
}
