/* SPDX-License-Identifier: Apache-2.0
 * Frames between two processes: a length, a type, and a body of numbers and texts. The decoder
 * takes every byte for hostile: it never reads beyond the frame and says once, at the end, whether
 * all was well. Both ends run on one machine and are of one build, so numbers lie in its own byte
 * order. */
#ifndef HUB_WIRE_H
#define HUB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { WIRE_HEAD = 8 };

/* A frame being written: head and body in one piece. */
struct wire_out {
    struct buf buf;
    bool is_bad; /* it grew beyond its maximum; whatever came then is missing */
};
#define WIRE_OUT(max_) ((struct wire_out){.buf = BUF_INIT((max_) + WIRE_HEAD)})
#define auto_wire      __attribute__((cleanup(wire_free))) struct wire_out

void wire_free(struct wire_out *);
/* Forgets the last frame, begins one of this type. */
void wire_begin(struct wire_out *, uint16_t type);
void wire_put_u32(struct wire_out *, uint32_t);
void wire_put_i64(struct wire_out *, int64_t);
/* A text may be NULL, which is not "". It crosses with its NUL, so that the reader can borrow it.
 */
void wire_put_text(struct wire_out *, const char *s);
/* Bytes of any kind, also followed by a NUL. */
void wire_put_bytes(struct wire_out *, const void *bytes, size_t n);
/* Fills in the head: the frame is buf.data, buf.len. False where it is bad. */
bool wire_end(struct wire_out *);

/* A frame's body being read. After the first thing that is wrong everything reads as 0, NULL. */
struct wire_in {
    const char *s;
    size_t left;
    bool is_bad;
};

/* Reads a head; false: not one of ours, or longer than max. */
bool wire_head(const char head[WIRE_HEAD], size_t max, uint32_t *len, uint16_t *type);
uint32_t wire_get_u32(struct wire_in *);
int64_t wire_get_i64(struct wire_in *);
/* Without a NUL inside. */
const char *wire_get_text(struct wire_in *);
const char *wire_get_bytes(struct wire_in *, size_t *n);
/* Nothing was wrong and nothing is left over. */
bool wire_done(const struct wire_in *);

#endif
