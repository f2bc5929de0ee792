/* SPDX-License-Identifier: Apache-2.0
 * The plugin's side of plugin.h: calls the loaded module's callbacks and offers it struct
 * omni_host, which passes everything on to a struct plugin_services. In the plugin process those
 * send frames; with isolation none they are the job's own. */
#ifndef HUB_GUEST_H
#define HUB_GUEST_H

#include <jansson.h>
#include <stdbool.h>

#include <omnihub/omnihub.h>

#include "base/err.h"
#include "plugin/plugin.h"

enum guest_call { GUEST_CHECK, GUEST_ACCOUNTS, GUEST_DISCOVER, GUEST_PULL, GUEST_TOTAL };

struct guest;

/* services must outlive it. */
struct guest *guest_new(const struct omni_module *, const struct plugin_services *services);
/* Closes the instance. */
void guest_free(struct guest *);
struct guest_opening {
    const char *source;
    const json_t *config; /* borrowed for the call */
    int32_t today;
    bool no_waits; /* sleep_ms() takes no time */
};
omni_status guest_open(struct guest *, const struct guest_opening *, struct err *);
/* request: PULL and TOTAL only; its stream is looked up by name among those that the module names
 * and those that were found. OMNI_E_UNSUPPORTED where the source lacks the callback. */
omni_status guest_call(struct guest *, enum guest_call, const struct omni_request *, struct err *);
omni_status guest_judge(struct guest *, const struct omni_http *, uint32_t *wait_ms);
/* One of enum omni_status, and not a number that nobody agreed on. */
bool guest_is_status(omni_status);
/* Copies a struct that crossed the ABI line: the smaller of both sizes, the rest zero. */
void guest_copy(void *to, size_t to_size, const void *from);
uint32_t guest_size(const void *from); /* as its author has filled it in */

#endif
