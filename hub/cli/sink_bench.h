/* SPDX-License-Identifier: Apache-2.0
 * A .test file of a sink on trial: rows are stored, delivered, and the target is looked at. */
#ifndef HUB_CLI_SINK_BENCH_H
#define HUB_CLI_SINK_BENCH_H

#include "cli/sheet.h"
#include "cli/trial.h"
#include "kit/test_file.h"

/* The test, then, where it holds and `conforms`, the checks around it. False: interrupted. */
bool sink_bench_run(const struct trial *, const struct cli *outer, const struct test_file *,
                    bool conforms, struct sheet *);

#endif
