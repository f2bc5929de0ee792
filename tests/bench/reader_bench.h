/* SPDX-License-Identifier: Apache-2.0
 * What the contenders of reader_bench share. */
#ifndef BENCH_READER_H
#define BENCH_READER_H

#include <stdint.h>

#include "base/buf.h"

enum { BENCH_FIELDS = 17 };

/* Keeps a compiler from leaving the work out, and shows that all do the same. */
struct bench_sum {
    uint64_t rows, bytes;
};

void bench_yajl(const struct buf *pages, uint32_t n_pages, struct bench_sum *);

#endif
