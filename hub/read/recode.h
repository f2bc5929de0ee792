/* SPDX-License-Identifier: Apache-2.0
 * Text in another encoding becomes UTF-8 while it arrives. */
#ifndef HUB_READ_RECODE_H
#define HUB_READ_RECODE_H

#include <stddef.h>

#include "base/err.h"

struct recode;

/* Where the UTF-8 goes. */
struct recode_out {
    void *ctx;
    omni_status (*bytes)(void *ctx, const void *bytes, size_t n, struct err *);
};

/* Takes the name after "encoding=" in a reader's format options; *out NULL: there is none, or it is
 * UTF-8. OMNI_E_CONFIG for one that is not known here. */
omni_status recode_new(const char *format_options, struct recode **out, struct err *);
void recode_free(struct recode *);
/* Begins anew. */
void recode_reset(struct recode *);
/* OMNI_E_DATA with the byte's number for what the encoding does not have. */
omni_status recode_feed(struct recode *, const void *bytes, size_t n, const struct recode_out *,
                        struct err *);
/* The end, which may have a last character: half of one is OMNI_E_DATA. */
omni_status recode_finish(struct recode *, const struct recode_out *, struct err *);

#endif
