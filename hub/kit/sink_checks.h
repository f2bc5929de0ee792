/* SPDX-License-Identifier: Apache-2.0
 * The conformance checks of a sink: a fault in the middle of a delivery, or another delivery, and
 * what the target has to show then and in the end. */
#ifndef HUB_KIT_SINK_CHECKS_H
#define HUB_KIT_SINK_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "kit/checks.h"

enum sink_step {
    SINK_STEP_AGAIN,   /* everything once more */
    SINK_STEP_FAULT,   /* everything once more, with the fault; then without */
    SINK_STEP_CHANGED, /* one number is another one; then as before */
    SINK_STEP_WIDEN    /* a dataset with fewer columns, then with all */
};

struct sink_check {
    struct check about; /* id, title, means, mend; outcomes: of the push with the fault */
    enum sink_step step;
    const char *fault; /* push/sink_fault.h */
};

extern const struct sink_check sink_checks[];
extern const size_t n_sink_checks;

#endif
