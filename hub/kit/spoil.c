/* SPDX-License-Identifier: Apache-2.0
 * Works on the exchanges' JSON only: what comes of it goes the same way as any other reply. */
#include <config.h>

#include "kit/spoil.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "kit/records.h"
#include "kit/tape.h"

enum { BODY_MAX = 512 * 1024 * 1024 };

/* ---- which reply ---- */

static bool is_good(const json_t *reply)
{
    int64_t status = json_int(reply, "status", 0);
    return status >= 200 && status < 300;
}

static bool is_of_total(const json_t *exchange)
{
    return json_flag(json_object_get(exchange, "asked"), "total");
}

/* Where the hub read the records, it knows how many there were. */
static bool is_page(const json_t *exchange)
{
    const json_t *asked = json_object_get(exchange, "asked");
    auto_records body = {0};
    if (!is_good(json_object_get(exchange, "reply")) || is_of_total(exchange))
        return false;
    if (json_object_get(asked, "records"))
        return json_int(asked, "records", 0) > 0;
    return !records_read(&body, exchange) || records_has_list(body.tree);
}

static bool is_answer(const json_t *exchange)
{
    return is_good(json_object_get(exchange, "reply")) && !is_of_total(exchange);
}

/* The number of exchanges where none is. */
static size_t last_that(const json_t *tape, bool (*holds)(const json_t *exchange))
{
    size_t n = json_array_size(tape_exchanges(tape)), last = n;
    for (size_t i = 0; i < n; i++)
        if (holds(tape_exchange(tape, i)))
            last = i;
    return last;
}

static bool has_login(const json_t *exchange)
{
    return !json_flag(json_object_get(exchange, "asked"), "no_login");
}

static bool is_page_with_login(const json_t *exchange)
{
    return is_page(exchange) && has_login(exchange);
}

static bool is_answer_with_login(const json_t *exchange)
{
    return is_answer(exchange) && has_login(exchange);
}

static bool is_graphql_page(const json_t *exchange)
{
    const char *url = json_text(json_object_get(exchange, "request"), "url");
    return url && strcasestr(url, "graphql") && is_page(exchange);
}

size_t spoil_pages(const json_t *tape)
{
    size_t pages = 0;
    for (size_t i = 0; i < json_array_size(tape_exchanges(tape)); i++) {
        const json_t *one = tape_exchange(tape, i);
        pages += is_page(one) && !json_object_get(json_object_get(one, "reply"), "fault");
    }
    return pages;
}

bool spoil_aim(json_t *tape, enum spoil_aim aim)
{
    /* The second where there is none of the first. */
    static bool (*const wanted[][2])(const json_t *) = {
        [SPOIL_PAGE] = {is_page, is_answer},
        [SPOIL_LOGIN] = {is_page_with_login, is_answer_with_login},
        [SPOIL_GRAPHQL] = {is_graphql_page, is_graphql_page},
        [SPOIL_TOTAL] = {is_of_total, is_of_total}};
    size_t n = json_array_size(tape_exchanges(tape));
    size_t at = last_that(tape, wanted[aim][0]);
    if (at == n)
        at = last_that(tape, wanted[aim][1]);
    json_put_int(tape, SPOIL_AIM, (int64_t)at);
    return at < n;
}

static size_t aim_of(const json_t *tape)
{
    return (size_t)json_int(tape, SPOIL_AIM, 0);
}

/* ---- whole replies ---- */

/* `times` copies of the exchange with this reply before it; in its place where it never ends. */
static size_t insert(json_t *tape, json_t *reply_take, size_t times)
{
    size_t at = aim_of(tape);
    json_t *list = tape_exchanges(tape);
    json_t *exchange = json_deep_copy(json_array_get(list, at));
    json_object_set_new(exchange, "reply", reply_take);
    if (times >= SPOIL_ALWAYS)
        json_array_remove(list, at);
    for (size_t i = 0; i < times; i++)
        json_array_insert(list, at, exchange);
    json_decref(exchange);
    return times;
}

size_t spoil_reply(json_t *tape, const struct spoil_reply *r, size_t times)
{
    json_t *reply = json_object(), *headers = json_array();
    json_put_int(reply, "status", r->status);
    json_put_text(reply, "fault", r->fault);
    json_put_text(reply, "body", r->body);
    if (r->header)
        json_array_append_new(headers, json_string(r->header));
    json_object_set_new(reply, "headers", headers);
    return insert(tape, reply, times);
}

