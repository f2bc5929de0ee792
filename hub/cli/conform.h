/* SPDX-License-Identifier: Apache-2.0
 * The conformance checks around a good test. */
#ifndef HUB_CLI_CONFORM_H
#define HUB_CLI_CONFORM_H

#include "cli/bench.h"
#include "cli/sheet.h"

/* Each --check names one; false after a message. */
bool conform_knows(const struct cli *);
/* Is this one among those of --check, or is there none? */
bool conform_wants(const struct cli *, const struct check *);
void conform(struct bench *, const struct cli *, struct sheet *);

#endif
