/* SPDX-License-Identifier: Apache-2.0
 * hub/store/apis.c: the newest word of each plugin is kept, and written only where it is another.
 */
#include <config.h>

#include "unit.h"

#include <sqlite3.h>

#include "base/json.h"
#include "fixture.h"
#include "store/apis.h"

/* Notes it; how many rows that wrote. */
static int note(struct fixture *f, const char *plugin, const char *version, const char *sunset)
{
    auto_json *apis = json_object();
    json_t *api = json_object();
    json_put_text(api, "api_version", version);
    json_put_text(api, "api_sunset", sunset);
    json_object_set_new(apis, plugin, api);
    int before = sqlite3_total_changes(store_db(f->store));
    assert_int_equal(apis_note(f->store, apis, &f->err), OMNI_OK);
    return sqlite3_total_changes(store_db(f->store)) - before;
}

static void the_newest_word_is_kept(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_true(note(f, "a", "v1", "2027-01-31") > 0);
    assert_true(note(f, "b", "v7", NULL) > 0);
    assert_int_equal(note(f, "a", "v1", "2027-01-31"), 0);
    assert_int_equal(note(f, "b", "v7", NULL), 0);
    assert_true(note(f, "a", "v2", NULL) > 0);
    auto_json *apis = apis_list(f->store, &f->err);
    assert_int_equal(json_object_size(apis), 2);
    const json_t *a = json_object_get(apis, "a");
    assert_string_equal(json_text(a, "api_version"), "v2");
    assert_null(json_text(a, "api_sunset"));
    fixture_free(f);
}

static void an_older_store_has_none(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(sqlite3_exec(store_db(f->store), "DROP TABLE apis", NULL, NULL, NULL),
                     SQLITE_OK);
    auto_json *apis = apis_list(f->store, &f->err);
    assert_int_equal(json_object_size(apis), 0);
    assert_non_null(apis);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_newest_word_is_kept),
    cmocka_unit_test(an_older_store_has_none),
};

UNIT_MAIN(tests)
