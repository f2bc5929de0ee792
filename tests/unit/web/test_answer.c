/* SPDX-License-Identifier: Apache-2.0
 * hub/web/answer.c over a small store: every path, and who may not ask. The server around it is
 * tested as a whole. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "schema/schema.h"
#include "store/events.h"
#include "store/store.h"
#include "web/answer.h"

struct lab {
    char dir[64];
    struct config *config;
    struct schema *schema;
    struct looker looker;
    struct web_counts counts;
    struct answerer *answerer;
};

static void write_config(const struct lab *l)
{
    auto_free char *path = xasprintf("%s/hub.conf", l->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "hub: { state_dir = \"%s\"; schema_dir = \"%s/conf/schema\"; };\n"
            "web: { hosts = (\"hub.example\"); };\n"
            "connectors = ( { name = \"shop\"; plugin = \"file\"; },\n"
            "  { name = \"other\"; plugin = \"file\"; schedule = \"@daily\"; } );\n",
            l->dir, TEST_SRCDIR);
    assert_int_equal(fclose(f), 0);
}

/* One good feed, one that failed with markup in its message, one run that still runs. */
static void fill(struct store *s)
{
    struct err err = {0};
    static const char *const streams[] = {"good", "bad", "busy"};
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        assert_true(store_feed(s,
                               &(struct store_feed){.connector = "shop",
                                                    .source = "file",
                                                    .stream = streams[i],
                                                    .account = "a<1>",
                                                    .dataset = "orders"},
                               &err) > 0);
        int64_t run = store_run_begin(s,
                                      &(struct store_run){.kind = "pull",
                                                          .connector = "shop",
                                                          .stream = streams[i],
                                                          .account = "a<1>",
                                                          .batch = "b"},
                                      &err);
        struct store_run_end end = {.outcome = i ? "failed" : "ok",
                                    .reason = i ? "data" : NULL,
                                    .message = i ? "<script>no</script>" : NULL};
        if (i < 2)
            assert_int_equal(store_run_finish(s, run, &end, &err), OMNI_OK);
    }
    static const struct event full = {EVENT_FAILING, "sink bi", "it is full", 0},
                              moved = {EVENT_DRIFT, "shop.good", "it <moved>", 0};
    assert_int_equal(event_raise(s, &full, &err), OMNI_OK);
    assert_int_equal(event_raise(s, &moved, &err), OMNI_OK);
}

static void open_lab(struct lab *l, bool with_store)
{
    struct err err = {0};
    *l = (struct lab){.dir = "/tmp/omnihub-answer-XXXXXX"};
    assert_non_null(mkdtemp(l->dir));
    write_config(l);
    auto_free char *path = xasprintf("%s/hub.conf", l->dir);
    struct config_findings *findings = config_findings_new();
    l->config = config_load(path, findings);
    config_findings_free(findings);
    assert_non_null(l->config);
    l->schema = schema_load(l->config->hub.schema_dir, &err);
    assert_non_null(l->schema);
    struct store *s = with_store ? store_open(l->dir, l->schema, STORE_WRITE, &err) : NULL;
    if (s)
        fill(s);
    store_close(s);
    l->looker = (struct looker){.config = l->config, .schema = l->schema, .tally = tally_new()};
    l->answerer = answerer_new(&l->looker, &l->counts);
}

static void close_lab(struct lab *l)
{
    static const char *const files[] = {"hub.conf", "store.db", "store.db-wal", "store.db-shm"};
    answerer_free(l->answerer);
    tally_free(l->looker.tally);
    schema_free(l->schema);
    config_free(l->config);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        auto_free char *path = xasprintf("%s/%s", l->dir, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(l->dir), 0); /* nothing else was made */
}

static int get(struct lab *l, const char *path, struct buf *body)
{
    const struct request r = {.method = "GET", .path = path, .host = "127.0.0.1"};
    struct answer a;
    answerer_answer(l->answerer, &r, &a);
    if (body)
        buf_adds(body, a.text ? a.text : buf_text(&a.body));
    buf_free(&a.body);
    return a.code;
}

static void has(struct lab *l, const char *path, const char *part)
{
    auto_buf body = BUF_INIT(1 << 20);
    get(l, path, &body);
    if (!strstr(buf_text(&body), part))
        fail_msg("%s has no %s:\n%s", path, part, buf_text(&body));
    assert_null(strstr(buf_text(&body), "<script"));
}

