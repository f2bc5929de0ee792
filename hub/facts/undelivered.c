/* SPDX-License-Identifier: Apache-2.0
 * Alerts that do not get through. */
#include <config.h>

#include "facts/undelivered.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/outbox.h"

enum { TROUBLE_DAYS = 7 };

/* NULL: nothing is wrong with it, or it is long ago. */
static const char *trouble_of(const json_t *row)
{
    const char *code = json_text(row, "code"), *made = json_text(row, "made_at");
    struct day_clock at;
    if (!code)
        return json_int(row, "attempts", 0) > 0 && json_text(row, "message") ? "waiting" : NULL;
    if (!made || !day_parse_time(made, strlen(made), &at) ||
        at.day + TROUBLE_DAYS < day_now() / TIME_DAY)
        return NULL;
    if (strcmp(code, OUTBOX_SENT) == 0)
        return json_text(row, "message") ? "partly" : NULL;
    return strcmp(code, OUTBOX_DROPPED) == 0 ? NULL : code;
}

json_t *undelivered_find(const struct config *c, struct store *store, struct err *err)
{
    json_t *out = json_array();
    for (size_t i = 0; store && i < c->n_alerts; i++) {
        auto_json *rows = outbox_list(store, c->alerts[i].name, 1, err);
        const json_t *row = json_array_get(rows, 0);
        const char *state = row ? trouble_of(row) : NULL;
        if (!rows) {
            json_decref(out);
            return NULL;
        }
        if (!state)
            continue;
        json_t *one = json_pack("{s:s, s:s}", "alert", c->alerts[i].name, "state", state);
        json_put_text(one, "message", json_text(row, "message"));
        auto_free char *remedy = xasprintf(
            "omnihub alerts shows its messages, omnihub alerts --test %s sends another one",
            c->alerts[i].name);
        json_put_text(one, "remedy", remedy);
        json_array_append_new(out, one);
    }
    return out;
}
