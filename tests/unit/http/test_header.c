/* SPDX-License-Identifier: Apache-2.0
 * hub/http/header.c: smuggling, reserved and private headers, what is sent. */
#include <config.h>

#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "http/header.h"

static omni_status check_one(const char *line, struct err *err)
{
    const char *const headers[] = {line, NULL};
    return header_check(headers, err);
}

static void refuses_smuggling(void **state)
{
    (void)state;
    static const char *const bad[] = {"X-A: b\r\nHost: evil",
                                      "X-A: b\n",
                                      "X A: b",
                                      ": b",
                                      "no colon",
                                      "X-A\r: b",
                                      "",
                                      "X-A: \x01",
                                      "Host: evil",
                                      "content-length: 5",
                                      "Transfer-Encoding: chunked"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        if (check_one(bad[i], &err) != OMNI_E_BUG)
            fail_msg("%s was taken", bad[i]);
        assert_null(strpbrk(err.text, "\r\n"));
    }
    struct err err = {0};
    check_one("X-Evil: a\r\nb: c", &err);
    assert_non_null(strstr(err.text, "X-Evil"));
    assert_int_equal(check_one("X-A: b", &err), OMNI_OK);
    assert_int_equal(check_one("X-A:", &err), OMNI_OK);
    assert_int_equal(header_check(NULL, &err), OMNI_OK);
}

static void refuses_odd_methods(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "get", "GET /x HTTP/1.1\r\nA:", "CONNECT", "G T"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(header_check_method(bad[i], NULL), OMNI_E_BUG);
    assert_int_equal(header_check_method("PATCH", NULL), OMNI_OK);
}

static void tells_private_ones(void **state)
{
    (void)state;
    static const char *const private[] = {"Authorization: x", "X-Shopify-Access-Token: x",
                                          "cookie: x", "X-API-KEY: x", "X-WSSE: x"};
    for (size_t i = 0; i < ARRAY_LEN(private); i++)
        assert_true(header_is_private(private[i]));
    assert_false(header_is_private("Accept: token"));
    assert_false(header_is_private("LinkedIn-Version: 202601"));
}

static bool list_has(const struct curl_slist *list, const char *line)
{
    for (; list; list = list->next)
        if (strcmp(list->data, line) == 0)
            return true;
    return false;
}

static void login_replaces_equal_name(void **state)
{
    (void)state;
    static const char *const headers[] = {"authorization: mine", "X-Empty:", "X-Key: k", NULL};
    const struct header_plan plan = {
        .headers = headers, .login = "Authorization: Bearer t", .has_body = true};
    struct curl_slist *list = header_list(&plan);
    assert_false(list_has(list, "authorization: mine"));
    assert_true(list_has(list, "Authorization: Bearer t"));
    assert_true(list_has(list, "X-Empty;"));
    assert_true(list_has(list, "X-Key: k"));
    assert_true(list_has(list, "Content-Type: application/json"));
    curl_slist_free_all(list);
    const struct header_plan foreign = {.headers = headers, .drop_private = true};
    list = header_list(&foreign);
    assert_false(list_has(list, "authorization: mine"));
    assert_false(list_has(list, "X-Key: k"));
    assert_true(list_has(list, "X-Empty;"));
    curl_slist_free_all(list);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_smuggling),
    cmocka_unit_test(refuses_odd_methods),
    cmocka_unit_test(tells_private_ones),
    cmocka_unit_test(login_replaces_equal_name),
};

UNIT_MAIN(tests)
