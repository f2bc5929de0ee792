/* SPDX-License-Identifier: Apache-2.0
 * hub/http/intake.c and attempt.c on the wire: lies, stalls, bombs, floods, HTML. */
#include <config.h>

#include "fixture.h"

#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"

static const struct http_options impatient = {
    .limits = {.max_attempts = 1, .stall_ms = 1000, .connect_ms = 2000, .max_body = 100000}};

/* One reply, one GET: what came of it. */
static omni_status get_one(struct fixture *f, struct stub_reply reply,
                           const struct http_options *options)
{
    static struct stub_reply replies[2];
    replies[0] = reply;
    fixture_start(f, replies, options);
    return fixture_get(f, "/x");
}

static void hands_out_a_reply(void **state)
{
    (void)state;
    struct fixture f;
    omni_status status =
        get_one(&f,
                (struct stub_reply){"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\n"
                                    "X-Mixed-Case:  a\x01\tb  \r\nContent-Length: 2\r\n\r\n{}"},
                NULL);
    assert_int_equal(status, OMNI_OK);
    assert_int_equal(f.reply.status, 200);
    assert_string_equal(f.reply.body, "{}");
    assert_string_equal(f.reply.headers[0], "x-mixed-case: a  b");
    assert_string_equal(f.reply.headers[1], "content-length: 2");
    assert_null(f.reply.headers[2]);
    const char *request = stub_request(f.stub, 0);
    assert_contains(request, "GET /x HTTP/1.1\r\n");
    assert_contains(request, "Accept: application/json");
    assert_contains(request, "Accept-Encoding: ");
    assert_contains(request, "User-Agent: omnihub/");
    assert_lacks(request, "Content-Type");
    fixture_stop(&f);
}

struct fault {
    struct stub_reply reply;
    omni_status status;
    const char *text;
};

static const struct fault faults[] = {
    {{NULL, .then = STUB_CLOSE}, OMNI_E_RETRY, "Empty reply"},
    {{NULL, .then = STUB_RESET}, OMNI_E_RETRY, "reset"},
    {{"HTTP/1.1 200 OK\r\nContent-Len", .then = STUB_CLOSE}, OMNI_E_RETRY, "middle"},
    {{OK_JSON(10, "{\"a\""), .then = STUB_CLOSE}, OMNI_E_RETRY, "6 bytes"},
    {{OK_JSON(10, "{\"a\""), .then = STUB_RESET}, OMNI_E_RETRY, ""},
    {{OK_JSON(10, "{\"a\""), .then = STUB_STALL}, OMNI_E_RETRY, "too slow"},
    {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", .then = STUB_DRIP},
     OMNI_E_RETRY,
     ""},
    {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"", .then = STUB_CLOSE},
     OMNI_E_RETRY,
     ""},
    {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}"},
     OMNI_E_RETRY,
     "two different Content-Length"},
    {{"HTTP/1.1 200 OK\r\n", .then = STUB_FLOOD, .tail = "X-Endless: yes\r\n"},
     OMNI_E_DATA,
     "head is larger"},
    {{"HTTP/1.1 200 OK\r\n\r\n", .then = STUB_FLOOD, .tail = "[1,2,3,4,5,6,7,8,9]"},
     OMNI_E_DATA,
     "larger than 100000 bytes"},
    {{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"},
     OMNI_E_RETRY,
     ""},
    {{"SSH-2.0-OpenSSH_9.2\r\n", .then = STUB_CLOSE}, OMNI_E_DATA, "HTTP"},
};

static void names_every_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct fixture f;
        omni_status status = get_one(&f, faults[i].reply, &impatient);
        if (status != faults[i].status || !strstr(f.err.text, faults[i].text))
            fail_msg("fault %zu: %d %s", i, (int)status, f.err.text);
        assert_contains(f.err.text, "GET http://127.0.0.1:");
        fixture_stop(&f);
    }
}

static void gives_up_at_the_total_timeout(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.limits = {.max_attempts = 1, .total_ms = 300}};
    omni_status status = get_one(&f, (struct stub_reply){NULL, .then = STUB_STALL}, &o);
    assert_int_equal(status, OMNI_E_RETRY);
    assert_contains(f.err.text, "timed out");
    fixture_stop(&f);
}

/* A gzip reply of n times the byte 'a' in quotes. */
static void make_gzip_reply(struct buf *out, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, n);
    auto_free unsigned char *plain = xmalloc(n), *packed = xmalloc(room);
    memset(plain, 'a', n);
    plain[0] = plain[n - 1] = '"';
    z.next_in = plain;
    z.avail_in = (unsigned)n;
    z.next_out = packed;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_printf(out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n",
               z.total_out);
    buf_add(out, packed, z.total_out);
    deflateEnd(&z);
}

static void unpacks_gzip_but_no_bombs(void **state)
{
    (void)state;
    struct fixture f;
    auto_buf small = BUF_INIT(1 << 24), bomb = BUF_INIT(1 << 24);
    make_gzip_reply(&small, 50000);
    omni_status status = get_one(&f, (struct stub_reply){small.data, small.len}, NULL);
    assert_int_equal(status, OMNI_OK);
    assert_int_equal(f.reply.body_len, 50000);
    assert_true(http_counts(f.http).bytes < 1000);
    fixture_stop(&f);
    make_gzip_reply(&bomb, 20000000);
    const struct http_options once = {.limits = {.max_attempts = 1}};
    status = get_one(&f, (struct stub_reply){bomb.data, bomb.len}, &once);
    assert_int_equal(status, OMNI_E_DATA);
    assert_contains(f.err.text, "200 times its size");
    fixture_stop(&f);
}

