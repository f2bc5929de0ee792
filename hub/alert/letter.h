/* SPDX-License-Identifier: Apache-2.0
 * A message as an Internet mail (RFC 5322, MIME). */
#ifndef HUB_ALERT_LETTER_H
#define HUB_ALERT_LETTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { LETTER_MAX = 256 * 1024 }; /* bytes */

struct letter {
    const char *from;    /* address */
    const json_t *to;    /* array of addresses */
    const char *subject; /* any text: what is no plain line of ASCII is encoded */
    const char *text;    /* the body, UTF-8 */
    const char *key;     /* of the Message-ID: the same whenever it is sent again */
    int64_t made;        /* micros */
};

/* One address, name@host: nothing in it can end a header or a command. */
bool letter_address_is_fine(const char *address);
/* Lines end with CR LF. False where it would be larger than the buffer may grow. */
bool letter_write(const struct letter *, struct buf *out);

#endif
