/* SPDX-License-Identifier: Apache-2.0
 * The helpers for plugin authors. */
#include <config.h>

#include "unit.h"

#include <stdio.h>

#include <omnihub/sdk.h>

static void builds_urls(void **state)
{
    (void)state;
    char memory[256];
    struct omni_text url = OMNI_TEXT(memory);
    omni_text_add(&url, "/v1");
    omni_path_segment(&url, "act/1 ä");
    omni_path_segment(&url, "..");
    omni_query(&url, "q", "a b&c=d");
    omni_query(&url, "after", "");
    omni_query(&url, "none", NULL);
    omni_query_int(&url, "limit", INT64_MIN);
    omni_query_day(&url, "from", 20484);
    assert_string_equal(omni_text_done(&url),
                        "/v1/act%2F1%20%C3%A4/%2E%2E?q=a%20b%26c%3Dd&limit=-9223372036854775808"
                        "&from=2026-01-31");
    omni_text_begin(&url, memory, sizeof memory);
    omni_text_add(&url, "/v1?fixed=1");
    omni_query(&url, "a", "b");
    assert_string_equal(omni_text_done(&url), "/v1?fixed=1&a=b");
}

/* Whatever the size of the memory: it ends with NUL, and nothing is ever written behind it. */
static void never_runs_over(void **state)
{
    (void)state;
    for (size_t size = 1; size < 40; size++) {
        char memory[41];
        memset(memory, '#', sizeof memory);
        struct omni_text t;
        omni_text_begin(&t, memory, size);
        omni_text_add(&t, "/a");
        omni_query(&t, "name", "v l");
        omni_text_add_json(&t, "x\"\n\x01");
        omni_text_add_day(&t, 0);
        assert_int_equal(memory[strlen(memory)], '\0');
        assert_true(strlen(memory) < size);
        assert_int_equal(memory[size], '#');
        assert_true((omni_text_done(&t) == NULL) ==
                    (size <= strlen("/a?name=v%20l\"x\\\"\\n\\u0001\"1970-01-01")));
    }
}

static void builds_json(void **state)
{
    (void)state;
    char memory[256];
    struct omni_text t = OMNI_TEXT(memory);
    omni_text_add(&t, "{");
    omni_json_add_text(&t, "a", "x\"\\\b\f\n\r\t\x1f/ä");
    omni_json_add_text(&t, "left out", NULL);
    omni_json_add_int(&t, "b", -7);
    omni_text_add(&t, ",\"c\":{");
    omni_json_add_day(&t, "d", 0);
    omni_text_add(&t, "}}");
    assert_string_equal(omni_text_done(&t), "{\"a\":\"x\\\"\\\\\\b\\f\\n\\r\\t\\u001F/ä\",\"b\":-7,"
                                            "\"c\":{\"d\":\"1970-01-01\"}}");
}

