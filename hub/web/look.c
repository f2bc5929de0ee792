/* SPDX-License-Identifier: Apache-2.0
 * Looks at store, service, vault and quotas, all of it without writing anything. The store is
 * opened for each look: between two of them it may be replaced, migrated or made. */
#include <config.h>

#include "web/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/backfills.h"
#include "store/ledger.h"

static struct store *open_store(const struct looker *l, bool *is_there, struct err *err)
{
    const char *state_dir = l->config->hub.state_dir;
    auto_free char *path = xasprintf("%s/store.db", state_dir);
    *is_there = access(path, F_OK) == 0 || errno != ENOENT;
    return *is_there ? store_open(state_dir, l->schema, STORE_WATCH, err) : NULL;
}

static void measure(struct look *look)
{
    struct stat st;
    struct statvfs fs;
    const char *state_dir = look->from->config->hub.state_dir;
    auto_free char *path = xasprintf("%s/store.db", state_dir);
    look->store_bytes = stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
    look->disk_free_bytes =
        statvfs(state_dir, &fs) == 0 ? (int64_t)fs.f_bavail * (int64_t)fs.f_frsize : -1;
}

/* The older a store's program, the less it has of it. */
static omni_status read_ledger(struct look *look, struct store *store, struct err *err)
{
    look->runs = ledger_runs(store, NULL, LOOK_RUNS, err);
    look->work = look->runs ? ledger_work(store, LOOK_RUNS, err) : NULL;
    look->restated = look->work ? ledger_restated(store, NULL, LOOK_RESTATED, err) : NULL;
    look->backfills = look->restated ? backfills_list(store, NULL, true, err) : NULL;
    look->sums = look->backfills ? tally_look(look->from->tally, store, err) : NULL;
    return look->sums ? OMNI_OK : err->status;
}

static omni_status read_all(struct look *look, struct store *store, struct err *doubt,
                            struct err *err)
{
    auto_json *service = facts_service(look->from->config);
    const struct facts_given given = {look->from->config, store, service,
                                      json_object_get(service, "apis")};
    omni_status status = facts_look(&look->facts, &given, doubt, err);
    return status == OMNI_OK && store ? read_ledger(look, store, err) : status;
}

struct look *look_take(const struct looker *from)
{
    struct err err = {0}, doubt = {0};
    struct look *look = xcalloc(1, sizeof *look);
    look->from = from;
    look->at = day_now();
    measure(look);
    struct store *store = open_store(from, &look->has_store, &err);
    bool is_open = store || !look->has_store;
    look->is_whole = is_open && read_all(look, store, &doubt, &err) == OMNI_OK;
    if (!look->is_whole)
        snprintf(look->why, sizeof look->why, "%s", err.text);
    else if (doubt.status != OMNI_OK)
        snprintf(look->why, sizeof look->why, "%s", doubt.text);
    store_close(store);
    return look;
}

void look_free(struct look *look)
{
    if (!look)
        return;
    facts_free(&look->facts);
    json_decref(look->runs);
    json_decref(look->work);
    json_decref(look->restated);
    json_decref(look->backfills);
    json_decref(look->sums);
    free(look);
}

struct look_at_one look_at_connector(const struct looker *l, const char *name)
{
    struct err err = {0};
    bool is_there;
    struct store *store = open_store(l, &is_there, &err);
    struct look_at_one one = {0};
    if (store) {
        one.runs = ledger_runs(store, name, LOOK_RUNS, &err);
        one.restated = ledger_restated(store, name, LOOK_RESTATED, &err);
    }
    store_close(store);
    return one;
}
