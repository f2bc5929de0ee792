/* SPDX-License-Identifier: Apache-2.0
 * hub/store/store.c, layout.c, feeds.c, runs.c, changes.c: opening, refusing, migrating, books. */
#include <config.h>

#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static void reload(struct fixture *f, const char *conf)
{
    store_close(f->store);
    schema_free(f->schema);
    f->store = NULL;
    fixture_write(f->dir, "schema.conf", conf);
    f->schema = schema_load(f->dir, &f->err);
    if (!f->schema)
        fail_msg("%s", f->err.text);
}

#define ITEMS(columns)                                                                             \
    "items: { help = \"\"; columns: { id = (\"text\", \"key\", \"\", \"\", \"required\");" columns \
    "}; };"

static void put_item(struct fixture *f)
{
    fixture_feed(f, "shop", "items");
    static const char *const rows[] = {"a", "1.5", "1", NULL, END};
    struct store_window w = {.dataset = schema_find(f->schema, "items"), .sync = OMNI_SNAPSHOT};
    assert_int_equal(fixture_apply(f, w, rows, NULL), OMNI_OK);
}

static void is_made_for_its_owner_only(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    auto_free char *path = xasprintf("%s/store.db", f->dir);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_asked(f, "PRAGMA journal_mode", "wal\n");
    assert_asked(f, "PRAGMA synchronous", "2\n");
    fixture_free(f);
}

static void newer_foreign_and_damaged_files_are_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *sql; /* NULL: bytes that are no database */
        omni_status status;
        const char *says;
    } cases[] = {{"PRAGMA user_version = 99", OMNI_E_CONFIG, "newer omnihub"},
                 {"PRAGMA application_id = 1", OMNI_E_CONFIG, "another program"},
                 {NULL, OMNI_E_DATA, "not an SQLite file"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture *f = fixture_new(NULL, "sales");
        if (cases[i].sql)
            assert_int_equal(sql_exec(store_db(f->store), &f->err, "%s", cases[i].sql), OMNI_OK);
        store_close(f->store);
        if (!cases[i].sql)
            fixture_write(f->dir, "store.db", "these are not the bytes of a database at all ....");
        f->store = store_open(f->dir, f->schema, STORE_WRITE, &f->err);
        assert_null(f->store);
        assert_int_equal(f->err.status, cases[i].status);
        if (!strstr(f->err.text, cases[i].says) || !strstr(f->err.text, "store.db"))
            fail_msg("%s", f->err.text);
        if (!cases[i].sql) {
            char text[64] = "";
            auto_free char *path = xasprintf("%s/store.db", f->dir);
            auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
            assert_int_equal(read(fd, text, sizeof text - 1), 49);
        }
        fixture_free(f);
    }
}

static void reading_needs_a_store(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_null(store_open("/tmp/omnihub-no-such-folder", f->schema, STORE_READ, &f->err));
    assert_non_null(strstr(f->err.text, "omnihub pull"));
    struct store *reader = store_open(f->dir, f->schema, STORE_READ, &f->err);
    assert_non_null(reader);
    assert_int_equal(store_state_put(reader, f->feed, "k", "v", &f->err), OMNI_E_CONFIG);
    store_close(reader);
    struct store *memory = store_open(NULL, f->schema, STORE_WRITE, &f->err);
    assert_non_null(memory);
    store_close(memory);
    fixture_free(f);
}

/* A store that is watched is the same afterwards, whether somebody writes at that time or not. */
static void watching_makes_no_file(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    auto_free char *shared = xasprintf("%s/store.db-shm", f->dir);
    struct store *watcher = store_open(f->dir, f->schema, STORE_WATCH, &f->err);
    assert_non_null(watcher); /* beside a writer */
    assert_int_equal(store_state_put(watcher, f->feed, "k", "v", &f->err), OMNI_E_CONFIG);
    assert_int_equal(store_state_put(f->store, f->feed, "k", "now", &f->err), OMNI_OK);
    auto_free char *seen = store_state_get(watcher, f->feed, "k", &f->err);
    assert_string_equal(seen, "now");
    store_close(watcher);
    store_close(f->store);
    f->store = NULL;
    assert_int_not_equal(access(shared, F_OK), 0);
    watcher = store_open(f->dir, f->schema, STORE_WATCH, &f->err);
    assert_non_null(watcher); /* alone */
    auto_free char *kept = store_state_get(watcher, f->feed, "k", &f->err);
    assert_string_equal(kept, "now");
    assert_int_not_equal(access(shared, F_OK), 0);
    store_close(watcher);
    fixture_free(f);
}

