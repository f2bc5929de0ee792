/* SPDX-License-Identifier: Apache-2.0
 * Frames: encoder and decoder. */
#include <config.h>

#include "process/wire.h"

#include <string.h>

/* In place of the length of a text that is NULL. */
#define NO_TEXT UINT32_MAX

struct head {
    uint32_t len;
    uint16_t type, reserved;
};
_Static_assert(sizeof(struct head) == WIRE_HEAD, "the head has no gaps");

void wire_free(struct wire_out *out)
{
    buf_free(&out->buf);
}

static void put(struct wire_out *out, const void *bytes, size_t n)
{
    if (!buf_add(&out->buf, bytes, n))
        out->is_bad = true;
}

void wire_begin(struct wire_out *out, uint16_t type)
{
    struct head head = {.type = type};
    buf_clear(&out->buf);
    out->is_bad = false;
    put(out, &head, sizeof head);
}

void wire_put_u32(struct wire_out *out, uint32_t value)
{
    put(out, &value, sizeof value);
}

void wire_put_i64(struct wire_out *out, int64_t value)
{
    put(out, &value, sizeof value);
}

void wire_put_bytes(struct wire_out *out, const void *bytes, size_t n)
{
    if (n >= NO_TEXT || !buf_reserve(&out->buf, n + sizeof(uint32_t) + 1)) {
        out->is_bad = true;
        return;
    }
    wire_put_u32(out, (uint32_t)n);
    put(out, bytes, n);
    put(out, "", 1);
}

void wire_put_text(struct wire_out *out, const char *s)
{
    if (s)
        wire_put_bytes(out, s, strlen(s));
    else
        wire_put_u32(out, NO_TEXT);
}

bool wire_end(struct wire_out *out)
{
    if (out->is_bad)
        return false;
    struct head head;
    memcpy(&head, out->buf.data, sizeof head);
    head.len = (uint32_t)(out->buf.len - sizeof head);
    memcpy(out->buf.data, &head, sizeof head);
    return true;
}

bool wire_head(const char bytes[WIRE_HEAD], size_t max, uint32_t *len, uint16_t *type)
{
    struct head head;
    memcpy(&head, bytes, sizeof head);
    *len = head.len;
    *type = head.type;
    return head.len <= max && head.reserved == 0;
}

static bool take(struct wire_in *in, void *to, size_t n)
{
    if (in->is_bad || in->left < n) {
        in->is_bad = true;
        memset(to, 0, n);
        return false;
    }
    memcpy(to, in->s, n);
    in->s += n;
    in->left -= n;
    return true;
}

uint32_t wire_get_u32(struct wire_in *in)
{
    uint32_t value;
    take(in, &value, sizeof value);
    return value;
}

int64_t wire_get_i64(struct wire_in *in)
{
    int64_t value;
    take(in, &value, sizeof value);
    return value;
}

const char *wire_get_bytes(struct wire_in *in, size_t *n)
{
    uint32_t len;
    *n = 0;
    if (!take(in, &len, sizeof len) || len == NO_TEXT)
        return NULL;
    if (len >= in->left || in->s[len] != '\0') {
        in->is_bad = true;
        return NULL;
    }
    const char *bytes = in->s;
    in->s += (size_t)len + 1;
    in->left -= (size_t)len + 1;
    *n = len;
    return bytes;
}

const char *wire_get_text(struct wire_in *in)
{
    size_t n;
    const char *s = wire_get_bytes(in, &n);
    if (s && strlen(s) != n) {
        in->is_bad = true;
        return NULL;
    }
    return s;
}

bool wire_done(const struct wire_in *in)
{
    return !in->is_bad && in->left == 0;
}
