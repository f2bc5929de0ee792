/* SPDX-License-Identifier: Apache-2.0
 * hub/read/csv*.c: RFC 4180, the options, headers, and records that are none. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "rows.h"

static const struct omni_field first = {.size = sizeof first, .path = "Day"};
static const struct omni_field second = {.size = sizeof second, .path = "clicks"};
static const struct omni_field third = {
    .size = sizeof third, .path = "note", .flags = OMNI_OPTIONAL};
static const struct omni_field *const fields[] = {&first, &second, &third, NULL};
static const struct omni_stream stream = {.size = sizeof stream, .name = "s", .fields = fields};

static const struct omni_field at_2 = {.size = sizeof at_2, .path = "2"};
static const struct omni_field *const positions[] = {&at_2, NULL};
static const struct omni_stream unnamed = {
    .size = sizeof unnamed, .name = "u", .fields = positions};

static struct rows read_cut(const char *options, const char *reply, int piece)
{
    static const struct rows_wish wish = {.has_unknown = true};
    bool has_names = !options || !strstr(options, "header=none");
    struct reader_spec spec = {.format = OMNI_FORMAT_CSV,
                               .format_options = options,
                               .stream = has_names ? &stream : &unnamed};
    return rows_read(&spec, &wish, reply, strlen(reply), piece);
}

static void gives(const char *options, const char *reply, const char *text)
{
    for (int piece = 0; piece < 4; piece++) {
        auto_rows got = read_cut(options, reply, piece);
        if (got.status != OMNI_OK)
            fail_msg("%s: %s", reply, got.err.text);
        assert_string_equal(buf_text(&got.text), text);
    }
}

static void refuses(const char *options, const char *reply, omni_status status, const char *message)
{
    for (int piece = 0; piece < 3; piece++) {
        auto_rows got = read_cut(options, reply, piece);
        if (got.status != status || !strstr(got.err.text, message))
            fail_msg("%s: status %d, %s", reply, got.status, got.err.text);
    }
}

static void by_name_in_any_order(void **state)
{
    (void)state;
    gives(NULL, "\xEF\xBB\xBFnote, Clicks ,Day\nn,1,d\n", "0 #1 line 2 byte 21|'d'|'1'|'n'\n");
    gives(NULL, "Day,clicks,Clicks\r\nd,1,2", "unknown 0 Clicks\n0 #1 line 2 byte 19|'d'|'1'|-\n");
}

static void quotes_and_line_ends(void **state)
{
    (void)state;
    gives(NULL, "Day,clicks,note\r\n\"a \"\"b\"\"\",\"\",\"x\r\ny\"\r\rc,,z,\n\nd,2,",
          "0 #1 line 2 byte 17|'a \"b\"'|''|'x\r\ny'\n"
          "bad #2 line 5: column 1: 4 columns where the header has 3: c,,z,\n"
          "0 #3 line 7 byte 45|'d'|'2'|null\n");
}

static void options(void **state)
{
    (void)state;
    gives("delimiter=; skip=2", "Report\n\"odd\nDay;clicks\na,b;1\n",
          "0 #1 line 4 byte 23|'a,b'|'1'|-\n");
    gives("delimiter=tab quote=none", "Day\tclicks\n\"a\tb\"\n",
          "0 #1 line 2 byte 11|'\"a'|'b\"'|-\n");
    gives("delimiter=blanks", "  Day   clicks \n a \"b c\"  \n   \nd\te\n",
          "0 #1 line 2 byte 16|'a'|'b c'|-\n0 #2 line 4 byte 31|'d'|'e'|-\n");
    gives("header=none", "a,b\nc,d\n", "0 #1 line 1 byte 0|'b'\n0 #2 line 2 byte 4|'d'\n");
    refuses("delimiter=;;", "", OMNI_E_CONFIG, "delimiter=;;");
    refuses("quotes=none", "", OMNI_E_CONFIG, "quotes=none");
    refuses("header=none", "a\n", OMNI_E_DATA, "no column 2");
}

static void bad_records_are_told_and_passed_over(void **state)
{
    (void)state;
    gives(NULL, "Day,clicks\n\"a\"x,1\nb\"c,2\n\xFF,3\nd,4\n\"e,5\nf,6",
          "bad #1 line 2: column 3: text behind a closing quote (quotes in a text are doubled): "
          "\"a\"x,1\n"
          "bad #2 line 3: column 2: quote inside a value without quotes (see format option "
          "quote=none): b\"c,2\n"
          "bad #3 line 4: column 1: not valid UTF-8; is it in another encoding?: \xFF,3\n"
          "0 #4 line 5 byte 28|'d'|'4'|-\n"
          "bad #5 line 6: column 1: this quote is never closed: \"e,5\n"
          "0 #6 line 7 byte 37|'f'|'6'|-\n");
}

static void wrong_headers(void **state)
{
    (void)state;
    refuses(NULL, "Day,click\n", OMNI_E_DATA,
            "no column clicks (did you mean click?); it has: Day, click");
    refuses(NULL, "Day,clicks, Day\n", OMNI_E_DATA, "column Day twice");
    refuses(NULL, "Day,\"clicks\n1,2", OMNI_E_DATA, "never closed");
    gives(NULL, "", "");
    gives(NULL, "Day,clicks", "");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(by_name_in_any_order),
    cmocka_unit_test(quotes_and_line_ends),
    cmocka_unit_test(options),
    cmocka_unit_test(bad_records_are_told_and_passed_over),
    cmocka_unit_test(wrong_headers),
};

UNIT_MAIN(tests)
