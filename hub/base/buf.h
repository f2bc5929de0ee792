/* SPDX-License-Identifier: Apache-2.0
 * A growing buffer that is told its hard maximum at birth and fails politely beyond it. */
#ifndef HUB_BUF_H
#define HUB_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;      /* always ends with a NUL that is not counted, once something was added */
    size_t len, cap; /* cap: bytes allocated */
    size_t max;      /* most bytes it will hold */
};

#define auto_buf       __attribute__((cleanup(buf_free))) struct buf
#define BUF_INIT(max_) ((struct buf){.max = (max_)})

void buf_free(struct buf *);
void buf_clear(struct buf *); /* forgets the content, keeps the memory */

/* False, and nothing added, where the maximum would be exceeded. */
bool buf_reserve(struct buf *, size_t more);
bool buf_add(struct buf *, const void *bytes, size_t n);
bool buf_addc(struct buf *, char c);
bool buf_adds(struct buf *, const char *s);
bool buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes. */
void buf_drop(struct buf *, size_t n);
/* The content as a text ("" if nothing was added). */
const char *buf_text(const struct buf *);
/* Hands the memory to the caller (free()); the buffer is empty afterwards. */
char *buf_take(struct buf *);

#endif
