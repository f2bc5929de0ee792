/* SPDX-License-Identifier: Apache-2.0
 * What the files of combine share: a combined dataset's definition, and the tables it lives in. */
#ifndef HUB_COMBINE_INTERNAL_H
#define HUB_COMBINE_INTERNAL_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "combine/combine.h"

enum { COMBINE_SQL = 1 << 20, COMBINE_MAX_INPUTS = 64, COMBINE_READER_TEXT = 128 };

/* A dataset that the SQL reads. */
struct combine_input {
    const char *dataset;
    const char *day_rule; /* SQL: which days follow from a change; NULL: the changed ones */
};

struct combine_def {
    const struct schema_dataset *shape; /* of an own one: its columns' types may change on a run */
    struct schema_column *own_columns;  /* the same columns, to be changed; NULL: built in */
    const char *sql;
    struct combine_input inputs[COMBINE_MAX_INPUTS];
    size_t n_inputs;
    const char *place;                /* for messages: "file:line" */
    char reader[COMBINE_READER_TEXT]; /* its name in `cursors` */
};

struct combine {
    struct store *store;
    struct sqlite3 *db;
    struct arena *arena;
    struct schema *shapes; /* of the built-in ones; NULL: there are none */
    struct combine_def *defs;
    size_t n_defs, n_builtin;
    const char *currency; /* NULL: none */
    sqlite3_stmt *rate;   /* NULL where the schema has no fx_rates */
    json_t *missing;      /* {"2026-01-31 USD EUR": [day, from, to]} of all that was computed */
    json_t *gaps;         /* the same of what temp.fresh holds */
    int64_t bound;        /* of the dataset at hand: changes up to this version are looked at */
};

/* builtin.c: reads the folder's shapes and SQL. */
omni_status combine_load_builtin(struct combine *, const char *dir, struct err *);
/* own.c: checks the admin's SQL and finds out its columns. */
omni_status combine_load_own(struct combine *, const struct combine_own *, struct err *);
/* Types as the values in temp.fresh show them; *changed: another than before. */
omni_status combine_settle_types(struct combine *, struct combine_def *, bool *changed,
                                 struct err *);

/* fx.c: registers fx() and hub_currency() on the store's connection. */
omni_status combine_register(struct combine *, struct err *);
/* Prepared once the views are there. */
omni_status combine_prepare_rates(struct combine *, struct err *);

/* prepare.c: checks a definition's SQL; adds the datasets it reads to its inputs. */
sqlite3_stmt *combine_prepare(struct combine *, struct combine_def *, const char *sql,
                              struct err *);
/* An empty stand-in for a combined dataset that was never computed, so that SQL about it prepares;
 * all of them vanish with combine_drop_standins(). */
omni_status combine_standin(struct combine *, const struct combine_def *, struct err *);
omni_status combine_drop_standins(struct combine *, struct err *);

/* tables.c: makes or remakes c_NAME and its view. *is_new: everything has to be computed. */
omni_status combine_table(struct combine *, struct combine_def *, bool *is_new, struct err *);
/* Removes the tables of datasets that nobody defines any more. */
omni_status combine_drop_others(struct combine *, struct err *);
/* The type of a column of c_NAME as it is now, OMNI_NULL where there is none. */
omni_status combine_stored_type(struct combine *, const char *dataset, const char *column,
                                uint32_t *type, struct err *);
/* "a", "b", "c" of the columns from … to-1. */
void combine_add_names(struct buf *, const struct schema_dataset *, size_t from, size_t to);

/* diff.c: temp.fresh, and what of it is new. is_by_days: only temp.days were computed. */
omni_status combine_make_fresh(struct combine *, const struct combine_def *, struct err *);
omni_status combine_store_fresh(struct combine *, const struct combine_def *, bool is_by_days,
                                struct combine_result *, struct err *);

/* gaps.c: the gaps of what was computed, in the same transaction; and all of them as an event. */
omni_status combine_keep_gaps(struct combine *, const struct combine_def *, bool is_by_days,
                              struct err *);
omni_status combine_tell_gaps(struct combine *, struct err *);

/* pending.c: what has to be computed. Did an input change since the dataset was last computed? */
omni_status combine_is_behind(struct combine *, const struct combine_def *, bool *is, struct err *);
/* Fills temp.pending with the days that follow from what changed; all: and with every day that is
 * stored. */
omni_status combine_pending(struct combine *, const struct combine_def *, bool all, struct err *);

#endif
