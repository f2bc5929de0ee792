/* SPDX-License-Identifier: Apache-2.0
 * hub/schema: the schema that is shipped, and what the reader refuses. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <omnihub/omnihub.h>

#include "base/file.h"
#include "base/mem.h"
#include "schema/schema.h"

#define SHIPPED TEST_SRCDIR "/conf/schema"

static struct schema *load_shipped(void)
{
    struct err err;
    struct schema *s = schema_load(SHIPPED, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static void all_datasets_are_there(void **state)
{
    (void)state;
    static const char *const names[] = {
        "ads_daily",   "ads_conversions", "ads_entities", "web_daily",      "search_daily",
        "messages",    "messages_daily",  "lists_daily",  "social_daily",   "social_posts",
        "crm_people",  "crm_companies",   "crm_deals",    "crm_activities", "orders",
        "order_lines", "refunds",         "checkouts",    "products",       "inventory",
        "locations",   "events",          "costs_manual", "fx_rates",       "targets",
        "annotations"};
    struct schema *s = load_shipped();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!schema_find(s, names[i]))
            fail_msg("%s is missing", names[i]);
    assert_int_equal(schema_count(s), ARRAY_LEN(names));
    assert_null(schema_find(s, "channels"));
    assert_null(schema_at(s, schema_count(s)));
    assert_string_equal(schema_at(s, 0)->name, "ads_daily"); /* files in name order */
    schema_free(s);
    schema_free(NULL);
}

/* Rules that the reader does not enforce but the project promises. */
static void check_dataset(const struct schema_dataset *d)
{
    assert_true(d->n_keys > 0 && d->n_keys <= d->n_columns);
    assert_true(*d->help);
    for (size_t i = 0; i < d->n_columns; i++) {
        const struct schema_column *c = &d->columns[i];
        assert_int_equal(c->agg == AGG_KEY, i < d->n_keys);
        assert_int_equal(schema_column(d, c->name), i);
        if (c->type == OMNI_REAL && strcmp(c->name, "latitude") && strcmp(c->name, "longitude"))
            fail_msg("%s.%s is inexact", d->name, c->name);
        if ((c->agg == AGG_SUM || c->agg == AGG_NONADD) && !*c->unit)
            fail_msg("%s.%s counts what?", d->name, c->name);
        if (strstr(c->name, "rate") && c->agg == AGG_SUM)
            fail_msg("%s.%s: ratios are not stored", d->name, c->name);
    }
}

static void shipped_data_keeps_the_rules(void **state)
{
    (void)state;
    struct schema *s = load_shipped();
    for (size_t i = 0; i < schema_count(s); i++)
        check_dataset(schema_at(s, i));
    const struct schema_dataset *ads = schema_find(s, "ads_daily");
    const struct schema_column *cost = &ads->columns[schema_column(ads, "cost")];
    assert_int_equal(cost->type, OMNI_MICROS);
    assert_int_equal(cost->agg, AGG_SUM);
    assert_string_equal(cost->unit, "money");
    assert_true(ads->day_keyed);
    assert_string_equal(ads->columns[ads->day].name, "date");
    assert_true(ads->columns[ads->day].required);
    const struct schema_dataset *orders = schema_find(s, "orders");
    assert_false(orders->day_keyed);
    assert_string_equal(orders->columns[orders->day].fill, "day:at");
    assert_int_equal(schema_find(s, "products")->day, -1);
    const struct schema_dataset *fx = schema_find(s, "fx_rates");
    assert_string_equal(fx->columns[schema_column(fx, "rate_e10")].unit, "e10");
    assert_int_equal(schema_column(ads, "nothing"), -1);
    schema_free(s);
}

/* People write SQL with these names, unquoted. */
static void names_need_no_quotes(void **state)
{
    (void)state;
    struct schema *s = load_shipped();
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < schema_count(s); i++) {
        const struct schema_dataset *d = schema_at(s, i);
        for (size_t j = 0; j < d->n_columns; j++) {
            auto_free char *sql =
                xasprintf("CREATE TABLE %s_%zu(%s); SELECT %s FROM %s_%zu", d->name, j,
                          d->columns[j].name, d->columns[j].name, d->name, j);
            if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        }
    }
    sqlite3_close(db);
    schema_free(s);
}

/* ---- what is refused ---- */

static char dir[] = "/tmp/omnihub-schema.XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    static const char *const files[] = {"a.conf", "b.conf", "channels.conf", ".hidden.conf"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        auto_free char *path = xasprintf("%s/%s", dir, files[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static void write_file(const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", dir, name);
    assert_int_equal(file_replace(path, text, strlen(text), 0600, NULL), OMNI_OK);
}

#define COLUMNS(text) "d: { help = \"h\"; columns: {\n" text "\n}; };"
#define KEY           "k = (\"text\", \"key\", \"\", \"\");\n"

