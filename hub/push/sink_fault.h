/* SPDX-License-Identifier: Apache-2.0
 * Faults that the test kit makes in the middle of a delivery, by the signals and statuses that
 * happen by themselves. */
#ifndef HUB_SINK_FAULT_H
#define HUB_SINK_FAULT_H

#include "base/err.h"

enum sink_point { SINK_BEFORE_WRITE, SINK_AFTER_WRITE, SINK_BEFORE_COMMIT, SINK_AFTER_COMMIT };

/* Makes the fault of this name ("die-before-commit", …; NULL: none) if this is its point. OMNI_OK:
 * go on. */
omni_status sink_fault(const char *name, enum sink_point, struct err *);

#endif
