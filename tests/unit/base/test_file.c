/* SPDX-License-Identifier: Apache-2.0
 * hub/base/file.c: bounds, replacing, folders, locks. */
#include <config.h>

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static char dir[] = "/tmp/omnihub-file.XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const files[] = {"a", "lock"};
    static const char *const folders[] = {"x/y/z", "x/y", "x"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        unlink(files[i]);
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        rmdir(folders[i]);
    return rmdir(dir);
}

static int count_entries(void)
{
    int n = 0;
    DIR *d = opendir(".");
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void replaces_whole_files(void **state)
{
    (void)state;
    struct err err;
    struct stat st;
    assert_int_equal(file_replace("a", "first", 5, 0640, &err), OMNI_OK);
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(file_replace("a", "second!", 7, 0600, &err), OMNI_OK);
    auto_buf b = BUF_INIT(7);
    assert_int_equal(file_read("a", &b, &err), OMNI_OK);
    assert_string_equal(buf_text(&b), "second!");
    assert_int_equal(count_entries(), 1);
    assert_int_equal(file_replace("nowhere/a", "x", 1, 0600, &err), OMNI_E_CONFIG);
    assert_non_null(strstr(err.text, "nowhere/a"));
    assert_int_equal(file_make_dirs("x", 0700, &err), OMNI_OK);
    assert_int_equal(file_replace("x", "x", 1, 0600, &err), OMNI_E_CONFIG);
    assert_int_equal(count_entries(), 2);
}

static void creates_only_new_files(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(file_create("new", "first", 5, 0600, &err), OMNI_OK);
    assert_int_equal(file_create("new", "second", 6, 0600, &err), OMNI_E_CONFIG);
    auto_buf b = BUF_INIT(7);
    assert_int_equal(file_read("new", &b, &err), OMNI_OK);
    assert_string_equal(buf_text(&b), "first");
    assert_int_equal(count_entries(), 3); /* with what the test before made */
    unlink("new");
}

/* What a kill left, and nothing that a person put beside it. */
static void sweeps_its_own(void **state)
{
    (void)state;
    struct err err;
    static const char *const theirs[] = {"swept.txt", "swept.backup", "swept.sha256",
                                         "swept.omnihub-backup-1", "swept"};
    for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
        assert_int_equal(file_replace(theirs[i], "x", 1, 0600, &err), OMNI_OK);
    assert_int_equal(file_replace("swept.omnihub-aB3dEf", "half", 4, 0600, &err), OMNI_OK);
    file_sweep("swept");
    assert_int_equal(access("swept.omnihub-aB3dEf", F_OK), -1);
    for (size_t i = 0; i < ARRAY_LEN(theirs); i++) {
        assert_int_equal(access(theirs[i], F_OK), 0);
        unlink(theirs[i]);
    }
}

static bool is_asked(void *ctx)
{
    return ++*(int *)ctx > 2;
}

static void waits_for_its_turn(void **state)
{
    (void)state;
    struct err err;
    int asked = 0, held = file_lock("lock", "pid 17", &err);
    const struct file_patience cancelled = {
        .wait_ms = INT32_MAX, .ctx = &asked, .cancelled = is_asked};
    assert_int_equal(file_lock_wait("lock", "pid 18", &cancelled, &err), -1);
    assert_int_equal(err.status, OMNI_E_CANCELLED);
    assert_int_equal(asked, 3);
    const struct file_patience short_one = {.wait_ms = 1};
    assert_int_equal(file_lock_wait("lock", "pid 18", &short_one, &err), -1);
    assert_int_equal(err.status, OMNI_E_RETRY);
    assert_string_equal(err.text, "lock is locked by pid 17");
    close(held);
    held = file_lock_wait("lock", "pid 18", &short_one, &err);
    assert_true(held >= 0);
    close(held);
}

static void reading_is_bounded(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(file_replace("a", "second!", 7, 0600, &err), OMNI_OK);
    auto_buf small = BUF_INIT(6);
    assert_int_equal(file_read("a", &small, &err), OMNI_E_DATA);
    assert_string_equal(err.text, "a: larger than 6 bytes");
    assert_int_equal(file_read("missing", &small, &err), OMNI_E_CONFIG);
    assert_string_equal(err.text, "cannot open missing: No such file or directory");
    assert_int_equal(file_read(".", &small, &err), OMNI_E_CONFIG);
}

static void writing_fails_politely(void **state)
{
    (void)state;
    auto_close int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_false(file_write_all(full, "x", 1));
    assert_true(file_write_all(full, "", 0));
    assert_false(file_write_all(-1, "x", 1));
}

static void makes_folders(void **state)
{
    (void)state;
    struct err err;
    struct stat st;
    assert_int_equal(file_make_dirs("x/y//z/", 0700, &err), OMNI_OK);
    assert_int_equal(stat("x/y/z", &st), 0);
    assert_int_equal(file_make_dirs("x/y/z", 0700, &err), OMNI_OK);
    auto_free char *absolute = xasprintf("%s/x/y", dir);
    assert_int_equal(file_make_dirs(absolute, 0700, &err), OMNI_OK);
    assert_int_equal(file_make_dirs("/", 0700, &err), OMNI_OK);
    assert_int_equal(file_replace("a", "", 0, 0600, &err), OMNI_OK);
    assert_int_equal(file_make_dirs("a/b", 0700, &err), OMNI_E_CONFIG);
    assert_non_null(strstr(err.text, "the folder a"));
}

static void one_holder_at_a_time(void **state)
{
    (void)state;
    struct err err;
    int held = file_lock("lock", "pid 17 on shop", &err);
    assert_true(held >= 0);
    assert_int_equal(file_lock("lock", "pid 18", &err), -1);
    assert_string_equal(err.text, "lock is locked by pid 17 on shop");
    close(held);
    held = file_lock("lock", "pid 18", &err);
    assert_true(held >= 0);
    auto_buf b = BUF_INIT(100);
    assert_int_equal(file_read("lock", &b, &err), OMNI_OK);
    assert_string_equal(buf_text(&b), "pid 18");
    close(held);
    assert_int_equal(file_lock("nowhere/lock", "x", &err), -1);
    assert_int_equal(err.status, OMNI_E_CONFIG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(replaces_whole_files),   cmocka_unit_test(creates_only_new_files),
    cmocka_unit_test(waits_for_its_turn),     cmocka_unit_test(reading_is_bounded),
    cmocka_unit_test(writing_fails_politely), cmocka_unit_test(makes_folders),
    cmocka_unit_test(one_holder_at_a_time),   cmocka_unit_test(sweeps_its_own),
};

int main(void)
{
    return cmocka_run_group_tests(tests, setup, teardown);
}
