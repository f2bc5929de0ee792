/* SPDX-License-Identifier: Apache-2.0
 * A set of rowids: a bit each, in blocks made on demand, so that ten million rows take little more
 * than a megabyte. */
#include <config.h>

#include "store/rowset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_BITS = 16, BLOCK_ROWS = 1 << BLOCK_BITS, BLOCK_WORDS = BLOCK_ROWS / 64 };
#define ROWSET_LIMIT (INT64_C(1) << 48)

struct rowset {
    uint64_t **blocks;
    size_t n_blocks;
    uint64_t count;
};

struct rowset *rowset_new(void)
{
    return xcalloc(1, sizeof(struct rowset));
}

void rowset_free(struct rowset *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_blocks; i++)
        free(r->blocks[i]);
    free(r->blocks);
    free(r);
}

static uint64_t *block_make(struct rowset *r, size_t i)
{
    if (i >= r->n_blocks) {
        size_t n = i + 1 + i / 2;
        r->blocks = xrealloc(r->blocks, n * sizeof *r->blocks);
        memset(r->blocks + r->n_blocks, 0, (n - r->n_blocks) * sizeof *r->blocks);
        r->n_blocks = n;
    }
    if (!r->blocks[i])
        r->blocks[i] = xcalloc(BLOCK_WORDS, sizeof(uint64_t));
    return r->blocks[i];
}

bool rowset_add(struct rowset *r, int64_t rowid)
{
    assert(rowid > 0 && rowid < ROWSET_LIMIT);
    uint64_t *block = block_make(r, (size_t)(rowid >> BLOCK_BITS));
    uint64_t *word = &block[(rowid & (BLOCK_ROWS - 1)) / 64];
    uint64_t bit = UINT64_C(1) << (rowid & 63);
    if (*word & bit)
        return false;
    *word |= bit;
    r->count++;
    return true;
}

bool rowset_has(const struct rowset *r, int64_t rowid)
{
    size_t i = (size_t)(rowid >> BLOCK_BITS);
    if (rowid <= 0 || i >= r->n_blocks || !r->blocks[i])
        return false;
    return r->blocks[i][(rowid & (BLOCK_ROWS - 1)) / 64] >> (rowid & 63) & 1;
}

uint64_t rowset_count(const struct rowset *r)
{
    return r->count;
}

int64_t rowset_next(const struct rowset *r, int64_t after)
{
    int64_t at = after + 1;
    while ((size_t)(at >> BLOCK_BITS) < r->n_blocks) {
        const uint64_t *block = r->blocks[at >> BLOCK_BITS];
        if (!block) {
            at = ((at >> BLOCK_BITS) + 1) << BLOCK_BITS;
            continue;
        }
        uint64_t word = block[(at & (BLOCK_ROWS - 1)) / 64] >> (at & 63);
        if (word)
            return at + __builtin_ctzll(word);
        at = (at / 64 + 1) * 64;
    }
    return 0;
}
