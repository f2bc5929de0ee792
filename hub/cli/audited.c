/* SPDX-License-Identifier: Apache-2.0
 * What commands and the service write into the audit log. */
#include <config.h>

#include "cli/audited.h"

#include <unistd.h>

#include "audit/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/plugins.h"
#include "run/control.h"

void audited(const struct config *c, const struct control_peer *peer, const char *event,
             json_t *detail_take)
{
    struct err err = {0};
    auto_json *detail = detail_take;
    const struct audit_entry entry = {.event = event,
                                      .uid = peer ? (int64_t)peer->uid : (int64_t)getuid(),
                                      .pid = peer ? (int64_t)peer->pid : (int64_t)getpid(),
                                      .detail = detail};
    auto_free char *text = detail ? json_print(detail) : xstrdup("");
    if (file_make_dirs(c->hub.state_dir, 0700, &err) != OMNI_OK ||
        audit_note(c->hub.state_dir, &entry, &err) != OMNI_OK)
        cli_error("%s", err.text);
    if (log_is_open())
        log_event(LOG_INFO, &(struct log_fields){.kind = LOG_AUDIT},
                  "audit: %s by user %lld (process %lld) %s", event, (long long)entry.uid,
                  (long long)entry.pid, text);
}

void audited_one(const struct config *c, const struct control_peer *peer, const char *event,
                 const char *key, const char *value)
{
    json_t *detail = json_object();
    json_put_text(detail, key, value);
    audited(c, peer, event, detail);
}

/* Of each file that was looked into. */
static void plugin_loaded(const struct config *c, const struct control_peer *peer,
                          const struct plugin_info *info)
{
    struct err err = {0};
    char hex[DIGEST_HEX] = "";
    json_t *detail = json_object();
    json_put_text(detail, "path", info->path);
    json_put_text(detail, "sha256",
                  digest_file(info->path, hex, &err) == OMNI_OK ? hex : "cannot be read");
    audited(c, peer, AUDIT_PLUGIN, detail);
}

void audited_configuration(const struct config *c, const struct control_peer *peer,
                           const char *path, const struct plugins *plugins)
{
    json_t *detail = json_object();
    json_put_text(detail, "path", path);
    json_put_text(detail, "sha256", c->sha256);
    audited(c, peer, AUDIT_CONFIGURATION, detail);
    for (size_t i = 0; i < plugins_count(plugins); i++)
        if (plugins_at(plugins, i)->path && plugins_at(plugins, i)->module)
            plugin_loaded(c, peer, plugins_at(plugins, i));
}

void audited_run(const struct cli *cli)
{
    json_t *detail = json_pack("{s:s, s:[]}", "command", cli->command->name, "names");
    for (int i = 0; i < cli->n_names; i++)
        json_array_append_new(json_object_get(detail, "names"), json_string(cli->names[i]));
    audited(cli->config, NULL, AUDIT_RUN, detail);
}
