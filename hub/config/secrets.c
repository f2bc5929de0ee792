/* SPDX-License-Identifier: Apache-2.0
 * Values that options refer to: from the environment, a file, the vault. */
#include <config.h>

#include "config/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "vault/vault.h"

enum { MAX_SECRET = 64 * 1024 };

bool secret_is_reference(const char *value)
{
    return text_starts(value, "env:") || text_starts(value, "file:") ||
           text_starts(value, "secret:");
}

bool secret_is_kept(const char *value)
{
    return secret_is_reference(value) && !text_starts(value, "env:");
}

static char *from_env(const char *name, const json_t *env, struct err *err)
{
    const char *value = json_string_value(json_object_get(env, name));
    if (value && *value)
        return xstrdup(value);
    err_set(err, OMNI_E_CONFIG,
            "the environment variable %s is not set; set it where the hub is started", name);
    return NULL;
}

static omni_status check_secret_file(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, OMNI_E_CONFIG, "%s: not a regular file", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: others may read this secret (mode %04o); run: chmod 600 %s", path,
                       (unsigned)st.st_mode & 07777, path);
    return OMNI_OK;
}

static char *from_file(const char *path, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err_set(err, file_status(errno), "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    auto_buf text = BUF_INIT(MAX_SECRET);
    if (check_secret_file(fd, path, err) != OMNI_OK)
        return NULL;
    if (file_read_fd(fd, path, &text, err) != OMNI_OK) {
        if (err)
            err->status = OMNI_E_CONFIG;
        return NULL;
    }
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.data[--text.len] = '\0';
    if (text.len == 0 || memchr(text.data, '\0', text.len)) {
        err_set(err, OMNI_E_CONFIG, "%s: %s", path,
                text.len ? "holds a NUL byte" : "is empty, where a secret was expected");
        return NULL;
    }
    return buf_take(&text);
}

const char *secret_name(const char *value)
{
    return value && text_starts(value, "secret:") ? value + 7 : NULL;
}

static char *from_vault(const char *name, const struct vault_place *vault, struct err *err)
{
    if (vault)
        return vault_get(vault, name, err);
    err_set(err, OMNI_E_CONFIG, "secret:%s: this job was told of no vault", name);
    return NULL;
}

char *secret_resolve(const char *value, const struct secret_sources *from, struct err *err)
{
    if (text_starts(value, "env:"))
        return from_env(value + 4, from->env, err);
    if (text_starts(value, "file:"))
        return from_file(value + 5, err);
    return secret_name(value) ? from_vault(secret_name(value), from->vault, err) : xstrdup(value);
}

void secret_hide(const json_t *values, const struct omni_option *const *declared)
{
    for (; declared && *declared; declared++) {
        const json_t *value = json_object_get(values, (*declared)->name);
        if ((*declared)->flags & OMNI_SECRET && json_is_string(value))
            log_add_secret(json_string_value(value), json_string_length(value));
    }
}
