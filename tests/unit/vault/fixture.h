/* SPDX-License-Identifier: Apache-2.0
 * A vault in a folder of its own. */
#ifndef TEST_VAULT_FIXTURE_H
#define TEST_VAULT_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "unit.h"
#include "vault/vault.h"

struct fixture {
    char dir[32];
    char *key, *file;
    struct vault_place place;
    struct err err;
};

static inline void fixture_start(struct fixture *f)
{
    *f = (struct fixture){.dir = "/tmp/omnihub-vault.XXXXXX"};
    assert_non_null(mkdtemp(f->dir));
    f->key = xasprintf("%s/vault.key", f->dir);
    f->file = xasprintf("%s/vault", f->dir);
    f->place = (struct vault_place){f->dir, f->key, false};
}

static inline int fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void fixture_stop(struct fixture *f)
{
    nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(f->key);
    free(f->file);
}

static inline void fixture_set(struct fixture *f, const char *name, const char *value)
{
    if (vault_set(&f->place, name, value, 0, &f->err) != OMNI_OK)
        fail_msg("%s", f->err.text);
}

static inline void assert_value(struct fixture *f, const char *name, const char *value)
{
    auto_free char *got = vault_get(&f->place, name, &f->err);
    if (!got)
        fail_msg("%s", f->err.text);
    assert_string_equal(got, value);
}

static inline void assert_closed(struct fixture *f, const char *name, const char *says)
{
    auto_free char *got = vault_get(&f->place, name, &f->err);
    assert_null(got);
    assert_int_equal(f->err.status, OMNI_E_CONFIG);
    if (!strstr(f->err.text, says))
        fail_msg("\"%s\" is not in \"%s\"", says, f->err.text);
}

/* The whole file; free(). */
static inline char *fixture_text(const char *path)
{
    struct err err = {0};
    struct buf text = BUF_INIT(1 << 20);
    if (file_read(path, &text, &err) != OMNI_OK)
        fail_msg("%s", err.text);
    return buf_take(&text);
}

static inline void fixture_write(const char *path, const char *text, unsigned mode)
{
    struct err err = {0};
    if (file_replace(path, text, strlen(text), mode, &err) != OMNI_OK)
        fail_msg("%s", err.text);
}

#endif
