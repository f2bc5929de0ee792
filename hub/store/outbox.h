/* SPDX-License-Identifier: Apache-2.0
 * Messages of alerts: made of events that an alert was not told yet, kept until they are delivered.
 * A message is made in one transaction with the note of what it tells, so nothing is told twice and
 * nothing is left out, whenever the program is killed. */
#ifndef HUB_OUTBOX_H
#define HUB_OUTBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* How a message ended. */
#define OUTBOX_SENT    "sent"
#define OUTBOX_REFUSED "refused" /* by everyone that it was for */
#define OUTBOX_LOST    "lost"    /* not delivered within the time it is worth */
#define OUTBOX_DROPPED "dropped" /* its alert is gone from the configuration */

struct outbox_alert {
    const char *name;
    const char *const *kinds; /* of events; NULL: all */
    int64_t group;            /* micros: what opens or ends so soon after goes into one message */
    int64_t remind;           /* micros: told again while it lasts; 0: once is enough */
};

/* Makes a message of all that the alert was not told yet, once the oldest of it is `group` old. An
 * event that came and went in between is not told. *due: when to look again, micros; INT64_MAX:
 * when something happens. */
omni_status outbox_make(struct store *, const struct outbox_alert *, int64_t now, int64_t *due,
                        struct err *);
/* The oldest message of the alert that has no end: {id, key, made (micros), attempts, next
 * (micros), items: […], more, done: {…}} as in alert/message.h and run/spec.h. NULL: there is none,
 * or err->status says why not. New reference. */
json_t *outbox_next(struct store *, const char *alert, struct err *);
/* Before it is sent: where nothing is heard of it any more, it is sent again at `again`. */
omni_status outbox_begin(struct store *, int64_t id, int64_t again, struct err *);
/* What is known of it now. code NULL: it is sent again, not before `next`. done, message: NULL:
 * none. */
struct outbox_news {
    const char *code, *message;
    const json_t *done;
    int64_t next;
};
omni_status outbox_note(struct store *, int64_t id, const struct outbox_news *, struct err *);
/* The clock was set by that much: what waits to be sent again waits for what was left. */
omni_status outbox_clock_moved(struct store *, int64_t moved, struct err *);
/* Ends what waits for alerts that are not in this array of names any more, and forgets what they
 * were told. */
omni_status outbox_keep(struct store *, const json_t *names, struct err *);
/* One object per message, newest first, at most `last` (0: all): id, alert, key, made_at, n (how
 * many events it tells), attempts, next_at (absent: it is over), ended_at, code, message, done.
 * New reference; NULL with err. */
json_t *outbox_list(struct store *, const char *alert, uint32_t last, struct err *);

/* What was put into messages of what still lasts: [{notice (its id), alert, at}], the oldest first;
 * with attempts, code, ended_at and message of that message, as long as it is kept. New reference;
 * NULL with err. */
json_t *outbox_told(struct store *, struct err *);

#endif
