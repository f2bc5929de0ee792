/* SPDX-License-Identifier: Apache-2.0
 * What the pages are made of: their frame, states, times, tables. */
#ifndef HUB_WEB_PARTS_H
#define HUB_WEB_PARTS_H

#include <jansson.h>

#include "base/buf.h"
#include "web/look.h"

/* How much it wants a person; the worst is the last. */
enum tone { TONE_NONE, TONE_GOOD, TONE_BUSY, TONE_WAIT, TONE_BAD };

/* Of an outcome, of a state of a connector or of a secret. */
enum tone tone_of(const char *word);

/* head, header and the beginning of main. */
void part_begin(struct buf *, const struct look *, const char *title);
void part_end(struct buf *, const struct look *);
/* A state by colour and word; title: what it means, NULL. */
void part_state(struct buf *, const char *word, const char *title);
/* "3 min ago", with the time itself behind it; "–" where there is none. */
void part_time(struct buf *, const struct look *, const char *time);

/* One of a list of what is wrong: its state, whose it is, in words, and what to do; text, remedy:
 * NULL: none. */
void part_item(struct buf *, const char *word, const char *whose, const char *text,
               const char *remedy);

/* A cell with a day, which is not broken into two lines. */
void part_cell_day(struct buf *, const char *heading, const char *day);

/* A table that becomes a list of cards where the window is narrow. Headings end with NULL;
 * one that begins with # stands over numbers. */
void part_table(struct buf *, const char *caption, const char *const *headings);
void part_table_end(struct buf *);
/* One cell: plain text, or `part_cell_begin()`, anything, `part_cell_end()`. */
void part_cell(struct buf *, const char *heading, const char *text);
void part_cell_number(struct buf *, const char *heading, int64_t);
void part_cell_begin(struct buf *, const char *heading);
void part_cell_end(struct buf *);

/* The tables of runs and of restatements; with_name: whose it is, too. */
void part_runs(struct buf *, const struct look *, const json_t *runs, bool with_name);
void part_restated(struct buf *, const struct look *, const json_t *restated, bool with_name);

#endif
