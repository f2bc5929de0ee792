/* SPDX-License-Identifier: Apache-2.0
 * Bytes that may be gzip: told by their first two, and unpacked while they arrive. */
#ifndef HUB_GUNZIP_H
#define HUB_GUNZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/unpack.h"

/* Where the plain bytes go. */
struct gunzip_out {
    void *ctx;
    omni_status (*bytes)(void *ctx, const void *bytes, size_t n, struct err *);
};

/* Begins as all zeros. */
struct gunzip {
    uint32_t max_ratio; /* unpacked / packed, beyond 1 MiB; 0: any */
    /* Its own: */
    struct unpack unpack;  /* open: it is known what the bytes begin */
    unsigned char head[2]; /* until then */
    size_t n_head;
    uint64_t taken, given;
};

omni_status gunzip_feed(struct gunzip *, const void *bytes, size_t n, const struct gunzip_out *,
                        struct err *);
/* The end: gzip that is not whole is OMNI_E_DATA. Afterwards only gunzip_close(). */
omni_status gunzip_finish(struct gunzip *, const struct gunzip_out *, struct err *);
/* Lets go, and is ready for other bytes. */
void gunzip_close(struct gunzip *);

#endif
