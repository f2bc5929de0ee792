/* SPDX-License-Identifier: Apache-2.0
 * hub/vault/grant.c: one renews at a time, what it got is there for the next, a person's new value
 * wins. */
#include <config.h>

#include "fixture.h"

#include <sys/wait.h>

#include "vault/grant.h"

static const struct file_patience patient = {.wait_ms = 60000}, hasty = {0};

static struct vault_grant *begin(struct fixture *f, const char *login)
{
    struct vault_grant *g = vault_grant_begin(&f->place, "grant", login, &patient, &f->err);
    if (!g)
        fail_msg("%s", f->err.text);
    return g;
}

static void what_one_got_is_there_for_the_next(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "grant", "refresh-1");
    struct vault_grant *g = begin(&f, "login-1");
    assert_string_equal(vault_grant_kept(g)->value, "refresh-1");
    assert_null(vault_grant_kept(g)->token);
    assert_int_equal(vault_grant_asking(g, &f.err), OMNI_OK);
    const struct vault_news news = {
        .value = "refresh-2", .token = "access-2", .token_until = 2000, .expires = 3000};
    assert_int_equal(vault_grant_save(g, &news, &f.err), OMNI_OK);
    assert_false(vault_grant_is_replaced(g));
    vault_grant_end(g);
    assert_value(&f, "grant", "refresh-2");
    g = begin(&f, "login-1");
    assert_string_equal(vault_grant_kept(g)->value, "refresh-2");
    assert_string_equal(vault_grant_kept(g)->token, "access-2");
    assert_int_equal(vault_grant_kept(g)->token_until, 2000);
    assert_int_equal(vault_grant_kept(g)->asked, 0);
    vault_grant_end(g);
    g = begin(&f, "login-2"); /* a token of another scope is not for this one */
    assert_null(vault_grant_kept(g)->token);
    vault_grant_end(g);
    auto_free char *file = fixture_text(f.file);
    assert_null(strstr(file, "access-2"));
    auto_json *list = vault_list(&f.place, &f.err);
    assert_int_equal(json_int(vault_find(list, "grant"), "expires", 0), 3000);
    fixture_stop(&f);
}

static void one_at_a_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "grant", "refresh-1");
    fixture_set(&f, "other", "x");
    struct vault_grant *g = begin(&f, "l");
    assert_null(vault_grant_begin(&f.place, "grant", "l", &hasty, &f.err));
    assert_int_equal(f.err.status, OMNI_E_RETRY);
    /* others are not held up, and neither is a person */
    struct vault_grant *other = vault_grant_begin(&f.place, "other", "l", &hasty, &f.err);
    assert_non_null(other);
    vault_grant_end(other);
    assert_value(&f, "grant", "refresh-1");
    vault_grant_end(g);
    assert_null(vault_grant_begin(&f.place, "missing", "l", &hasty, &f.err));
    assert_non_null(strstr(f.err.text, "omnihub secrets set missing"));
    fixture_stop(&f);
}

static void a_persons_new_value_wins(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "grant", "refresh-1");
    struct vault_grant *g = begin(&f, "l");
    fixture_set(&f, "grant", "from-a-person");
    const struct vault_news news = {.value = "refresh-2", .token = "access-2", .token_until = 1};
    assert_int_equal(vault_grant_save(g, &news, &f.err), OMNI_OK);
    assert_true(vault_grant_is_replaced(g));
    assert_int_equal(vault_grant_refuse(g, "dead", &f.err), OMNI_OK);
    vault_grant_end(g);
    assert_value(&f, "grant", "from-a-person");
    g = begin(&f, "l");
    assert_int_equal(vault_grant_kept(g)->refused, 0);
    vault_grant_end(g);
    fixture_stop(&f);
}

static void a_dead_one_is_marked_until_it_is_stored_anew(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "grant", "refresh-1");
    struct vault_grant *g = begin(&f, "l");
    assert_int_equal(vault_grant_asking(g, &f.err), OMNI_OK);
    assert_int_equal(vault_grant_refuse(g, "revoked", &f.err), OMNI_OK);
    vault_grant_end(g);
    g = begin(&f, "l");
    assert_true(vault_grant_kept(g)->refused > 0);
    assert_true(vault_grant_kept(g)->asked > 0);
    assert_string_equal(vault_grant_kept(g)->why, "revoked");
    vault_grant_end(g);
    assert_value(&f, "grant", "refresh-1"); /* kept: a person may want to look */
    fixture_set(&f, "grant", "refresh-9");
    g = begin(&f, "l");
    assert_int_equal(vault_grant_kept(g)->refused, 0);
    assert_int_equal(vault_grant_kept(g)->asked, 0);
    vault_grant_end(g);
    fixture_stop(&f);
}

/* A counter in the vault, raised by several processes: none of their turns may be lost. */
static int raise_often(struct fixture *f, int times)
{
    for (int i = 0; i < times; i++) {
        struct vault_grant *g = vault_grant_begin(&f->place, "grant", "l", &patient, &f->err);
        if (!g)
            return 1;
        auto_free char *next =
            xasprintf("%d", (int)strtol(vault_grant_kept(g)->value, NULL, 10) + 1);
        const struct vault_news news = {.value = next, .token = "t", .token_until = 1};
        omni_status status = vault_grant_save(g, &news, &f->err);
        vault_grant_end(g);
        if (status != OMNI_OK)
            return 1;
    }
    return 0;
}

static void turns_are_never_lost(void **state)
{
    (void)state;
    enum { PROCESSES = 4, TIMES = 10 };
    struct fixture f;
    pid_t pids[PROCESSES];
    fixture_start(&f);
    fixture_set(&f, "grant", "0");
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(raise_often(&f, TIMES));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_value(&f, "grant", "40");
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_one_got_is_there_for_the_next),
    cmocka_unit_test(one_at_a_time),
    cmocka_unit_test(a_persons_new_value_wins),
    cmocka_unit_test(a_dead_one_is_marked_until_it_is_stored_anew),
    cmocka_unit_test(turns_are_never_lost),
};

UNIT_MAIN(tests)
