/* SPDX-License-Identifier: Apache-2.0
 * Streams that together use every kind of path, for the comparison with jansson. */
#ifndef TEST_READ_CASES_H
#define TEST_READ_CASES_H

#include "rows.h"

enum { CASES = 6 };
extern const struct reader_spec cases[CASES];
/* Compares the reader with the oracle on one reply, cut in several ways; NULL where they agree,
 * else what is wrong (free()). */
char *cases_compare(const struct reader_spec *, const char *reply, size_t n);

#endif
