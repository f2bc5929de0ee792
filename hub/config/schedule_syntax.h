/* SPDX-License-Identifier: Apache-2.0
 * Is a text a schedule? Five cron fields, a macro, or "every 15m". */
#ifndef HUB_SCHEDULE_SYNTAX_H
#define HUB_SCHEDULE_SYNTAX_H

#include <stdbool.h>

#include "base/err.h"

/* OMNI_E_CONFIG with what is wrong in it and what to write instead. */
omni_status schedule_check(const char *text, struct err *);

#endif