static void everything_is_told(void **state)
{
    struct lab l;
    (void)state;
    open_lab(&l, true);
    has(&l, "/", "2 things need attention");
    has(&l, "/", "sink bi");
    has(&l, "/", "&lt;script&gt;no&lt;/script&gt;");
    has(&l, "/", "it &lt;moved&gt;");
    has(&l, "/connectors/shop", "a&lt;1&gt;");
    has(&l, "/connectors/shop", "In its way");
    has(&l, "/connectors/other", "Nothing was pulled yet");
    has(&l, "/metrics",
        "omnihub_runs_total{kind=\"pull\",connector=\"shop\",outcome=\"failed\"} 1\n");
    has(&l, "/metrics", "omnihub_feeds{connector=\"shop\",stream=\"busy\",code=\"running\"} 1\n");
    has(&l, "/metrics", "omnihub_notices_open{kind=\"drift\"} 1\n");
    has(&l, "/readyz", "store: ok\n");
    has(&l, "/livez", "ok\n");
    has(&l, "/style.css", "color-scheme");
    assert_int_equal(get(&l, "/runs.json", NULL), 200);
    assert_int_equal(get(&l, "/restated.json", NULL), 200);
    assert_int_equal(get(&l, "/status.json", NULL), 200);
    assert_int_equal(get(&l, "/all.json", NULL), 200);
    assert_int_equal(get(&l, "/connectors/nobody", NULL), 404);
    assert_int_equal(get(&l, "/nothing", NULL), 404);
    close_lab(&l);
}

static void nothing_is_there_yet(void **state)
{
    struct lab l;
    auto_buf body = BUF_INIT(1 << 20);
    (void)state;
    open_lab(&l, false);
    has(&l, "/", "Nothing ran yet");
    has(&l, "/metrics", "omnihub_store_readable 1\n");
    assert_int_equal(get(&l, "/runs.json", &body), 200);
    assert_string_equal(buf_text(&body), "[]\n");
    close_lab(&l);
}

static void a_store_that_cannot_be_read_is_told(void **state)
{
    struct lab l;
    (void)state;
    open_lab(&l, false);
    auto_free char *path = xasprintf("%s/store.db", l.dir);
    FILE *f = fopen(path, "w");
    fputs("this is no SQLite file, whatever its name says; it is long enough to be looked at", f);
    fclose(f);
    has(&l, "/", "The hub cannot be read");
    has(&l, "/readyz", "store.db");
    has(&l, "/metrics", "omnihub_store_readable 0\n");
    assert_int_equal(get(&l, "/readyz", NULL), 503);
    assert_int_equal(get(&l, "/status.json", NULL), 503);
    assert_int_equal(get(&l, "/all.json", NULL), 503);
    assert_int_equal(get(&l, "/runs.json", NULL), 503);
    assert_int_equal(get(&l, "/connectors/shop", NULL), 503);
    close_lab(&l);
}

static void visitors_are_refused(void **state)
{
    static const struct {
        struct request request;
        int code;
    } cases[] = {
        {{"HEAD", "/", "localhost", NULL, false}, 200},
        {{"GET", "/", "hub.example:1", NULL, false}, 200},
        {{"GET", "/", "hub.example", "2", false}, 200},
        {{"POST", "/", "localhost", NULL, false}, 405},
        {{"GET", "/", "localhost", NULL, true}, 413},
        {{"GET", "/", NULL, NULL, false}, 400},
        {{"GET", "/", "evil.example", NULL, false}, 421},
        {{"GET", "/", "localhost", "0", false}, 400},
        {{"GET", "/", "localhost", "x", false}, 400},
    };
    struct lab l;
    (void)state;
    open_lab(&l, true);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answer a;
        answerer_answer(l.answerer, &cases[i].request, &a);
        if (a.code != cases[i].code)
            fail_msg("case %zu: %d", i, a.code);
        buf_free(&a.body);
    }
    close_lab(&l);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(everything_is_told),
    cmocka_unit_test(nothing_is_there_yet),
    cmocka_unit_test(a_store_that_cannot_be_read_is_told),
    cmocka_unit_test(visitors_are_refused),
};

UNIT_MAIN(tests)
