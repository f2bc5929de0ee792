/* SPDX-License-Identifier: Apache-2.0
 * A message as JSON, posted to one url by the hub's HTTP client. */
#ifndef HUB_ALERT_WEBHOOK_H
#define HUB_ALERT_WEBHOOK_H

#include <stdint.h>

#include "base/err.h"
#include "http/http.h"

struct webhook {
    const char *url;             /* https, or http to this machine; may be a secret as a whole */
    const char *token;           /* sent as a bearer token; NULL: none */
    const char *signing_key;     /* alert/signature.h; NULL: not signed */
    const char *private_hosts;   /* http/http.h */
    const char *proxy, *ca_file; /* NULL: none, the system's */
    struct http_limits limits;
    void *ctx;
    bool (*cancelled)(void *ctx);
};

/* Once: who keeps the message sends it again, after *wait_ms where the other side says so (0: it
 * did not). `key` is the same each time (Idempotency-Key), so that a second one can be told. */
omni_status webhook_send(const struct webhook *, const char *key, const char *json,
                         uint64_t *wait_ms, struct err *);

#endif