static void a_new_column_appears_by_itself(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "items");
    put_item(f);
    reload(f, ITEMS("weight = (\"real\", \"attr\", \"\", \"\");"
                    "colour = (\"text\", \"attr\", \"\", \"\");"));
    fixture_open(f);
    assert_asked(f, "SELECT id, weight, colour FROM items", "a|1.5|NULL\n");
    /* The column that left the schema stays in the table. */
    assert_asked(f, "SELECT is_new FROM d_items", "1\n");
    fixture_free(f);
}

static void a_changed_type_or_key_is_refused_under_rows_only(void **state)
{
    (void)state;
    static const char *const confs[] = {
        ITEMS("weight = (\"text\", \"attr\", \"\", \"\");"),
        ITEMS("colour = (\"text\", \"key\", \"\", \"\");"),
    };
    for (size_t i = 0; i < ARRAY_LEN(confs); i++) {
        struct fixture *f = fixture_new(NULL, "items");
        put_item(f);
        reload(f, confs[i]);
        assert_null(store_open(f->dir, f->schema, STORE_WRITE, &f->err));
        assert_int_equal(f->err.status, OMNI_E_CONFIG);
        assert_non_null(strstr(f->err.text, i ? "key or day" : "weight is stored as real"));
        fixture_free(f);
        f = fixture_new(NULL, "items");
        reload(f, confs[i]);
        fixture_open(f);
        fixture_free(f);
    }
}

static void views_show_where_rows_come_from(void **state)
{
    (void)state;
    static const char *const rows[] = {"2026-01-01", "a",  "EUR",        "1",  "1",
                                       NULL,         NULL, "2026-01-08", "a",  "EUR",
                                       "1",          "1",  NULL,         NULL, END};
    setenv("OMNIHUB_NOW", "2026-01-10T00:30:00Z", 1);
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_window w = {.dataset = schema_find(f->schema, "sales"),
                             .sync = OMNI_WINDOW,
                             .quality = "sampled",
                             .from_day = fixture_day("2026-01-01"),
                             .to_day = fixture_day("2026-01-31")};
    assert_int_equal(fixture_apply(f, w, rows, NULL), OMNI_OK);
    assert_asked(
        f,
        "SELECT source, connector, stream, account, date, tz, pulled_at, quality, state"
        " FROM sales ORDER BY date",
        "plugin|till|stream|acc|2026-01-01|UTC|2026-01-10T00:30:00Z|sampled|final\n"
        "plugin|till|stream|acc|2026-01-08|UTC|2026-01-10T00:30:00Z|sampled|provisional\n");
    unsetenv("OMNIHUB_NOW");
    fixture_free(f);
}

static void feeds_are_found_again_and_learn(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_feed feed = {.connector = "till",
                              .source = "plugin",
                              .stream = "stream",
                              .account = "acc",
                              .dataset = "sales",
                              .currency = "EUR"};
    assert_int_equal(store_feed(f->store, &feed, &f->err), f->feed);
    assert_asked(f, "SELECT tz, currency, settle_days FROM feeds", "UTC|EUR|0\n");
    /* The days are the account's where that is known, unless the stream says whose they are. */
    feed.hub_zone = "Asia/Tokyo";
    assert_int_equal(store_feed(f->store, &feed, &f->err), f->feed);
    assert_asked(f, "SELECT tz, account_tz FROM feeds", "UTC|UTC\n");
    feed.day_zone = "America/Los_Angeles";
    assert_int_equal(store_feed(f->store, &feed, &f->err), f->feed);
    assert_asked(f, "SELECT tz, account_tz FROM feeds", "America/Los_Angeles|UTC\n");
    feed.day_zone = NULL;
    feed.account = NULL;
    assert_true(store_feed(f->store, &feed, &f->err) != f->feed);
    assert_asked(f, "SELECT tz, account_tz FROM feeds WHERE account = ''", "Asia/Tokyo|NULL\n");
    fixture_free(f);
}