static void refusals_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where, *what;
    } cases[] = {
        {"d: {", "a.conf:1: ", ""},
        {"\nd = 5;", "a.conf:2: ", "is not a dataset"},
        {"D: { columns: {}; };", "a.conf:1: ", "is not a dataset"},
        {"d: { help = \"x\"; };", "a.conf:1: ", "no group of columns"},
        {"d: { columns: {}; };", "a.conf:1: ", "no columns"},
        {"d: { helo = \"x\";\n columns: { " KEY " }; };", "a.conf:1: ", "unknown \"helo\""},
        {COLUMNS("c = (\"int\", \"sum\", \"\", \"\");"), "a.conf:1: ", "no key"},
        {COLUMNS("c = (\"int\", \"sum\", \"\", \"\");\n" KEY), "a.conf:3: ", "come first"},
        {COLUMNS("k = (\"string\", \"key\", \"\", \"\");"), "a.conf:2: ", "unknown type"},
        {COLUMNS("k = (\"text\", \"keys\", \"\", \"\");"), "a.conf:2: ", "unknown roll-up"},
        {COLUMNS("k = (\"text\", \"key\", \"\");"), "a.conf:2: ", "is written"},
        {COLUMNS("k = \"text\";"), "a.conf:2: ", "is written"},
        {COLUMNS(KEY "c = (\"int\", \"sum\", \"money\", \"\");"), "a.conf:3: ", "no unit"},
        {COLUMNS(KEY "c = (\"micros\", \"sum\", \"e10\", \"\");"), "a.conf:3: ", "no unit"},
        {COLUMNS(KEY "c = (\"micros\", \"sum\", \"money\", \"\");"),
         "a.conf:1: ", "has money but no column"},
        {COLUMNS(KEY "source = (\"text\", \"attr\", \"\", \"\");"), "a.conf:3: ", "cannot be"},
        {COLUMNS(KEY "Upper = (\"text\", \"attr\", \"\", \"\");"), "a.conf:3: ", "cannot be"},
        {COLUMNS(KEY "c = (\"text\", \"attr\", \"\", \"\", \"fill=moon\");"),
         "a.conf:3: ", "fill=account"},
        {COLUMNS(KEY "c = (\"date\", \"attr\", \"\", \"\", \"fill=day:at\");"),
         "a.conf:1: ", "does not go"},
        {COLUMNS(KEY "c = (\"int\", \"attr\", \"\", \"\", \"fill=account\");"),
         "a.conf:1: ", "does not go"},
        {"d: { day = \"k\"; columns: { " KEY " }; };", "a.conf:1: ", "not a date column"},
        {"d: { columns: { " KEY " }; };\nd: { columns: { " KEY " }; };", "a.conf:3: ", "duplicate"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        write_file("a.conf", cases[i].text);
        struct schema *s = schema_load(dir, &err);
        if (s || !strstr(err.text, cases[i].where) || !strstr(err.text, cases[i].what))
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(err.status, OMNI_E_CONFIG);
    }
}

static void files_are_read_together(void **state)
{
    (void)state;
    struct err err;
    write_file("a.conf", "d: { columns: { " KEY " }; };");
    write_file("channels.conf", "rules = ();");
    write_file(".hidden.conf", "nonsense");
    write_file("b.conf", "e: { columns: { " KEY " }; };");
    struct schema *s = schema_load(dir, &err);
    assert_non_null(s);
    assert_int_equal(schema_count(s), 2);
    assert_string_equal(schema_at(s, 1)->name, "e");
    assert_false(schema_at(s, 0)->columns[0].required);
    schema_free(s);
    write_file("b.conf", "d: { columns: { " KEY " }; };");
    assert_null(schema_load(dir, &err));
    assert_non_null(strstr(err.text, "b.conf:1: dataset \"d\" is described twice"));
    assert_null(schema_load("/nowhere", &err));
    assert_non_null(strstr(err.text, "/nowhere"));
}

static void types_have_names(void **state)
{
    (void)state;
    for (uint32_t type = OMNI_BOOL; type <= OMNI_MICROS; type++) {
        uint32_t back = 99;
        assert_true(schema_type_parse(schema_type_name(type), &back));
        assert_int_equal(back, type);
    }
    uint32_t type;
    assert_false(schema_type_parse("money", &type));
    assert_string_equal(schema_type_name(OMNI_MICROS), "micros");
    assert_string_equal(schema_type_name(99), "null");
    assert_string_equal(schema_agg_name(AGG_NONADD), "nonadd");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(all_datasets_are_there),  cmocka_unit_test(shipped_data_keeps_the_rules),
    cmocka_unit_test(names_need_no_quotes),    cmocka_unit_test(refusals_say_where),
    cmocka_unit_test(files_are_read_together), cmocka_unit_test(types_have_names),
};

int main(void)
{
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
