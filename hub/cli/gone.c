/* SPDX-License-Identifier: Apache-2.0
 * Connectors that have rows in the store and are not in the configuration any more. */
#include <config.h>

#include "cli/gone.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/ledger.h"

json_t *gone_connectors(const struct config *c, struct store *store, struct err *err)
{
    auto_json *all = ledger_connectors(store, err);
    json_t *gone = all ? json_array() : NULL;
    json_t *one;
    size_t i;
    json_array_foreach(all, i, one)
    {
        if (json_int(one, "rows", 0) > 0 && !config_connector(c, json_text(one, "connector")))
            json_array_append(gone, one);
    }
    return gone;
}

static bool was_pulled(const json_t *all, const char *connector)
{
    size_t i;
    const json_t *one;
    json_array_foreach(all, i, one)
    {
        if (strcmp(json_text(one, "connector"), connector) == 0)
            return true;
    }
    return false;
}

static void say_of(const struct config_connector *k, const struct omni_source *source,
                   const json_t *gone, gone_say *say, void *ctx)
{
    size_t i;
    const json_t *one;
    json_array_foreach(gone, i, one)
    {
        if (strcmp(json_text(one, "source"), source->name) != 0)
            continue;
        auto_free char *text = xasprintf(
            "connector \"%s\" was never pulled, and \"%s\" of the same plugin is not in the "
            "configuration any more, but has %" PRId64 " row%s in the datasets: if it only got a "
            "new name, keep the old one, or everything counts twice",
            k->name, json_text(one, "connector"), json_int(one, "rows", 0),
            json_int(one, "rows", 0) == 1 ? "" : "s");
        say(ctx, k, text);
    }
}

omni_status gone_find_renamed(const struct plugins *plugins, struct store *store, gone_say *say,
                              void *ctx, struct err *err)
{
    const struct config *c = plugins_config(plugins);
    auto_json *all = ledger_connectors(store, err);
    auto_json *gone = all ? gone_connectors(c, store, err) : NULL;
    if (!gone)
        return err->status;
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        const struct plugin_info *info =
            k->plugin && !k->is_disabled ? plugins_find(plugins, k->plugin) : NULL;
        const struct omni_source *source = info && info->module ? plugins_source(info) : NULL;
        if (source && k->name && !was_pulled(all, k->name))
            say_of(k, source, gone, say, ctx);
    }
    return OMNI_OK;
}
