/* SPDX-License-Identifier: Apache-2.0
 * hub/http/retry.c and verdict.c: what is sent again, how often, and what a status means. */
#include <config.h>

#include "fixture.h"

#include "base/log.h"
#include "base/mem.h"

static void passing_faults_pass(void **state)
{
    (void)state;
    static const char *const passing[] = {EMPTY("500 A"), EMPTY("502 B"), EMPTY("503 C"),
                                          EMPTY("408 D"), EMPTY("425 E"), EMPTY("429 F"),
                                          EMPTY("520 G"), EMPTY("421 H")};
    for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
        struct fixture f;
        const struct stub_reply replies[] = {{passing[i]}, {OK_JSON(2, "{}")}, {0}};
        fixture_start(&f, replies, NULL);
        if (fixture_get(&f, "/a") != OMNI_OK)
            fail_msg("%s: %s", passing[i], f.err.text);
        assert_int_equal(http_counts(f.http).retries, 1);
        assert_int_equal(http_counts(f.http).requests, 2);
        assert_int_equal(stub_connections(f.stub), 2); /* on a new connection */
        fixture_stop(&f);
    }
}

static const struct {
    const char *reply;
    omni_status status;
    const char *text;
} finals[] = {
    {EMPTY("400 Bad"), OMNI_E_CONFIG, "HTTP 400"},
    {EMPTY("404 No"), OMNI_E_CONFIG, "HTTP 404"},
    {EMPTY("405 No"), OMNI_E_CONFIG, "HTTP 405"},
    {EMPTY("410 Gone"), OMNI_E_CONFIG, "HTTP 410"},
    {EMPTY("422 No"), OMNI_E_CONFIG, "HTTP 422"},
    {EMPTY("401 Who"), OMNI_E_AUTH, "credentials"},
    {EMPTY("403 No"), OMNI_E_AUTH, "permission"},
    {EMPTY("304 Same"), OMNI_E_DATA, "HTTP 304"},
    {"HTTP/1.1 400 B\r\nContent-Length: 60\r\n\r\n"
     "{\"error\":\"(#2635) API version v19.0 is deprecated, upgrade!\"}",
     OMNI_E_CONFIG, "api_version"},
    {"HTTP/1.1 500 B\r\nContent-Type: text/html\r\nContent-Length: "
     "22\r\n\r\n<title>Broken</title>\n",
     OMNI_E_RETRY, "Broken"},
};

static void final_ones_are_not_repeated(void **state)
{
    (void)state;
    const struct http_options once = {.limits = {.max_attempts = 1}};
    for (size_t i = 0; i < ARRAY_LEN(finals); i++) {
        struct fixture f;
        const struct stub_reply replies[] = {{finals[i].reply}, {OK_JSON(2, "{}")}, {0}};
        fixture_start(&f, replies, finals[i].status == OMNI_E_RETRY ? &once : NULL);
        omni_status status = fixture_get(&f, "/a?key=hidden");
        if (status != finals[i].status || !strstr(f.err.text, finals[i].text))
            fail_msg("%zu: %d %s", i, (int)status, f.err.text);
        assert_contains(f.err.text, "/a: ");
        assert_lacks(f.err.text, "hidden");
        assert_int_equal(f.err.status, status);
        assert_int_equal(stub_requests(f.stub), 1);
        fixture_stop(&f);
    }
}

