/* SPDX-License-Identifier: Apache-2.0
 * Memory for decoded texts: blocks that stay where they are until the record is done. */
#include <config.h>

#include "read/scan.h"

#include <stdlib.h>

#include "base/mem.h"

enum { SCRATCH_BLOCK = 16 * 1024 };

struct scratch_block {
    struct scratch_block *next;
    size_t size;
    char bytes[];
};

static void free_blocks(struct scratch_block *b)
{
    for (struct scratch_block *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

void scratch_free(struct scratch *s)
{
    free_blocks(s->head);
    *s = (struct scratch){0};
}

/* The newest block is the largest: keeping it makes the next record of this size need no other. */
void scratch_reset(struct scratch *s)
{
    s->used = 0;
    if (s->head && s->head->next) {
        free_blocks(s->head->next);
        s->head->next = NULL;
    }
}

char *scratch_get(struct scratch *s, size_t n)
{
    if (!s->head || s->head->size - s->used < n) {
        size_t size = s->head ? s->head->size * 2 : SCRATCH_BLOCK;
        while (size < n)
            size *= 2;
        struct scratch_block *b = xmalloc(sizeof *b + size);
        b->size = size;
        b->next = s->head;
        s->head = b;
        s->used = 0;
    }
    char *p = s->head->bytes + s->used;
    s->used += n;
    return p;
}
