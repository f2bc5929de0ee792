/* SPDX-License-Identifier: Apache-2.0
 * Templates with escaped texts, and what people read: numbers in groups, times by their distance.
 */
#include <config.h>

#include "web/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/mem.h"
#include "base/text.h"

/* ---- escaping ---- */

static const char *entity(char c)
{
    static const struct {
        char c;
        const char *text;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        if (entities[i].c == c)
            return entities[i].text;
    return NULL;
}

static bool is_control(const char *s, size_t len)
{
    unsigned char c = (unsigned char)s[0];
    if (len == 1)
        return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
    return len == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0;
}

static void add_escaped(struct buf *b, const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0, len; i < n; i += len) {
        const char *named = entity(s[i]);
        len = text_utf8_len(s + i, n - i);
        if (named)
            buf_adds(b, named);
        else if (len == 0 || is_control(s + i, len))
            buf_adds(b, "\xef\xbf\xbd");
        else
            buf_add(b, s + i, len);
        len = len ? len : 1;
    }
}

void html_fill(struct buf *b, const char *const *texts, size_t n)
{
    const char *at = texts[0], *hole;
    for (size_t i = 1; (hole = strstr(at, "{}")); at = hole + 2, i++) {
        buf_add(b, at, (size_t)(hole - at));
        if (i < n && texts[i])
            add_escaped(b, texts[i]);
    }
    buf_adds(b, at);
}

/* ---- for people ---- */

const char *html_number(int64_t v, char out[HTML_NUMBER])
{
    char digits[HTML_NUMBER];
    int n = snprintf(digits, sizeof digits, "%" PRId64, v);
    int first = v < 0, k = 0;
    for (int i = 0; i < n && k < HTML_NUMBER - 2; i++) {
        if (i > first && (n - i) % 3 == 0)
            out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = '\0';
    return out;
}

const char *html_distance(const char *time, int64_t now, char out[HTML_TIME])
{
    static const struct {
        int64_t below, unit; /* seconds */
        const char *name;
    } steps[] = {
        {90, 1, "s"}, {90 * 60, 60, "min"}, {36 * 3600, 3600, "h"}, {INT64_MAX, 86400, "days"}};
    struct day_clock c;
    out[0] = '\0';
    if (!time || !day_parse_time(time, strlen(time), &c))
        return out;
    int64_t at = c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
    int64_t seconds = (at - now) / TIME_SECOND, away = seconds < 0 ? -seconds : seconds;
    size_t i = 0;
    if (away < 5) {
        snprintf(out, HTML_TIME, "now");
        return out;
    }
    while (away >= steps[i].below)
        i++;
    snprintf(out, HTML_TIME, "%s%" PRId64 " %s%s", seconds > 0 ? "in " : "", away / steps[i].unit,
             steps[i].name, seconds > 0 ? "" : " ago");
    return out;
}
