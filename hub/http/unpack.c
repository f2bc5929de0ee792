/* SPDX-License-Identifier: Apache-2.0
 * gzip and zlib streams by zlib, member after member. */
#include <config.h>

#include "http/unpack.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { STEP = 32 * 1024, ANY_HEADER = MAX_WBITS + 32 /* gzip or zlib, as the first bytes say */ };

static bool is_one_of(const char *word, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(word, *names) == 0)
            return true;
    return false;
}

omni_status unpack_open(struct unpack *u, const char *encoding, struct err *err)
{
    static const char *const plain[] = {"", "identity", NULL};
    static const char *const packed[] = {"gzip", "x-gzip", "deflate", NULL};
    *u = (struct unpack){.is_open = true};
    if (!encoding || is_one_of(encoding, plain))
        return OMNI_OK;
    if (!is_one_of(encoding, packed))
        return err_set(err, OMNI_E_DATA, "the reply is packed as \"%.60s\", which nobody asked for",
                       encoding);
    if (inflateInit2(&u->z, ANY_HEADER) != Z_OK)
        return err_set(err, OMNI_E_RETRY, "out of memory for unpacking the reply");
    u->is_packed = true;
    return OMNI_OK;
}

/* Behind a member may stand another one, or zeros that fill up a block. */
static bool begins_member(struct unpack *u)
{
    while (u->z.avail_in && !*u->z.next_in) {
        u->z.next_in++;
        u->z.avail_in--;
    }
    u->is_whole = !u->z.avail_in;
    return !u->is_whole && inflateReset(&u->z) == Z_OK;
}

omni_status unpack_bytes(struct unpack *u, const void *bytes, size_t n,
                         const struct unpack_out *out, struct err *err)
{
    if (!u->is_packed) {
        out->bytes(out->ctx, bytes, n);
        return OMNI_OK;
    }
    unsigned char room[STEP];
    u->z.next_in = (Bytef *)bytes; /* zlib's prototype; it does not write there */
    u->z.avail_in = (uInt)n;
    do {
        if (u->is_whole && !begins_member(u))
            return OMNI_OK;
        u->z.next_out = room;
        u->z.avail_out = sizeof room;
        int code = inflate(&u->z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return err_set(err, OMNI_E_RETRY, "the reply is not the gzip that it says it is: %s",
                           u->z.msg ? u->z.msg : "damaged");
        u->is_whole = code == Z_STREAM_END;
        size_t got = sizeof room - u->z.avail_out;
        if (got && !out->bytes(out->ctx, room, got))
            return OMNI_OK;
    } while (u->z.avail_in || !u->z.avail_out);
    return OMNI_OK;
}

omni_status unpack_end(const struct unpack *u, struct err *err)
{
    if (!u->is_packed || u->is_whole)
        return OMNI_OK;
    return err_set(err, OMNI_E_RETRY, "the reply's gzip ends in the middle");
}

void unpack_close(struct unpack *u)
{
    if (u->is_packed)
        inflateEnd(&u->z);
    *u = (struct unpack){0};
}
