/* SPDX-License-Identifier: Apache-2.0
 * The table of a sink's checks. */
#include <config.h>

#include "kit/sink_checks.h"

#include "base/mem.h"

#define HALF                                                                                       \
    "write aside (a temporary file, a transaction) and make it visible in commit(), all at once"
#define DOUBLED "replace the partition that the delivery names; never add to it"

const struct sink_check sink_checks[] = {
    {{.id = "again",
      .title = "the same deliveries once more",
      .means = "rows are doubled whenever a delivery is repeated",
      .mend = DOUBLED},
     SINK_STEP_AGAIN,
     NULL},
    {{.id = "fail-in-write",
      .title = "a fault after the first rows, then once more",
      .means = "readers see half a delivery, or rows are doubled or lost",
      .mend = HALF "; abort() takes back what begin() made",
      .outcomes = "retrying"},
     SINK_STEP_FAULT,
     "fail-in-write"},
    {{.id = "die-in-write",
      .title = "killed after the first rows, then once more",
      .means = "readers see half a delivery, or what is left behind is in the way",
      .mend = HALF "; begin() must cope with what a dead process left",
      .outcomes = "crashed"},
     SINK_STEP_FAULT,
     "die-in-write"},
    {{.id = "cancel-in-write",
      .title = "stopped before the rows, then once more",
      .means = "readers see half a delivery",
      .mend = HALF "; abort() takes back what begin() made",
      .outcomes = "interrupted"},
     SINK_STEP_FAULT,
     "cancel-in-write"},
    {{.id = "fail-before-commit",
      .title = "a fault before commit(), then once more",
      .means = "rows are visible that were never committed",
      .mend = HALF,
      .outcomes = "retrying"},
     SINK_STEP_FAULT,
     "fail-before-commit"},
    {{.id = "die-before-commit",
      .title = "killed before commit(), then once more",
      .means = "rows are visible that were never committed, or what is left behind is in the way",
      .mend = HALF,
      .outcomes = "crashed"},
     SINK_STEP_FAULT,
     "die-before-commit"},
    {{.id = "die-after-commit",
      .title = "killed after commit(), before the hub notes it, then once more",
      .means = "rows are doubled: the hub delivers again what it does not know to be there",
      .mend = DOUBLED,
      .outcomes = "crashed"},
     SINK_STEP_FAULT,
     "die-after-commit"},
    {{.id = "changed",
      .title = "a number that changed, and changed back",
      .means = "the target keeps old values",
      .mend = DOUBLED},
     SINK_STEP_CHANGED,
     NULL},
    {{.id = "widen",
      .title = "a dataset that gets one more column",
      .means = "a dataset that grows ends the deliveries, or its new column never arrives",
      .mend =
          "begin() adds the columns that the target does not have yet; take names and types from "
          "the delivery, never from a list of your own"},
     SINK_STEP_WIDEN,
     NULL},
};
const size_t n_sink_checks = ARRAY_LEN(sink_checks);
