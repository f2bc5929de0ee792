/* SPDX-License-Identifier: Apache-2.0
 * hub/alert/signature.c: signatures that other programs worked out, and keys that are none. */
#include <config.h>

#include "unit.h"

#include "alert/signature.h"
#include "base/mem.h"

static void signs_as_others_do(void **state)
{
    (void)state;
    static const struct {
        const char *key, *id, *body;
        int64_t at;
        const char *lines[SIGNATURE_LINES];
    } rows[] = {
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
         "msg_p5jXN8AQM9LWM0D4loKWxJek",
         "{\"test\": 2432232314}",
         1614265330,
         {"webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
          "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}},
        {"sixteen bytes or more",
         "a/1",
         "{\"text\":\"gr\xc3\xbcn\"}",
         1767225600,
         {"webhook-id: a/1", "webhook-timestamp: 1767225600",
          "webhook-signature: v1,k/s0PLeylwSKxjbksLyDQ3QYy5xm6dRm3M1caOH2XCM="}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct signature s;
        struct err err = {0};
        assert_int_equal(
            signature_make(&s, rows[i].key, rows[i].id, rows[i].at, rows[i].body, &err), OMNI_OK);
        for (size_t k = 0; k < SIGNATURE_LINES; k++)
            assert_string_equal(s.lines[k], rows[i].lines[k]);
        signature_free(&s);
    }
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "fifteen bytes..", "whsec_", "whsec_AAAA",
                                       "whsec_not base64 at all"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct signature s;
        struct err err = {0};
        assert_int_equal(signature_make(&s, keys[i], "id", 0, "{}", &err), OMNI_E_CONFIG);
        assert_non_null(strstr(err.text, "signing_key"));
        assert_null(*keys[i] ? strstr(err.text, keys[i]) : NULL);
        assert_null(s.lines[0]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(signs_as_others_do),
    cmocka_unit_test(keys_that_are_none_are_refused),
};

UNIT_MAIN(tests)
