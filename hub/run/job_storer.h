/* SPDX-License-Identifier: Apache-2.0
 * Stores a whole window beside the pull of the next one, on a connection of its own and the job's
 * second thread.
 *
 * What storer_start() takes belongs to that thread until storer_wait() has waited for it; the two
 * sides share nothing else. SQLite's write lock is held by store_apply() alone, never while
 * anybody waits for the network. */
#ifndef HUB_JOB_STORER_H
#define HUB_JOB_STORER_H

#include <jansson.h>

#include "base/mem.h"
#include "run/pipeline.h"
#include "run/worker.h"
#include "store/store.h"

struct storer;

/* Opens the second connection; one storer per stream. worker: does the storing, one storer's at a
 * time; NULL: storer_start() does it itself. Texts of `windows` are copied later, in
 * storer_start(); the datasets must outlive the storer. */
struct storer *storer_new(const struct store *, const struct pipeline *, struct worker *,
                          struct err *);
/* Waits first; the outcome of what was under way is lost, so ask storer_wait() before. */
void storer_free(struct storer *);
/* Hands the pipeline's rows over and gives it empty spools. windows[i] belongs to spool i; state:
 * {key: value}, stored with window 0. Nothing may be under way. */
omni_status storer_start(struct storer *, const struct store_window *windows, struct pipeline *,
                         const json_t *state, struct err *);
/* Until nothing is under way. *result: sums over the windows of the last start; zeros where there
 * was none, or where it was asked for already. */
omni_status storer_wait(struct storer *, struct store_result *result, struct err *);
/* State that is under way, so not to be found in the store yet; NULL: none. "" forgets. */
const char *storer_state(const struct storer *, const char *key);

/* {key: value} as store_window.state takes it, in the arena. */
const char *const *storer_state_list(struct arena *, const json_t *state);
void storer_add_result(struct store_result *sum, const struct store_result *);

#endif
