/* SPDX-License-Identifier: Apache-2.0
 * A webhook's signature. */
#include <config.h>

#include "alert/signature.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { KEY_LEAST = 16, KEY_MOST = 4096 }; /* bytes */

static omni_status read_key(struct buf *out, const char *key, struct err *err)
{
    static const char prefix[] = "whsec_";
    bool is_coded = text_starts(key, prefix);
    const char *text = is_coded ? key + strlen(prefix) : key;
    bool is_read = is_coded ? text_add_unbase64(out, text, strlen(text)) : buf_adds(out, text);
    if (!is_read)
        return err_set(err, OMNI_E_CONFIG, "signing_key: what follows %s is no base64", prefix);
    if (out->len < KEY_LEAST)
        return err_set(err, OMNI_E_CONFIG, "signing_key: shorter than %d bytes", KEY_LEAST);
    return OMNI_OK;
}

static void add_part(crypto_auth_hmacsha256_state *state, const char *text)
{
    crypto_auth_hmacsha256_update(state, (const unsigned char *)text, strlen(text));
}

omni_status signature_make(struct signature *s, const char *key, const char *id, int64_t at,
                           const char *body, struct err *err)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    auto_buf bytes = BUF_INIT(KEY_MOST), code = BUF_INIT(128);
    *s = (struct signature){{NULL}};
    omni_status status = read_key(&bytes, key, err);
    if (status == OMNI_OK) {
        auto_free char *head = xasprintf("%s.%" PRId64 ".", id, at);
        crypto_auth_hmacsha256_init(&state, (const unsigned char *)bytes.data, bytes.len);
        add_part(&state, head);
        add_part(&state, body);
        crypto_auth_hmacsha256_final(&state, mac);
        text_add_base64(&code, (const char *)mac, sizeof mac, false);
        s->lines[0] = xasprintf("webhook-id: %s", id);
        s->lines[1] = xasprintf("webhook-timestamp: %" PRId64, at);
        s->lines[2] = xasprintf("webhook-signature: v1,%s", buf_text(&code));
    }
    sodium_memzero(bytes.data, bytes.data ? bytes.len : 0);
    sodium_memzero(&state, sizeof state);
    return status;
}

void signature_free(struct signature *s)
{
    for (size_t i = 0; i < SIGNATURE_LINES; i++)
        free(s->lines[i]);
    *s = (struct signature){{NULL}};
}
