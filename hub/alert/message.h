/* SPDX-License-Identifier: Apache-2.0
 * What an alert says, as a line, as a text for people, and as JSON for programs. */
#ifndef HUB_ALERT_MESSAGE_H
#define HUB_ALERT_MESSAGE_H

#include <jansson.h>

#include "base/buf.h"

enum { MESSAGE_TEXT_MAX = 64 * 1024 }; /* bytes; a mail of that size passes everywhere */

/* A message is a JSON object:
 *  key      its stable id: the same each time it is sent again
 *  made_at  RFC 3339
 *  host     the machine that says so
 *  items    [{id, kind, scope, state, since_at, until_at (state "over"), text}]
 *           state: "open" (it began, or became more urgent), "still" (a reminder), "over"
 *  more     how many further ones it does not list; absent: none */

/* "omnihub on HOST: shop.orders failing", "omnihub on HOST: 3 open, 1 over"; free(). */
char *message_subject(const json_t *message);
/* A few lines per item, the newest trouble first; cut at MESSAGE_TEXT_MAX, and then says so. */
void message_text(const json_t *message, struct buf *out);
/* What a webhook is sent: the message with "text", the subject and the items in words, which chat
 * services show. New reference. */
json_t *message_json(const json_t *message);

#endif
