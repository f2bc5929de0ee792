/* SPDX-License-Identifier: Apache-2.0
 * What `pull` and `record` have in common. */
#ifndef HUB_CLI_PULL_H
#define HUB_CLI_PULL_H

#include <jansson.h>
#include <stdbool.h>

#include <omnihub/omnihub.h>

#include "cli/trial.h"

struct pull_wish {
    const char *record, *replay; /* paths as typed; NULL: none */
    bool is_dry, explain;
    void (*on_dry)(void *ctx, const json_t *event); /* see struct work */
    void *dry_ctx;
    /* At the end, with what the only plugin offers; NULL: not wanted. */
    void (*done)(void *ctx, const struct omni_source *);
};

/* --plugin and its options take the place of the configuration. CLI_OK, or an exit code after a
 * message; trial_close() in any case. */
int pull_begin_trial(struct trial *, struct cli *);
/* By the command's --stream, --from and --to. An exit code; the summary is printed. */
int pull_run(struct cli *, const struct pull_wish *);

#endif