/* Half of it. Of lines the last loses its end: a whole line less would be a shorter list. */
static size_t cut_at(const struct buf *bytes, bool are_lines)
{
    const char *s = buf_text(bytes);
    size_t n = bytes->len / 2;
    if (are_lines) {
        for (n = bytes->len; n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r');)
            n--;
        while (n > 0 && s[n - 1] != '\n')
            n--;
        n += n < bytes->len;
    }
    while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a character */
    return n;
}

size_t spoil_half(json_t *tape, const char *fault, size_t times)
{
    const json_t *exchange = tape_exchange(tape, aim_of(tape));
    auto_buf bytes = BUF_INIT(BODY_MAX);
    auto_records body = {0};
    bool is_read = records_read(&body, exchange);
    if (!records_bytes(json_object_get(exchange, "reply"), &bytes))
        return 0;
    bytes.len = cut_at(&bytes, is_read && !body.is_packed && body.format != OMNI_FORMAT_JSON);
    if (bytes.len == 0)
        return 0;
    json_t *reply = json_deep_copy(json_object_get(exchange, "reply"));
    records_put_bytes(reply, &bytes);
    json_put_text(reply, "fault", fault);
    return insert(tape, reply, times);
}

/* ---- a page that comes again ---- */

/* How many characters make a day, "2026-03-01" or "20260301"; 0: this is none. */
static size_t day_at(const char *s)
{
    static const char *const shapes[] = {"dddd-dd-dd", "dddddddd"};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        size_t n = 0;
        while (shapes[i][n] && (shapes[i][n] == 'd' ? isdigit((unsigned char)s[n]) : s[n] == '-'))
            n++;
        if (!shapes[i][n] && !isdigit((unsigned char)s[n]))
            return n;
    }
    return 0;
}

static void add_days(struct buf *out, const char *text)
{
    while (text && *text) {
        size_t n = isdigit((unsigned char)*text) ? day_at(text) : 0,
               digits = strspn(text, "0123456789");
        buf_add(out, text, n);
        text += n ? n : digits ? digits : 1;
    }
}

/* Reports of other days are no pages of this one, however alike they are. */
static bool same_days(const json_t *a, const json_t *b)
{
    static const char *const where[] = {"url", "body"};
    auto_buf of_a = BUF_INIT(BODY_MAX), of_b = BUF_INIT(BODY_MAX);
    for (size_t i = 0; i < ARRAY_LEN(where); i++) {
        add_days(&of_a, json_text(a, where[i]));
        add_days(&of_b, json_text(b, where[i]));
    }
    return strcmp(buf_text(&of_a), buf_text(&of_b)) == 0;
}

static bool same_path(const json_t *a, const json_t *b)
{
    const char *one = json_text(a, "url"), *other = json_text(b, "url");
    size_t n = strcspn(one, "?");
    return n == strcspn(other, "?") && strncmp(one, other, n) == 0;
}

/* The last two parts of the path: an API behind another host has another beginning. */
static char *end_of_path(const char *url)
{
    size_t n = strcspn(url, "?"), at = n;
    for (int slashes = 0; at > 0 && slashes < 2; at--)
        slashes += url[at - 1] == '/';
    return xstrndup(url + at, n - at);
}

/* Where pages have addresses of their own, one names the next. */
static bool names(const json_t *page, const json_t *request)
{
    auto_records body = {0};
    auto_free char *text = records_read(&body, page) ? json_print(body.tree) : NULL;
    auto_free char *end = end_of_path(json_text(request, "url"));
    return text && *end && strstr(text, end);
}

static bool is_page_of(const json_t *page, const json_t *last, bool by_path)
{
    const json_t *a = json_object_get(page, "request"), *b = json_object_get(last, "request");
    return is_page(page) && strcmp(json_text(a, "method"), json_text(b, "method")) == 0 &&
           same_days(a, b) && (by_path ? same_path(a, b) : names(page, b));
}

size_t spoil_repeat(json_t *tape)
{
    size_t at = aim_of(tape);
    const json_t *last = tape_exchange(tape, at);
    for (int by_path = 1; by_path >= 0; by_path--)
        for (size_t i = at; i-- > 0;)
            if (is_page_of(tape_exchange(tape, i), last, by_path))
                return insert(tape,
                              json_deep_copy(json_object_get(tape_exchange(tape, i), "reply")),
                              SPOIL_ALWAYS);
    return 0;
}
