/* SPDX-License-Identifier: Apache-2.0
 * What is known of a hub from outside: how its connectors are, what stands in their way, whether a
 * service runs. `omnihub status` and omnihub-web show these same facts. */
#ifndef HUB_FACTS_H
#define HUB_FACTS_H

#include <jansson.h>

#include "config/config.h"
#include "facts/alert_facts.h"
#include "facts/standing.h"
#include "store/store.h"

struct facts_given {
    const struct config *config;
    struct store *store; /* NULL: nothing was ever pulled */
    json_t *service;     /* facts_service(); NULL: none runs */
    /* {plugin as in the configuration: facts_api()}; what is not in it is as the store has it. The
     * service's answer has one, "apis". */
    const json_t *apis;
};
struct facts {
    json_t *connectors; /* what `omnihub status --json` prints, see omnihub(1) */
    json_t *sinks;   /* [{sink, plugin, enabled, datasets: [ledger_delivery()], events, secrets}] */
    json_t *notices; /* events_list() of those that last, with alert_add_told() */
    json_t *service; /* as given */
    json_t *alerts;  /* alert_facts() */
    struct standing standing;
    size_t n_scheduled; /* connectors with a schedule */
};

/* {"ok", "pid", "version", "clock_held", "log_lost", "sandbox": {seccomp, landlock_abi}, "apis",
 * "connectors": [{connector, state, next_at}]} of the service that runs on this state; NULL where
 * none runs or it does not answer. */
json_t *facts_service(const struct config *);
/* {api_version, api_sunset} of a source, of which the plugin tells; NULL: nothing. */
json_t *facts_api(const struct omni_source *);
/* facts_free() in any case. OMNI_E_CONFIG: a schedule or zone cannot be used any more. `doubt` says
 * what of it cannot be read where the rest is told all the same. */
omni_status facts_look(struct facts *, const struct facts_given *, struct err *doubt, struct err *);
/* All of it as one object, as `omnihub status --json --all` prints it, see omnihub(1). New
 * reference. */
json_t *facts_all(const struct facts *);
void facts_free(struct facts *);
/* Of a feed: a part of a stream (an order's refunds, a report's other windows) that has brought
 * nothing yet. It has no run of its own, and nothing to tell to people. */
bool facts_is_idle_part(const json_t *feed);
/* Of a notice: is it about a sink, or about combining? Those about secrets are told with these. */
bool facts_is_of_no_connector(const json_t *notice);
/* Did the last delivery of one of the sink's datasets end badly, without an event that says so? A
 * fault that may pass is none before it came several times. */
bool facts_is_passing_fault(const json_t *sink, const json_t *delivery);

#endif
