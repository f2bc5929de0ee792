/* SPDX-License-Identifier: Apache-2.0
 * The job's services as the plugin tests need them: everything that arrives is written down. */
#ifndef TEST_HUB_CALLS_H
#define TEST_HUB_CALLS_H

#include "base/buf.h"
#include "plugin/plugin.h"

struct hub_calls {
    struct plugin *plugin;
    struct buf said;        /* one line for each call */
    uint64_t rows, row_sum; /* row_sum: of the second cell */
    uint64_t part_rows;     /* sum of their parts' numbers */
    size_t longest;         /* text cell */
    uint64_t fail_at;       /* this row is refused; 0: none */
    uint32_t logs;
    bool is_cancelled;
    omni_status judged;
    uint32_t judged_wait;
    char remembered[64];
    const struct omni_stream *found;
    int reply_status; /* of http() */
    const char *reply;
};

void hub_calls_init(struct hub_calls *);
void hub_calls_free(struct hub_calls *);
struct plugin_services hub_calls_services_of(struct hub_calls *);

#endif
