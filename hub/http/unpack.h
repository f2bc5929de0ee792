/* SPDX-License-Identifier: Apache-2.0
 * Unpacks a gzipped reply while it arrives, and knows whether it arrived whole. (libcurl's own
 * decoding takes a stream that was cut for a whole one: rows would be missing in silence.) */
#ifndef HUB_HTTP_UNPACK_H
#define HUB_HTTP_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

#include "base/err.h"

#define UNPACK_ACCEPT "gzip" /* what requests offer */

struct unpack {
    z_stream z;
    bool is_open, is_packed, is_whole;
};

/* encoding: the reply's Content-Encoding, NULL: plain. unpack_close() also after a failure. */
omni_status unpack_open(struct unpack *, const char *encoding, struct err *);
/* Where the plain bytes go. */
struct unpack_out {
    void *ctx;
    bool (*bytes)(void *ctx, const void *, size_t); /* false: no more; it knows why */
};
/* OMNI_OK also where `out` wanted no more. */
omni_status unpack_bytes(struct unpack *, const void *bytes, size_t n, const struct unpack_out *,
                         struct err *);
/* No more will come: was it all? */
omni_status unpack_end(const struct unpack *, struct err *);
void unpack_close(struct unpack *);

#endif
