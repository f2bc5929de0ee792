/* SPDX-License-Identifier: Apache-2.0
 * A thread that does one piece of work at a time beside the one that made it. */
#ifndef HUB_WORKER_H
#define HUB_WORKER_H

struct worker;

/* NULL: no thread is to be had. The maker steps back behind the worker (worker.c says why). */
struct worker *worker_new(void);
/* Nothing may be under way. What `work` reads and writes is the thread's until worker_wait(). */
void worker_start(struct worker *, void (*work)(void *), void *ctx);
/* Until nothing is under way. */
void worker_wait(struct worker *);
/* Waits first. */
void worker_free(struct worker *);

#endif
