/* SPDX-License-Identifier: Apache-2.0
 * What the files of the store share: the connection, how datasets lie in tables. */
#ifndef HUB_STORE_INTERNAL_H
#define HUB_STORE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/sql.h"
#include "store/store.h"

/* SQLite's application_id ("omni") and user_version of a store. */
enum { STORE_APPLICATION = 0x6f6d6e69, STORE_VERSION = 1 };

struct store {
    sqlite3 *db;
    const struct schema *schema;
    bool was_migrated, is_full;
    char *path; /* for messages */
};

/* Opens the file and sets the connection up; shared with query.c. */
sqlite3 *store_connect(const char *path, enum store_mode, struct err *);
/* Is it a store, and not one of a newer program? *is_new: an empty file, to be filled. */
omni_status store_check_identity(sqlite3 *, bool *is_new, struct err *);
/* state_dir/store.db; free(). */
char *store_path(const char *state_dir);

/* dec(), ratio(), per(), micros(), and date() without arguments on the hub's clock. */
omni_status functions_register(sqlite3 *, struct err *);

/* Makes what is missing, migrates, builds the views; one transaction, and none where nothing
 * changed. is_old: it has tables already. */
omni_status layout_update(struct store *, bool is_old, struct err *);
/* "TEXT", "MICROS_INT", …: the column's type in tables and, through views, in results. */
const char *layout_type(uint32_t type);
/* The type that a declared type stands for; OMNI_NULL: none of ours. */
uint32_t layout_type_parse(const char *declared);

#endif
