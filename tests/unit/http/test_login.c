/* SPDX-License-Identifier: Apache-2.0
 * hub/http/login*.c and token.c: every kind of login, tokens that live, rotate and die. */
#include <config.h>

#include "fixture.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#define TOKEN(len, body)                                                                           \
    {                                                                                              \
        .path = "/token", .bytes = OK_JSON(len, body)                                              \
    }

static void sends_static_logins(void **state)
{
    (void)state;
    static const char *const one[] = {"v&lue=1", NULL}, *const two[] = {"me", "pa:ss", NULL},
                             *const stripe[] = {"sk_live_1", "", NULL};
    static const struct {
        struct http_login login;
        const char *expected;
    } cases[] = {
        {{OMNI_AUTH_BEARER, one}, "\r\nAuthorization: Bearer v&lue=1\r\n"},
        {{OMNI_AUTH_HEADER, one, .header = "X-Key"}, "\r\nX-Key: v&lue=1\r\n"},
        {{OMNI_AUTH_HEADER, one, .header = "Authorization: Api-Key "},
         "\r\nAuthorization: Api-Key v&lue=1\r\n"},
        {{OMNI_AUTH_QUERY, one, .header = "key"}, "GET /a?b=1&key=v%26lue%3d1 HTTP/1.1\r\n"},
        {{OMNI_AUTH_BASIC, two}, "\r\nAuthorization: Basic bWU6cGE6c3M=\r\n"},
        {{OMNI_AUTH_BASIC, stripe}, "\r\nAuthorization: Basic c2tfbGl2ZV8xOg==\r\n"},
    };
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")}, {0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        const struct http_options o = {.login = &cases[i].login};
        fixture_start(&f, replies, &o);
        assert_int_equal(fixture_get(&f, "/a?b=1"), OMNI_OK);
        assert_contains(stub_request(f.stub, 0), cases[i].expected);
        fixture_stop(&f);
    }
}

/* What else belongs to a login goes where the login goes, and nowhere else. */
static void sends_further_headers(void **state)
{
    (void)state;
    static const char *const token[] = {"t0ken-1", NULL},
                             *const further[] = {"Developer-Token: d3v-1", "X-Empty:", NULL},
                             *const broken[] = {"Developer-Token: d3v\r\nX-More: 1", NULL},
                             *const given[] = {"developer-token: mine", "X-Own: 1", NULL};
    struct http_login login = {OMNI_AUTH_BEARER, token, .headers = further};
    const struct http_options o = {.login = &login};
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")}, {OK_JSON(2, "{}")}, {0}};
    struct fixture f;
    fixture_start(&f, replies, &o);
    const struct http_request with = {.url = "/a", .headers = given},
                              without = {.url = "/b", .flags = OMNI_HTTP_NO_LOGIN};
    assert_int_equal(http_send(f.http, &with, NULL, &f.reply, &f.err), OMNI_OK);
    assert_contains(stub_request(f.stub, 0), "\r\nAuthorization: Bearer t0ken-1\r\n");
    assert_contains(stub_request(f.stub, 0), "\r\nDeveloper-Token: d3v-1\r\n");
    assert_contains(stub_request(f.stub, 0), "\r\nX-Empty:");
    assert_contains(stub_request(f.stub, 0), "\r\nX-Own: 1\r\n");
    assert_null(strstr(stub_request(f.stub, 0), "mine"));
    assert_int_equal(http_send(f.http, &without, NULL, &f.reply, &f.err), OMNI_OK);
    assert_null(strstr(stub_request(f.stub, 1), "d3v-1"));
    login.headers = broken;
    struct http *refused = http_new(&o, &f.err);
    assert_null(refused);
    assert_int_equal(f.err.status, OMNI_E_CONFIG);
    assert_null(strstr(f.err.text, "d3v"));
    fixture_stop(&f);
}

static const char *const refresh_values[] = {"client-1", "cl13nt s3cret&", "r3fresh-token-1", NULL};
static const struct http_login refresh = {
    .kind = OMNI_AUTH_OAUTH2_REFRESH, .values = refresh_values, .token_url = "/token"};
static const struct http_options with_refresh = {.login = &refresh};
static const char *const client_values[] = {"client-1", "cli3nt-secret", NULL};
static const struct http_login by_client = {OMNI_AUTH_OAUTH2_CLIENT, client_values,
                                            .token_url = "/token", .scope = "a b"};

