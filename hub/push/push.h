/* SPDX-License-Identifier: Apache-2.0
 * Delivers to a sink what it lacks: changed days of its datasets, whole, in order; the cursor moves
 * when the sink has committed. */
#ifndef HUB_PUSH_H
#define HUB_PUSH_H

#include <stdint.h>

#include "base/err.h"
#include "push/sink_host.h"
#include "schema/schema.h"
#include "store/store.h"

struct push_result {
    uint64_t deliveries, rows;
};

/* One dataset to one opened sink; batch_rows: most rows per write(). The columns delivered are the
 * dataset's, after source, connector, stream and account and before tz, quality and extra, each
 * where the dataset's view has it; the first four belong to the key. What was delivered before a
 * failure stays delivered (*result counts it) and is not sent again. */
omni_status push_dataset(struct store *, struct sink *, const struct schema_dataset *,
                         uint32_t batch_rows, struct push_result *result, struct err *);

#endif
