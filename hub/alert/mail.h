/* SPDX-License-Identifier: Apache-2.0
 * Mail over SMTP, by libcurl: each recipient is a delivery of its own, so that each has its own
 * answer. */
#ifndef HUB_ALERT_MAIL_H
#define HUB_ALERT_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct mail_server {
    const char *url;               /* smtp://host:587 (STARTTLS), smtps://host:465 */
    const char *user, *password;   /* NULL: no login */
    const char *ca_file;           /* NULL: the system's */
    bool is_plain;                 /* without TLS: only a server on this machine */
    uint32_t connect_ms, total_ms; /* of one delivery */
    void *ctx;
    bool (*cancelled)(void *ctx);
};

/* What became of one delivery. */
enum mail_end {
    MAIL_TAKEN,   /* the server has it */
    MAIL_AGAIN,   /* not now, or nobody knows: the connection ended before the answer came */
    MAIL_REFUSED, /* never: this recipient, or this mail to it */
    MAIL_HELD     /* nothing is taken until a person acts: login, certificate, no TLS */
};

struct mail;

/* Texts are borrowed. NULL with err. */
struct mail *mail_open(const struct mail_server *, struct err *);
void mail_close(struct mail *);
/* letter: as letter_write() makes it. err says why it was not taken. */
enum mail_end mail_send(struct mail *, const char *from, const char *to, const struct buf *letter,
                        struct err *);

#endif
