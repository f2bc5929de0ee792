/* SPDX-License-Identifier: Apache-2.0
 * Drives a built sink plugin through the contract alone, as the hub does: options, deliveries, what
 * it said. */
#ifndef TEST_SINK_DRIVE_H
#define TEST_SINK_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

enum { DRIVE_OPTIONS = 8, DRIVE_COLUMNS = 8, DRIVE_ROWS = 8 };

/* What the sink said last. */
struct omni_run {
    char text[1024], detail[256];
    omni_status status;
};

struct drive {
    void *handle, *self;
    const struct omni_sink *sink;
    struct omni_run run;
    char folder[64]; /* a fresh one for this test; removed by drive_end() */
};

/* Options as name, value, …, NULL; a leading "%" in a value stands for the folder. */
omni_status drive_open(struct drive *, const char *plugin, const char *const *options);
void drive_close(struct drive *);
void drive_begin_test(struct drive *);
void drive_end_test(struct drive *);
/* A path in the test's folder; valid until the fourth next call. */
const char *drive_path(const struct drive *, const char *name);

struct drive_column {
    const char *name;
    uint32_t type;
};
/* A table as a test writes it. Cells are texts: numbers in decimal (micros as integers), NULL: no
 * value. */
struct drive_table {
    const char *dataset, *partition, *day_column;
    uint64_t version;
    const char *key[4];
    struct drive_column columns[DRIVE_COLUMNS]; /* ends with a NULL name */
    const char *rows[DRIVE_ROWS][DRIVE_COLUMNS];
    uint32_t n_rows;
};
omni_status drive_begin(struct drive *, const struct drive_table *);
omni_status drive_write(struct drive *, const struct drive_table *);
void drive_abort(struct drive *);
/* begin, write, commit; abort after a failure. */
omni_status drive_deliver(struct drive *, const struct drive_table *);

/* Content of a file of the test's folder; free(); NULL if it is not there. */
char *drive_file(const struct drive *, const char *name);
void drive_assert_file(const struct drive *, const char *name, const char *content);
/* How many entries a folder has, hidden ones too. */
int drive_count(const struct drive *, const char *name);

#endif
