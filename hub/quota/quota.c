/* SPDX-License-Identifier: Apache-2.0
 * Buckets that are used up, and runs that wait for them. The file is replaced as a whole under
 * state_dir/locks/quota.lock, and read without: a reader has the old one or the new one. A file
 * that cannot be read is as good as none, since the platform says it all again. */
#include <config.h>

#include "quota/quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum { FILE_MAX = 4 * 1024 * 1024, LOCK_WAIT_MS = 30000, MILLION = 1000000 };

struct quota {
    char *file, *locks;
    struct stat seen; /* of the file as it was read */
    json_t *content;  /* {"pauses": {bucket: {until, why}}, "parked": {key: {connector, …}},
                         "left": {key: {bucket, what, …}}} */
};

static json_t *empty(void)
{
    return json_pack("{s:{}, s:{}, s:{}}", "pauses", "parked", "left");
}

struct quota *quota_new(const char *state_dir)
{
    struct quota *q = xcalloc(1, sizeof *q);
    q->file = xasprintf("%s/quota", state_dir);
    q->locks = xasprintf("%s/locks", state_dir);
    q->content = empty();
    return q;
}

void quota_free(struct quota *q)
{
    if (!q)
        return;
    json_decref(q->content);
    free(q->file);
    free(q->locks);
    free(q);
}

/* ---- reading ---- */

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_again(struct quota *q)
{
    struct stat now = {0};
    struct err err = {0};
    auto_buf text = BUF_INIT(FILE_MAX);
    if (stat(q->file, &now) < 0)
        memset(&now, 0, sizeof now);
    if (is_same(&now, &q->seen))
        return;
    q->seen = now;
    json_t *content = NULL;
    if (now.st_ino && file_read(q->file, &text, &err) == OMNI_OK)
        content = json_parse(buf_text(&text), text.len, NULL);
    bool fine = json_is_object(json_object_get(content, "pauses")) &&
                json_is_object(json_object_get(content, "parked"));
    if (!fine) {
        json_decref(content);
        content = empty();
    }
    if (!json_is_object(json_object_get(content, "left"))) /* of an older program */
        json_object_set_new(content, "left", json_object());
    json_decref(q->content);
    q->content = content;
}

/* The real clock, also where a test set the hub's day: waits are real. */
int64_t quota_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 0 where it is over, or cannot be true. */
static int64_t until_of(const json_t *entry)
{
    int64_t until = json_int(entry, "until", 0), left = until - quota_now();
    return left > 0 && left <= QUOTA_PAUSE_MAX_MS ? until : 0;
}

int64_t quota_until(struct quota *q, const char *bucket, const char **why)
{
    read_again(q);
    const json_t *entry = json_object_get(json_object_get(q->content, "pauses"), bucket);
    if (why)
        *why = json_text(entry, "why");
    return entry ? until_of(entry) : 0;
}

static json_t *still_true(const json_t *entries, const char *key_name)
{
    json_t *out = json_array(), *entry;
    const char *key;
    json_object_foreach((json_t *)entries, key, entry)
    {
        if (!until_of(entry))
            continue;
        json_t *one = json_object();
        if (key_name)
            json_put_text(one, key_name, key);
        json_object_update(one, entry);
        json_array_append_new(out, one);
    }
    return out;
}

json_t *quota_pauses(struct quota *q)
{
    read_again(q);
    return still_true(json_object_get(q->content, "pauses"), "bucket");
}

json_t *quota_lefts(struct quota *q)
{
    read_again(q);
    return still_true(json_object_get(q->content, "left"), NULL);
}

int64_t quota_spare(struct quota *q, const char *bucket, int64_t keep_permillion, const char **why)
{
    const char *key;
    json_t *entry;
    int64_t latest = 0;
    read_again(q);
    json_object_foreach(json_object_get(q->content, "left"), key, entry)
    {
        const char *of = json_text(entry, "bucket");
        int64_t until = until_of(entry), limit = json_int(entry, "limit", 0);
        bool is_spare =
            (__int128)json_int(entry, "left", 0) * MILLION > (__int128)limit * keep_permillion;
        if (!of || strcmp(of, bucket) != 0 || until <= latest || limit <= 0 || is_spare)
            continue;
        latest = until;
        if (why)
            *why = json_text(entry, "why");
    }
    return latest;
}

json_t *quota_parked(struct quota *q)
{
    read_again(q);
    return still_true(json_object_get(q->content, "parked"), NULL);
}

/* ---- writing ---- */

