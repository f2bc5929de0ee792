/* SPDX-License-Identifier: Apache-2.0
 * Alerts: events become messages, messages become jobs that send them, again and again until they
 * are delivered or not worth it any more. */
#ifndef HUB_CLI_ALERTS_H
#define HUB_CLI_ALERTS_H

#include "cli/work.h"

struct alerts;

/* The store is borrowed. */
struct alerts *alerts_new(struct store *);
void alerts_free(struct alerts *);
/* Something may have to be told; reread: the configuration may be another one, too. */
void alerts_wake(struct alerts *);
void alerts_reread(struct alerts *);
/* The clock was set by that much: waits go on from what was left of them. */
void alerts_clock_moved(struct alerts *, int64_t moved);
/* Makes messages and starts jobs, where it is time. at_once: nothing is waited for that could go
 * into the same message, as nobody will be there to send it later. */
void alerts_run(struct alerts *, struct work *, struct supervise *, bool at_once);
/* When alerts_run() has something to do again, micros. */
int64_t alerts_due(const struct alerts *);

/* Checks the references of every alert; what env: names is kept in work->envs. */
void alerts_check(struct work *, struct config_findings *);
/* The spec of a job that sends this message (alert/message.h); new reference. */
json_t *alerts_spec(struct work *, const struct config_alert *, json_t *message_take);

#endif
