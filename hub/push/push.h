/* SPDX-License-Identifier: Apache-2.0
 * Delivers to a sink what it lacks: changed days of its datasets, whole, in order; the cursor moves
 * when the sink has committed. */
#ifndef HUB_PUSH_H
#define HUB_PUSH_H

#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"
#include "schema/schema.h"
#include "store/store.h"

struct push_result {
    uint64_t deliveries, rows;
};

/* One dataset to one opened sink. `self` and `run` are handed to its callbacks. batch_rows: rows
 * per write(). */
omni_status push_dataset(struct store *, const char *sink_name, const struct omni_sink *,
                         void *self, struct omni_run *, const struct schema_dataset *,
                         uint32_t batch_rows, struct push_result *, struct err *);

#endif
