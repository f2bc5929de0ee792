/* SPDX-License-Identifier: Apache-2.0
 * What the plugin process asks for, frame by frame, as calls of the job's services. */
#ifndef HUB_SERVE_H
#define HUB_SERVE_H

#include "plugin/child.h"
#include "plugin/gate.h"

/* Serves one frame; `answer` is what to send then, empty where the frame has none. Returns NULL, or
 * in words how the frame breaks the rules. in_judge: a reply is being judged right now. */
const char *serve_frame(struct gate *, const struct child *, bool in_judge, uint16_t type,
                        struct wire_in *, struct wire_out *answer);

#endif
