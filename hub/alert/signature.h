/* SPDX-License-Identifier: Apache-2.0
 * A webhook's signature, as Standard Webhooks has it: who receives it can tell that it comes from
 * here, unchanged and now. */
#ifndef HUB_ALERT_SIGNATURE_H
#define HUB_ALERT_SIGNATURE_H

#include <stdint.h>

#include "base/err.h"

/* The lines "webhook-id: …", "webhook-timestamp: …" and "webhook-signature: v1,…". */
enum { SIGNATURE_LINES = 3 };
struct signature {
    char *lines[SIGNATURE_LINES];
};

/* HMAC-SHA256 over "id.timestamp.body" by the key: "whsec_" and base64, or any other text as it is.
 * at: seconds. OMNI_E_CONFIG where the key is no base64 or shorter than 16 bytes. */
omni_status signature_make(struct signature *, const char *key, const char *id, int64_t at,
                           const char *body, struct err *);
void signature_free(struct signature *);

#endif
