/* SPDX-License-Identifier: Apache-2.0
 * Runs omnihub-job processes side by side: start, read their events, deadlines (TERM, then KILL),
 * what became of each. */
#ifndef HUB_SUPERVISE_H
#define HUB_SUPERVISE_H

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* How a job ended. */
enum supervise_end {
    SUPERVISE_DONE,       /* it said `done` */
    SUPERVISE_DIED,       /* without a word */
    SUPERVISE_NO_MEMORY,  /* it said so */
    SUPERVISE_HUNG,       /* not within its time */
    SUPERVISE_STOPPED,    /* by SIGINT or SIGTERM to us, or before it began */
    SUPERVISE_NOT_STARTED /* this machine had no process, descriptor or memory for it */
};

struct supervise_ended {
    enum supervise_end how;
    const char *words; /* "signal 9 (Killed)", "did not end within 60 s"; NULL: it is done */
    int signal;        /* that ended it without our doing; 0: none */
};

struct supervise_job {
    const json_t *spec;  /* borrowed until the end */
    uint32_t timeout_s;  /* 0: none */
    const char *group;   /* of which only a few run at a time; NULL: none; borrowed */
    uint32_t group_most; /* so many; 0: two */
    bool is_aside;       /* small, and starts whatever else runs */
    bool is_background;  /* gets places that nobody else waits for, and never more than its share */
    void *ctx;
    /* Each event but `done`, in order. */
    void (*event)(void *ctx, const json_t *event);
    void (*end)(void *ctx, const struct supervise_ended *);
};

struct supervise;
struct supervise *supervise_new(uint32_t parallel);
/* How many run at a time from now on, and of these, per million, in the background (but always
 * one). */
void supervise_set_places(struct supervise *, uint32_t parallel, int64_t background_permillion);
void supervise_free(struct supervise *);
/* Queues a job; it starts when a place is free. `job` is copied. May be called from event() and
 * end(). */
void supervise_add(struct supervise *, const struct supervise_job *);
/* Until every job has ended. Returns false where it was interrupted (SIGINT, SIGTERM): then all
 * jobs were ended first. */
bool supervise_run(struct supervise *);

/* What a service adds to it; each callback may add jobs. */
struct supervise_service {
    void *ctx;
    /* What else is to be waited for: fills in at most `max`, returns how many. */
    size_t (*watch)(void *ctx, struct pollfd *, size_t max);
    /* Some of them, in their order, as poll() filled them in. */
    void (*ready)(void *ctx, const struct pollfd *, size_t n);
    int32_t (*wait_ms)(void *ctx); /* the longest wait; -1: no limit */
    void (*idle)(void *ctx);   /* every job that was queued has been looked at: before each wait */
    void (*reload)(void *ctx); /* SIGHUP */
};
/* Until SIGINT or SIGTERM, then until every job has ended. */
void supervise_serve(struct supervise *, const struct supervise_service *);
/* Jobs that run now. */
uint32_t supervise_running(const struct supervise *);
/* Ends the background jobs of one group, as an interruption does: those that wait never start. */
void supervise_stop_background(struct supervise *, const char *group);

#endif
