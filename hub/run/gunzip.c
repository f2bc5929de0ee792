/* SPDX-License-Identifier: Apache-2.0
 * Unpacking of gzip, also of several members one after the other, as log rotation makes them. */
#include <config.h>

#include "run/gunzip.h"

#include <string.h>

enum { GUNZIP_FREE = 1024 * 1024 };

/* Bytes on their way out, and how that ended. */
struct giving {
    struct gunzip *u;
    const struct gunzip_out *out;
    struct err *err;
    omni_status status;
};

static bool give(void *ctx, const void *bytes, size_t n)
{
    struct giving *g = ctx;
    struct gunzip *u = g->u;
    u->given += n;
    if (u->unpack.is_packed && u->max_ratio && u->given > GUNZIP_FREE &&
        u->given / u->max_ratio > u->taken)
        g->status = err_set(g->err, OMNI_E_DATA,
                            "gzip data grow to more than %u times their size: this is no report",
                            u->max_ratio);
    else if (n > 0)
        g->status = g->out->bytes(g->out->ctx, bytes, n, g->err);
    return g->status == OMNI_OK;
}

static omni_status pass(struct gunzip *u, const void *bytes, size_t n, const struct gunzip_out *out,
                        struct err *err)
{
    struct giving g = {u, out, err, OMNI_OK};
    u->taken += n;
    if (unpack_bytes(&u->unpack, bytes, n, &(struct unpack_out){&g, give}, NULL) != OMNI_OK)
        return err_set(err, OMNI_E_DATA, "gzip data is damaged (%s)",
                       u->unpack.z.msg ? u->unpack.z.msg : "bad stream");
    return g.status;
}

omni_status gunzip_feed(struct gunzip *u, const void *bytes, size_t n, const struct gunzip_out *out,
                        struct err *err)
{
    const unsigned char *p = bytes;
    omni_status status = OMNI_OK;
    if (!u->unpack.is_open) {
        for (; n > 0 && u->n_head < sizeof u->head; n--)
            u->head[u->n_head++] = *p++;
        if (u->n_head < sizeof u->head)
            return OMNI_OK;
        bool is_gzip = memcmp(u->head, "\x1f\x8b", sizeof u->head) == 0;
        status = unpack_open(&u->unpack, is_gzip ? "gzip" : NULL, err);
        if (status == OMNI_OK)
            status = pass(u, u->head, sizeof u->head, out, err);
    }
    return status == OMNI_OK && n > 0 ? pass(u, p, n, out, err) : status;
}

omni_status gunzip_finish(struct gunzip *u, const struct gunzip_out *out, struct err *err)
{
    if (!u->unpack.is_open) /* a single byte, or none */
        return pass(u, u->head, u->n_head, out, err);
    if (unpack_end(&u->unpack, NULL) != OMNI_OK)
        return err_set(err, OMNI_E_DATA,
                       "gzip data ends too early: is the file still being "
                       "written?");
    return OMNI_OK;
}

void gunzip_close(struct gunzip *u)
{
    unpack_close(&u->unpack);
    *u = (struct gunzip){.max_ratio = u->max_ratio};
}
