/* SPDX-License-Identifier: Apache-2.0
 * hub/plugin/lock.c: what a module asks for, what is more than before, and the file that keeps it.
 */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "plugin/lock.h"

static char folder[64], path[80];

static int make_folder(void **state)
{
    (void)state;
    json_init();
    snprintf(folder, sizeof folder, "/tmp/omnihub-lock-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/" LOCK_NAME, folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* ---- what is asked for ---- */

static const struct omni_option key = {.size = sizeof key, .flags = OMNI_SECRET, .name = "key"},
                                site = {.size = sizeof site, .name = "site"};
static const struct omni_option *const options[] = {&key, &site, NULL};
static const struct omni_auth login = {.size = sizeof login,
                                       .token_url = "https://login.x.com/token?a=b"},
                              here = {.size = sizeof here, .token_url = "/token"};
static const struct omni_auth *const logins[] = {&login, &here, NULL};
static const struct omni_source source = {.size = sizeof source,
                                          .flags = OMNI_SOURCE_ANY_HOST | OMNI_SOURCE_FILES,
                                          .api_url = "https://{shop}.x.com/v1",
                                          .hosts = "a.x.com  .y.com a.x.com",
                                          .options = options,
                                          .logins = logins};
static const struct omni_source *const sources[] = {&source, NULL};
static const struct omni_sink sink = {.size = sizeof sink, .options = options};
static const struct omni_sink *const sinks[] = {&sink, NULL};

static void lists_what_is_asked_for(void **state)
{
    (void)state;
    const struct omni_module module = {.size = sizeof module, .sources = sources, .sinks = sinks},
                             empty = {.size = sizeof empty};
    auto_json *asks = lock_asks(&module), *none = lock_asks(&empty);
    auto_free char *text = json_print(asks);
    assert_string_equal(
        text, "[\"host {shop}.x.com\",\"host a.x.com\",\"host .y.com\",\"host login.x.com\","
              "\"any host that option api_url names\",\"files that option path names\","
              "\"secret key\","
              "\"to run unfenced, with the hub's own rights (it is a sink)\"]");
    assert_int_equal(json_array_size(none), 0);
}

static void finds_what_is_more(void **state)
{
    (void)state;
    auto_json *now = json_pack("[s, s]", "host a", "secret b"),
              *before = json_pack("[s, s]", "host a", "host old");
    auto_json *more = lock_more(now, before), *all = lock_more(now, NULL),
              *less = lock_more(before, before);
    auto_free char *text = json_print(more);
    assert_string_equal(text, "[\"secret b\"]");
    assert_int_equal(json_array_size(all), 2);
    assert_int_equal(json_array_size(less), 0);
}

/* ---- the file ---- */

static void keeps_entries(void **state)
{
    (void)state;
    struct err err = {0};
    bool is_there = true;
    assert_null(lock_read(path, &is_there, &err));
    assert_false(is_there);
    assert_int_equal(err.status, OMNI_OK);
    auto_json *lock = lock_new();
    lock_put(lock, "/p/a.so", json_pack("{s:s}", "sha256", "1"));
    lock_put(lock, "/p/a.so", json_pack("{s:s}", "sha256", "2"));
    lock_put(lock, "/p/b.so", json_pack("{s:s}", "sha256", "3"));
    assert_int_equal(lock_write(path, lock, &err), OMNI_OK);
    auto_json *read = lock_read(path, &is_there, &err);
    assert_true(is_there && read);
    assert_true(json_equal(read, lock));
    assert_string_equal(json_text(lock_find(read, "/p/a.so"), "sha256"), "2");
    assert_null(lock_find(read, "/p/c.so"));
    assert_true(lock_remove(read, "/p/b.so"));
    assert_false(lock_remove(read, "/p/b.so"));
    assert_null(lock_find(read, "/p/b.so"));
}

/* Nothing is allowed by a file that cannot be understood. */
static void refuses_other_files(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"omnihub_plugins_lock\":2,\"plugins\":{}}",
                                        "{\"omnihub_plugins_lock\":1,\"plugins\":[]}",
                                        "{\"omnihub_plugins_lock\":1,\"plugins\":{}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err err = {0};
        bool is_there = false;
        write_file(texts[i]);
        assert_null(lock_read(path, &is_there, &err));
        assert_true(is_there);
        assert_int_not_equal(err.status, OMNI_OK);
        assert_non_null(strstr(err.text, path));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lists_what_is_asked_for),
    cmocka_unit_test(finds_what_is_more),
    cmocka_unit_test(keeps_entries),
    cmocka_unit_test(refuses_other_files),
};

int main(void)
{
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
