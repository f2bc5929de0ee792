/* SPDX-License-Identifier: Apache-2.0
 * hub/vault: values come back bit for bit, nothing of them is readable, what was changed is
 * noticed, another key. */
#include <config.h>

#include "fixture.h"

static void values_come_back_bit_for_bit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    static const char *const values[] = {"plain",
                                         "two\nlines\n",
                                         "\"quotes\" 'and' \\ $HOME `x`",
                                         "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91",
                                         "\t\x01\x7f",
                                         " "};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        fixture_set(&f, "a", values[i]);
        assert_value(&f, "a", values[i]);
    }
    auto_free char *long_one = xcalloc(1, VAULT_VALUE_MAX + 2);
    memset(long_one, 'x', VAULT_VALUE_MAX);
    fixture_set(&f, "long", long_one);
    assert_value(&f, "long", long_one);
    long_one[VAULT_VALUE_MAX] = 'x';
    assert_int_equal(vault_set(&f.place, "long", long_one, 0, &f.err), OMNI_E_DATA);
    assert_int_equal(vault_set(&f.place, "a", "\xff", 0, &f.err), OMNI_E_DATA);
    assert_int_equal(vault_set(&f.place, "a", "", 0, &f.err), OMNI_E_DATA);
    assert_int_equal(vault_set(&f.place, "../a", "x", 0, &f.err), OMNI_E_DATA);
    assert_value(&f, "a", " ");
    fixture_stop(&f);
}

static void nothing_of_a_value_is_readable(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "meta_token", "EAAB-canary");
    auto_free char *file = fixture_text(f.file), *key = fixture_text(f.key);
    assert_null(strstr(file, "canary"));
    assert_non_null(strstr(file, "\"meta_token\"")); /* its name is */
    assert_null(strstr(file, key));
    struct stat st;
    assert_int_equal(stat(f.file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(f.key, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    /* the same value again looks different */
    fixture_set(&f, "meta_token", "EAAB-canary");
    auto_free char *again = fixture_text(f.file);
    assert_string_not_equal(file, again);
    fixture_stop(&f);
}

/* The vault's JSON with one thing changed. */
static void tamper(struct fixture *f, const char *name, const char *member, json_t *value_take)
{
    auto_free char *text = fixture_text(f->file);
    auto_json *file = json_parse(text, strlen(text), NULL);
    json_t *record;
    size_t i;
    json_array_foreach(json_object_get(file, "secrets"), i, record)
    {
        if (strcmp(json_text(record, "name"), name) == 0)
            json_object_set(record, member, value_take);
    }
    json_decref(value_take);
    auto_free char *changed = json_print(file);
    fixture_write(f->file, changed, 0600);
}

static json_t *member_of(struct fixture *f, const char *name, const char *member)
{
    auto_free char *text = fixture_text(f->file);
    auto_json *file = json_parse(text, strlen(text), NULL);
    const json_t *secret = vault_find(json_object_get(file, "secrets"), name);
    return json_deep_copy(json_object_get(secret, member));
}

static void what_was_changed_is_noticed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "a", "value-a");
    fixture_set(&f, "b", "value-b");
    auto_free char *whole = fixture_text(f.file);
    static const char *const numbers[] = {"version", "updated", "expires", "refused"};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        tamper(&f, "a", numbers[i], json_integer(4711));
        assert_closed(&f, "a", "secret \"a\" is damaged");
        assert_closed(&f, "a", "omnihub secrets set a");
        assert_value(&f, "b", "value-b"); /* the others are as they were */
        fixture_write(f.file, whole, 0600);
    }
    /* one record in the place of another */
    json_t *nonce = member_of(&f, "b", "nonce"), *sealed = member_of(&f, "b", "sealed");
    tamper(&f, "a", "nonce", nonce);
    tamper(&f, "a", "sealed", sealed);
    assert_closed(&f, "a", "damaged");
    fixture_write(f.file, whole, 0600);
    /* every bit of what is sealed counts */
    auto_json *text = member_of(&f, "a", "sealed");
    const char *base64 = json_string_value(text);
    for (size_t i = 0; i < strlen(base64); i++) {
        auto_free char *flipped = xstrdup(base64);
        flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
        tamper(&f, "a", "sealed", json_string(flipped));
        assert_closed(&f, "a", "damaged");
    }
    /* storing it again mends it, and leaves the other alone */
    fixture_set(&f, "a", "new");
    assert_value(&f, "a", "new");
    assert_value(&f, "b", "value-b");
    fixture_stop(&f);
}

