/* SPDX-License-Identifier: Apache-2.0
 * What the reader makes of a reply must not depend on where it was cut. */
#ifndef TEST_FUZZ_CUTS_H
#define TEST_FUZZ_CUTS_H

#include "rows.h"

/* Reads the reply whole and in pieces; ends the program, with what differs, where rows, bad records
 * or their positions do. */
void cuts_compare(const struct reader_spec *, const char *reply, size_t n);

#endif
