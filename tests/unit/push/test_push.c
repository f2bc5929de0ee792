/* SPDX-License-Identifier: Apache-2.0
 * hub/push/push.c: what is due is delivered, in order, once; failures and crashes repeat, and lose
 * nothing; one snapshot and no write lock while a delivery is read. */
#include <config.h>

#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "push/push.h"
#include "store/changes.h"

/* ---- a sink that notes what it is given ---- */

static char notes[8192];
static uint32_t layout;
static const char *fail_at; /* the note at which it fails, e.g. "commit 1970-01-02" */
static int to_cancel;       /* writes until the hub wants to stop; -1: never */
static void (*during_write)(void);
static const struct omni_host *host;
static char day[32];

static omni_status note(struct omni_run *run, const char *what, const char *detail)
{
    char line[512];
    snprintf(line, sizeof line, "%s %s", what, detail);
    size_t n = strlen(notes);
    snprintf(notes + n, sizeof notes - n, "%s\n", line);
    if (fail_at && strcmp(fail_at, line) == 0)
        return (host->fail)(run, OMNI_E_RETRY, "the sink is down");
    return OMNI_OK;
}

static omni_status note_open(const struct omni_host *h, const struct omni_config *c,
                             struct omni_run *run, void **self)
{
    (void)c, (void)run, (void)self;
    host = h;
    return OMNI_OK;
}

static uint32_t note_layout(void *self, const char *dataset)
{
    (void)self, (void)dataset;
    return layout;
}

