/* SPDX-License-Identifier: Apache-2.0
 * hub/quota: what one job learns another reads, ends only move back, what is over is gone. */
#include <config.h>

#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "quota/quota.h"

enum { HOUR_MS = 3600 * 1000 };

static char dir[] = "/tmp/omnihub-quota.XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void pause_for(struct quota *q, const char *bucket, int64_t until)
{
    struct err err = {0};
    if (quota_pause(q, bucket, until, "429", &err) != OMNI_OK)
        fail_msg("%s", err.text);
}

static void what_one_learns_another_reads(void **state)
{
    (void)state;
    struct quota *one = quota_new(dir), *other = quota_new(dir);
    const char *why = NULL;
    int64_t until = quota_now() + HOUR_MS;
    assert_int_equal(quota_until(other, "a", &why), 0);
    pause_for(one, "a", until);
    assert_int_equal(quota_until(other, "a", &why), until);
    assert_string_equal(why, "429");
    assert_int_equal(quota_until(other, "b", NULL), 0);
    pause_for(other, "a", until - 1000); /* somebody knew less */
    assert_int_equal(quota_until(one, "a", NULL), until);
    pause_for(other, "a", until + 1000);
    assert_int_equal(quota_until(one, "a", NULL), until + 1000);
    auto_json *pauses = quota_pauses(one);
    assert_int_equal(json_array_size(pauses), 1);
    assert_string_equal(json_text(json_array_get(pauses, 0), "bucket"), "a");
    quota_free(one);
    quota_free(other);
}

static void what_is_over_or_cannot_be_is_gone(void **state)
{
    (void)state;
    struct quota *q = quota_new(dir);
    pause_for(q, "over", quota_now() - 1);
    assert_int_equal(quota_until(q, "over", NULL), 0);
    /* written by a clock that was wrong */
    pause_for(q, "years", quota_now() + INT64_C(5) * 365 * 86400 * 1000);
    assert_int_equal(quota_until(q, "years", NULL), 0);
    quota_free(q);
}

static void note(struct quota *q, const char *user, int64_t left, int64_t limit, int64_t resets_at)
{
    struct err err = {0};
    const struct quota_left l = {.bucket = "metered",
                                 .what = "calls",
                                 .user = user,
                                 .left = left,
                                 .limit = limit,
                                 .resets_at = resets_at};
    if (quota_note_left(q, &l, &err) != OMNI_OK)
        fail_msg("%s", err.text);
}

static void what_is_left_is_shared(void **state)
{
    (void)state;
    enum { KEEP = 700000 };
    struct quota *one = quota_new(dir), *other = quota_new(dir);
    const char *why = NULL;
    int64_t until = quota_now() + HOUR_MS;
    assert_int_equal(quota_spare(one, "metered", KEEP, NULL), 0);
    note(one, "ads", 71, 100, until);
    assert_int_equal(quota_spare(other, "metered", KEEP, NULL), 0);
    note(other, "shop", 70, 100, until);
    assert_int_equal(quota_spare(one, "metered", KEEP, &why), until);
    assert_string_equal(why, "70 left by calls");
    assert_int_equal(quota_spare(one, "metered", 0, NULL), 0);
    assert_int_equal(quota_spare(one, "another", KEEP, NULL), 0);
    auto_json *all = quota_lefts(one);
    const json_t *entry = json_array_get(all, 0);
    assert_int_equal(json_array_size(all), 1);
    assert_int_equal(json_int(entry, "left", -1), 70);
    assert_int_equal(json_object_size(json_object_get(entry, "users")), 2);
    quota_free(one);
    quota_free(other);
}

/* The most that was ever left is taken for all there is; without a time it is believed for a while
 * only. */
static void a_limit_that_is_not_said(void **state)
{
    (void)state;
    struct quota *q = quota_new(dir);
    const struct quota_left first = {.bucket = "open", .what = "x", .user = "a", .left = 200};
    struct quota_left later = first;
    struct err err = {0};
    later.left = 100;
    assert_int_equal(quota_note_left(q, &first, &err), OMNI_OK);
    assert_int_equal(quota_spare(q, "open", 700000, NULL), 0);
    assert_int_equal(quota_note_left(q, &later, &err), OMNI_OK);
    int64_t until = quota_spare(q, "open", 700000, NULL);
    assert_in_range(until, quota_now() + 1, quota_now() + QUOTA_LEFT_MS);
    quota_free(q);
}

static void parked_runs(void **state)
{
    (void)state;
    struct quota *q = quota_new(dir);
    struct err err = {0};
    int64_t until = quota_now() + HOUR_MS;
    assert_int_equal(quota_park(q, "ads", "act_1", until, &err), OMNI_OK);
    assert_int_equal(quota_park(q, "ads", "act_2", until + 1, &err), OMNI_OK);
    assert_int_equal(quota_park(q, "web", "", 0, &err), OMNI_OK);
    auto_json *two = quota_parked(q);
    assert_int_equal(json_array_size(two), 2);
    assert_int_equal(quota_park(q, "ads", "act_1", 0, &err), OMNI_OK);
    auto_json *one = quota_parked(q);
    assert_int_equal(json_array_size(one), 1);
    assert_string_equal(json_text(json_array_get(one, 0), "account"), "act_2");
    /* a parked run's end may also come nearer */
    assert_int_equal(quota_park(q, "ads", "act_2", until - 5, &err), OMNI_OK);
    auto_json *sooner = quota_parked(q);
    assert_int_equal(json_int(json_array_get(sooner, 0), "until", 0), until - 5);
    quota_free(q);
}

static void a_damaged_file_is_as_good_as_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{", "[]", "{\"pauses\":1,\"parked\":2}"};
    auto_free char *path = xasprintf("%s/quota", dir);
    struct err err = {0};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct quota *q = quota_new(dir);
        assert_int_equal(file_replace(path, texts[i], strlen(texts[i]), 0600, &err), OMNI_OK);
        assert_int_equal(quota_until(q, "a", NULL), 0);
        int64_t until = quota_now() + HOUR_MS;
        pause_for(q, "a", until);
        assert_int_equal(quota_until(q, "a", NULL), until);
        quota_free(q);
    }
}

static void nothing_of_many_writers_is_lost(void **state)
{
    (void)state;
    enum { WRITERS = 4, TIMES = 10 };
    pid_t pids[WRITERS];
    int64_t until = quota_now() + HOUR_MS;
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        struct quota *own = quota_new(dir);
        for (int k = 0; k < TIMES; k++) {
            auto_free char *bucket = xasprintf("many %d %d", i, k);
            struct err err = {0};
            if (quota_pause(own, bucket, until, "429", &err) != OMNI_OK)
                _exit(1);
        }
        quota_free(own);
        _exit(0);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    struct quota *q = quota_new(dir);
    for (int i = 0; i < WRITERS * TIMES; i++) {
        auto_free char *bucket = xasprintf("many %d %d", i / TIMES, i % TIMES);
        assert_int_equal(quota_until(q, bucket, NULL), until);
    }
    quota_free(q);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_one_learns_another_reads),
    cmocka_unit_test(what_is_over_or_cannot_be_is_gone),
    cmocka_unit_test(what_is_left_is_shared),
    cmocka_unit_test(a_limit_that_is_not_said),
    cmocka_unit_test(parked_runs),
    cmocka_unit_test(a_damaged_file_is_as_good_as_none),
    cmocka_unit_test(nothing_of_many_writers_is_lost),
};

int main(void)
{
    return cmocka_run_group_tests(tests, setup, teardown);
}