static void knows_days(void **state)
{
    (void)state;
    char text[OMNI_DAY_TEXT];
    int32_t day = 0;
    assert_int_equal(omni_day_of(1970, 1, 1), 0);
    assert_int_equal(omni_day_of(2000, 3, 1), 11017);
    for (int32_t d = -719162; d <= 2932896; d += 137) {
        int y, m, of_month;
        omni_day_split(d, &y, &m, &of_month);
        assert_int_equal(omni_day_of(y, m, of_month), d);
        assert_true(omni_day_parse(omni_day_print(d, text), &day));
        assert_int_equal(day, d);
    }
    assert_string_equal(omni_day_print(INT32_MIN, text), "0001-01-01");
    assert_string_equal(omni_day_print(INT32_MAX, text), "9999-12-31");
    assert_true(omni_day_parse("20240229", &day));
    assert_true(omni_day_parse("2024-02-29T10:00:00Z", &day));
    static const char *const wrong[] = {"2023-02-29", "2024-13-01",  "2024-00-10", "2024-1-1", "",
                                        "202402290",  "2024-02-290", "0000-01-01", "2024-02-"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(omni_day_parse(wrong[i], &day));
    assert_false(omni_day_parse(NULL, &day));
    char memory[32];
    struct omni_text t = OMNI_TEXT(memory);
    omni_text_add_day_as(&t, 20484, "%d.%m.%y %Y%%x%");
    assert_string_equal(omni_text_done(&t), "31.01.26 2026%x%");
}

static struct omni_json json(const char *s)
{
    return omni_json_of(s, strlen(s));
}

static void looks_into_json(void **state)
{
    (void)state;
    const char *text =
        " {\"paging\":{\"cursors\":{\"after\":\"QVFI\\u00e4\\ud83d\\ude00\\n\"},\"next\":null},"
        "\"errors\":[{\"code\":17},{\"code\":\"190\",\"fatal\":true}],"
        "\"a.b\":1,\"\\u0061b\":2,\"big\":9223372036854775808,\"real\":1.5,"
        "\"id\":12345678901234567890,\"low\":-9223372036854775808} ";
    struct omni_json root = json(text);
    char out[64];
    int64_t n;
    assert_int_equal(root.kind, OMNI_JSON_OBJECT);
    assert_true(omni_json_text(root, "paging.cursors.after", out, sizeof out));
    assert_string_equal(out, "QVFIä\xf0\x9f\x98\x80\n");
    assert_false(omni_json_text(root, "paging.cursors.after", out, 5));
    assert_string_equal(out, "");
    assert_int_equal(omni_json_at(root, "paging.next").kind, OMNI_JSON_NULL);
    assert_int_equal(omni_json_at(root, "paging.previous").kind, OMNI_JSON_NONE);
    assert_int_equal(omni_json_at(root, "errors[2].code").kind, OMNI_JSON_NONE);
    assert_true(omni_json_int(root, "errors[0].code", &n) && n == 17);
    assert_true(omni_json_int(root, "errors[1].code", &n) && n == 190);
    assert_true(omni_json_is_true(root, "errors[1].fatal"));
    assert_false(omni_json_is_true(root, "errors[1].code"));
    assert_true(omni_json_int(root, "ab", &n) && n == 2);
    assert_false(omni_json_int(root, "big", &n));
    assert_false(omni_json_int(root, "real", &n));
    assert_true(omni_json_int(root, "low", &n) && n == INT64_MIN);
    assert_true(omni_json_text(root, "id", out, sizeof out));
    assert_string_equal(out, "12345678901234567890");
    assert_int_equal(omni_json_at(root, "").kind, OMNI_JSON_OBJECT);
}

static void walks_through_json(void **state)
{
    (void)state;
    struct omni_json list = json("[1, \"]\" ,[2,[3]],{\"a\":4}]"), item = {NULL, 0, 0};
    const int kinds[] = {OMNI_JSON_NUMBER, OMNI_JSON_TEXT, OMNI_JSON_ARRAY, OMNI_JSON_OBJECT};
    for (size_t i = 0; i < 4; i++) {
        assert_true(omni_json_next(list, &item));
        assert_int_equal(item.kind, kinds[i]);
    }
    assert_false(omni_json_next(list, &item));
    struct omni_json object = json("{\"x\":1,\"y\":[]}"), member = {NULL, 0, 0},
                     none = {NULL, 0, 0};
    assert_true(omni_json_next(object, &member) && omni_json_next(object, &member));
    assert_int_equal(member.kind, OMNI_JSON_ARRAY);
    assert_false(omni_json_next(object, &member));
    assert_false(omni_json_next(json("[]"), &none));
    assert_false(omni_json_next(json("{}"), &none));
    assert_false(omni_json_next(json("7"), &none));
}

/* Cut anywhere, or with any byte changed, it is either read or not found, and never read beyond. */
static void survives_broken_json(void **state)
{
    (void)state;
    const char text[] =
        "{\"a\":[{\"b\":\"\\ud83d\\ude00\\\"\"},true,-1e5,null],\"c\":{\"d\":[[[]]]}}";
    static const char bytes[] = "{}[]\",:\\u0tn-\x80";
    char out[16];
    for (size_t n = 0; n < sizeof text; n++) {
        char *cut = malloc(n ? n : 1);
        memcpy(cut, text, n);
        struct omni_json root = omni_json_of(cut, n);
        omni_json_text(root, "a[0].b", out, sizeof out);
        omni_json_text(root, "c.d[0]", out, sizeof out);
        free(cut);
    }
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (size_t b = 0; b < sizeof bytes; b++) {
            char *changed = malloc(sizeof text - 1);
            memcpy(changed, text, sizeof text - 1);
            changed[at] = bytes[b];
            struct omni_json root = omni_json_of(changed, sizeof text - 1);
            omni_json_text(root, "a[0].b", out, sizeof out);
            struct omni_json item = {NULL, 0, 0};
            for (int i = 0; i < 100 && omni_json_next(root, &item); i++)
                ;
            free(changed);
        }
    assert_int_equal(json("[[}]").kind, OMNI_JSON_NONE);
    assert_int_equal(json("\"open").kind, OMNI_JSON_NONE);
    assert_int_equal(omni_json_of(NULL, 0).kind, OMNI_JSON_NONE);
    assert_false(omni_json_text(json("\"\\ud83d\""), "", out, sizeof out));
    assert_false(omni_json_text(json("\"\\u0000\""), "", out, sizeof out));
    char deep[200];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    assert_int_equal(omni_json_of(deep, 200).kind, OMNI_JSON_NONE);
}

static struct omni_http reply_of(const char *text, const char *const *headers)
{
    return (struct omni_http){.size = sizeof(struct omni_http),
                              .reply = text,
                              .reply_len = strlen(text),
                              .reply_headers = headers};
}

static void finds_headers(void **state)
{
    (void)state;
    const char *const headers[] = {"link-x: 1", "link:  2", NULL};
    struct omni_http http = reply_of("", headers);
    assert_string_equal(omni_reply_header(&http, "link"), "2");
    assert_null(omni_reply_header(&http, "lin"));
    http.reply_headers = NULL;
    assert_null(omni_reply_header(&http, "link"));
}

static omni_status failed_with;
static char failed_text[256];

static omni_status on_fail(struct omni_run *run, omni_status status, const char *text)
{
    (void)run;
    failed_with = status;
    snprintf(failed_text, sizeof failed_text, "%s", text);
    return status;
}
static const struct omni_host host = {.size = sizeof host, .fail = on_fail};

static void follows_cursors(void **state)
{
    (void)state;
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = reply_of("{\"next\":\"a\"}", NULL);
    assert_true(omni_pages_after(&pages, &http, "next"));
    assert_string_equal(pages.cursor, "a");
    http = reply_of("{\"next\":7}", NULL);
    assert_true(omni_pages_after(&pages, &http, "next"));
    assert_string_equal(pages.cursor, "7");
    static const char *const last[] = {"{\"next\":null}", "{\"next\":\"\"}", "{}",
                                       "{\"next\":false}"};
    for (size_t i = 0; i < 4; i++) {
        http = reply_of(last[i], NULL);
        assert_false(omni_pages_after(&pages, &http, "next"));
        assert_int_equal(omni_pages_end(&pages, &host, NULL), OMNI_OK);
    }
    http = reply_of("{\"next\":{}}", NULL);
    assert_false(omni_pages_after(&pages, &http, "next"));
    assert_int_equal(omni_pages_end(&pages, &host, NULL), OMNI_E_DATA);
    assert_non_null(strstr(failed_text, "neither a text nor a number"));
}

/* A circle of any length that is entered after any number of pages. */
static void notices_circles(void **state)
{
    (void)state;
    for (int lead = 0; lead < 12; lead++)
        for (int length = 1; length < 40; length++) {
            struct omni_pages pages = OMNI_PAGES;
            char cursor[32];
            int asked = 0;
            do {
                int at = asked < lead ? asked : lead + (asked - lead) % length;
                snprintf(cursor, sizeof cursor, "page%d", at);
            } while (++asked < 1000 && omni_pages_go(&pages, cursor));
            assert_true(asked < 4 * (lead + length) + 4);
            assert_int_equal(omni_pages_end(&pages, &host, NULL), OMNI_E_DATA);
            assert_non_null(strstr(failed_text, "round in a circle"));
        }
    struct omni_pages pages = OMNI_PAGES;
    char cursor[32];
    for (int i = 0; i < 100000; i++) {
        snprintf(cursor, sizeof cursor, "page%d", i);
        assert_true(omni_pages_go(&pages, cursor));
    }
}

static void counts_pages(void **state)
{
    (void)state;
    struct omni_pages pages = OMNI_PAGES;
    pages.max_pages = 2;
    assert_true(omni_pages_go(&pages, "a"));
    assert_false(omni_pages_go(&pages, "b"));
    assert_int_equal(omni_pages_end(&pages, &host, NULL), OMNI_E_TOO_MUCH);
    struct omni_pages by_offset = OMNI_PAGES;
    assert_true(omni_pages_offset(&by_offset, 100, 250));
    assert_true(omni_pages_offset(&by_offset, 99, 250));
    assert_int_equal(by_offset.offset, 199);
    assert_false(omni_pages_offset(&by_offset, 51, 250));
    struct omni_pages unknown = OMNI_PAGES;
    assert_true(omni_pages_offset(&unknown, 3, -1));
    assert_false(omni_pages_offset(&unknown, 0, -1));
    char *too_long = malloc(5000);
    memset(too_long, 'x', 4999);
    too_long[4999] = '\0';
    struct omni_pages longer = OMNI_PAGES;
    assert_false(omni_pages_go(&longer, too_long));
    assert_int_equal(omni_pages_end(&longer, &host, NULL), OMNI_E_DATA);
    free(too_long);
}

static void follows_links(void **state)
{
    (void)state;
    const char *const headers[] = {"link: <https://x/?a=1,2>; title=\"a, b\"; rel=\"prev\", "
                                   "<https://x/?p=3>; rel=\"next\", <https://x/?p=9>; rel=last",
                                   NULL};
    const char *const bare[] = {"link: <https://x/?p=4>; rel=next", NULL};
    const char *const none[] = {"link: <https://x/?next>; rel=\"nextish\"", "x: 1", NULL};
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = reply_of("", headers);
    assert_true(omni_pages_link(&pages, &http));
    assert_string_equal(pages.cursor, "https://x/?p=3");
    http.reply_headers = bare;
    assert_true(omni_pages_link(&pages, &http));
    assert_string_equal(pages.cursor, "https://x/?p=4");
    http.reply_headers = none;
    assert_false(omni_pages_link(&pages, &http));
    assert_int_equal(omni_pages_end(&pages, &host, NULL), OMNI_OK);
}

static void parses_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"2026-01-31T10:00:00Z", 1769853600},
                {"2026-01-31 10:00:00.123456+00:00", 1769853600},
                {"2026-01-31T11:30:00+01:30", 1769853600},
                {"2026-01-31T05:00:00-0500", 1769853600},
                {"2026-01-31T12:00:00+02", 1769853600},
                {"1969-12-31T23:59:59Z", -1}};
    static const char *const wrong[] = {
        "",
        "2026-01-31",
        "20260131",
        "2026-01-31T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T10:60:00Z",
        "2026-01-31T10:00Z",
        "2026-01-31T10:00:00Zulu",
        "2026-01-31T10:00:00+1",
        "2026-01-31T10:00:00+01:0",
        "2026-01-31T10:00:00+01:000",
        "2026-01-31T10:00:00+25:00",
        "2026-01-31T",
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(omni_time_parse(good[i].text, &seconds));
        assert_int_equal(seconds, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (omni_time_parse(wrong[i], &seconds))
            fail_msg("%s was taken", wrong[i]);
    assert_false(omni_time_parse(NULL, &seconds));
}

static void reads_decimals_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int is_number, places;
        int64_t digits, micros;
    } cases[] = {
        {"4.25", 1, 2, 425, 4250000},
        {"\"24.9200000000006\"", 1, 13, 249200000000006, 24920000},
        {"-0.0000005", 1, 7, -5, 0}, /* half to even */
        {"0.0000015", 1, 7, 15, 2},
        {"12.000", 1, 0, 12, 12000000},
        {"1.5e3", 1, 0, 1500, 1500000000},
        {"125E-2", 1, 2, 125, 1250000},
        {"1e-400", 1, 0, 0, 0},
        {"0e99", 1, 0, 0, 0},
        {"35.199999999999999289457264", 1, 17, 3519999999999999928, 35200000},
        {"123456789012345678", 1, 0, 123456789012345678, 0},
        {"9223372036854775807", 1, 0, INT64_MAX, 0},
        {"-9223372036854775808", 1, 0, INT64_MIN, 0},
        {"9223372036854775808", 0, 0, 0, 0},
        {"1e19", 0, 0, 0, 0},
        {"\"\"", 0, 0, 0, 0},
        {"\".5\"", 1, 1, 5, 500000},
        {"\"5.\"", 1, 0, 5, 5000000},
        {"\".\"", 0, 0, 0, 0},
        {"\"1,5\"", 0, 0, 0, 0},
        {"\"1e\"", 0, 0, 0, 0},
        {"\" 1\"", 0, 0, 0, 0},
        {"\"--1\"", 0, 0, 0, 0},
        {"true", 0, 0, 0, 0},
        {"null", 0, 0, 0, 0},
        {"{}", 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t digits, micros;
        int places;
        struct omni_json json = omni_json_of(cases[i].text, strlen(cases[i].text));
        if (omni_json_decimal(json, "", &digits, &places) != cases[i].is_number)
            fail_msg("%s", cases[i].text);
        if (!cases[i].is_number)
            continue;
        if (digits != cases[i].digits || places != cases[i].places)
            fail_msg("%s: %lld, %d places", cases[i].text, (long long)digits, places);
        int fits = omni_micros(digits, places, &micros);
        assert_int_equal(fits, llabs(cases[i].digits / 2) < INT64_MAX / 1000000 || places >= 6);
        if (fits)
            assert_int_equal(micros, cases[i].micros);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(parses_times),       cmocka_unit_test(builds_urls),
    cmocka_unit_test(never_runs_over),    cmocka_unit_test(builds_json),
    cmocka_unit_test(knows_days),         cmocka_unit_test(looks_into_json),
    cmocka_unit_test(walks_through_json), cmocka_unit_test(survives_broken_json),
    cmocka_unit_test(finds_headers),      cmocka_unit_test(follows_cursors),
    cmocka_unit_test(notices_circles),    cmocka_unit_test(counts_pages),
    cmocka_unit_test(follows_links),      cmocka_unit_test(reads_decimals_exactly),
};
UNIT_MAIN(tests)
