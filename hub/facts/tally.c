/* SPDX-License-Identifier: Apache-2.0
 * Counts runs. Those before the oldest that still runs are final and counted once; the few behind
 * it are counted anew at each look. */
#include <config.h>

#include "facts/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/ledger.h"

/* What is counted: the rows of a question to the ledger, and what tells them apart. */
static const struct {
    const char *name;
    json_t *(*ask)(struct store *, int64_t after, int64_t upto, struct err *);
    const char *key[5]; /* members; NULL at the end */
} counted[] = {
    {"runs", ledger_sums, {"kind", "name", "outcome"}},
    {"asked", ledger_asked, {"kind", "name", "host", "status"}},
    {"crashes", ledger_crashes, {"kind", "name", "signal"}},
};

struct tally {
    int64_t settled; /* every run up to this id is in `sums` */
    json_t *sums;    /* name of what is counted → {key as JSON: row} */
};

static json_t *empty(void)
{
    json_t *sums = json_object();
    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        json_object_set_new(sums, counted[i].name, json_object());
    return sums;
}

struct tally *tally_new(void)
{
    struct tally *t = xcalloc(1, sizeof *t);
    t->sums = empty();
    return t;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    json_decref(t->sums);
    free(t);
}

static bool is_key(size_t what, const char *member)
{
    for (const char *const *k = counted[what].key; *k; k++)
        if (strcmp(*k, member) == 0)
            return true;
    return false;
}

static void add(json_t *sum, size_t what, const json_t *more)
{
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)more, member, value)
    {
        if (json_is_integer(value) && !is_key(what, member))
            json_put_int(sum, member, json_int(sum, member, 0) + json_integer_value(value));
    }
}

/* free() */
static char *key_of(size_t what, const json_t *row)
{
    auto_json *key = json_array();
    for (const char *const *k = counted[what].key; *k; k++) {
        json_t *value = json_object_get(row, *k);
        json_array_append_new(key, value ? json_incref(value) : json_null());
    }
    return json_print(key);
}

static void merge(json_t *sums, size_t what, const json_t *rows)
{
    json_t *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        auto_free char *key = key_of(what, row);
        json_t *sum = json_object_get(sums, key);
        if (sum)
            add(sum, what, row);
        else
            json_object_set_new(sums, key, json_copy(row));
    }
}

/* Adds the runs with after < id <= upto: all of what is counted, or nothing. */
static omni_status add_runs(json_t *sums, struct store *s, int64_t after, int64_t upto,
                            struct err *err)
{
    json_t *rows[ARRAY_LEN(counted)] = {0};
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < ARRAY_LEN(counted) && status == OMNI_OK; i++) {
        rows[i] = counted[i].ask(s, after, upto, err);
        status = rows[i] ? OMNI_OK : err->status;
    }
    for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
        if (status == OMNI_OK)
            merge(json_object_get(sums, counted[i].name), i, rows[i]);
        json_decref(rows[i]);
    }
    return status;
}

/* A ledger that was put back from a copy begins before what was counted. */
static omni_status settle(struct tally *t, struct store *s, struct err *err)
{
    int64_t upto = 0;
    if (ledger_settled(s, t->settled, &upto, err) != OMNI_OK)
        return err->status;
    if (upto < t->settled) {
        json_decref(t->sums);
        t->sums = empty();
        t->settled = 0;
    }
    if (add_runs(t->sums, s, t->settled, upto, err) != OMNI_OK)
        return err->status;
    t->settled = upto;
    return OMNI_OK;
}

json_t *tally_look(struct tally *t, struct store *s, struct err *err)
{
    if (settle(t, s, err) != OMNI_OK)
        return NULL;
    auto_json *all = json_deep_copy(t->sums);
    if (add_runs(all, s, t->settled, INT64_MAX, err) != OMNI_OK)
        return NULL;
    json_t *out = json_object(), *sums, *sum;
    const char *what, *key;
    json_object_foreach(all, what, sums)
    {
        json_t *list = json_array();
        json_object_foreach(sums, key, sum) json_array_append(list, sum);
        json_object_set_new(out, what, list);
    }
    return out;
}
