/* SPDX-License-Identifier: Apache-2.0
 * Streams that together use every kind of path, for the comparison with jansson. */
#include <config.h>

#include "cases.h"

#include <string.h>

#include "base/mem.h"

#define FIELD(path_)                                                                               \
    &(const struct omni_field)                                                                     \
    {                                                                                              \
        .size = sizeof(struct omni_field), .path = (path_)                                         \
    }
#define FIELDS(...)                                                                                \
    (const struct omni_field *const[])                                                             \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define STREAM(...)                                                                                \
    &(const struct omni_stream)                                                                    \
    {                                                                                              \
        .size = sizeof(struct omni_stream), __VA_ARGS__                                            \
    }

const struct reader_spec cases[CASES] = {
    {.records = "$.a[*]",
     .stream = STREAM(.name = "flat", .fields = FIELDS(FIELD("$.a"), FIELD("$.b"), FIELD("$['c']"),
                                                       FIELD("$.a"), FIELD("$.d.a")))},
    {.records = "$.a[*].b[*]",
     .stream = STREAM(.name = "nested",
                      .fields = FIELDS(FIELD("$.a"), FIELD("^.a"), FIELD("$[0]"), FIELD("^.c.a")))},
    {.records = NULL,
     .stream = STREAM(.name = "whole",
                      .fields = FIELDS(FIELD("$.a"), FIELD("$.a[1].b"), FIELD("$[0].a")))},
    {.records = "$[*]",
     .stream = STREAM(.name = "sums",
                      .fields = FIELDS(FIELD("$.a[?@.b=='x'].c"), FIELD("$.a[?@.b=='y'].c"),
                                       FIELD("$.a[?@.b=='x' && @.d=='y'].c"), FIELD("$.a[0].c"),
                                       FIELD("$.a")))},
    {.records = "$.b[0].a[*]",
     .stream =
         STREAM(.name = "parts", .fields = FIELDS(FIELD("$.a"), FIELD("$.c")),
                .parts =
                    (const struct omni_stream *const[]){
                        STREAM(.name = "one", .inside = "$.b[*]",
                               .fields = FIELDS(FIELD("$.a"), FIELD("^.a"), FIELD("^.d"))),
                        STREAM(.name = "two", .inside = "$.d.b[*].c[*]",
                               .fields = FIELDS(FIELD("^^.a"), FIELD("$.a"), FIELD("^.a"))),
                        STREAM(.name = "three", .inside = "$.c", .fields = FIELDS(FIELD("$.b"))),
                        NULL})},
    {.records = "$.c[?@.a=='x']",
     .stream = STREAM(.name = "filtered", .fields = FIELDS(FIELD("$.b"), FIELD("$.a")))},
};

static bool is_blank(const char *p, size_t n)
{
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        p += 3;
        n -= 3;
    }
    while (n > 0 && strchr(" \t\r\n", *p) && *p) {
        p++;
        n--;
    }
    return n == 0;
}

static char *judge(enum oracle expected, const struct buf *want, const struct rows *got)
{
    bool is_refused = got->status != OMNI_OK;
    if (is_refused && got->status != OMNI_E_DATA)
        return xasprintf("status %d: %s", got->status, got->err.text);
    if (expected == ORACLE_UNSURE || (expected == ORACLE_TWINS && is_refused))
        return NULL;
    if (expected == ORACLE_TWINS)
        expected = ORACLE_ROWS;
    if (is_refused != (expected != ORACLE_ROWS))
        return xasprintf("expected %s, got %s: %s", expected == ORACLE_ROWS ? "rows" : "a refusal",
                         is_refused ? "a refusal" : "rows",
                         is_refused ? got->err.text : buf_text(&got->text));
    if (!is_refused && (want->len != got->text.len ||
                        memcmp(buf_text(want), buf_text(&got->text), want->len) != 0))
        return xasprintf("expected rows\n%sgot\n%s", buf_text(want), buf_text(&got->text));
    return NULL;
}

char *cases_compare(const struct reader_spec *spec, const char *reply, size_t n)
{
    static const struct rows_wish wish = {.is_canonical = true, .is_strict = true};
    static const int pieces[] = {0, 1, -7, -100};
    auto_buf want = BUF_INIT(ROWS_MAX);
    enum oracle expected = oracle_rows(spec, reply, n, &want);
    auto_buf first = BUF_INIT(ROWS_MAX);
    if (is_blank(reply, n))
        expected = ORACLE_ROWS;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        auto_rows got = rows_read(spec, &wish, reply, n, pieces[i]);
        char *wrong = judge(expected, &want, &got);
        if (wrong)
            return wrong;
        buf_printf(&got.text, "%d %s %s", got.status, buf_text(&got.envelope),
                   got.status == OMNI_OK ? "" : "refused");
        if (i == 0)
            buf_add(&first, got.text.data, got.text.len);
        else if (got.status == OMNI_OK && strcmp(buf_text(&first), buf_text(&got.text)) != 0)
            return xasprintf("pieces of %d change\n%s\nto\n%s", pieces[i], buf_text(&first),
                             buf_text(&got.text));
    }
    return NULL;
}