static void files_that_cannot_be_trusted_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "a", "value-a");
    auto_free char *whole = fixture_text(f.file);
    auto_free char *cut = xstrndup(whole, strlen(whole) / 2);
    const struct {
        const char *text, *says;
        unsigned mode;
    } bad[] = {{whole, "can be read by others (mode 0640)", 0640},
               {whole, "can be read by others (mode 0604)", 0604},
               {cut, "is damaged", 0600},
               {"", "is damaged", 0600},
               {"{\"format\":1}", "is damaged", 0600},
               {"{\"format\":1,\"secrets\":[{}]}", "is damaged", 0600},
               {"{\"format\":1,\"secrets\":[{\"name\":\"../x\"}]}", "is damaged", 0600},
               {"{\"format\":2,\"secrets\":[]}", "newer omnihub (format 2", 0600}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        fixture_write(f.file, bad[i].text, bad[i].mode);
        assert_closed(&f, "a", bad[i].says);
        assert_null(vault_list(&f.place, &f.err));
        assert_int_equal(vault_set(&f.place, "b", "x", 0, &f.err), OMNI_E_CONFIG);
        auto_free char *after = fixture_text(f.file); /* never overwritten */
        assert_string_equal(after, bad[i].text);
    }
    fixture_write(f.file, whole, 0600);
    assert_value(&f, "a", "value-a");
    fixture_stop(&f);
}

static void a_key_that_is_missing_or_wrong_loses_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "a", "value-a");
    auto_free char *whole = fixture_text(f.file), *key = fixture_text(f.key);
    const struct {
        const char *text, *says; /* NULL: no file */
        unsigned mode;
    } bad[] = {{NULL, "key is not there", 0},
               {key, "others may read the vault's key", 0640},
               {"", "holds no key", 0600},
               {"abc\n", "not a key", 0600},
               {"c2hvcnQ=\n", "not a key", 0600},
               {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "sealed with key", 0600}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        unlink(f.key);
        if (bad[i].text)
            fixture_write(f.key, bad[i].text, bad[i].mode);
        assert_closed(&f, "a", bad[i].says);
        auto_free char *after = fixture_text(f.file);
        assert_string_equal(after, whole);
        assert_int_equal(access(f.key, F_OK), bad[i].text ? 0 : -1); /* none is made in its place */
    }
    fixture_write(f.key, key, 0400);
    assert_value(&f, "a", "value-a");
    /* the service manager guards its own */
    fixture_write(f.key, key, 0440);
    f.place.is_credential = true;
    assert_value(&f, "a", "value-a");
    fixture_stop(&f);
}

static void lists_without_the_key(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    auto_json *none = vault_list(&f.place, &f.err);
    assert_int_equal(json_array_size(none), 0);
    fixture_set(&f, "b", "x");
    assert_int_equal(vault_set(&f.place, "a", "y", 2000000000, &f.err), OMNI_OK);
    auto_json *list = vault_list(&f.place, &f.err);
    assert_int_equal(vault_check(&f.place, vault_find(list, "a"), &f.err), OMNI_OK);
    unlink(f.key);
    auto_json *blind = vault_list(&f.place, &f.err);
    assert_true(json_equal(list, blind));
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_text(json_array_get(list, 0), "name"), "a");
    assert_int_equal(json_int(vault_find(list, "a"), "expires", 0), 2000000000);
    assert_null(json_object_get(vault_find(list, "a"), "sealed"));
    assert_null(vault_find(list, "c"));
    assert_int_equal(vault_check(&f.place, vault_find(list, "a"), &f.err), OMNI_E_CONFIG);
    fixture_stop(&f);
}

