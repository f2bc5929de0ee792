/* SPDX-License-Identifier: Apache-2.0
 * One cell as it lies on a spool's tape. Every cell of every row passes here twice: no loops, no
 * branches on the size of a number. */
#include <config.h>

#include "store/spool_cell.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

/* The head: three bits of type; five of length: bytes of the number, or of the text, or LONG: the
 * text's length follows as a u32. */
enum { TYPE_BITS = 3, TYPE_MASK = (1 << TYPE_BITS) - 1, LONG = 31 };
enum { HEAD = 1, LENGTH = 4, NUMBER_MOST = 8, BYTE = 8 };
_Static_assert((int)OMNI_MICROS <= (int)TYPE_MASK, "every type fits into the head");

static unsigned char head_of(uint32_t type, uint32_t n)
{
    return (unsigned char)(type | n << TYPE_BITS);
}

size_t spool_cell_most(const struct omni_cell *cell)
{
    return cell->type == OMNI_TEXT ? HEAD + LENGTH + (size_t)cell->len : HEAD + NUMBER_MOST;
}

/* ---- numbers ---- */

/* Small numbers of either sign become small ones without: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
static uint64_t fold(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unfold(uint64_t bits)
{
    return (int64_t)(bits >> 1 ^ (bits & 1 ? UINT64_MAX : 0));
}

static uint32_t bytes_of(uint64_t bits)
{
    return bits ? (uint32_t)(64 - __builtin_clzll(bits) + BYTE - 1) / BYTE : 0;
}

static unsigned char *write_number(unsigned char *p, const struct omni_cell *cell)
{
    uint64_t bits;
    if (cell->type == OMNI_REAL)
        memcpy(&bits, &cell->v.r, sizeof bits);
    else
        bits = fold(cell->v.i);
    uint32_t n = bytes_of(bits);
    *p++ = head_of(cell->type, n);
    bits = htole64(bits);
    memcpy(p, &bits, sizeof bits);
    return p + n;
}

static const unsigned char *read_number(const unsigned char *p, uint32_t n, struct omni_cell *cell)
{
    uint64_t bits;
    memcpy(&bits, p, sizeof bits);
    bits = le64toh(bits);
    if (n < NUMBER_MOST)
        bits &= (UINT64_C(1) << n * BYTE) - 1;
    if (cell->type == OMNI_REAL)
        memcpy(&cell->v.r, &bits, sizeof bits);
    else
        cell->v.i = unfold(bits);
    return p + n;
}

/* ---- texts ---- */

static unsigned char *write_text(unsigned char *p, const struct omni_cell *cell)
{
    bool is_long = cell->len >= LONG;
    *p++ = head_of(OMNI_TEXT, is_long ? LONG : cell->len);
    if (is_long) {
        memcpy(p, &cell->len, LENGTH);
        p += LENGTH;
    }
    if (cell->len)
        memcpy(p, cell->v.s, cell->len);
    return p + cell->len;
}

static const unsigned char *read_text(const unsigned char *p, uint32_t n, struct omni_cell *cell)
{
    cell->len = n;
    if (n == LONG) {
        memcpy(&cell->len, p, LENGTH);
        p += LENGTH;
    }
    cell->v.s = (const char *)p;
    return p + cell->len;
}

/* ---- cells ---- */

unsigned char *spool_cell_write(unsigned char *p, const struct omni_cell *cell)
{
    if (cell->type == OMNI_TEXT)
        return write_text(p, cell);
    if (cell->type != OMNI_NULL)
        return write_number(p, cell);
    *p = head_of(OMNI_NULL, 0);
    return p + HEAD;
}

const unsigned char *spool_cell_read(const unsigned char *p, struct omni_cell *cell)
{
    unsigned head = *p++;
    *cell = (struct omni_cell){.type = head & TYPE_MASK};
    if (cell->type == OMNI_TEXT)
        return read_text(p, head >> TYPE_BITS, cell);
    return cell->type == OMNI_NULL ? p : read_number(p, head >> TYPE_BITS, cell);
}
