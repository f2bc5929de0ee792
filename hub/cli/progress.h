/* SPDX-License-Identifier: Apache-2.0
 * How far the jobs are, on stderr: one line that is redrawn on a terminal, a line per finished
 * stream elsewhere, nothing with -q. */
#ifndef HUB_CLI_PROGRESS_H
#define HUB_CLI_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>

struct progress;

struct progress *progress_new(bool is_quiet);
void progress_free(struct progress *);
/* A `progress` event: name is "shop-ads", the event holds stream, rows, windows, windows_total. */
void progress_update(struct progress *, const char *name, const json_t *event);
/* A `result`: its line, or its end in the redrawn one. */
void progress_result(struct progress *, const char *name, const json_t *result, bool is_dry);
/* Takes the redrawn line away, before something else is printed. */
void progress_clear(struct progress *);

#endif
