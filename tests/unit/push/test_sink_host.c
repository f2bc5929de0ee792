/* SPDX-License-Identifier: Apache-2.0
 * hub/push/sink_host.c: what a sink says goes up unchanged, what it must not do is refused, what it
 * lacks is named; when its cursors start anew. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "push/sink_host.h"

/* ---- a sink that does as a test tells it ---- */

static const struct omni_host *host;
static const struct omni_config *options;
static omni_status answer;
static const char *words;
static int closed;

static omni_status fake_open(const struct omni_host *h, const struct omni_config *c,
                             struct omni_run *run, void **self)
{
    host = h;
    options = c;
    *self = &answer;
    return answer == OMNI_OK ? OMNI_OK : (h->fail)(run, answer, words);
}

static void fake_close(void *self)
{
    (void)self;
    closed++;
}

static omni_status fake_begin(void *self, struct omni_run *run, const struct omni_delivery *d)
{
    (void)self, (void)d;
    if (!words)
        return answer;
    host->fail_detail(run, "option", "path");
    return (host->fail)(run, answer, words);
}

static omni_status fake_write(void *self, struct omni_run *run, const struct omni_batch *b)
{
    (void)self, (void)b;
    return host->rows(run, NULL, "$");
}

static omni_status fake_commit(void *self, struct omni_run *run)
{
    (void)self;
    return host->sleep_ms(run, 60000);
}

static void fake_abort(void *self, struct omni_run *run)
{
    (void)self, (void)run;
}

static const struct omni_option opt_path = {
    .size = sizeof opt_path, .type = OMNI_OPT_TEXT, .name = "path", .fallback = "/x"};
static const struct omni_option opt_password = {
    .size = sizeof opt_password, .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET, .name = "password"};
static const struct omni_option *const declared[] = {&opt_path, &opt_password, NULL};
static const struct omni_sink fake = {.size = sizeof fake,
                                      .name = "fake",
                                      .options = declared,
                                      .open = fake_open,
                                      .close = fake_close,
                                      .begin = fake_begin,
                                      .write = fake_write,
                                      .commit = fake_commit,
                                      .abort = fake_abort};

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static struct sink *open_with(const json_t *values, struct err *err)
{
    const struct sink_setup setup = {.name = "bi", .options = values, .cancelled = always};
    return sink_open_table(&fake, &setup, err);
}

static int setup(void **state)
{
    (void)state;
    answer = OMNI_OK;
    words = NULL;
    closed = 0;
    return 0;
}

/* ---- tests ---- */

static void its_words_go_up_unchanged(void **state)
{
    (void)state;
    struct err err;
    struct sink *sink = open_with(NULL, &err);
    assert_non_null(sink);
    answer = OMNI_E_CONFIG;
    words = "100%s full: /srv/bi.db";
    assert_int_equal(sink_begin(sink, NULL, &err), OMNI_E_CONFIG);
    assert_int_equal(err.status, OMNI_E_CONFIG);
    assert_string_equal(err.text, words);
    assert_string_equal(json_text(sink_details(sink), "option"), "path");
    /* The next failure does not inherit them. */
    words = NULL;
    assert_int_equal(sink_begin(sink, NULL, &err), OMNI_E_CONFIG);
    assert_string_equal(err.text, "sink \"bi\": begin() failed without saying why (config)");
    assert_null(sink_details(sink));
    sink_close(sink);
    assert_int_equal(closed, 1);
}

static void statuses_that_are_none(void **state)
{
    (void)state;
    struct err err;
    struct sink *sink = open_with(NULL, &err);
    for (int i = 0; i < 2; i++) {
        answer = i ? 1 : -10;
        assert_int_equal(sink_begin(sink, NULL, &err), OMNI_E_BUG);
        assert_non_null(strstr(err.text, "begin()"));
    }
    sink_close(sink);
}

static void calls_of_sources_are_refused(void **state)
{
    (void)state;
    struct err err;
    struct sink *sink = open_with(NULL, &err);
    assert_int_equal(sink_write(sink, NULL, &err), OMNI_E_UNSUPPORTED);
    assert_string_equal(err.text, "rows() is for sources; a sink cannot call it");
    assert_null(host->extension("omni.arrow/1"));
    sink_close(sink);
}