static void fetches_a_token_once(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {
        TOKEN(46, "{\"access_token\":\"acc3ss-A1\",\"expires_in\":3599}"),
        {OK_JSON(2, "{}")},
        {OK_JSON(2, "{}")},
        {0}};
    fixture_start(&f, replies, &with_refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_int_equal(fixture_get(&f, "/b"), OMNI_OK);
    assert_int_equal(stub_requests(f.stub), 3);
    const char *form = stub_request(f.stub, 0);
    assert_contains(form, "POST /token HTTP/1.1\r\n");
    assert_contains(form, "Content-Type: application/x-www-form-urlencoded\r\n");
    assert_contains(form, "\r\n\r\ngrant_type=refresh_token&client_id=client-1&"
                          "client_secret=cl13nt%20s3cret%26&refresh_token=r3fresh-token-1");
    assert_contains(stub_request(f.stub, 1), "Authorization: Bearer acc3ss-A1\r\n");
    assert_contains(stub_request(f.stub, 2), "Authorization: Bearer acc3ss-A1\r\n");
    char text[] = "token acc3ss-A1 and r3fresh-token-1";
    text[log_redact(text, strlen(text))] = '\0';
    assert_string_equal(text, "token *** and ***");
    fixture_stop(&f);
}

static void client_credentials_send_the_scope(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_login login = {.kind = OMNI_AUTH_OAUTH2_CLIENT,
                                     .values = refresh_values,
                                     .token_url = "/token",
                                     .scope = "read write"};
    const struct http_options o = {.login = &login};
    const struct stub_reply replies[] = {
        TOKEN(28, "{\"access_token\":\"acc3ss-C1\"}"), {OK_JSON(2, "{}")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_contains(stub_request(f.stub, 0), "grant_type=client_credentials&client_id=client-1&"
                                             "client_secret=cl13nt%20s3cret%26&scope=read%20write");
    fixture_stop(&f);
}

/* Some want the client as HTTP Basic, and RFC 6749 forbids to send it twice. */
static void client_credentials_go_as_basic(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_login login = {
        .kind = OMNI_AUTH_OAUTH2_CLIENT_BASIC, .values = refresh_values, .token_url = "/token"};
    const struct http_options o = {.login = &login};
    const struct stub_reply replies[] = {
        TOKEN(28, "{\"access_token\":\"acc3ss-C2\"}"), {OK_JSON(2, "{}")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    /* client-1:cl13nt%20s3cret%26 */
    assert_contains(stub_request(f.stub, 0),
                    "Authorization: Basic Y2xpZW50LTE6Y2wxM250JTIwczNjcmV0JTI2\r\n");
    assert_contains(stub_request(f.stub, 0), "\r\n\r\ngrant_type=client_credentials");
    assert_null(strstr(stub_request(f.stub, 0), "client_secret"));
    assert_contains(stub_request(f.stub, 1), "Authorization: Bearer acc3ss-C2\r\n");
    fixture_stop(&f);
}

/* The same for a refresh token, which may be replaced as well. */
static void refresh_tokens_go_with_basic(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_login login = {
        .kind = OMNI_AUTH_OAUTH2_REFRESH_BASIC, .values = refresh_values, .token_url = "/token"};
    const struct http_options o = {.login = &login};
    const struct stub_reply replies[] = {
        TOKEN(62, "{\"access_token\":\"acc3ss-R1\",\"refresh_token\":\"an0ther-grant\"}  "),
        {OK_JSON(2, "{}")},
        {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"},
        TOKEN(28, "{\"access_token\":\"acc3ss-R2\"}"),
        {OK_JSON(2, "{}")},
        {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_contains(stub_request(f.stub, 0),
                    "Authorization: Basic Y2xpZW50LTE6Y2wxM250JTIwczNjcmV0JTI2\r\n");
    assert_contains(stub_request(f.stub, 0), "\r\n\r\ngrant_type=refresh_token&refresh_token=");
    assert_null(strstr(stub_request(f.stub, 0), "client_"));
    assert_int_equal(fixture_get(&f, "/b"), OMNI_OK);
    assert_contains(stub_request(f.stub, 3), "refresh_token=an0ther-grant");
    assert_contains(stub_request(f.stub, 4), "Authorization: Bearer acc3ss-R2\r\n");
    fixture_stop(&f);
}

/* expires_in of every odd kind: the reply is used; only 0 and less are not kept for long. */
static void odd_lifetimes_are_survived(void **state)
{
    (void)state;
    static const char *const lives[] = {"\"3600\"", "0",        "-5",  "1e99", "99999999999999",
                                        "null",     "\"soon\"", "1.5", "{}",   "-1e300"};
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        struct fixture f;
        auto_free char *body =
            xasprintf("{\"access_token\":\"acc3ss-L%zu\",\"expires_in\":%s}", i, lives[i]);
        auto_free char *bytes =
            xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
        const struct stub_reply replies[] = {
            {bytes, .path = "/token"}, {OK_JSON(2, "{}")}, {OK_JSON(2, "{}")}, {0}};
        fixture_start(&f, replies, &with_refresh);
        if (fixture_get(&f, "/a") != OMNI_OK || fixture_get(&f, "/b") != OMNI_OK)
            fail_msg("%s: %s", lives[i], f.err.text);
        assert_int_equal(stub_requests(f.stub), 3);
        fixture_stop(&f);
    }
}

static void renews_once_after_401(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {TOKEN(28, "{\"access_token\":\"acc3ss-R1\"}"),
                                         TOKEN(28, "{\"access_token\":\"acc3ss-R2\"}"),
                                         TOKEN(28, "{\"access_token\":\"acc3ss-R3\"}"),
                                         {EMPTY("401 Old")},
                                         {OK_JSON(2, "{}")},
                                         {EMPTY("401 Dead")},
                                         {EMPTY("401 Dead")},
                                         {0}};
    fixture_start(&f, replies, &with_refresh);
    assert_int_equal(fixture_post(&f, "/a", "{}", 0), OMNI_OK);
    assert_contains(stub_request(f.stub, 1), "acc3ss-R1");
    assert_contains(stub_request(f.stub, 3), "acc3ss-R2");
    assert_contains(stub_request(f.stub, 3), "\r\n\r\n{}");
    assert_int_equal(fixture_get(&f, "/b"), OMNI_E_AUTH);
    assert_contains(f.err.text, "renew the connector's credentials");
    assert_int_equal(stub_requests(f.stub), 7);
    fixture_stop(&f);
}

/* A keeper that remembers what it was told, and can fail. */
struct memory {
    struct stub *stub;
    struct http_keeper calls;
    struct buf said; /* one letter a call: begin, asking, save, refused, end */
    char *refresh, *token, *login;
    int64_t until, refresh_until;
    size_t requests_at_save;
    unsigned bad_saves; /* so many fail */
    const char *stored; /* what a person stores while a save fails; NULL: nothing */
    bool is_dead;
};

static omni_status memory_begin(void *ctx, const char *login, struct http_kept *out,
                                struct err *err)
{
    struct memory *m = ctx;
    buf_addc(&m->said, 'b');
    free(m->login);
    m->login = xstrdup(login);
    if (m->is_dead)
        return err_set(err, OMNI_E_AUTH, "known to be dead");
    *out = (struct http_kept){m->refresh, m->token, m->until};
    return OMNI_OK;
}

static omni_status memory_asking(void *ctx, struct err *err)
{
    (void)err;
    struct memory *m = ctx;
    buf_addc(&m->said, 'a');
    return OMNI_OK;
}

static omni_status memory_save(void *ctx, const struct http_news *news, struct err *err)
{
    struct memory *m = ctx;
    buf_addc(&m->said, 's');
    m->requests_at_save = stub_requests(m->stub);
    if (m->bad_saves && m->bad_saves--) {
        if (m->stored) {
            free(m->refresh);
            m->refresh = xstrdup(m->stored);
        }
        return err_set(err, OMNI_E_RETRY, "disk full");
    }
    if (news->refresh_token) {
        free(m->refresh);
        m->refresh = xstrdup(news->refresh_token);
    }
    free(m->token);
    m->token = xstrdup(news->token);
    m->until = news->token_until;
    m->refresh_until = news->refresh_until;
    return OMNI_OK;
}

static void memory_refused(void *ctx, struct err *err)
{
    (void)err;
    struct memory *m = ctx;
    buf_addc(&m->said, 'r');
    m->is_dead = true;
}

static void memory_end(void *ctx)
{
    struct memory *m = ctx;
    buf_addc(&m->said, 'e');
}

static void memory_start(struct fixture *f, struct memory *m, const struct stub_reply *replies,
                         const struct http_login *login)
{
    m->calls = (struct http_keeper){.ctx = m,
                                    .begin = memory_begin,
                                    .asking = memory_asking,
                                    .save = memory_save,
                                    .refused = memory_refused,
                                    .end = memory_end};
    m->said = BUF_INIT(1000);
    const struct http_options o = {.login = login, .keeper = &m->calls};
    fixture_start(f, replies, &o);
    m->stub = f->stub;
}

static void memory_stop(struct fixture *f, struct memory *m)
{
    fixture_stop(f);
    buf_free(&m->said);
    free(m->refresh);
    free(m->token);
    free(m->login);
    m->refresh = m->token = m->login = NULL;
}

static void rotated_tokens_are_kept_before_they_are_used(void **state)
{
    (void)state;
    struct fixture f;
    struct memory m = {0};
    const struct stub_reply replies[] = {
        TOKEN(93, "{\"access_token\":\"acc3ss-V1\",\"refresh_token\":\"r3fresh-tok-2\","
                  "\"refresh_token_expires_in\":86400}"),
        TOKEN(60, "{\"access_token\":\"acc3ss-V2\",\"refresh_token\":\"r3fresh-tok-2\"}"),
        {EMPTY("401 Old")},
        {OK_JSON(2, "{}")},
        {0}};
    memory_start(&f, &m, replies, &refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_int_equal(m.requests_at_save, 3); /* the last: before the new token was used */
    assert_contains(stub_request(f.stub, 2), "refresh_token=r3fresh-tok-2");
    assert_string_equal(m.refresh, "r3fresh-tok-2");
    assert_string_equal(m.token, "acc3ss-V2"); /* not the one that was answered with 401 */
    assert_string_equal(buf_text(&m.said), "basebase");
    memory_stop(&f, &m);
}

static void what_cannot_be_kept_is_not_used(void **state)
{
    (void)state;
    struct fixture f;
    struct memory m = {.bad_saves = 2};
    const struct stub_reply replies[] = {
        TOKEN(60, "{\"access_token\":\"acc3ss-V1\",\"refresh_token\":\"r3fresh-tok-2\"}"),
        {OK_JSON(2, "{}")},
        {0}};
    memory_start(&f, &m, replies, &refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    /* the platform is asked once only: what it gave is kept as soon as that works */
    assert_string_equal(buf_text(&m.said), "basebsebse");
    assert_int_equal(stub_requests(f.stub), 2);
    assert_string_equal(m.refresh, "r3fresh-tok-2");
    memory_stop(&f, &m);
    m = (struct memory){.bad_saves = 100};
    memory_start(&f, &m, replies, &refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_RETRY);
    assert_contains(f.err.text, "disk full");
    assert_int_equal(stub_requests(f.stub), 1);
    memory_stop(&f, &m);
}

static void what_was_not_kept_gives_way_to_a_new_login(void **state)
{
    (void)state;
    struct fixture f;
    struct memory m = {
        .refresh = xstrdup("r3fresh-tok-1"), .bad_saves = 1, .stored = "r3fresh-by-hand"};
    const struct stub_reply replies[] = {
        TOKEN(60, "{\"access_token\":\"acc3ss-V1\",\"refresh_token\":\"r3fresh-tok-2\"}"),
        TOKEN(60, "{\"access_token\":\"acc3ss-V2\",\"refresh_token\":\"r3fresh-tok-3\"}"),
        {OK_JSON(2, "{}")},
        {0}};
    memory_start(&f, &m, replies, &refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_contains(stub_request(f.stub, 1), "refresh_token=r3fresh-by-hand");
    assert_contains(stub_request(f.stub, 2), "acc3ss-V2");
    assert_string_equal(m.refresh, "r3fresh-tok-3");
    assert_string_equal(buf_text(&m.said), "basebase");
    memory_stop(&f, &m);
}

static void a_fellows_token_will_do(void **state)
{
    (void)state;
    struct fixture f;
    struct memory m = {.token = xstrdup("acc3ss-F1"),
                       .refresh = xstrdup("r3fresh-tok-7"),
                       .until = time(NULL) + 600};
    const struct stub_reply replies[] = {TOKEN(28, "{\"access_token\":\"acc3ss-F2\"}"),
                                         {OK_JSON(2, "{}")},
                                         {EMPTY("401 Old")},
                                         {OK_JSON(2, "{}")},
                                         {0}};
    memory_start(&f, &m, replies, &refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_contains(stub_request(f.stub, 0), "acc3ss-F1");
    assert_string_equal(buf_text(&m.said), "be");
    /* answered with 401 it is not taken again, and the newest refresh token is sent */
    assert_int_equal(fixture_get(&f, "/b"), OMNI_OK);
    assert_contains(stub_request(f.stub, 2), "refresh_token=r3fresh-tok-7");
    assert_contains(stub_request(f.stub, 3), "acc3ss-F2");
    memory_stop(&f, &m);
}

static void a_token_that_is_over_is_not_adopted(void **state)
{
    (void)state;
    struct fixture f;
    struct memory m = {.token = xstrdup("acc3ss-O1"), .until = time(NULL) - 1};
    const struct stub_reply replies[] = {
        TOKEN(28, "{\"access_token\":\"acc3ss-O2\"}"), {OK_JSON(2, "{}")}, {0}};
    memory_start(&f, &m, replies, &by_client);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_contains(stub_request(f.stub, 1), "acc3ss-O2");
    assert_string_equal(buf_text(&m.said), "bse"); /* nothing is used up by asking */
    auto_free char *login = xstrdup(m.login);
    memory_stop(&f, &m);
    /* another scope is another login */
    struct http_login other = by_client;
    other.scope = "another";
    m = (struct memory){0};
    memory_start(&f, &m, replies, &other);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_string_not_equal(login, m.login);
    memory_stop(&f, &m);
}

static void a_dead_grant_is_told_once(void **state)
{
    (void)state;
    struct fixture f;
    struct memory m = {0};
    const struct stub_reply replies[] = {
        {"HTTP/1.1 400 Bad\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}",
         .path = "/token"},
        {0}};
    memory_start(&f, &m, replies, &refresh);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_AUTH);
    assert_int_equal(fixture_get(&f, "/b"), OMNI_E_AUTH);
    assert_contains(f.err.text, "known to be dead");
    assert_int_equal(stub_requests(f.stub), 1);
    assert_string_equal(buf_text(&m.said), "bareb");
    memory_stop(&f, &m);
}

static const struct {
    const char *status_and_headers, *body;
    omni_status status;
    const char *text;
} refusals[] = {
    {"400 Bad", "{\"error\":\"invalid_grant\",\"error_description\":\"Token has been revoked.\"}",
     OMNI_E_AUTH, "Token has been revoked."},
    {"400 Bad\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT", "{\"error\":\"invalid_grant\"}", OMNI_E_AUTH,
     "this machine's is ahead"},
    {"400 Bad\r\nDate: Sun, 06 Nov 2094 08:49:37 GMT", "{\"error\":\"invalid_grant\"}", OMNI_E_AUTH,
     "this machine's is behind"},
    {"401 No", "{\"error\":\"invalid_client\"}", OMNI_E_CONFIG, "client_secret"},
    {"400 Bad", "{\"error\":\"invalid_scope\"}", OMNI_E_CONFIG, "scope"},
    {"200 OK", "{\"error\":\"unauthorized_client\"}", OMNI_E_CONFIG, "unauthorized_client"},
    {"503 Busy", "", OMNI_E_RETRY, "HTTP 503"},
    {"500 Oops", "{\"error\":\"internal_failure\"}", OMNI_E_RETRY, "internal_failure"},
    {"429 Slow\r\nRetry-After: 300", "", OMNI_E_THROTTLED, "try again after"},
    {"403 No", "<html><title>Blocked</title></html>", OMNI_E_AUTH, "Blocked"},
    {"200 OK", "{}", OMNI_E_DATA, "access_token"},
    {"200 OK", "<html>", OMNI_E_DATA, "access_token"},
    {"200 OK", "{\"access_token\":\"a\\r\\nb\"}", OMNI_E_DATA, "line break"},
    {"302 Go\r\nLocation: http://127.0.0.1:1/", "", OMNI_E_CONFIG, "HTTP 302"},
};

static void says_why_there_is_no_token(void **state)
{
    (void)state;
    const struct http_options o = {.login = &refresh, .limits = {.max_attempts = 1}};
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct fixture f;
        auto_free char *bytes =
            xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
                      refusals[i].status_and_headers, strlen(refusals[i].body), refusals[i].body);
        const struct stub_reply replies[] = {{bytes, .path = "/token"}, {OK_JSON(2, "{}")}, {0}};
        fixture_start(&f, replies, &o);
        omni_status status = fixture_get(&f, "/a");
        if (status != refusals[i].status || !strstr(f.err.text, refusals[i].text))
            fail_msg("%zu: %d %s", i, (int)status, f.err.text);
        assert_contains(f.err.text, "/token for an access token");
        assert_int_equal(stub_requests(f.stub), 1);
        fixture_stop(&f);
    }
}

static void token_faults_pass(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {{EMPTY("503 Busy"), .path = "/token"},
                                         {NULL, .then = STUB_RESET, .path = "/token"},
                                         TOKEN(28, "{\"access_token\":\"acc3ss-F1\"}"),
                                         {OK_JSON(2, "{}")},
                                         {0}};
    fixture_start(&f, replies, &with_refresh);
    assert_int_equal(fixture_post(&f, "/a", "{}", 0), OMNI_OK);
    fixture_stop(&f);
}

/* The value of name="…" in a header. */
static char *quoted(const char *header, const char *name)
{
    auto_free char *start = xasprintf(" %s=\"", name);
    const char *at = strstr(header, start);
    if (!at)
        fail_msg("no %s in %s", name, header);
    at += strlen(start);
    return xstrndup(at, strcspn(at, "\""));
}

static void makes_a_wsse_header_for_each_request(void **state)
{
    (void)state;
    static const char *const values[] = {"shop001", "wss3-secret", NULL}, *const broken[] = {
                                                                              "a\"b", "x", NULL};
    struct http_login login = {OMNI_AUTH_WSSE, values};
    const struct http_options o = {.login = &login};
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")}, {OK_JSON(2, "{}")}, {0}};
    struct fixture f;
    char *nonces[2];
    fixture_start(&f, replies, &o);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
        const char *sent = strstr(stub_request(f.stub, i), "\r\nX-WSSE: UsernameToken Username=");
        assert_non_null(sent);
        auto_free char *user = quoted(sent, "Username"), *digest = quoted(sent, "PasswordDigest"),
                       *created = quoted(sent, "Created");
        nonces[i] = quoted(sent, "Nonce");
        assert_string_equal(user, "shop001");
        assert_int_equal(strlen(nonces[i]), 32);
        unsigned char raw[20];
        char hex[41];
        auto_free char *text = xasprintf("%s%swss3-secret", nonces[i], created);
        assert_int_equal(EVP_Digest(text, strlen(text), raw, NULL, EVP_sha1(), NULL), 1);
        for (size_t j = 0; j < sizeof raw; j++)
            snprintf(hex + 2 * j, 3, "%02x", raw[j]);
        auto_buf expected = BUF_INIT(128);
        text_add_base64(&expected, hex, strlen(hex), false);
        assert_string_equal(digest, buf_text(&expected));
    }
    assert_string_not_equal(nonces[0], nonces[1]);
    free(nonces[0]);
    free(nonces[1]);
    fixture_stop(&f);
    login.values = broken;
    struct err err = {0};
    struct http *h = http_new(&o, &err);
    assert_null(h);
    assert_contains(err.text, "quote");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sends_static_logins),
    cmocka_unit_test(sends_further_headers),
    cmocka_unit_test(fetches_a_token_once),
    cmocka_unit_test(client_credentials_send_the_scope),
    cmocka_unit_test(client_credentials_go_as_basic),
    cmocka_unit_test(refresh_tokens_go_with_basic),
    cmocka_unit_test(odd_lifetimes_are_survived),
    cmocka_unit_test(renews_once_after_401),
    cmocka_unit_test(rotated_tokens_are_kept_before_they_are_used),
    cmocka_unit_test(what_cannot_be_kept_is_not_used),
    cmocka_unit_test(what_was_not_kept_gives_way_to_a_new_login),
    cmocka_unit_test(a_fellows_token_will_do),
    cmocka_unit_test(a_token_that_is_over_is_not_adopted),
    cmocka_unit_test(a_dead_grant_is_told_once),
    cmocka_unit_test(says_why_there_is_no_token),
    cmocka_unit_test(token_faults_pass),
    cmocka_unit_test(makes_a_wsse_header_for_each_request),
};

UNIT_MAIN(tests)
