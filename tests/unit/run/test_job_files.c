/* SPDX-License-Identifier: Apache-2.0
 * hub/run/job_files.c: only files that the admin named, gunzipped, damage noticed. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "run/job_files.h"

struct place {
    char dir[64];
    json_t *paths;
    struct job_files *files;
    char list_url[128];
};

static int set_up(void **state)
{
    struct place *p = xcalloc(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/omni-files-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    auto_free char *glob_text = xasprintf("%s/*.csv*", p->dir);
    p->paths = json_pack("[s]", glob_text);
    p->files = job_files_new(p->paths);
    snprintf(p->list_url, sizeof p->list_url, "file-list:%s", glob_text);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"a.csv", "b.csv.gz", "c.csv", "secret.txt"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        auto_free char *path = xasprintf("%s/%s", p->dir, names[i]);
        unlink(path);
    }
    rmdir(p->dir);
    job_files_free(p->files);
    json_decref(p->paths);
    free(p);
    return 0;
}

static char *path_of(const struct place *p, const char *name)
{
    return xasprintf("%s/%s", p->dir, name);
}

static void put(const struct place *p, const char *name, const char *bytes, size_t n)
{
    auto_free char *path = path_of(p, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static omni_status collect(void *ctx, const void *bytes, size_t n, struct err *err)
{
    return buf_add(ctx, bytes, n) ? OMNI_OK : err_set(err, OMNI_E_DATA, "too much");
}

static omni_status read_file(struct place *p, const char *name, struct buf *out, struct err *err)
{
    auto_free char *url = xasprintf("file:%s/%s", p->dir, name);
    return job_files_read(p->files, url, out, collect, err);
}

static void list(struct place *p, struct buf *out)
{
    struct err err = {0};
    assert_int_equal(job_files_list(p->files, p->list_url, out, &err), OMNI_OK);
}

/* Changed so many seconds ago, on the full second. */
static void set_age(const struct place *p, const char *name, time_t seconds)
{
    auto_free char *path = path_of(p, name);
    time_t at = time(NULL) - seconds;
    assert_int_equal(utime(path, &(struct utimbuf){at, at}), 0);
}

static void lists_the_oldest_first(void **state)
{
    struct place *p = *state;
    put(p, "b.csv.gz", "x", 1);
    put(p, "c.csv", "12345", 5);
    put(p, "a.csv", "12345678", 8);
    set_age(p, "b.csv.gz", 50);
    set_age(p, "c.csv", 50);
    set_age(p, "a.csv", 10);
    put(p, "secret.txt", "no", 2);
    auto_buf out = BUF_INIT(10000);
    list(p, &out);
    struct err err = {0};
    auto_json *reply = json_parse(out.data, out.len, &err);
    const json_t *files = json_object_get(reply, "files");
    assert_int_equal(json_array_size(files), 3);
    assert_int_equal(json_int(json_array_get(files, 2), "size", -1), 8);
    assert_true(json_int(json_array_get(files, 0), "mtime_ns", -1) > 0);
    auto_free char *b = path_of(p, "b.csv.gz"), *c = path_of(p, "c.csv");
    assert_string_equal(json_text(json_array_get(files, 0), "path"), b); /* of one age: by name */
    assert_string_equal(json_text(json_array_get(files, 1), "path"), c);
}

static void refuses_globs_that_were_not_named(void **state)
{
    struct place *p = *state;
    auto_buf out = BUF_INIT(10000);
    struct err err = {0};
    assert_int_equal(job_files_list(p->files, "file-list:/etc/*", &out, &err), OMNI_E_CONFIG);
    assert_non_null(strstr(err.text, "/etc/*"));
    assert_int_equal(out.len, 0);
}

static void refuses_files_that_were_not_listed(void **state)
{
    struct place *p = *state;
    put(p, "secret.txt", "no", 2);
    put(p, "a.csv", "yes", 3);
    auto_buf out = BUF_INIT(10000);
    struct err err = {0};
    assert_int_equal(read_file(p, "a.csv", &out, &err), OMNI_E_CONFIG); /* not listed yet */
    auto_buf listing = BUF_INIT(10000);
    list(p, &listing);
    assert_int_equal(read_file(p, "secret.txt", &out, &err), OMNI_E_CONFIG);
    assert_int_equal(out.len, 0);
    assert_int_equal(read_file(p, "a.csv", &out, &err), OMNI_OK);
    assert_string_equal(buf_text(&out), "yes");
}

static size_t zip(const char *text, char *out, size_t max)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)text;
    z.avail_in = (unsigned)strlen(text);
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)max;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = max - z.avail_out;
    deflateEnd(&z);
    return n;
}

static void gunzips_members_one_after_the_other(void **state)
{
    struct place *p = *state;
    char bytes[512];
    size_t n = zip("first,", bytes, sizeof bytes);
    n += zip("second", bytes + n, sizeof bytes - n);
    put(p, "b.csv.gz", bytes, n);
    auto_buf listing = BUF_INIT(10000), out = BUF_INIT(10000);
    struct err err = {0};
    list(p, &listing);
    assert_int_equal(read_file(p, "b.csv.gz", &out, &err), OMNI_OK);
    assert_string_equal(buf_text(&out), "first,second");
}

static void notices_truncated_gzip(void **state)
{
    struct place *p = *state;
    char bytes[512];
    size_t n = zip("a row that is long enough to be cut off somewhere", bytes, sizeof bytes);
    put(p, "b.csv.gz", bytes, n - 9);
    auto_buf listing = BUF_INIT(10000), out = BUF_INIT(10000);
    struct err err = {0};
    list(p, &listing);
    assert_int_equal(read_file(p, "b.csv.gz", &out, &err), OMNI_E_DATA);
    assert_non_null(strstr(err.text, "ends too early"));
    assert_non_null(strstr(err.text, "b.csv.gz"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(lists_the_oldest_first, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_globs_that_were_not_named, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_files_that_were_not_listed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(gunzips_members_one_after_the_other, set_up, tear_down),
    cmocka_unit_test_setup_teardown(notices_truncated_gzip, set_up, tear_down),
};

UNIT_MAIN(tests)