static void removes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "a", "value-a");
    fixture_set(&f, "b", "value-b");
    assert_int_equal(vault_remove(&f.place, "a", &f.err), OMNI_OK);
    assert_closed(&f, "a", "omnihub secrets set a");
    assert_value(&f, "b", "value-b");
    assert_int_equal(vault_remove(&f.place, "a", &f.err), OMNI_E_DATA);
    fixture_stop(&f);
}

static void another_key(void **state)
{
    (void)state;
    struct fixture f;
    size_t n = 0;
    fixture_start(&f);
    fixture_set(&f, "a", "value-a");
    fixture_set(&f, "b", "value-b");
    auto_free char *old_key = fixture_text(f.key), *old_file = fixture_text(f.file);
    assert_int_equal(vault_rotate(&f.place, &n, &f.err), OMNI_OK);
    assert_int_equal(n, 2);
    auto_free char *new_key = fixture_text(f.key);
    assert_string_not_equal(old_key, new_key);
    assert_int_equal(strlen(old_key), strlen(new_key)); /* the old one is gone */
    assert_value(&f, "a", "value-a");
    /* killed after the new key was written: both files are old but for the key's first line */
    auto_free char *both = xasprintf("%s%s", new_key, old_key);
    fixture_write(f.key, both, 0600);
    fixture_write(f.file, old_file, 0600);
    assert_value(&f, "b", "value-b");
    assert_int_equal(vault_rotate(&f.place, &n, &f.err), OMNI_OK);
    assert_int_equal(n, 2);
    auto_free char *finished = fixture_text(f.key);
    assert_string_equal(finished, new_key);
    assert_value(&f, "b", "value-b");
    /* a credential: the admin puts the new one first */
    auto_free char *given = xasprintf("%s%s", old_key, new_key);
    fixture_write(f.key, given, 0400);
    f.place.is_credential = true;
    assert_int_equal(vault_rotate(&f.place, &n, &f.err), OMNI_OK);
    assert_int_equal(n, 2);
    auto_free char *kept = fixture_text(f.key);
    assert_string_equal(kept, given);
    fixture_write(f.key, old_key, 0400);
    assert_value(&f, "a", "value-a");
    /* one that cannot be opened stops it before anything is written */
    tamper(&f, "a", "updated", json_integer(1));
    auto_free char *before = fixture_text(f.file);
    f.place.is_credential = false;
    assert_int_equal(vault_rotate(&f.place, &n, &f.err), OMNI_E_CONFIG);
    auto_free char *after = fixture_text(f.file);
    assert_string_equal(before, after);
    assert_value(&f, "b", "value-b");
    fixture_stop(&f);
}

static void leftovers_of_a_kill_are_swept(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_set(&f, "a", "value-a");
    auto_free char *half = xasprintf("%s.omnihub-Xy12zA", f.file),
                   *other = xasprintf("%s.backup", f.file);
    fixture_write(half, "half", 0600);
    fixture_write(other, "not ours", 0600);
    fixture_set(&f, "b", "value-b");
    assert_int_equal(access(half, F_OK), -1);
    assert_int_equal(access(other, F_OK), 0);
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_come_back_bit_for_bit),
    cmocka_unit_test(nothing_of_a_value_is_readable),
    cmocka_unit_test(what_was_changed_is_noticed),
    cmocka_unit_test(files_that_cannot_be_trusted_are_refused),
    cmocka_unit_test(a_key_that_is_missing_or_wrong_loses_nothing),
    cmocka_unit_test(lists_without_the_key),
    cmocka_unit_test(removes),
    cmocka_unit_test(another_key),
    cmocka_unit_test(leftovers_of_a_kill_are_swept),
};

UNIT_MAIN(tests)