static void excerpts_hide_secrets(void **state)
{
    (void)state;
    struct fixture f;
    static char body[2000];
    memset(body, 'x', 295);
    strncpy(body + 295, "c4nary-in-an-error-body and more", sizeof body - 296);
    log_add_secret("c4nary-in-an-error-body", 23);
    auto_free char *bytes =
        xasprintf("HTTP/1.1 400 B\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    const struct stub_reply replies[] = {{bytes}, {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_CONFIG);
    assert_lacks(f.err.text, "c4n");
    assert_contains(f.err.text, "xxx***");
    fixture_stop(&f);
}

static void gives_up_after_the_attempts(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.limits = {.max_attempts = 3}};
    const struct stub_reply replies[] = {{EMPTY("503 A")}, {EMPTY("503 A")}, {EMPTY("503 A")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_RETRY);
    assert_contains(f.err.text, "after 3 attempts");
    assert_int_equal(f.reply.status, 503);
    assert_int_equal(stub_requests(f.stub), 3);
    fixture_stop(&f);
}

static void a_run_has_a_budget(void **state)
{
    (void)state;
    struct fixture f;
    static struct stub_reply replies[100];
    for (size_t i = 0; i < 99; i++)
        replies[i].bytes = EMPTY("503 A");
    const struct http_options o = {.limits = {.max_attempts = 4}};
    fixture_start(&f, replies, &o);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(fixture_get(&f, "/a"), OMNI_E_RETRY);
    assert_contains(f.err.text, "retries are used up");
    assert_in_range(http_counts(f.http).retries, 20, 24); /* 20, and a tenth of the requests */
    fixture_stop(&f);
}

static void posts_are_not_doubled(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {{EMPTY("503 A")},
                                         {NULL, .then = STUB_CLOSE},
                                         {EMPTY("503 A")},
                                         {OK_JSON(2, "{}")},
                                         {EMPTY("429 A")},
                                         {OK_JSON(2, "{}")},
                                         {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_post(&f, "/a", "{}", 0), OMNI_E_RETRY);
    assert_contains(f.err.text, "take effect twice");
    assert_int_equal(fixture_post(&f, "/a", "{}", 0), OMNI_E_RETRY);
    assert_int_equal(stub_requests(f.stub), 2);
    assert_int_equal(fixture_post(&f, "/a", "{}", OMNI_HTTP_REPEATABLE), OMNI_OK);
    assert_int_equal(fixture_post(&f, "/a", "{}", 0), OMNI_OK); /* 429: nothing was done */
    assert_contains(stub_request(f.stub, 5), "Content-Type: application/json\r\n");
    assert_contains(stub_request(f.stub, 5), "\r\n\r\n{}");
    fixture_stop(&f);
}

/* A platform that closes idle connections: the next POST must not be repeated behind our back. */
static void posts_use_a_new_connection(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {
        {OK_JSON(2, "{}")}, {OK_JSON(2, "{}")}, {OK_JSON(2, "{}")}, {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_int_equal(fixture_get(&f, "/b"), OMNI_OK);
    assert_int_equal(stub_connections(f.stub), 1);
    assert_int_equal(fixture_post(&f, "/c", "{}", 0), OMNI_OK);
    assert_int_equal(stub_connections(f.stub), 2);
    fixture_stop(&f);
}

static void refused_connections_repeat_even_posts(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply none[] = {{0}};
    struct stub *gone = stub_start(none);
    auto_free char *url = xstrdup(stub_url(gone));
    stub_stop(gone);
    const struct http_options o = {.base_url = url, .limits = {.max_attempts = 3}};
    fixture_start(&f, none, &o);
    assert_int_equal(fixture_post(&f, "/a", "{}", 0), OMNI_E_RETRY);
    assert_contains(f.err.text, "after 3 attempts");
    fixture_stop(&f);
}

static void long_waits_park(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {
        {EMPTY("429 A\r\nRetry-After: 3600")}, {EMPTY("503 A\r\nRetry-After: 1000000000")}, {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_THROTTLED);
    assert_int_equal(http_wait_ms(f.http), 3600000);
    assert_contains(f.err.text, "try again after 20");
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_THROTTLED);
    assert_int_equal(http_wait_ms(f.http), 86400000);
    assert_int_equal(stub_requests(f.stub), 2);
    fixture_stop(&f);
}

static void endless_throttling_parks(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.limits = {.max_attempts = 2}};
    const struct stub_reply replies[] = {
        {EMPTY("429 A")}, {EMPTY("429 A\r\nRetry-After: -1")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_THROTTLED);
    assert_int_equal(http_wait_ms(f.http), 60000);
    fixture_stop(&f);
}

/* ---- judge ---- */

struct judge {
    omni_status says[8];
    uint32_t wait_ms;
    size_t n;
    const char *text;
};

static omni_status judge(void *ctx, const struct http_reply *reply, uint32_t *wait_ms,
                         struct err *err)
{
    struct judge *j = ctx;
    assert_true(reply->status > 0);
    *wait_ms = j->wait_ms;
    if (j->text && j->says[j->n] != OMNI_OK)
        err_set(err, j->says[j->n], "%s", j->text);
    return j->says[j->n++];
}

static omni_status judged_get(struct fixture *f, struct judge *j)
{
    const struct http_calls calls = {.ctx = j, .judge = judge};
    const struct http_request request = {.url = "/a"};
    f->err = (struct err){0};
    return http_send(f->http, &request, &calls, &f->reply, &f->err);
}

static void judge_has_the_last_word(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")},
                                         {OK_JSON(2, "{}")},
                                         {EMPTY("404 N")},
                                         {EMPTY("500 N")},
                                         {EMPTY("503 N")},
                                         {EMPTY("400 N")},
                                         {0}};
    fixture_start(&f, replies, NULL);
    struct judge again = {.says = {OMNI_E_RETRY, OMNI_OK}, .wait_ms = 1};
    assert_int_equal(judged_get(&f, &again), OMNI_OK);
    assert_int_equal(again.n, 2);
    struct judge fine = {.says = {OMNI_OK}};
    assert_int_equal(judged_get(&f, &fine), OMNI_OK);
    assert_int_equal(f.reply.status, 404);
    struct judge much = {.says = {OMNI_E_TOO_MUCH}, .text = "reduce the amount"};
    assert_int_equal(judged_get(&f, &much), OMNI_E_TOO_MUCH);
    assert_contains(f.err.text, "reduce the amount");
    struct judge wait = {.says = {OMNI_E_THROTTLED}, .wait_ms = 120000};
    assert_int_equal(judged_get(&f, &wait), OMNI_E_THROTTLED);
    assert_int_equal(http_wait_ms(f.http), 120000);
    struct judge other = {.says = {OMNI_E_UNSUPPORTED}};
    assert_int_equal(judged_get(&f, &other), OMNI_E_CONFIG);
    assert_contains(f.err.text, "HTTP 400");
    fixture_stop(&f);
}

static void judge_cannot_bless_a_page(void **state)
{
    (void)state;
    struct fixture f;
#define PAGE "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    const struct stub_reply replies[] = {{PAGE}, {PAGE}, {0}};
    fixture_start(&f, replies, NULL);
    struct judge fine = {.says = {OMNI_OK}}, auth = {.says = {OMNI_E_AUTH}};
    assert_int_equal(judged_get(&f, &fine), OMNI_E_DATA);
    assert_contains(f.err.text, "unexpected HTML");
    assert_int_equal(judged_get(&f, &auth), OMNI_E_AUTH);
    assert_true(*f.err.text);
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(passing_faults_pass),
    cmocka_unit_test(final_ones_are_not_repeated),
    cmocka_unit_test(excerpts_hide_secrets),
    cmocka_unit_test(gives_up_after_the_attempts),
    cmocka_unit_test(a_run_has_a_budget),
    cmocka_unit_test(posts_are_not_doubled),
    cmocka_unit_test(posts_use_a_new_connection),
    cmocka_unit_test(refused_connections_repeat_even_posts),
    cmocka_unit_test(long_waits_park),
    cmocka_unit_test(endless_throttling_parks),
    cmocka_unit_test(judge_has_the_last_word),
    cmocka_unit_test(judge_cannot_bless_a_page),
};

UNIT_MAIN(tests)
