/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share behind struct config: memory, and where each option was
 * written. */
#ifndef HUB_READ_CONFIG_H
#define HUB_READ_CONFIG_H

#include "config/config.h"
#include "config/keys.h"

struct option_place {
    const char *path; /* "map.net", "streams[0].url" */
    struct config_place place;
};

/* The options of one connector or sink. */
struct option_set {
    json_t *json;
    struct option_place *places;
    size_t n, cap;
};

enum { CONFIG_GROUPS = 2 }; /* hub, web */

struct config_all {
    struct config pub; /* first: the two are one pointer */
    struct arena *arena;
    const char *folder;
    const char *home;                                /* config_set_home(); NULL */
    struct config_place group_places[CONFIG_GROUPS]; /* file NULL: it is not written */
    struct option_set **sets;
    size_t n_sets;
};

/* The keys of one alert, and what spans several of them (alerts.c). */
extern const struct key config_alert_keys[];
extern const size_t config_n_alert_keys;
void config_alert_defaults(struct config_alert *);
void config_check_alerts(const struct config *, struct config_findings *);

/* keys_context.options; ctx is the struct config_all. */
const json_t *config_options_read(void *ctx, struct keys_context *, const config_setting_t *);
void config_options_free(struct config_all *);

#endif
