/* SPDX-License-Identifier: Apache-2.0
 * hub/web/html.c and expose.c: foreign texts stay texts, in HTML and in metrics. */
#include <config.h>

#include "unit.h"

#include "base/day.h"
#include "base/mem.h"
#include "web/expose.h"
#include "web/html.h"

static void texts_are_escaped(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"plain", "plain"},
        {"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"},
        {"a\x01z\x7f", "a\xef\xbf\xbdz\xef\xbf\xbd"},
        {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xc2\x9b", "\xef\xbf\xbd"}, /* a control character of two bytes */
        {"\xc3", "\xef\xbf\xbd"},     /* half of one */
        {"{}", "{}"},                 /* is not filled again */
        {NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_buf b = BUF_INIT(1000);
        auto_free char *wanted = xasprintf("<p title=\"%s\">", cases[i].wanted);
        html(&b, "<p title=\"{}\">", cases[i].text);
        assert_string_equal(buf_text(&b), wanted);
    }
}

static void templates_are_filled_in_order(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(1000);
    html(&b, "{}-{}", "1", "2");
    html(&b, ".");
    html(&b, "{}{}", "only one");
    assert_string_equal(buf_text(&b), "1-2.only one");
}

static void numbers_come_in_groups(void **state)
{
    static const struct {
        int64_t v;
        const char *wanted;
    } cases[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1,000"},
                 {-1000, "-1,000"},
                 {-999, "-999"},
                 {1234567, "1,234,567"},
                 {INT64_MIN, "-9,223,372,036,854,775,808"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[HTML_NUMBER];
        assert_string_equal(html_number(cases[i].v, out), cases[i].wanted);
    }
}

static void distances_are_in_the_unit_that_says_most(void **state)
{
    static const struct {
        const char *time, *wanted;
    } cases[] = {{"2026-11-28T12:00:00Z", "now"},
                 {"2026-11-28T11:59:00Z", "60 s ago"},
                 {"2026-11-28T12:10:00Z", "in 10 min"},
                 {"2026-11-28T09:00:00Z", "3 h ago"},
                 {"2026-11-28T10:00:00+02:00", "4 h ago"},
                 {"2026-12-28", "in 29 days"},
                 {"2025-11-28T12:00:00Z", "365 days ago"},
                 {"nonsense", ""},
                 {NULL, ""}};
    int64_t now = (int64_t)day_from_civil(2026, 11, 28) * TIME_DAY + TIME_DAY / 2;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[HTML_TIME];
        assert_string_equal(html_distance(cases[i].time, now, out), cases[i].wanted);
    }
}

static void labels_are_escaped(void **state)
{
    const struct label labels[] = {
        {"a", "x\"\\\n\xff"}, {"none", NULL}, {"empty", ""}, {"b", "y"}, {0}};
    const struct label nothing[] = {{"none", NULL}, {0}};
    (void)state;
    auto_buf b = BUF_INIT(1000);
    expose_family(&b, "f", "gauge", "Help.");
    expose_int(&b, "f", labels, -3);
    expose_micros(&b, "f", NULL, 1500000);
    expose_time(&b, "f", nothing, "1970-01-02");
    expose_time(&b, "f", nothing, NULL);
    assert_string_equal(buf_text(&b), "# HELP f Help.\n# TYPE f gauge\n"
                                      "f{a=\"x\\\"\\\\\\n\xef\xbf\xbd\",b=\"y\"} -3\n"
                                      "f 1.5\nf 86400\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(texts_are_escaped),
    cmocka_unit_test(templates_are_filled_in_order),
    cmocka_unit_test(numbers_come_in_groups),
    cmocka_unit_test(distances_are_in_the_unit_that_says_most),
    cmocka_unit_test(labels_are_escaped),
};

UNIT_MAIN(tests)
