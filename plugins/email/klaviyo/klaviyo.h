/* SPDX-License-Identifier: Apache-2.0
 * What the reports need to know of an account: names, the metric of conversions, zone, currency. */
#ifndef PLUGIN_KLAVIYO_H
#define PLUGIN_KLAVIYO_H

#include <omnihub/sdk.h>

enum { MESSAGE_MAX = 1024, ID_MAX = 64, NAME_MAX = 256 };

/* A campaign that was sent, or a flow. */
struct named {
    char id[ID_MAX];
    int64_t sent; /* seconds since 1970 */
    char name[NAME_MAX];
};
struct names {
    struct named *all; /* by id */
    size_t n, room;
    int is_read;
};

struct klaviyo {
    const struct omni_host *hub;
    const struct omni_config *config;
    char revision[64], metric[ID_MAX], zone[64];
    const char *headers[3];
    struct names campaigns, flows;
    uint32_t pause_ms; /* before the next report */
    int knows_account, is_scope_missing;
};

/* Each item of each page of a list to take(); where that is NULL, as rows. */
typedef omni_status klaviyo_take(struct klaviyo *, struct omni_run *, void *ctx, struct omni_json);
omni_status klaviyo_read_list(struct klaviyo *, struct omni_run *, const char *first,
                              klaviyo_take *, void *ctx);
/* Who joined and left each list on each day of the request. */
omni_status klaviyo_list_growth(struct klaviyo *, struct omni_run *, const struct omni_request *);
/* The whole lists as rows. */
omni_status klaviyo_campaigns(struct klaviyo *, struct omni_run *);
omni_status klaviyo_flows(struct klaviyo *, struct omni_run *);
/* Each once for all windows: they hardly change during a run. */
omni_status klaviyo_learn_names(struct klaviyo *, struct omni_run *, int is_flow);
omni_status klaviyo_learn_metric(struct klaviyo *, struct omni_run *);
/* The id of the metric of this name; "": the account has none. */
omni_status klaviyo_find_metric(struct klaviyo *, struct omni_run *, const char *name,
                                const char *option, char id[ID_MAX]);
omni_status klaviyo_learn_account(struct klaviyo *, struct omni_run *, const char *account);
const struct named *klaviyo_find_name(const struct names *, const char *id);

#endif
