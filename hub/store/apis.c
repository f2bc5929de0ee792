/* SPDX-License-Identifier: Apache-2.0
 * What plugins said of their platform's API, kept. */
#include <config.h>

#include "store/apis.h"

#include "base/json.h"
#include "store/internal.h"

json_t *apis_list(struct store *s, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "apis", &has, err) != OMNI_OK)
        return NULL;
    if (!has) /* an older program's, and readers do not make it */
        return json_object();
    auto_stmt *stmt = sql_prepare(s->db, "SELECT plugin, version, sunset FROM apis", err);
    if (!stmt)
        return NULL;
    auto_json *out = json_object();
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        json_t *api = json_object();
        json_put_text(api, "api_version", sql_text(stmt, 1));
        json_put_text(api, "api_sunset", sql_text(stmt, 2));
        json_object_set_new(out, sql_text(stmt, 0), api);
    }
    return step == SQL_DONE ? json_incref(out) : NULL;
}

static omni_status write_one(struct store *s, const char *plugin, const json_t *api,
                             struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, "INSERT OR REPLACE INTO apis VALUES(?, ?, ?)", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "sss", plugin, json_text(api, "api_version"), json_text(api, "api_sunset"));
    return sql_run(stmt, err);
}

omni_status apis_note(struct store *s, const json_t *apis, struct err *err)
{
    auto_json *kept = apis_list(s, err);
    omni_status status = kept ? OMNI_OK : err->status;
    const char *plugin;
    json_t *api;
    json_object_foreach((json_t *)apis, plugin, api)
    {
        if (status == OMNI_OK && !json_equal(json_object_get(kept, plugin), api))
            status = write_one(s, plugin, api, err);
    }
    return status;
}