static omni_status note_begin(void *self, struct omni_run *run, const struct omni_delivery *d)
{
    (void)self;
    char text[256];
    snprintf(day, sizeof day, "%s",
             !d->partition     ? "all"
             : d->partition[0] ? d->partition
                               : "undated");
    int n = snprintf(text, sizeof text, "%s v%d key", day, (int)d->version);
    for (const char *const *k = d->key; *k; k++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %s", *k);
    n += snprintf(text + n, sizeof text - (size_t)n, " columns");
    for (size_t i = 0; d->columns[i]; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %s", d->columns[i]->name);
    assert_int_equal(d->mode, OMNI_REPLACE);
    return note(run, "begin", text);
}

/* The rows' ids, which are the second to last column's texts. */
static omni_status note_write(void *self, struct omni_run *run, const struct omni_batch *b)
{
    (void)self;
    const struct omni_column *ids = b->columns[b->n_columns - 2];
    char text[256] = "";
    for (uint64_t row = 0; row < b->n_rows; row++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%.*s", row ? "," : "",
                 (int)(ids->offsets[row + 1] - ids->offsets[row]),
                 (const char *)ids->values + ids->offsets[row]);
    }
    if (during_write)
        during_write();
    to_cancel -= to_cancel > 0;
    return note(run, "write", text);
}

static omni_status note_commit(void *self, struct omni_run *run)
{
    (void)self;
    return note(run, "commit", day);
}

static void note_abort(void *self, struct omni_run *run)
{
    (void)self;
    note(run, "abort", day);
}

static const struct omni_sink note_sink = {.size = sizeof note_sink,
                                           .name = "note",
                                           .open = note_open,
                                           .layout = note_layout,
                                           .begin = note_begin,
                                           .write = note_write,
                                           .commit = note_commit,
                                           .abort = note_abort};

/* ---- a store with one dataset of its own ---- */

static const struct schema_column columns[] = {{.name = "date", .type = OMNI_DATE},
                                               {.name = "id", .type = OMNI_TEXT},
                                               {.name = "clicks", .type = OMNI_INT}};
static const struct schema_dataset clicks = {
    .name = "clicks", .columns = columns, .n_columns = 3, .n_keys = 2, .day = 0, .day_keyed = true};
static const struct schema_dataset undated = {
    .name = "clicks", .columns = columns, .n_columns = 3, .n_keys = 2, .day = -1};

static char folder[64];
static struct schema *schema;
static struct store *store;
static struct sink *sink;
static struct push_result result;
static struct err err;

static void sql(const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(store_db(store), text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
}

static void mark(int32_t changed)
{
    assert_int_equal(changes_mark(store, "clicks", changed, &err), OMNI_OK);
}

static bool is_cancelled(void *ctx)
{
    (void)ctx;
    return to_cancel == 0;
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", "/tmp/omnihub-push-XXXXXX");
    assert_non_null(mkdtemp(folder));
    schema = schema_load(TEST_SRCDIR "/conf/schema", &err);
    store = schema ? store_open(folder, schema, STORE_WRITE, &err) : NULL;
    if (!store)
        fail_msg("%s", err.text);
    sql("CREATE TABLE clicks (source TEXT, connector TEXT, account TEXT, date TEXT, id TEXT,"
        " clicks INTEGER)");
    sql("INSERT INTO clicks VALUES ('m', 'shop', '', '1970-01-02', 'b', 2),"
        " ('m', 'shop', '', '1970-01-02', 'a', 1), ('m', 'shop', '', '1970-01-03', 'c', NULL)");
    const struct sink_setup s = {.name = "bi", .cancelled = is_cancelled};
    notes[0] = '\0';
    layout = OMNI_BY_DAY;
    fail_at = NULL;
    during_write = NULL;
    to_cancel = -1;
    sink = sink_open_table(&note_sink, &s, &err);
    assert_non_null(sink);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm"};
    sink_close(sink);
    store_close(store);
    schema_free(schema);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* The version of a day, as the store counts. */
static int version_of(int32_t wanted)
{
    uint32_t n = 0;
    auto_free struct changes_day *days = changes_since(store, "clicks", 0, &n, &err);
    assert_non_null(days);
    for (uint32_t i = 0; i < n; i++)
        if (days[i].day == wanted)
            return (int)days[i].version;
    return -1;
}

static omni_status push(const struct schema_dataset *d, uint32_t batch_rows)
{
    notes[0] = '\0';
    return push_dataset(store, sink, d, batch_rows, &result, &err);
}

#define SHAPE "key source connector account date id columns source connector account date id clicks"

/* Expected notes; %1 and %2 stand for the versions of 1970-01-02 and 1970-01-03. */
static void assert_notes(const char *expected)
{
    auto_buf text = BUF_INIT(8192);
    for (const char *p = expected; *p; p++)
        if (p[0] == '%')
            buf_printf(&text, "%d", version_of(*++p - '0'));
        else
            buf_addc(&text, *p);
    assert_string_equal(notes, buf_text(&text));
}

static uint64_t cursor(void)
{
    uint64_t since = 0;
    assert_int_equal(changes_cursor_get(store, sink_reader(sink), "clicks", &since, &err), OMNI_OK);
    return since;
}

/* ---- tests ---- */

static void oldest_change_first_and_only_once(void **state)
{
    (void)state;
    mark(2);
    mark(1);
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_notes("begin 1970-01-03 v%2 " SHAPE "\nwrite c\ncommit 1970-01-03\n"
                 "begin 1970-01-02 v%1 " SHAPE "\nwrite a,b\ncommit 1970-01-02\n");
    assert_int_equal(result.deliveries, 2);
    assert_int_equal(result.rows, 3);
    assert_int_equal(cursor(), version_of(1));
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_notes("");
    assert_int_equal(result.deliveries, 0);
    /* Another change: that day alone. */
    mark(2);
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_notes("begin 1970-01-03 v%2 " SHAPE "\nwrite c\ncommit 1970-01-03\n");
}

static void in_batches(void **state)
{
    (void)state;
    sql("INSERT INTO clicks SELECT 'm', 'shop', '', '1970-01-02', 'x' || id, 0 FROM clicks");
    mark(1);
    assert_int_equal(push(&clicks, 2), OMNI_OK);
    assert_notes("begin 1970-01-02 v%1 " SHAPE
                 "\nwrite a,b\nwrite xa,xb\nwrite xc\ncommit 1970-01-02\n");
    assert_int_equal(result.rows, 5);
}

static void a_day_without_rows_is_delivered_empty(void **state)
{
    (void)state;
    sql("DELETE FROM clicks WHERE date = '1970-01-02'");
    mark(1);
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_notes("begin 1970-01-02 v%1 " SHAPE "\ncommit 1970-01-02\n");
    assert_int_equal(result.deliveries, 1);
}

static void a_failure_keeps_the_rest(void **state)
{
    (void)state;
    static const char *const places[] = {"write c", "commit 1970-01-03"};
    for (size_t i = 0; i < 2; i++) {
        mark(1);
        mark(2);
        fail_at = places[i];
        assert_int_equal(push(&clicks, 100), OMNI_E_RETRY);
        assert_string_equal(err.text, "the sink is down");
        assert_non_null(strstr(notes, "abort 1970-01-03\n"));
        assert_int_equal(result.deliveries, 1);
        assert_int_equal(cursor(), version_of(1));
        fail_at = NULL;
        assert_int_equal(push(&clicks, 100), OMNI_OK);
        assert_notes("begin 1970-01-03 v%2 " SHAPE "\nwrite c\ncommit 1970-01-03\n");
    }
}

/* The sink has committed, the hub died before its cursor moved: the same delivery comes again. */
static void a_lost_cursor_repeats_the_delivery(void **state)
{
    (void)state;
    mark(1);
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    char first[sizeof notes];
    memcpy(first, notes, sizeof notes);
    assert_int_equal(changes_cursor_put(store, sink_reader(sink), "clicks", 0, &err), OMNI_OK);
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_string_equal(notes, first);
}

static void whole_datasets(void **state)
{
    (void)state;
    mark(1);
    mark(2);
    layout = OMNI_WHOLE;
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_notes("begin all v%2 " SHAPE "\nwrite a,b,c\ncommit all\n");
    assert_int_equal(cursor(), version_of(2));
    /* A dataset without days, whatever the sink would like. */
    layout = OMNI_BY_DAY;
    mark(CHANGES_WHOLE);
    assert_int_equal(push(&undated, 100), OMNI_OK);
    assert_non_null(strstr(notes, "begin all"));
    assert_int_equal(result.rows, 3);
    assert_int_equal(push(&undated, 100), OMNI_OK);
    assert_notes("");
}

static void rows_without_a_day_are_a_partition(void **state)
{
    (void)state;
    sql("UPDATE clicks SET date = NULL WHERE id = 'a'");
    mark(1);
    mark(CHANGES_WHOLE);
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_non_null(strstr(notes, "write b\ncommit 1970-01-02\nbegin undated v"));
    assert_non_null(strstr(notes, "write a\ncommit undated\n"));
    assert_int_equal(push(&clicks, 100), OMNI_OK);
    assert_notes("");
}

static void cancel_ends_it_between_batches(void **state)
{
    (void)state;
    mark(1);
    to_cancel = 1;
    assert_int_equal(push(&clicks, 1), OMNI_E_CANCELLED);
    assert_notes("begin 1970-01-02 v%1 " SHAPE "\nwrite a\nabort 1970-01-02\n");
    assert_int_equal(cursor(), 0);
}

/* What a pull does while a delivery is being read: it can write at once, and is not seen. */
static void change_rows(void)
{
    sqlite3 *other = NULL;
    char path[128];
    snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "DELETE FROM clicks", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    during_write = NULL;
}

static void one_snapshot_and_no_lock(void **state)
{
    (void)state;
    mark(1);
    during_write = change_rows;
    assert_int_equal(push(&clicks, 1), OMNI_OK);
    assert_notes("begin 1970-01-02 v%1 " SHAPE "\nwrite a\nwrite b\ncommit 1970-01-02\n");
}

static void wrong_values_name_their_place(void **state)
{
    (void)state;
    sql("UPDATE clicks SET clicks = 'many' WHERE id = 'b'");
    mark(1);
    assert_int_equal(push(&clicks, 100), OMNI_E_DATA);
    assert_string_equal(err.text, "dataset \"clicks\": column \"clicks\" holds \"many\", which is "
                                  "not of type int");
    assert_int_equal(cursor(), 0);
}

static void a_dataset_that_is_not_there(void **state)
{
    (void)state;
    sql("DROP TABLE clicks");
    mark(1);
    assert_int_equal(push(&clicks, 100), OMNI_E_DATA);
    assert_non_null(strstr(err.text, "dataset \"clicks\": cannot be read: no such table"));
    assert_notes("");
}

static void fail_to_read(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n, (void)values;
    sqlite3_result_error_code(context, SQLITE_IOERR_READ);
}

/* A disk that fails now and then is no reason to call a person. */
static void a_fault_of_the_disk_passes(void **state)
{
    (void)state;
    sqlite3_create_function(store_db(store), "unreadable", 1, SQLITE_UTF8, NULL, fail_to_read, NULL,
                            NULL);
    sql("ALTER TABLE clicks RENAME TO kept");
    sql("CREATE VIEW clicks AS SELECT source, connector, account, date, id,"
        " unreadable(clicks) AS clicks FROM kept");
    mark(1);
    assert_int_equal(push(&clicks, 100), OMNI_E_RETRY);
    assert_non_null(strstr(err.text, "dataset \"clicks\": cannot be read: "));
    assert_non_null(strstr(notes, "abort 1970-01-02\n"));
    assert_int_equal(cursor(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    TEST(oldest_change_first_and_only_once),
    TEST(in_batches),
    TEST(a_day_without_rows_is_delivered_empty),
    TEST(a_failure_keeps_the_rest),
    TEST(a_lost_cursor_repeats_the_delivery),
    TEST(whole_datasets),
    TEST(rows_without_a_day_are_a_partition),
    TEST(cancel_ends_it_between_batches),
    TEST(one_snapshot_and_no_lock),
    TEST(wrong_values_name_their_place),
    TEST(a_dataset_that_is_not_there),
    TEST(a_fault_of_the_disk_passes),
};

UNIT_MAIN(tests)