static void drop_what_is_over(json_t *entries)
{
    const char *key;
    json_t *entry;
    void *next;
    json_object_foreach_safe(entries, next, key, entry) if (!until_of(entry))
        json_object_del(entries, key);
}

/* Who else asks there, and, where the platform names no limit, the most that was seen. */
static void merge_left(json_t *entry, const json_t *before)
{
    int64_t left = json_int(entry, "left", 0), most = json_int(before, "limit", 0);
    json_t *users = json_object_get(entry, "users"), *others = json_object_get(before, "users");
    if (json_is_object(others))
        json_object_update_missing(users, others);
    if (!json_object_get(entry, "limit"))
        json_put_int(entry, "limit", most > left ? most : left);
}

/* Puts the entry (taken over; NULL: takes it away) under the lock, so that no other's is lost. */
static omni_status put(struct quota *q, const char *kind, const char *key, json_t *entry_take,
                       struct err *err)
{
    static const struct file_patience patience = {.wait_ms = LOCK_WAIT_MS};
    auto_json *entry = entry_take;
    read_again(q);
    if (!entry && !json_object_get(json_object_get(q->content, kind), key))
        return OMNI_OK; /* the usual end of a pull: nothing is touched */
    auto_free char *path = xasprintf("%s/quota.lock", q->locks);
    auto_free char *holder = xasprintf("process %d", (int)getpid());
    if (file_make_dirs(q->locks, 0700, err) != OMNI_OK)
        return err->status;
    auto_close int lock = file_lock_wait(path, holder, &patience, err);
    if (lock < 0)
        return err->status;
    file_sweep(q->file);
    read_again(q);
    json_t *entries = json_object_get(q->content, kind);
    int64_t known = until_of(json_object_get(entries, key));
    bool is_pause = strcmp(kind, "pauses") == 0;
    if (entry && strcmp(kind, "left") == 0)
        merge_left(entry, json_object_get(entries, key));
    if ((is_pause && known >= json_int(entry, "until", 0)) || (!entry && !known))
        return OMNI_OK;
    if (entry)
        json_object_set(entries, key, entry);
    else
        json_object_del(entries, key);
    drop_what_is_over(json_object_get(q->content, "pauses"));
    drop_what_is_over(json_object_get(q->content, "parked"));
    drop_what_is_over(json_object_get(q->content, "left"));
    auto_free char *text = json_dumps(q->content, JSON_INDENT(1));
    return file_replace(q->file, text, strlen(text), 0600, err);
}

omni_status quota_pause(struct quota *q, const char *bucket, int64_t until, const char *why,
                        struct err *err)
{
    char text[QUOTA_WHY_MAX * 2];
    snprintf(text, sizeof text, "%.*s", QUOTA_WHY_MAX, why ? why : "");
    size_t n = log_redact(text, strlen(text));
    while (n && !text_is_utf8(text, n)) /* cut in the middle of a character */
        n--;
    json_t *entry = json_object();
    json_put_int(entry, "until", until);
    json_object_set_new(entry, "why", json_stringn(text, n));
    return put(q, "pauses", bucket, entry, err);
}

omni_status quota_note_left(struct quota *q, const struct quota_left *l, struct err *err)
{
    auto_free char *key = xasprintf("%s\t%s", l->bucket, l->what);
    auto_free char *why = xasprintf("%lld left by %s", (long long)l->left, l->what);
    int64_t now = quota_now(), longest = now + QUOTA_PAUSE_MAX_MS;
    int64_t until = l->resets_at > now ? l->resets_at : now + QUOTA_LEFT_MS;
    json_t *entry = json_object();
    json_put_text(entry, "bucket", l->bucket);
    json_put_text(entry, "what", l->what);
    json_put_int(entry, "left", l->left);
    if (l->limit > 0)
        json_put_int(entry, "limit", l->limit);
    json_put_int(entry, "at", now);
    json_put_int(entry, "until", until < longest ? until : longest);
    if (l->resets_at)
        json_put_int(entry, "resets_at", l->resets_at);
    json_put_text(entry, "why", why);
    json_object_set_new(entry, "users", json_object());
    json_put_flag(json_object_get(entry, "users"), l->user, true);
    return put(q, "left", key, entry, err);
}

omni_status quota_park(struct quota *q, const char *connector, const char *account, int64_t until,
                       struct err *err)
{
    auto_free char *key = xasprintf("%s\t%s", connector, account ? account : "");
    json_t *entry = NULL;
    if (until) {
        entry = json_object();
        json_put_text(entry, "connector", connector);
        json_put_text(entry, "account", account);
        json_put_int(entry, "until", until);
    }
    return put(q, "parked", key, entry, err);
}
