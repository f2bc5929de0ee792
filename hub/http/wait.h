/* SPDX-License-Identifier: Apache-2.0
 * Waiting: how long (Retry-After, back-off with full jitter), and doing it so that a cancel is
 * noticed. */
#ifndef HUB_HTTP_WAIT_H
#define HUB_HTTP_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

struct http;

/* Milliseconds of a clock that never jumps and goes on while the machine sleeps. */
uint64_t wait_clock_ms(void);
/* A Retry-After value: seconds (fractions too) or an HTTP date, which is read against the server's
 * own clock where it sent one (date NULL: ours). False: nothing usable (absent, negative,
 * nonsense); a date in the past is 0; never more than a day. */
bool wait_retry_after(const char *value, const char *date, uint64_t *ms);
/* Between 0 and first_ms * 2^(attempt - 1), at most a minute. */
uint64_t wait_backoff(uint32_t first_ms, uint32_t attempt);
/* OMNI_E_CANCELLED as soon as the run is cancelled. No time passes while replaying. */
omni_status wait_sleep(struct http *, uint64_t ms, struct err *);
/* How many seconds our clock is ahead of a Date header (negative: behind); 0: unknown. */
long wait_clock_skew(const char *date);

#endif
