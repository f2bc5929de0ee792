/* SPDX-License-Identifier: Apache-2.0
 * Parts (files) that hold the same record: it counts once, as the part that changed last has it. */
#ifndef HUB_STORE_OVERLAP_H
#define HUB_STORE_OVERLAP_H

#include "store/apply.h"

/* The part is about to be compared with what is stored: what it gave way to is found anew. */
omni_status overlap_begin(struct apply *, struct err *);
/* The row at hand is stored as a row of another part: *is_below: that one changed later and keeps
 * it. */
omni_status overlap_meet(struct apply *, int64_t other, bool *is_below, struct err *);
/* Rows of the part are gone, under which those of other parts may have lain: the state of those is
 * forgotten, so that they are read again. */
omni_status overlap_end(struct apply *, struct err *);

#endif