static const struct {
    const char *head, *body;
    bool is_html;
} pages[] = {
    {"Content-Type: text/html; charset=utf-8", "<html><title>Please\n log in</title>", true},
    {"Content-Type: text/html", "Service paused", true},
    {"Content-Type: text/html", " {\"a\": 1}", false},
    {"Content-Type: application/json", "\n<!DOCTYPE html>", true},
    {"X-None: 1", "<html>", true},
    {"Content-Type: application/xml", "<?xml version=\"1.0\"?>", false},
    {"Content-Type: text/csv", "<a>,b", false},
};

static void refuses_web_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        struct fixture f;
        auto_free char *bytes = xasprintf("HTTP/1.1 200 OK\r\n%s\r\nContent-Length: %zu\r\n\r\n%s",
                                          pages[i].head, strlen(pages[i].body), pages[i].body);
        omni_status status = get_one(&f, (struct stub_reply){bytes}, NULL);
        if (status != (pages[i].is_html ? OMNI_E_DATA : OMNI_OK))
            fail_msg("page %zu: %d %s", i, (int)status, f.err.text);
        if (pages[i].is_html)
            assert_contains(f.err.text, "unexpected HTML");
        if (i == 0)
            assert_contains(f.err.text, "page \"Please log in\"");
        assert_int_equal(stub_requests(f.stub), 1);
        fixture_stop(&f);
    }
}

/* ---- streaming ---- */

struct reader {
    struct buf text;
    int begun;
    omni_status body_says;
};

static omni_status reader_begin(void *ctx, struct err *err)
{
    (void)err;
    struct reader *r = ctx;
    r->begun++;
    buf_clear(&r->text);
    return OMNI_OK;
}

static omni_status reader_body(void *ctx, const void *bytes, size_t n, struct err *err)
{
    struct reader *r = ctx;
    if (r->body_says != OMNI_OK)
        return err_set(err, r->body_says, "the reader stops");
    assert_true(buf_add(&r->text, bytes, n));
    return OMNI_OK;
}

static omni_status reader_envelope(void *ctx, const char **text, size_t *len, struct err *err)
{
    (void)ctx;
    (void)err;
    *text = "{\"rows\":[]}";
    *len = strlen(*text);
    return OMNI_OK;
}

static struct http_calls reader_calls(struct reader *r)
{
    *r = (struct reader){.text = BUF_INIT(10000)};
    return (struct http_calls){
        .ctx = r, .begin = reader_begin, .body = reader_body, .envelope = reader_envelope};
}

static omni_status stream(struct fixture *f, const struct http_calls *calls)
{
    const struct http_request request = {.url = "x"};
    return http_send(f->http, &request, calls, &f->reply, &f->err);
}

static void streams_and_begins_again(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    const struct http_calls calls = reader_calls(&r);
    const struct stub_reply replies[] = {
        {EMPTY("503 Busy")}, {OK_JSON(10, "[1,2"), .then = STUB_CLOSE}, {OK_JSON(5, "[1,2]")}, {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(stream(&f, &calls), OMNI_OK);
    assert_int_equal(r.begun, 2);
    assert_string_equal(buf_text(&r.text), "[1,2]");
    assert_string_equal(f.reply.body, "{\"rows\":[]}");
    buf_free(&r.text);
    fixture_stop(&f);
}

static void reader_may_stop_it(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    const struct http_calls calls = reader_calls(&r);
    const struct stub_reply replies[] = {{OK_JSON(3, "[1]")}, {OK_JSON(3, "[1]")}, {0}};
    fixture_start(&f, replies, NULL);
    r.body_says = OMNI_E_DATA;
    assert_int_equal(stream(&f, &calls), OMNI_E_DATA);
    assert_contains(f.err.text, "the reader stops");
    assert_int_equal(stub_requests(f.stub), 2); /* nonsense is asked for once more */
    buf_free(&r.text);
    fixture_stop(&f);
}

static void never_streams_faults_or_pages(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    const struct http_calls calls = reader_calls(&r);
    const struct stub_reply replies[] = {
        {"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnope"},
        {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
        {EMPTY("204 None")},
        {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(stream(&f, &calls), OMNI_E_CONFIG);
    assert_contains(f.err.text, "nope");
    assert_int_equal(stream(&f, &calls), OMNI_E_DATA);
    assert_int_equal(r.begun, 0);
    assert_int_equal(stream(&f, &calls), OMNI_OK);
    assert_int_equal(r.begun, 1);
    assert_int_equal(f.reply.status, 204);
    buf_free(&r.text);
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(hands_out_a_reply),
    cmocka_unit_test(names_every_fault),
    cmocka_unit_test(gives_up_at_the_total_timeout),
    cmocka_unit_test(unpacks_gzip_but_no_bombs),
    cmocka_unit_test(refuses_web_pages),
    cmocka_unit_test(streams_and_begins_again),
    cmocka_unit_test(reader_may_stop_it),
    cmocka_unit_test(never_streams_faults_or_pages),
};

UNIT_MAIN(tests)
