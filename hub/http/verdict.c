/* SPDX-License-Identifier: Apache-2.0
 * The table of HTTP statuses, and texts for people out of replies. */
#include <config.h>

#include "http/verdict.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/header.h"

enum { EXCERPT = 300, ERROR_BODY = 256 * 1024 };

/* First match counts. */
static const struct {
    int32_t from, to;
    omni_status status;
    bool untouched;
    const char *what;
} statuses[] = {
    {200, 299, OMNI_OK, false, NULL},
    {304, 304, OMNI_E_DATA, false, "nothing new, though nothing was said to be known"},
    {300, 399, OMNI_E_CONFIG, false,
     "the platform moved this away; a redirect is followed only "
     "for GET and HEAD without a body"},
    {401, 401, OMNI_E_AUTH, true, "the login was refused; renew the connector's credentials"},
    {403, 403, OMNI_E_AUTH, true,
     "this login may not do that; give it the permission, or use another account"},
    {407, 407, OMNI_E_CONFIG, true, "the proxy wants a user and password; check the option proxy"},
    {408, 408, OMNI_E_RETRY, false, "the server waited too long for the request"},
    {421, 421, OMNI_E_RETRY, true, "sent to the wrong server"},
    {425, 425, OMNI_E_RETRY, true, "too early"},
    {429, 429, OMNI_E_THROTTLED, true, "too many requests"},
    {400, 499, OMNI_E_CONFIG, false, "the platform refuses this request"},
    {500, 599, OMNI_E_RETRY, false, "the platform has a fault"},
    {INT32_MIN, INT32_MAX, OMNI_E_DATA, false, "not an HTTP status that means anything"},
};

static size_t find_status(int32_t status)
{
    size_t i = 0;
    while (status < statuses[i].from || status > statuses[i].to)
        i++;
    return i;
}

bool verdict_is_untouched(int32_t status)
{
    return statuses[find_status(status)].untouched;
}

const char *verdict_header(const struct http_reply *reply, const char *name)
{
    return header_find(reply->headers, name);
}

/* One readable line of at most EXCERPT bytes, secrets taken out before it is cut. */
static void excerpt(char out[EXCERPT + 8], const char *bytes, size_t n)
{
    /* A secret that begins inside must end inside too, or it would be cut and not be found. */
    auto_free char *copy = xstrndup(bytes, n < 16384 ? n : 16384);
    size_t len = log_redact(copy, strlen(copy)), used = 0;
    for (size_t i = 0; i < len && used < EXCERPT; i++) {
        unsigned char c = (unsigned char)copy[i];
        bool blank = c <= ' ' || c == 0x7f;
        if (!blank || (used && out[used - 1] != ' '))
            out[used++] = blank ? ' ' : (char)c;
    }
    while (used && (out[used - 1] & 0x80) && !text_is_utf8(out, used))
        used--;
    snprintf(out + used, 8, "%s", used == EXCERPT ? "…" : "");
}

/* <title>…</title>, the words in which a web page says what it is. */
static bool html_title(const struct http_reply *reply, char out[EXCERPT + 8])
{
    const char *from = strcasestr(reply->body, "<title");
    from = from ? strchr(from, '>') : NULL;
    const char *to = from ? strcasestr(from, "</title") : NULL;
    if (!to)
        return false;
    excerpt(out, from + 1, (size_t)(to - from - 1));
    return *out != '\0';
}

omni_status verdict_html(const struct http_reply *reply, struct err *err)
{
    char text[EXCERPT + 8];
    bool titled = html_title(reply, text);
    if (!titled)
        excerpt(text, reply->body, reply->body_len);
    return err_set(err, OMNI_E_DATA,
                   "unexpected HTML instead of data: %s\"%s\" (a login page, maintenance, or a "
                   "proxy between?)",
                   titled ? "page " : "", text);
}

/* Platforms switch versions off on known days, and say so in prose only. */
static bool speaks_of_version(const char *text)
{
    static const char *const words[] = {"deprecated",    "no longer", "sunset",  "unsupported",
                                        "not supported", "expired",   "retired", "invalid"};
    if (!strcasestr(text, "version"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

/* "errors": [], "error": null, false, 0 or "" say that there is none. */
static bool is_said(const json_t *value)
{
    return json_is_true(value) || json_string_length(value) || json_object_size(value) ||
           json_array_size(value) || (json_is_integer(value) && json_integer_value(value) != 0);
}

/* Some platforms answer 200 and put their error into the body: never rows, whatever is beside it.
 */
static omni_status error_inside(const struct http_reply *reply, struct err *err)
{
    static const char *const names[] = {"error", "errors"};
    const char *p = reply->body + strspn(reply->body, " \t\r\n");
    if (*p != '{' || reply->body_len > ERROR_BODY || !strstr(p, "\"error"))
        return OMNI_OK;
    auto_json *body = json_parse(reply->body, reply->body_len, NULL);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *value = json_object_get(body, names[i]);
        if (!is_said(value))
            continue;
        auto_free char *printed = json_print(value);
        char text[EXCERPT + 8];
        excerpt(text, printed, strlen(printed));
        return err_set(err, OMNI_E_DATA, "HTTP %d with an error inside: %s", (int)reply->status,
                       text);
    }
    return OMNI_OK;
}

omni_status verdict_by_status(const struct http_reply *reply, struct err *err)
{
    char text[EXCERPT + 8];
    size_t i = find_status(reply->status);
    if (statuses[i].status == OMNI_OK)
        return error_inside(reply, err);
    if (!html_title(reply, text))
        excerpt(text, reply->body, reply->body_len);
    const char *to = verdict_header(reply, "location");
    bool moved = reply->status >= 300 && reply->status < 400 && to;
    return err_set(err, statuses[i].status, "HTTP %d: %s%s%.200s%s%s%s", (int)reply->status,
                   statuses[i].what, moved ? " → " : "", moved ? to : "", *text ? ": " : "", text,
                   statuses[i].status == OMNI_E_CONFIG && speaks_of_version(text)
                       ? " (was this API version switched off? see the option api_version)"
                       : "");
}
