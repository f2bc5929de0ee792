/* SPDX-License-Identifier: Apache-2.0
 * Between a plugin and the job's services: everything a plugin says goes through here and is
 * checked, wherever the plugin runs. */
#ifndef HUB_GATE_H
#define HUB_GATE_H

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "plugin/plugin.h"

struct gate {
    struct plugin_services in;         /* what the plugin is given; ctx is the gate */
    const struct plugin_services *out; /* the job's */
    struct arena *arena;               /* streams that were found */
    struct err fail;                   /* what the plugin said last with fail() in this call */
    omni_status row_status;            /* what became of the rows of this call */
    struct err broken;                 /* the last call that the contract does not allow */
    bool is_discovering;               /* the call is one in which streams may be found */
    uint32_t n_logs, n_streams;        /* of the plugin */
    uint32_t n_accounts, n_totals;     /* of this call */
};

void gate_init(struct gate *, const struct plugin_services *, struct arena *);
/* A call begins. */
void gate_begin(struct gate *);
omni_status gate_found_stream(struct gate *, const json_t *description);

#endif
