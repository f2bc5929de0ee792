/* SPDX-License-Identifier: Apache-2.0
 * hub/alert/target.c: which urls alerts may go to, and what is said of the others. */
#include <config.h>

#include "unit.h"

#include "alert/target.h"
#include "base/mem.h"

struct row {
    const char *url, *says; /* NULL: it is fine */
};

static const char no_mail[] = "not a url like smtp://", no_hook[] = "not a url like https://",
                  plain[] = "is not encrypted", tls[] = "without TLS only";

static void check(omni_status status, const struct err *err, const struct row *row)
{
    assert_int_equal(status, row->says ? OMNI_E_CONFIG : OMNI_OK);
    if (row->says)
        assert_non_null(strstr(err->text, row->says));
}

static void mail_servers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"smtp://mail.example", NULL},
        {"smtps://mail.example:465", NULL},
        {"SMTP://mail.example:587/", NULL},
        {"smtp://[2001:db8::1]:25", NULL},
        {"imap://mail.example", no_mail},
        {"mail.example", no_mail},
        {"smtp://", no_mail},
        {"smtp://u:p@mail.example", no_mail},
        {"smtp://mail.example:x", no_mail},
        {"smtp://[2001:db8::1", no_mail},
        {"smtp://mail.example/?a", no_mail},
        {"smtp://mail.example\r\nX:", no_mail},
        {"smtp://mail .example:25", no_mail},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        check(target_check_mail(rows[i].url, false, &err), &err, &rows[i]);
    }
    static const struct row bare[] = {
        {"smtp://127.0.0.1:25", NULL},
        {"smtp://[::1]:25", NULL},
        {"smtp://localhost", NULL},
        {"smtp://mail.example", tls},
        {"smtp://127.0.0.1.evil.example", tls},
    };
    for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
        struct err err = {0};
        check(target_check_mail(bare[i].url, true, &err), &err, &bare[i]);
    }
}

static void webhooks(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://hooks.example/a?b=c#d", NULL},
        {"https://hooks.example:8443", NULL},
        {"http://127.0.0.1:8080/x", NULL},
        {"http://[::1]:8080/x", NULL},
        {"http://hooks.example/x", plain},
        {"http://10.0.0.1/x", plain},
        {"ftp://hooks.example/x", no_hook},
        {"nonsense", no_hook},
        {"https:///x", no_hook},
        {"https://u@hooks.example/", no_hook},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        check(target_check_webhook(rows[i].url, &err), &err, &rows[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(mail_servers),
    cmocka_unit_test(webhooks),
};

UNIT_MAIN(tests)
