/* SPDX-License-Identifier: Apache-2.0
 * The store as the commands that only look at it see it. */
#ifndef HUB_CLI_READING_H
#define HUB_CLI_READING_H

#include "cli/cli.h"
#include "combine/combine.h"
#include "schema/schema.h"
#include "store/store.h"

struct reading {
    struct schema *schema;
    struct store *store; /* NULL: nothing was ever pulled */
};

/* Loads the configuration and opens what is there. CLI_OK, or an exit code after a message. */
int reading_open(struct reading *, struct cli *);
void reading_close(struct reading *);
/* Is there a store at all? */
bool reading_has_store(const struct config *);
/* Cuts the fraction off a time: people read whole seconds, programs take --json. */
void reading_whole_seconds(json_t *object, const char *key);
/* An array of objects as a table with these members as columns; "-" where one is missing.
 * Times in it lose their fractions. */
void reading_table(json_t *array, const char *const *members, size_t n);
/* The array of a ledger function (taken over) as --json or table; NULL: says err. */
int reading_show(const struct cli *, json_t *array_take, const struct err *,
                 const char *const *members, size_t n);

/* The admin's datasets in the form that combine takes; free(). */
struct combine_own *reading_own_datasets(const struct config *);
/* conf/schema/combined; free(). */
char *reading_combined_dir(const struct config *);

#endif
