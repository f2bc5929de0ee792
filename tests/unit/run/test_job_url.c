/* SPDX-License-Identifier: Apache-2.0
 * hub/run/job_url.c: addresses that depend on options. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "run/job_url.h"

#define KEY "0123456789abcdef0123456789abcdef"

/* ctx: "name=value" texts, NULL at the end. */
static const char *value(const void *ctx, const char *name)
{
    for (const char *const *pair = ctx; *pair; pair++)
        if (strncmp(*pair, name, strlen(name)) == 0 && (*pair)[strlen(name)] == '=')
            return *pair + strlen(name) + 1;
    return NULL;
}

static char *expand(const char *url, const char *pair, struct err *err)
{
    const char *const pairs[] = {pair, "empty=", NULL};
    const struct job_url_options options = {.ctx = pairs, .value = value};
    *err = (struct err){0};
    return job_url_expand(url, &options, err);
}

static void becomes(const char *url, const char *pair, const char *expected)
{
    struct err err;
    auto_free char *got = expand(url, pair, &err);
    if (!got)
        fail_msg("%s: %s", url, err.text);
    assert_string_equal(got, expected);
}

static void refuses(const char *url, const char *pair, const char *why)
{
    struct err err;
    auto_free char *got = expand(url, pair, &err);
    if (got || !strstr(err.text, why) || strstr(err.text, KEY))
        fail_msg("%s with %s: %s", url, pair, got ? got : err.text);
}

static void fills_in(void **state)
{
    (void)state;
    becomes("https://api.example.com/v1", "a=b", "https://api.example.com/v1");
    becomes("https://{shop}.example.com/v1", "shop=my-shop", "https://my-shop.example.com/v1");
    becomes("https://{instance}", "instance=social.example.org", "https://social.example.org");
    becomes("https://{server|key-}.example.com", "key=" KEY "-us6", "https://us6.example.com");
    becomes("https://{server|key-}.example.com", "server=us7", "https://us7.example.com");
    becomes("https://{empty|server}.example.com", "server=us7", "https://us7.example.com");
}

static void refuses_what_could_leave_the_host(void **state)
{
    (void)state;
    static const char *const bad[] = {"a=evil.com/", "a=x@y", "a=x:1",  "a=x y", "a=..",
                                      "a=.x",        "a=-x",  "a=x..y", "a=x?",  "a=ü"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuses("https://{a}.example.com", bad[i], "option \"a\"");
    refuses("https://{a}.example.com", "b=x", "option \"a\"");
    refuses("https://{empty}.example.com", "b=x", "option \"empty\"");
    /* No hyphen, nothing behind it, or so much that it may be the secret itself. */
    refuses("https://{server|key-}.example.com", "key=" KEY, "option \"server\"");
    refuses("https://{server|key-}.example.com", "key=" KEY "-", "option \"server\"");
    refuses("https://{server|key-}.example.com", "key=x-" KEY, "option \"server\"");
    refuses("https://{a.example.com", "a=x", "brace");
    refuses("https://{}.example.com", "a=x", "brace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in),
        cmocka_unit_test(refuses_what_could_leave_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
