/* SPDX-License-Identifier: Apache-2.0
 * Unpacking of gzip, also of several members one after the other, as log rotation makes them. */
#include <config.h>

#include "run/gunzip.h"

#include <string.h>

#include "base/mem.h"

enum { GUNZIP_CHUNK = 256 * 1024, GUNZIP_FREE = 1024 * 1024, GUNZIP_WINDOW = 15 + 16 };

static omni_status give(struct gunzip *u, const void *bytes, size_t n, const struct gunzip_out *out,
                        struct err *err)
{
    u->given += n;
    if (u->is_packed && u->max_ratio && u->given > GUNZIP_FREE &&
        u->given / u->max_ratio > u->taken)
        return err_set(err, OMNI_E_DATA,
                       "gzip data grow to more than %u times their size: this is no report",
                       u->max_ratio);
    return n ? out->bytes(out->ctx, bytes, n, err) : OMNI_OK;
}

static omni_status unpack(struct gunzip *u, const void *bytes, size_t n,
                          const struct gunzip_out *out, struct err *err)
{
    auto_free unsigned char *room = xmalloc(GUNZIP_CHUNK);
    omni_status status = OMNI_OK;
    u->z.next_in = (z_const Bytef *)bytes;
    u->z.avail_in = (unsigned)n;
    u->taken += n;
    for (bool is_full = true; status == OMNI_OK && (u->z.avail_in > 0 || is_full);) {
        if (u->has_ended && u->z.avail_in == 0)
            break;
        if (u->has_ended && inflateReset(&u->z) != Z_OK) /* a further member follows */
            return err_set(err, OMNI_E_DATA, "gzip: cannot continue");
        u->z.next_out = room;
        u->z.avail_out = GUNZIP_CHUNK;
        int rc = inflate(&u->z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return err_set(err, OMNI_E_DATA, "gzip data is damaged (%s)",
                           u->z.msg ? u->z.msg : "bad stream");
        u->has_ended = rc == Z_STREAM_END;
        is_full = u->z.avail_out == 0;
        status = give(u, room, GUNZIP_CHUNK - u->z.avail_out, out, err);
    }
    return status;
}

static omni_status pass(struct gunzip *u, const void *bytes, size_t n, const struct gunzip_out *out,
                        struct err *err)
{
    return u->is_packed ? unpack(u, bytes, n, out, err) : give(u, bytes, n, out, err);
}

omni_status gunzip_feed(struct gunzip *u, const void *bytes, size_t n, const struct gunzip_out *out,
                        struct err *err)
{
    const unsigned char *p = bytes;
    while (!u->is_known && n > 0 && u->n_head < sizeof u->head) {
        u->head[u->n_head++] = *p++;
        n--;
    }
    if (!u->is_known && u->n_head < sizeof u->head)
        return OMNI_OK;
    omni_status status = OMNI_OK;
    if (!u->is_known) {
        u->is_known = true;
        u->is_packed = memcmp(u->head, "\x1f\x8b", sizeof u->head) == 0 &&
                       inflateInit2(&u->z, GUNZIP_WINDOW) == Z_OK;
        status = pass(u, u->head, sizeof u->head, out, err);
    }
    return status == OMNI_OK && n > 0 ? pass(u, p, n, out, err) : status;
}

omni_status gunzip_finish(struct gunzip *u, const struct gunzip_out *out, struct err *err)
{
    if (!u->is_known) { /* a single byte, or none */
        u->is_known = true;
        return give(u, u->head, u->n_head, out, err);
    }
    if (u->is_packed && !u->has_ended)
        return err_set(err, OMNI_E_DATA,
                       "gzip data ends too early: is the file still being "
                       "written?");
    return OMNI_OK;
}

void gunzip_close(struct gunzip *u)
{
    if (u->is_packed)
        inflateEnd(&u->z);
    *u = (struct gunzip){.max_ratio = u->max_ratio};
}
