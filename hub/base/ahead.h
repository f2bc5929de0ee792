/* SPDX-License-Identifier: Apache-2.0
 * How near an end is, in the steps in which people are warned: 90, 30 and 7 days ahead. */
#ifndef HUB_AHEAD_H
#define HUB_AHEAD_H

#include <stdint.h>

/* "within 90 days", "within 30 days", "within 7 days", "which is over"; NULL: further away. The
 * same words for as long as there is nothing new to be said. */
const char *ahead_words(int64_t days_left);
/* The same step as a number: 0: further away, else higher as the end comes closer. */
int ahead_stage(int64_t days_left);

#endif
