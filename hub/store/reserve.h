/* SPDX-License-Identifier: Apache-2.0
 * Room that is kept for the day on which the disk is full: a file that is given back then, so that
 * what failed can be written down. */
#ifndef HUB_STORE_RESERVE_H
#define HUB_STORE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

/* state_dir/reserve of that many bytes: made where it is missing and there is room for four times
 * as much; 0: taken away. Cheap where it is there. A reserve that cannot be made is no fault. */
void reserve_keep(const char *state_dir, int64_t bytes);
/* Gives it back; false: there is none. */
bool reserve_release(const char *state_dir);

#endif
