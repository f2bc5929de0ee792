/* SPDX-License-Identifier: Apache-2.0
 * Counts runs. Those before the oldest that still runs are final and counted once; the few behind
 * it are counted anew at each look. */
#include <config.h>

#include "facts/tally.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/ledger.h"

struct tally {
    int64_t settled; /* every run up to this id is in `sums` */
    json_t *sums;    /* "kind name outcome" → object */
};

struct tally *tally_new(void)
{
    struct tally *t = xcalloc(1, sizeof *t);
    t->sums = json_object();
    return t;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    json_decref(t->sums);
    free(t);
}

static void add(json_t *sum, const json_t *more)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)more, key, value)
    {
        if (json_is_integer(value))
            json_put_int(sum, key, json_int(sum, key, 0) + json_integer_value(value));
    }
}

static void merge(json_t *sums, const json_t *rows)
{
    json_t *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        auto_free char *key = xasprintf("%s %s %s", json_text(row, "kind"), json_text(row, "name"),
                                        json_text(row, "outcome"));
        json_t *sum = json_object_get(sums, key);
        if (sum)
            add(sum, row);
        else
            json_object_set_new(sums, key, json_copy(row));
    }
}

/* A ledger that was put back from a copy begins before what was counted. */
static omni_status settle(struct tally *t, struct store *s, struct err *err)
{
    int64_t upto = 0;
    if (ledger_settled(s, t->settled, &upto, err) != OMNI_OK)
        return err->status;
    if (upto < t->settled) {
        json_object_clear(t->sums);
        t->settled = 0;
    }
    auto_json *rows = ledger_sums(s, t->settled, upto, err);
    if (!rows)
        return err->status;
    merge(t->sums, rows);
    t->settled = upto;
    return OMNI_OK;
}

json_t *tally_look(struct tally *t, struct store *s, struct err *err)
{
    if (settle(t, s, err) != OMNI_OK)
        return NULL;
    auto_json *tail = ledger_sums(s, t->settled, INT64_MAX, err);
    if (!tail)
        return NULL;
    auto_json *all = json_deep_copy(t->sums);
    merge(all, tail);
    json_t *out = json_array(), *sum;
    const char *key;
    json_object_foreach(all, key, sum) json_array_append(out, sum);
    return out;
}