static void waiting_ends_with_cancel(void **state)
{
    (void)state;
    struct err err;
    struct sink *sink = open_with(NULL, &err);
    assert_true(sink_cancelled(sink));
    assert_int_equal(sink_commit(sink, &err), OMNI_E_CANCELLED);
    sink_close(sink);
}

static void a_failed_open_is_not_closed(void **state)
{
    (void)state;
    struct err err;
    answer = OMNI_E_AUTH;
    words = "who are you";
    assert_null(open_with(NULL, &err));
    assert_int_equal(err.status, OMNI_E_AUTH);
    assert_string_equal(err.text, words);
    assert_int_equal(closed, 0);
}

/* Built against an older header: what it does not have is not read. */
static void an_older_sink(void **state)
{
    (void)state;
    struct err err;
    struct omni_sink old = fake;
    old.size = offsetof(struct omni_sink, commit);
    const struct sink_setup setup = {.name = "bi"};
    assert_null(sink_open_table(&old, &setup, &err));
    assert_int_equal(err.status, OMNI_E_BUG);
    assert_string_equal(err.text, "sink \"bi\" breaks the plugin contract: it has no commit()");
}

static void optional_callbacks(void **state)
{
    (void)state;
    struct err err;
    struct sink *sink = open_with(NULL, &err);
    assert_int_equal(sink_check(sink, &err), OMNI_OK);
    assert_int_equal(sink_layout(sink, "x"), OMNI_BY_DAY);
    assert_string_equal(host->opt_text(options, "path"), "/x");
    sink_close(sink);
}

static void reader_of(const char *json, char out[128])
{
    struct err err;
    auto_json *values = json_loads(json, 0, NULL);
    struct sink *sink = open_with(values, &err);
    assert_non_null(sink);
    snprintf(out, 128, "%s", sink_reader(sink));
    sink_close(sink);
}

static void elsewhere_is_a_new_reader_a_new_password_is_not(void **state)
{
    (void)state;
    char a[128], b[128], c[128], d[128];
    reader_of("{\"path\": \"/a\", \"password\": \"1\"}", a);
    reader_of("{\"password\": \"2\", \"path\": \"/a\"}", b);
    reader_of("{\"path\": \"/b\", \"password\": \"1\"}", c);
    reader_of("{\"path\": \"/a\"}", d);
    assert_memory_equal(a, "sink:bi@", 8);
    assert_string_equal(a, b);
    assert_string_equal(a, d);
    assert_string_not_equal(a, c);
}

/* From the file: what the csv plugin as built says through the real host. */
static void a_plugin_file(void **state)
{
    (void)state;
    static const char path[] = TEST_BUILDDIR "/plugins/sinks/csv/.libs/csv.so";
    if (access(path, R_OK) != 0)
        skip();
    struct err err = {0};
    auto_json *values = json_pack("{s:s, s:s}", "directory", "/dev/null/x", "delimiter", ";");
    struct sink_setup setup = {.name = "files", .options = values};
    assert_null(sink_open(path, &setup, &err));
    assert_int_equal(err.status, OMNI_E_CONFIG);
    assert_string_equal(err.text, "/dev/null/x: cannot be opened: Not a directory");
    json_object_set_new(values, "directory", json_string("/tmp"));
    struct sink *sink = sink_open(path, &setup, &err);
    if (!sink)
        fail_msg("%s", err.text);
    assert_int_equal(sink_check(sink, &err), OMNI_OK);
    assert_int_equal(sink_layout(sink, "x"), OMNI_WHOLE);
    sink_close(sink);
    setup.plugin_sink = "cvs";
    assert_null(sink_open(path, &setup, &err));
    assert_string_equal(err.text, "plugin \"csv\" has no sink called \"cvs\"");
    assert_null(sink_open("/no/such.so", &setup, &err));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)
static const struct CMUnitTest tests[] = {
    TEST(its_words_go_up_unchanged),
    TEST(statuses_that_are_none),
    TEST(calls_of_sources_are_refused),
    TEST(waiting_ends_with_cancel),
    TEST(a_failed_open_is_not_closed),
    TEST(an_older_sink),
    TEST(optional_callbacks),
    TEST(elsewhere_is_a_new_reader_a_new_password_is_not),
    TEST(a_plugin_file),
};

UNIT_MAIN(tests)
