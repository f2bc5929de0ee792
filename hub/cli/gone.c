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

/* Sets of names: there may be thousands. */
static json_t *configured(const struct config *c)
{
    json_t *names = json_object();
    for (size_t i = 0; i < c->n_connectors; i++)
        if (c->connectors[i].name)
            json_object_set_new(names, c->connectors[i].name, json_true());
    return names;
}

static json_t *names_of(const json_t *connectors)
{
    json_t *names = json_object();
    size_t i;
    const json_t *one;
    json_array_foreach(connectors, i, one)
    {
        json_object_set_new(names, json_text(one, "connector"), json_true());
    }
    return names;
}

json_t *gone_connectors(const struct config *c, struct store *store, struct err *err)
{
    auto_json *all = ledger_connectors(store, err), *names = configured(c);
    json_t *gone = all ? json_array() : NULL;
    json_t *one;
    size_t i;
    json_array_foreach(all, i, one)
    {
        if (json_int(one, "rows", 0) > 0 && !json_object_get(names, json_text(one, "connector")))
            json_array_append(gone, one);
    }
    return gone;
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
    if (json_array_size(gone) == 0)
        return OMNI_OK;
    auto_json *pulled = names_of(all);
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        const struct plugin_info *info =
            k->plugin && !k->is_disabled ? plugins_find(plugins, k->plugin) : NULL;
        const struct omni_source *source = info && info->module ? plugins_source(info) : NULL;
        if (source && k->name && !json_object_get(pulled, k->name))
            say_of(k, source, gone, say, ctx);
    }
    return OMNI_OK;
}
