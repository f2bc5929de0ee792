/* SPDX-License-Identifier: Apache-2.0
 * A plugin file on trial: a configuration with this one connector or sink in a folder of its own,
 * so that it goes the same way as an installed one. Nothing is left behind. */
#ifndef HUB_CLI_TRIAL_H
#define HUB_CLI_TRIAL_H

#include <jansson.h>

#include "cli/cli.h"

/* What the connector of a trial is called. */
#define TRIAL_NAME "trial"

struct plugins;
struct plugin_info;

struct trial {
    char *folder; /* temporary */
    char *conf;   /* the configuration in it */
    char *path;   /* of the plugin, absolute */
    char *here;   /* the working folder when the trial began */
    struct cli probe;
    struct plugins *plugins;
    const struct plugin_info *info; /* what the plugin says of itself */
    json_t *debug;                  /* see struct cli; NULL: --debug was not given */
    json_t *hub; /* settings of the hub, of the configuration where there is one */
};

/* What the configuration shall say; borrowed. */
struct trial_plan {
    const json_t *options;  /* of the connector or sink */
    const json_t *hub;      /* settings beside and instead of trial.hub; NULL */
    const json_t *datasets; /* of a sink */
    const char *accounts;   /* of the connector, "all"; NULL */
    const char *more;       /* further sections; NULL */
    const char *name;       /* of the connector or sink; NULL: TRIAL_NAME */
    const char *state;      /* name of the state folder; NULL: "state" */
    const char *home;       /* where relative paths of options start; NULL: in the trial's folder */
};

/* Makes the folder and asks the plugin what it is. CLI_OK, or an exit code after a message.
 * trial_close() in any case. */
int trial_open(struct trial *, const struct cli *, const char *plugin);
void trial_close(struct trial *);
/* Writes the configuration and puts it into the place of cli's own. */
int trial_write(const struct trial *, struct cli *, const struct trial_plan *);
/* A line of cli_option: with the sanitizers and unfenced. */
#define TRIAL_DEBUG                                                                                \
    {                                                                                              \
        "debug", NULL,                                                                             \
            "run a source without its sandbox, under the sanitizer that "                          \
            "LD_PRELOAD names; show what it prints"                                                \
    }
/* After cli.keeps_findings: why what was written is refused, as texts. What is no fault of the
 * options was printed; then that they cannot be used. */
void trial_complaints(const struct cli *, json_t *texts);
/* "name=value", … by the types that the plugin declares. NULL after a message. */
json_t *trial_options(const struct trial *, const struct cli *, const char *option);
/* A path under this working folder as an absolute one; free(). NULL stays NULL. */
char *trial_absolute(const char *path);

#endif
