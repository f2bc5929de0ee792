/* SPDX-License-Identifier: Apache-2.0
 * What the plugin process asks for, frame by frame, as calls of the job's services. */
#ifndef HUB_SERVE_H
#define HUB_SERVE_H

#include "plugin/child.h"
#include "plugin/gate.h"

/* A frame, and who is asked. */
struct serving {
    struct gate *gate;
    const struct child *child;
    struct wire_in *in;
    struct wire_out *answer; /* what to send then; empty where the frame has none */
    bool in_judge;           /* a reply is being judged right now */
};

/* NULL, or in words how the frame breaks the rules. */
const char *serve_frame(const struct serving *, uint16_t type);

#endif
