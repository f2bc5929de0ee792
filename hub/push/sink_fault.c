/* SPDX-License-Identifier: Apache-2.0
 * The table of faults in a delivery. */
#include <config.h>

#include "push/sink_fault.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static omni_status fail(struct err *err)
{
    return err_set(err, OMNI_E_RETRY, "a fault in the middle of the delivery, made by the test");
}

static omni_status die(struct err *err)
{
    raise(SIGKILL);
    return fail(err);
}

static omni_status stop(struct err *err)
{
    raise(SIGTERM);
    return err_set(err, OMNI_E_CANCELLED, "cancelled");
}

static const struct {
    const char *name;
    enum sink_point point;
    omni_status (*make)(struct err *);
} faults[] = {
    {"fail-in-write", SINK_AFTER_WRITE, fail},
    {"die-in-write", SINK_AFTER_WRITE, die},
    {"cancel-in-write", SINK_BEFORE_WRITE, stop},
    {"fail-before-commit", SINK_BEFORE_COMMIT, fail},
    {"die-before-commit", SINK_BEFORE_COMMIT, die},
    {"die-after-commit", SINK_AFTER_COMMIT, die},
};

omni_status sink_fault(const char *name, enum sink_point point, struct err *err)
{
    for (size_t i = 0; name && i < ARRAY_LEN(faults); i++)
        if (faults[i].point == point && strcmp(faults[i].name, name) == 0)
            return faults[i].make(err);
    return OMNI_OK;
}
