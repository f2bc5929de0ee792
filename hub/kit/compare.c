/* SPDX-License-Identifier: Apache-2.0
 * Rows are matched one to one; what is left over is shown beside what it most likely should be. */
#include <config.h>

#include "kit/compare.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/exact.h"
#include "base/json.h"
#include "base/mem.h"
#include "kit/tape.h"

enum { PROBLEMS_MAX = 20, PROBLEM_TEXT = 8192 };

static void problem(json_t *problems, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void problem(json_t *problems, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n >= 0 && json_array_size(problems) < PROBLEMS_MAX)
        json_array_append_new(problems, json_string(text));
    if (n >= 0)
        free(text);
}

/* ---- rows ---- */

/* 12.50 is 12.5 */
static bool same_number(const char *a, const char *b)
{
    int64_t x, y;
    return exact_parse(a, strlen(a), 6, 0, &x) == EXACT_OK &&
           exact_parse(b, strlen(b), 6, 0, &y) == EXACT_OK && x == y;
}

/* A number with a point in a .test file, 12.37, is what was typed and not its nearest binary. */
static char *as_text(const json_t *value)
{
    if (json_is_string(value))
        return xstrdup(json_string_value(value));
    if (json_is_real(value))
        return xasprintf("%.15g", json_real_value(value));
    return json_print(value);
}

/* Numbers may be written as numbers or as the decimal text that they are shown as: 3 is "3". */
static bool same_value(const json_t *expected, const json_t *got)
{
    if (json_equal((json_t *)expected, (json_t *)got) ||
        (json_is_string(expected) && !*json_string_value(expected) && json_is_null(got)))
        return true;
    auto_free char *a = as_text(expected);
    auto_free char *b = as_text(got);
    return a && b && (strcmp(a, b) == 0 || same_number(a, b));
}

/* How many of the named columns are as expected; SIZE_MAX: all. */
static size_t likeness(const json_t *expected, const json_t *got)
{
    size_t same = 0, n = 0;
    const char *column;
    json_t *value;
    json_object_foreach((json_t *)expected, column, value)
    {
        n++;
        same += same_value(value, json_object_get(got, column));
    }
    return same == n ? SIZE_MAX : same;
}

static size_t nearest(const json_t *expected, const json_t *got, const bool *taken)
{
    size_t n = json_array_size(got), best = n, most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t like = taken[i] ? 0 : likeness(expected, json_array_get(got, i));
        if (!taken[i] && (best == n || like > most)) {
            best = i;
            most = like;
        }
    }
    return best;
}

static void put_value(struct buf *out, const char *column, const json_t *value)
{
    auto_free char *text = !value                ? xstrdup("no such column")
                           : json_is_real(value) ? as_text(value)
                                                 : json_print(value);
    buf_printf(out, " %s=%s", column, text);
}

static void tell_missing(const char *what, size_t number, const json_t *expected,
                         const json_t *instead, json_t *problems)
{
    auto_buf text = BUF_INIT(PROBLEM_TEXT);
    const char *column;
    json_t *value;
    json_object_foreach((json_t *)expected, column, value)
    {
        const json_t *came = instead ? json_object_get(instead, column) : NULL;
        if (!instead || !same_value(value, came))
            put_value(&text, column, value);
        if (instead && !same_value(value, came)) {
            buf_adds(&text, ", came:");
            put_value(&text, column, came);
            buf_adds(&text, ";");
        }
    }
    problem(problems, "%s: row %zu %s:%s", what, number,
            instead ? "is not as expected" : "did not come", buf_text(&text));
}

static void tell_extra(const char *what, const json_t *row, json_t *problems)
{
    auto_buf text = BUF_INIT(PROBLEM_TEXT);
    const char *column;
    json_t *value;
    json_object_foreach((json_t *)row, column, value)
    {
        if (!json_is_null(value) && !(json_is_string(value) && !*json_string_value(value)))
            put_value(&text, column, value);
    }
    problem(problems, "%s: a row that was not expected:%s", what, buf_text(&text));
}

void compare_rows(const char *what, const json_t *expected, const json_t *got, json_t *problems)
{
    size_t n = json_array_size(got), i;
    auto_free bool *taken = xcalloc(n + 1, sizeof *taken);
    auto_free bool *found = xcalloc(json_array_size(expected) + 1, sizeof *found);
    json_t *row;
    if (n == 0 && json_array_size(expected) > 0)
        problem(problems,
                "%s: no row came, %zu should; an API that sends none is fine, so see whether the "
                "records are where the plugin looks for them",
                what, json_array_size(expected));
    json_array_foreach(expected, i, row)
    {
        size_t at = nearest(row, got, taken);
        if (at < n && likeness(row, json_array_get(got, at)) == SIZE_MAX)
            found[i] = taken[at] = true;
    }
    json_array_foreach(expected, i, row)
    {
        size_t at = found[i] ? n : nearest(row, got, taken);
        if (at < n)
            taken[at] = true;
        if (!found[i])
            tell_missing(what, i + 1, row, at < n ? json_array_get(got, at) : NULL, problems);
    }
    for (i = 0; i < n; i++)
        if (!taken[i])
            tell_extra(what, json_array_get(got, i), problems);
}

/* ---- requests ---- */

static size_t count_asked(const json_t *list, const char *request)
{
    size_t i, n = 0;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        auto_free char *text = tape_request(json_text(item, "method"), json_text(item, "url"),
                                            json_text(item, "body"));
        n += strcmp(text, request) == 0;
    }
    return n;
}

void compare_requests(const json_t *tape, const json_t *asked, json_t *problems)
{
    auto_json *told = json_object();
    size_t i;
    json_t *item;
    json_array_foreach(tape_exchanges(tape), i, item)
    {
        const json_t *r = json_object_get(item, "request");
        auto_free char *text =
            tape_request(json_text(r, "method"), json_text(r, "url"), json_text(r, "body"));
        if (json_object_get(told, text) || count_asked(asked, text) > 0)
            continue;
        json_put_flag(told, text, true);
        problem(problems, "a request that was expected was never sent: %s", text);
    }
}
