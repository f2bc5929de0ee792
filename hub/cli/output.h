/* SPDX-License-Identifier: Apache-2.0
 * Rows on stdout: as a table for people, as CSV, or as one JSON array of objects. */
#ifndef HUB_CLI_OUTPUT_H
#define HUB_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <omnihub/omnihub.h>

enum output_format { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON };

struct output;

/* "table", "csv", "json". */
bool output_format_parse(const char *name, enum output_format *);
struct output *output_new(enum output_format, FILE *);
void output_columns(struct output *, const char *const *names, uint32_t n);
/* As many cells as there are columns; copied. */
void output_row(struct output *, const struct omni_cell *);
/* Writes what is still held, and the end; frees it. */
void output_finish(struct output *);

/* Cells of a row under construction. */
struct omni_cell output_text(const char *s); /* NULL stays null; borrowed */
struct omni_cell output_int(int64_t v);

/* Escape sequences where this stream is a terminal and NO_COLOR is not set, else "". */
const char *output_bold(FILE *);
const char *output_colour(FILE *, const char *outcome); /* green for ok, red for failed, yellow */
const char *output_plain(FILE *);

#endif