static void state_is_kept_and_forgotten(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_null(store_state_get(f->store, f->feed, "cursor", &f->err));
    assert_int_equal(f->err.status, OMNI_OK);
    assert_int_equal(store_state_put(f->store, f->feed, "cursor", "1", &f->err), OMNI_OK);
    assert_int_equal(store_state_put(f->store, f->feed, "cursor", "2", &f->err), OMNI_OK);
    auto_free char *value = store_state_get(f->store, f->feed, "cursor", &f->err);
    assert_string_equal(value, "2");
    assert_int_equal(store_state_put(f->store, f->feed, "cursor", NULL, &f->err), OMNI_OK);
    assert_null(store_state_get(f->store, f->feed, "cursor", &f->err));
    fixture_free(f);
}

static void changes_come_in_order(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    static const int32_t marks[] = {5, 7, 5, CHANGES_WHOLE};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        assert_int_equal(changes_mark(f->store, "sales", marks[i], &f->err), OMNI_OK);
    uint32_t n, n_newer;
    auto_free struct changes_day *days = changes_since(f->store, "sales", 0, &n, &f->err);
    assert_int_equal(n, 3);
    assert_int_equal(days[0].day, 7);
    assert_int_equal(days[1].day, 5);
    assert_int_equal(days[2].day, CHANGES_WHOLE);
    auto_free struct changes_day *newer =
        changes_since(f->store, "sales", days[1].version, &n_newer, &f->err);
    assert_int_equal(n_newer, 1);
    assert_int_equal(newer[0].day, CHANGES_WHOLE);
    for (int32_t day = 0; day < 300; day++)
        assert_int_equal(changes_mark(f->store, "clicks", day, &f->err), OMNI_OK);
    auto_free struct changes_day *many = changes_since(f->store, "clicks", 0, &n, &f->err);
    assert_int_equal(n, 300);
    assert_int_equal(many[299].day, 299);
    uint64_t since;
    assert_int_equal(changes_cursor_get(f->store, "bi", "sales", &since, &f->err), OMNI_OK);
    assert_int_equal(since, 0);
    assert_int_equal(changes_cursor_put(f->store, "bi", "sales", 4, &f->err), OMNI_OK);
    assert_int_equal(changes_cursor_get(f->store, "bi", "sales", &since, &f->err), OMNI_OK);
    assert_int_equal(since, 4);
    fixture_free(f);
}

static void sql_functions_are_exact(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_asked(f, "SELECT dec(1500000), dec(-20000), dec(NULL), micros('1.5'), micros(2)",
                 "1.5|-0.02|NULL|1500000|2000000\n");
    assert_asked(f,
                 "SELECT ratio(1, 3), ratio(1, 0), ratio(NULL, 1), ratio(-1, 2000000),"
                 " per(1000000, 3), per(1000000, 3, 1000), per(5, 2), per(7, 2)",
                 "333333|NULL|NULL|0|333333|333333333|2|4\n");
    struct err err;
    auto_stmt *stmt = sql_prepare(store_db(f->store), "SELECT ratio(1.5, 2)", &err);
    assert_int_equal(sql_step(stmt, &err), SQL_FAILED);
    assert_non_null(strstr(err.text, "exact"));
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(is_made_for_its_owner_only),
    cmocka_unit_test(newer_foreign_and_damaged_files_are_left_alone),
    cmocka_unit_test(reading_needs_a_store),
    cmocka_unit_test(watching_makes_no_file),
    cmocka_unit_test(a_new_column_appears_by_itself),
    cmocka_unit_test(a_changed_type_or_key_is_refused_under_rows_only),
    cmocka_unit_test(views_show_where_rows_come_from),
    cmocka_unit_test(feeds_are_found_again_and_learn),
    cmocka_unit_test(state_is_kept_and_forgotten),
    cmocka_unit_test(changes_come_in_order),
    cmocka_unit_test(sql_functions_are_exact),
};

UNIT_MAIN(tests)
