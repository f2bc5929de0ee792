/* SPDX-License-Identifier: Apache-2.0
 * The vault's file: read and checked; changed under state_dir/locks/vault.lock, which guards the
 * whole file for as long as one change takes. */
#include <config.h>

#include "vault/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

enum { FILE_MAX = 64 * 1024 * 1024, LOCK_WAIT_MS = 60000 };

static char *file_path(const struct vault_place *place)
{
    return xasprintf("%s/vault", place->state_dir);
}

static json_t *empty_file(void)
{
    return json_pack("{s:i, s:i, s:[]}", "format", VAULT_FORMAT, "counter", 0, "secrets");
}

static omni_status check_mode(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, OMNI_E_CONFIG, "the vault %s is not a regular file", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, OMNI_E_CONFIG,
                       "the vault %s can be read by others (mode %04o); run: chmod 600 %s", path,
                       (unsigned)st.st_mode & 07777, path);
    return OMNI_OK;
}

static omni_status check_shape(const json_t *file, const char *path, struct err *err)
{
    int64_t format = json_int(file, "format", 0);
    const json_t *secrets = json_object_get(file, "secrets"), *record;
    size_t i;
    if (format > VAULT_FORMAT)
        return err_set(err, OMNI_E_CONFIG,
                       "the vault %s was written by a newer omnihub (format %lld, this one knows "
                       "%d): use that one",
                       path, (long long)format, VAULT_FORMAT);
    bool fine = format == VAULT_FORMAT && json_is_array(secrets);
    json_array_foreach(secrets, i, record)
    {
        const char *name = json_text(record, "name");
        fine = fine && name && vault_name_is_valid(name);
    }
    return fine ? OMNI_OK
                : err_set(err, OMNI_E_CONFIG,
                          "the vault %s is damaged: bring it back from a backup, or move it away "
                          "and store its secrets again with `omnihub secrets set`",
                          path);
}

json_t *vault_read_file(const struct vault_place *place, struct err *err)
{
    auto_free char *path = file_path(place);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return empty_file();
    if (fd < 0) {
        err_set(err, file_status(errno), "the vault %s cannot be opened: %s", path,
                strerror(errno));
        return NULL;
    }
    auto_buf text = BUF_INIT(FILE_MAX);
    if (check_mode(fd, path, err) != OMNI_OK || file_read_fd(fd, path, &text, err) != OMNI_OK)
        return NULL;
    json_t *file = json_parse(buf_text(&text), text.len, NULL);
    if (check_shape(file, path, err) == OMNI_OK)
        return file;
    json_decref(file);
    return NULL;
}

json_t *vault_record(const json_t *file, const char *name)
{
    json_t *record;
    size_t i;
    json_array_foreach(json_object_get(file, "secrets"), i, record)
    {
        if (strcmp(json_text(record, "name"), name) == 0)
            return record;
    }
    return NULL;
}

char *vault_lock_path(const struct vault_place *place, const char *name, struct err *err)
{
    auto_free char *folder = xasprintf("%s/locks", place->state_dir);
    if (file_make_dirs(folder, 0700, err) != OMNI_OK)
        return NULL;
    return xasprintf("%s/%s.lock", folder, name);
}

omni_status vault_edit_begin(struct vault_edit *e, const struct vault_place *place, struct err *err)
{
    static const struct file_patience patience = {.wait_ms = LOCK_WAIT_MS};
    *e = (struct vault_edit){.place = place, .lock = -1};
    auto_free char *path = vault_lock_path(place, "vault", err);
    if (!path)
        return err->status;
    auto_free char *holder = xasprintf("process %d", (int)getpid());
    e->lock = file_lock_wait(path, holder, &patience, err);
    if (e->lock < 0)
        return err->status;
    auto_free char *file = file_path(place);
    file_sweep(file);
    e->file = vault_read_file(place, err);
    if (!e->file)
        return err->status;
    /* Only where nothing could have been sealed with a key that is lost. */
    bool is_new = json_array_size(json_object_get(e->file, "secrets")) == 0;
    if (is_new && !place->is_credential && access(place->key_file, F_OK) < 0 && errno == ENOENT &&
        vault_keys_create(place, err) != OMNI_OK)
        return err->status;
    return vault_keys_read(&e->keys, place, err);
}

omni_status vault_edit_write(struct vault_edit *e, struct err *err)
{
    auto_free char *path = file_path(e->place);
    auto_free char *text = json_dumps(e->file, JSON_INDENT(1));
    if (!text)
        return err_set(err, OMNI_E_RETRY, "no memory to write the vault");
    return file_replace(path, text, strlen(text), 0600, err);
}

void vault_edit_end(struct vault_edit *e)
{
    json_decref(e->file);
    vault_keys_free(&e->keys);
    mem_auto_close(&e->lock);
}

int64_t vault_edit_version(struct vault_edit *e)
{
    int64_t version = json_int(e->file, "counter", 0) + 1;
    json_put_int(e->file, "counter", version);
    return version;
}
