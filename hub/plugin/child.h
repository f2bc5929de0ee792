/* SPDX-License-Identifier: Apache-2.0
 * The plugin process as the job holds it: start, frames with deadlines, what it prints, and what
 * became of it. Nothing here waits for ever, whatever the process does. */
#ifndef HUB_CHILD_H
#define HUB_CHILD_H

#include <sys/types.h>

#include "plugin/frames.h"
#include "plugin/plugin.h"

#define CHILD_STARTS "start" /* doing: it is loaded and describes itself */

struct child {
    const struct plugin_services *services; /* log and cancelled */
    const char *doing;                      /* "pull": for messages */
    uint32_t idle_ms, grace_ms, cpu_s;
    pid_t pid; /* 0: none, or reaped */
    int fd, print_fd;
    enum plugin_end end;
    char why[512]; /* where end is not PLUGIN_FINE */
    int signal;    /* that ended it, unless it was told to end; 0: none */
    /* How far it was asked to stop, and when the next step is due. */
    enum { CHILD_RUNS, CHILD_CANCELLED, CHILD_TERMINATED, CHILD_KILLED } step;
    bool is_idle; /* asked to stop because nothing came from it, not because of the job */
    int64_t due_ms;
    struct buf line;     /* of what it prints */
    char last_line[200]; /* the one before, without control characters; "" */
    size_t printed;
    int sealed; /* the plugin in sealed memory; -1: by its path. Borrowed until it has started */
};

/* cpu_s and the times must be set. OMNI_E_RETRY where the process could not be started. */
omni_status child_start(struct child *, const struct plugin_options *, struct err *);
/* False: it is gone, child->end and child->why say how. */
bool child_send(struct child *, struct wire_out *);
bool child_receive(struct child *, struct buf *, uint16_t *type, struct wire_in *);
/* It broke the rules of the conversation: ends it. */
void child_break(struct child *, const char *why);
/* True where cancelled() is to be answered with yes. */
bool child_is_cancelled(const struct child *);
/* Hangs up and waits; then ends it. */
void child_stop(struct child *);

#endif
