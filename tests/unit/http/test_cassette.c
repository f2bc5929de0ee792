/* SPDX-License-Identifier: Apache-2.0
 * hub/http/cassette.c and replay.c: recorded without secrets, replayed without the network. */
#include <config.h>

#include "fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define CANARY "c4nary-bearer/t0ken"
#define BINARY "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n\xff\x00\xfe binary"

static const char *const token[] = {CANARY, NULL};
static const struct http_login bearer = {.kind = OMNI_AUTH_BEARER, .values = token};
static const char *const scrub[] = {"acc0unt-4711", NULL};
static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/omnihub-cassette-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0 || unlink(path) != 0;
}

static int drop_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void read_cassette(struct buf *out)
{
    *out = BUF_INIT(1 << 20);
    assert_int_equal(file_read(path, out, NULL), OMNI_OK);
}

/* Closes the recorder and opens a player that cannot reach anybody. */
static void turn_over(struct fixture *f, const char *base_url)
{
    assert_int_equal(http_finish(f->http, &f->err), OMNI_OK);
    http_free(f->http);
    const struct http_options o = {.base_url = base_url, .replay = path};
    f->http = http_new(&o, &f->err);
    if (!f->http)
        fail_msg("%s", f->err.text);
}

static void replays_what_it_recorded(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.login = &bearer, .record = path, .scrub = scrub};
    const struct stub_reply replies[] = {
        {"HTTP/1.1 200 OK\r\nX-Page: 1\r\nSet-Cookie: sid=c4nary-sid\r\nContent-Length: 75\r\n\r\n"
         "{\"next\":\"/b?access_token=" CANARY "&after=2\",\"who\":\"acc0unt-4711\"}"},
        {EMPTY("503 Busy")},
        {BINARY, .len = sizeof BINARY - 1},
        {OK_JSON(2, "{}")},
        {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a?key=k3y-in-url"), OMNI_OK);
    assert_int_equal(fixture_get(&f, "/b?access_token=" CANARY "&after=2"), OMNI_OK);
    size_t binary_len = f.reply.body_len;
    assert_int_equal(fixture_post(&f, "/c", "{\"password\":\"pa55word\"}", 0), OMNI_OK);
    auto_free char *base = xstrdup(stub_url(f.stub));
    size_t asked = stub_requests(f.stub);
    turn_over(&f, base);

    auto_buf text;
    read_cassette(&text);
    static const char *const never[] = {CANARY,       "acc0unt-4711", "c4nary",
                                        "k3y-in-url", "pa55word",     "Bearer"};
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        assert_lacks(text.data, never[i]);
    assert_contains(text.data, "\"omnihub_cassette\": 1");
    assert_contains(text.data, "body_base64");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(fixture_get(&f, "/a?key=another"), OMNI_OK);
    assert_string_equal(f.reply.headers[0], "x-page: 1");
    assert_contains(f.reply.body, "/b?access_token=***&after=2");
    assert_int_equal(fixture_get(&f, "/b?access_token=***&after=2"), OMNI_OK);
    assert_int_equal(f.reply.body_len, binary_len);
    assert_memory_equal(f.reply.body, "\xff\x00\xfe", 3);
    assert_int_equal(http_counts(f.http).retries, 1); /* the 503 is on the tape too */
    assert_int_equal(fixture_post(&f, "/c", "{\"password\":\"***\"}", 0), OMNI_OK);
    assert_int_equal(stub_requests(f.stub), asked);
    fixture_stop(&f);
}

static void a_miss_is_clear(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.record = path};
    const struct stub_reply replies[] = {
        {OK_JSON(3, "[1]")}, {OK_JSON(3, "[2]")}, {OK_JSON(3, "[3]")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/rows?page=1"), OMNI_OK);
    assert_int_equal(fixture_get(&f, "/rows?page=1"), OMNI_OK);
    assert_int_equal(fixture_post(&f, "/report", "{\"day\":1}", OMNI_HTTP_REPEATABLE), OMNI_OK);
    auto_free char *base = xstrdup(stub_url(f.stub));
    turn_over(&f, base);
    assert_int_equal(fixture_get(&f, "/rows?page=1"), OMNI_OK);
    assert_string_equal(f.reply.body, "[1]");
    assert_int_equal(fixture_get(&f, "/rows?page=1"), OMNI_OK);
    assert_string_equal(f.reply.body, "[2]");
    assert_int_equal(fixture_get(&f, "/rows?page=1"), OMNI_E_CONFIG);
    assert_contains(f.err.text, "recorded 2 times");
    assert_int_equal(fixture_get(&f, "/rows?page=2"), OMNI_E_CONFIG);
    assert_contains(f.err.text, "nearest recorded: GET http://127.0.0.1:");
    assert_contains(f.err.text, "/rows?page=1");
    assert_int_equal(fixture_post(&f, "/report", "{\"day\":2}", 0), OMNI_E_CONFIG);
    assert_contains(f.err.text, "with another body");
    assert_int_equal(stub_requests(f.stub), 3);
    fixture_stop(&f);
}

static void redirects_and_tokens_stay_off_the_tape(void **state)
{
    (void)state;
    struct fixture f;
    static const char *const values[] = {"client", "cl13nt-s3cret", "r3fresh-secret", NULL};
    const struct http_login login = {
        .kind = OMNI_AUTH_OAUTH2_REFRESH, .values = values, .token_url = "/token"};
    const struct http_options o = {.login = &login, .record = path};
    const struct stub_reply replies[] = {
        {OK_JSON(28, "{\"access_token\":\"acc3ss-T1\"}"), .path = "/token"},
        {OK_JSON(28, "{\"access_token\":\"acc3ss-T2\"}"), .path = "/token"},
        {EMPTY("401 Old")},
        {EMPTY("302 Found\r\nLocation: /moved")},
        {OK_JSON(3, "[7]")},
        {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    auto_free char *base = xstrdup(stub_url(f.stub));
    turn_over(&f, base);
    auto_buf text;
    read_cassette(&text);
    assert_lacks(text.data, "acc3ss");
    assert_lacks(text.data, "/token");
    assert_lacks(text.data, "/moved");
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK); /* 401, then the renewed one */
    assert_string_equal(f.reply.body, "[7]");
    assert_int_equal(stub_requests(f.stub), 5);
    fixture_stop(&f);
}

static omni_status count_body(void *ctx, const void *bytes, size_t n, struct err *err)
{
    (void)bytes;
    (void)err;
    *(size_t *)ctx += n;
    return OMNI_OK;
}

static void streams_are_recorded_too(void **state)
{
    (void)state;
    struct fixture f;
    size_t seen = 0;
    const struct http_options o = {.record = path};
    const struct http_calls calls = {.ctx = &seen, .body = count_body};
    const struct http_request request = {.url = "/a"};
    const struct stub_reply replies[] = {{OK_JSON(5, "[1,2]")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(http_send(f.http, &request, &calls, &f.reply, &f.err), OMNI_OK);
    assert_int_equal(seen, 5);
    assert_string_equal(f.reply.body, "");
    auto_free char *base = xstrdup(stub_url(f.stub));
    turn_over(&f, base);
    assert_int_equal(http_send(f.http, &request, &calls, &f.reply, &f.err), OMNI_OK);
    assert_int_equal(seen, 10);
    fixture_stop(&f);
}

static void nothing_without_finish(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.record = path};
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    fixture_stop(&f);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* A secret that became known only after it was recorded. */
static void refuses_to_finish_with_a_secret(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.record = path};
    const struct stub_reply replies[] = {{OK_JSON(16, "{\"x\":\"l4te-one\"}")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    log_add_secret("l4te-one", 8);
    assert_int_equal(http_finish(f.http, &f.err), OMNI_E_BUG);
    assert_contains(f.err.text, "a secret is still in it");
    assert_int_not_equal(access(path, F_OK), 0);
    fixture_stop(&f);
}

static void refuses_what_is_no_cassette(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{\"exchanges\": []}",
        "{\"omnihub_cassette\": 2, \"exchanges\": []}",
        "{\"omnihub_cassette\": 1}",
        "{\"omnihub_cassette\": 1, \"exchanges\": [{}]}",
        "{\"omnihub_cassette\": 1, \"exchanges\": [{\"request\": {\"method\": \"GET\", \"url\": "
        "\"u\"}, \"reply\": {\"status\": \"200\"}}]}",
        "{\"omnihub_cassette\": 1, \"exchanges\": [{\"request\": {\"method\": \"GET\", \"url\": "
        "\"u\"}, \"reply\": {\"status\": 200, \"headers\": [1]}}]}",
        "{\"omnihub_cassette\": 1, \"exchanges\": [",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        const struct http_options o = {.base_url = "https://h.x", .replay = path};
        assert_int_equal(file_replace(path, bad[i], strlen(bad[i]), 0600, &err), OMNI_OK);
        assert_null(http_new(&o, &err));
        assert_int_equal(err.status, OMNI_E_CONFIG);
        assert_contains(err.text, path);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_path, drop_path)
static const struct CMUnitTest tests[] = {
    TEST(replays_what_it_recorded),
    TEST(a_miss_is_clear),
    TEST(redirects_and_tokens_stay_off_the_tape),
    TEST(streams_are_recorded_too),
    TEST(nothing_without_finish),
    TEST(refuses_to_finish_with_a_secret),
    TEST(refuses_what_is_no_cassette),
};

UNIT_MAIN(tests)
