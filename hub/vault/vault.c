/* SPDX-License-Identifier: Apache-2.0
 * Looking into the vault, storing, removing, and changing its key. */
#include <config.h>

#include "vault/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

bool vault_name_is_valid(const char *name)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t n = strlen(name);
    return n > 0 && n <= VAULT_NAME_MAX && name[0] != '.' && name[strspn(name, set)] == '\0';
}

/* ---- looking ---- */

static int by_name(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    return strcmp(json_text(*x, "name"), json_text(*y, "name"));
}

json_t *vault_list(const struct vault_place *place, struct err *err)
{
    auto_json *file = vault_read_file(place, err);
    if (!file)
        return NULL;
    const json_t *secrets = json_object_get(file, "secrets");
    size_t n = json_array_size(secrets);
    auto_free json_t **sorted = xcalloc(n + 1, sizeof(json_t *));
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(secrets, i);
    qsort(sorted, n, sizeof(json_t *), by_name);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_copy(sorted[i]);
        json_object_del(one, "nonce");
        json_object_del(one, "sealed");
        json_array_append_new(list, one);
    }
    return list;
}

const json_t *vault_find(const json_t *list, const char *name)
{
    const json_t *secret;
    size_t i;
    json_array_foreach(list, i, secret)
    {
        if (strcmp(json_text(secret, "name"), name) == 0)
            return secret;
    }
    return NULL;
}

omni_status vault_check(const struct vault_place *place, const json_t *secret, struct err *err)
{
    auto_vault_keys keys = {0};
    omni_status status = vault_keys_read(&keys, place, err);
    if (status != OMNI_OK || vault_keys_find(&keys, json_text(secret, "key")))
        return status;
    return err_set(err, OMNI_E_CONFIG,
                   "it was sealed with another key than the one in %s: put the right key back, or "
                   "store it again: omnihub secrets set %s",
                   place->key_file, json_text(secret, "name"));
}

char *vault_get(const struct vault_place *place, const char *name, struct err *err)
{
    auto_json *file = vault_read_file(place, err);
    if (!file)
        return NULL;
    const json_t *record = vault_record(file, name);
    if (!record) {
        err_set(err, OMNI_E_CONFIG,
                "there is no secret \"%s\" in the vault; store it: omnihub secrets set %s", name,
                name);
        return NULL;
    }
    auto_vault_keys keys = {0};
    if (vault_keys_read(&keys, place, err) != OMNI_OK)
        return NULL;
    auto_wiped *content = vault_unseal(record, &keys, err);
    const char *value = json_text(content, "value");
    return value ? xstrdup(value) : NULL;
}

/* ---- changing ---- */

static omni_status check_value(const char *name, const char *value, struct err *err)
{
    size_t n = strlen(value);
    if (!vault_name_is_valid(name))
        return err_set(
            err, OMNI_E_DATA,
            "\"%s\" is no name for a secret: letters, digits, \"_\", \"-\" and \".\", at "
            "most %d",
            name, VAULT_NAME_MAX);
    if (n == 0)
        return err_set(err, OMNI_E_DATA, "the value is empty");
    if (n > VAULT_VALUE_MAX)
        return err_set(err, OMNI_E_DATA, "the value is longer than %d bytes", VAULT_VALUE_MAX);
    if (!text_is_utf8(value, n))
        return err_set(err, OMNI_E_DATA,
                       "the value is not UTF-8 text; a binary secret has to be encoded (base64)");
    return OMNI_OK;
}

omni_status vault_set(const struct vault_place *place, const char *name, const char *value,
                      int64_t expires, struct err *err)
{
    auto_vault_edit e = {.lock = -1};
    omni_status status = check_value(name, value, err);
    if (status == OMNI_OK)
        status = vault_edit_begin(&e, place, err);
    if (status != OMNI_OK)
        return status;
    json_t *record = vault_record(e.file, name);
    if (!record) {
        record = json_object();
        json_array_append_new(json_object_get(e.file, "secrets"), record);
    }
    json_object_clear(record);
    json_put_text(record, "name", name);
    json_put_int(record, "version", vault_edit_version(&e));
    json_put_int(record, "updated", day_now() / TIME_SECOND);
    if (expires)
        json_put_int(record, "expires", expires);
    auto_wiped *content = json_object();
    json_put_text(content, "value", value);
    status = vault_seal(record, content, &e.keys, err);
    return status == OMNI_OK ? vault_edit_write(&e, err) : status;
}

omni_status vault_remove(const struct vault_place *place, const char *name, struct err *err)
{
    auto_vault_edit e = {.lock = -1};
    omni_status status = vault_edit_begin(&e, place, err);
    if (status != OMNI_OK)
        return status;
    json_t *secrets = json_object_get(e.file, "secrets"), *record;
    size_t i;
    json_array_foreach(secrets, i, record)
    {
        if (strcmp(json_text(record, "name"), name) != 0)
            continue;
        json_array_remove(secrets, i);
        return vault_edit_write(&e, err);
    }
    return err_set(err, OMNI_E_DATA, "there is no secret \"%s\" in the vault", name);
}

/* ---- another key ---- */

static omni_status seal_again(json_t *record, const struct vault_keys *keys, struct err *err)
{
    auto_wiped *content = vault_unseal(record, keys, err);
    return content ? vault_seal(record, content, keys, err) : err->status;
}

/* Everything that is not under the first key yet. */
static omni_status seal_all(struct vault_edit *e, size_t *n, struct err *err)
{
    json_t *record;
    size_t i;
    *n = 0;
    json_array_foreach(json_object_get(e->file, "secrets"), i, record)
    {
        const char *id = json_text(record, "key");
        if (id && strcmp(id, e->keys.ids[0]) == 0)
            continue;
        if (seal_again(record, &e->keys, err) != OMNI_OK)
            return err->status;
        ++*n;
    }
    return *n ? vault_edit_write(e, err) : OMNI_OK;
}

omni_status vault_rotate(const struct vault_place *place, size_t *n, struct err *err)
{
    auto_vault_edit e = {.lock = -1};
    *n = 0;
    omni_status status = vault_edit_begin(&e, place, err);
    if (status != OMNI_OK)
        return status;
    /* Several keys in a file: an earlier call was killed, and its new key is the first. */
    if (!place->is_credential && e.keys.n == 1) {
        status = vault_keys_add(place, &e.keys, err);
        vault_keys_free(&e.keys);
        if (status == OMNI_OK)
            status = vault_keys_read(&e.keys, place, err);
    }
    if (status == OMNI_OK)
        status = seal_all(&e, n, err);
    if (status == OMNI_OK && !place->is_credential)
        status = vault_keys_drop_old(place, &e.keys, err);
    return status;
}
