/* SPDX-License-Identifier: Apache-2.0
 * Renewing a secret. The lock of a secret is held over the request to the platform, that of the
 * file only while it is changed: others read and renew theirs meanwhile, and `omnihub secrets set`
 * waits for nobody's network. */
#include <config.h>

#include "vault/grant.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "vault/internal.h"

enum { LOGINS_MAX = 16 };

struct vault_grant {
    struct vault_place place; /* borrowed texts */
    char *name, *token_key, *until_key;
    int lock;
    int64_t version; /* of the record as this process knows it */
    bool is_replaced;
    struct vault_kept kept;
};

static void free_secret(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void vault_grant_end(struct vault_grant *g)
{
    if (!g)
        return;
    mem_auto_close(&g->lock);
    free_secret(&g->kept.value);
    free_secret(&g->kept.token);
    free(g->kept.why);
    free(g->name);
    free(g->token_key);
    free(g->until_key);
    free(g);
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static omni_status read_kept(struct vault_grant *g, struct err *err)
{
    auto_json *file = vault_read_file(&g->place, err);
    if (!file)
        return err->status;
    const json_t *record = vault_record(file, g->name);
    if (!record)
        return err_set(err, OMNI_E_CONFIG,
                       "there is no secret \"%s\" in the vault; store it: omnihub secrets set %s",
                       g->name, g->name);
    auto_vault_keys keys = {0};
    if (vault_keys_read(&keys, &g->place, err) != OMNI_OK)
        return err->status;
    auto_wiped *content = vault_unseal(record, &keys, err);
    if (!content)
        return err->status;
    g->version = json_int(record, "version", 0);
    g->kept = (struct vault_kept){.value = copy(json_text(content, "value")),
                                  .token = copy(json_text(content, g->token_key)),
                                  .token_until = json_int(content, g->until_key, 0),
                                  .asked = json_int(content, "asked", 0),
                                  .refused = json_int(record, "refused", 0),
                                  .why = copy(json_text(record, "why"))};
    return OMNI_OK;
}

struct vault_grant *vault_grant_begin(const struct vault_place *place, const char *name,
                                      const char *login, const struct file_patience *patience,
                                      struct err *err)
{
    auto_free char *lock = xasprintf("secret-%s", name);
    auto_free char *path = vault_lock_path(place, lock, err);
    if (!path)
        return NULL;
    struct vault_grant *g = xcalloc(1, sizeof *g);
    *g = (struct vault_grant){.place = *place,
                              .name = xstrdup(name),
                              .token_key = xasprintf("token.%s", login),
                              .until_key = xasprintf("until.%s", login)};
    auto_free char *holder = xasprintf("process %d", (int)getpid());
    g->lock = file_lock_wait(path, holder, patience, err);
    if (g->lock >= 0 && read_kept(g, err) == OMNI_OK)
        return g;
    vault_grant_end(g);
    return NULL;
}

const struct vault_kept *vault_grant_kept(const struct vault_grant *g)
{
    return &g->kept;
}

bool vault_grant_is_replaced(const struct vault_grant *g)
{
    return g->is_replaced;
}

/* ---- changing ---- */

/* What is changed, in the record and in what is sealed. */
typedef void change(const struct vault_grant *, json_t *record, json_t *content, const void *with);

static omni_status apply(struct vault_grant *g, change *how, const void *with, struct err *err)
{
    auto_vault_edit e = {.lock = -1};
    if (vault_edit_begin(&e, &g->place, err) != OMNI_OK)
        return err->status;
    json_t *record = vault_record(e.file, g->name);
    if (!record || json_int(record, "version", 0) != g->version) {
        g->is_replaced = true;
        log_info("secret %s was stored anew meanwhile; that one is kept", g->name);
        return OMNI_OK;
    }
    auto_wiped *content = vault_unseal(record, &e.keys, err);
    if (!content)
        return err->status;
    int64_t version = vault_edit_version(&e);
    json_put_int(record, "version", version);
    how(g, record, content, with);
    omni_status status = vault_seal(record, content, &e.keys, err);
    if (status == OMNI_OK)
        status = vault_edit_write(&e, err);
    if (status == OMNI_OK)
        g->version = version;
    return status;
}

static void put_asked(const struct vault_grant *g, json_t *record, json_t *content,
                      const void *with)
{
    (void)g, (void)record, (void)with;
    json_put_int(content, "asked", day_now() / TIME_SECOND);
}

omni_status vault_grant_asking(struct vault_grant *g, struct err *err)
{
    return apply(g, put_asked, NULL, err);
}

/* Logins that are no longer in the configuration leave tokens behind. */
static void drop_old_tokens(json_t *content)
{
    const char *key;
    json_t *value;
    void *next;
    if (json_object_size(content) <= 2 * LOGINS_MAX)
        return;
    json_object_foreach_safe(content, next, key, value) if (strncmp(key, "token.", 6) == 0 ||
                                                            strncmp(key, "until.", 6) == 0)
        json_object_del(content, key);
}

static void put_news(const struct vault_grant *g, json_t *record, json_t *content, const void *with)
{
    const struct vault_news *news = with;
    if (news->value) {
        json_put_text(content, "value", news->value);
        json_put_int(record, "updated", day_now() / TIME_SECOND);
    }
    if (news->expires)
        json_put_int(record, "expires", news->expires);
    drop_old_tokens(content);
    json_object_del(content, "asked");
    json_object_del(record, "refused");
    json_object_del(record, "why");
    json_put_text(content, g->token_key, news->token);
    json_put_int(content, g->until_key, news->token_until);
}

omni_status vault_grant_save(struct vault_grant *g, const struct vault_news *news, struct err *err)
{
    return apply(g, put_news, news, err);
}

static void put_refused(const struct vault_grant *g, json_t *record, json_t *content,
                        const void *with)
{
    json_object_del(content, g->token_key);
    json_object_del(content, g->until_key);
    json_put_int(record, "refused", day_now() / TIME_SECOND);
    json_put_text(record, "why", with);
}

omni_status vault_grant_refuse(struct vault_grant *g, const char *why, struct err *err)
{
    return apply(g, put_refused, why, err);
}
