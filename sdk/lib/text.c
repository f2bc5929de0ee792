/* SPDX-License-Identifier: Apache-2.0
 * Text in a fixed buffer: urls, queries and JSON members that never run over their end. */
#include <omnihub/sdk.h>

#include <string.h>

static const char HEX[] = "0123456789ABCDEF";

void omni_text_begin(struct omni_text *t, char *memory, size_t size)
{
    t->data = memory;
    t->size = size;
    t->len = 0;
    t->is_cut = 0;
    memory[0] = '\0';
}

const char *omni_text_done(const struct omni_text *t)
{
    return t->is_cut ? NULL : t->data;
}

void omni_text_add_bytes(struct omni_text *t, const char *s, size_t n)
{
    if (t->is_cut || n >= t->size - t->len) {
        t->is_cut = 1;
        return;
    }
    memcpy(t->data + t->len, s, n);
    t->len += n;
    t->data[t->len] = '\0';
}

void omni_text_add(struct omni_text *t, const char *s)
{
    if (s != NULL)
        omni_text_add_bytes(t, s, strlen(s));
}

void omni_text_add_int(struct omni_text *t, int64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);
    /* Through unsigned, because the smallest int64_t has no positive twin. */
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    omni_text_add_bytes(t, digits + at, sizeof(digits) - at);
}

void omni_text_add_day(struct omni_text *t, int32_t day)
{
    char text[OMNI_DAY_TEXT];
    omni_text_add(t, omni_day_print(day, text));
}

void omni_text_add_day_as(struct omni_text *t, int32_t day, const char *pattern)
{
    char text[OMNI_DAY_TEXT];
    omni_day_print(day, text);
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p != '%' || p[1] == '\0') {
            omni_text_add_bytes(t, p, 1);
            continue;
        }
        switch (*++p) {
        case 'Y':
            omni_text_add_bytes(t, text, 4);
            break;
        case 'y':
            omni_text_add_bytes(t, text + 2, 2);
            break;
        case 'm':
            omni_text_add_bytes(t, text + 5, 2);
            break;
        case 'd':
            omni_text_add_bytes(t, text + 8, 2);
            break;
        default:
            omni_text_add_bytes(t, p, 1);
        }
    }
}

/* Without isalnum(): a plugin may have set a locale. */
static int is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

void omni_text_add_percent(struct omni_text *t, const char *s)
{
    for (; s != NULL && *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (is_unreserved(c)) {
            omni_text_add_bytes(t, s, 1);
        } else {
            char code[3] = {'%', HEX[c >> 4], HEX[c & 15]};
            omni_text_add_bytes(t, code, sizeof(code));
        }
    }
}

static void add_json_char(struct omni_text *t, char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *named = strchr(plain, c);
    if (named != NULL) {
        char code[2] = {'\\', letters[named - plain]};
        omni_text_add_bytes(t, code, sizeof(code));
    } else if ((unsigned char)c < 0x20) {
        char code[6] = {'\\', 'u', '0', '0', HEX[(unsigned char)c >> 4], HEX[c & 15]};
        omni_text_add_bytes(t, code, sizeof(code));
    } else {
        omni_text_add_bytes(t, &c, 1);
    }
}

void omni_text_add_json(struct omni_text *t, const char *s)
{
    if (s == NULL) {
        omni_text_add(t, "null");
        return;
    }
    omni_text_add_bytes(t, "\"", 1);
    for (; *s != '\0'; s++)
        add_json_char(t, *s);
    omni_text_add_bytes(t, "\"", 1);
}

static void add_member(struct omni_text *t, const char *name)
{
    if (t->len > 0 && strchr("{[,:", t->data[t->len - 1]) == NULL)
        omni_text_add_bytes(t, ",", 1);
    omni_text_add_json(t, name);
    omni_text_add_bytes(t, ":", 1);
}

void omni_json_add_text(struct omni_text *t, const char *name, const char *value)
{
    if (value == NULL)
        return;
    add_member(t, name);
    omni_text_add_json(t, value);
}

void omni_json_add_int(struct omni_text *t, const char *name, int64_t value)
{
    add_member(t, name);
    omni_text_add_int(t, value);
}

void omni_json_add_day(struct omni_text *t, const char *name, int32_t day)
{
    char text[OMNI_DAY_TEXT];
    omni_json_add_text(t, name, omni_day_print(day, text));
}

static void add_query_name(struct omni_text *t, const char *name)
{
    const char *query = strchr(t->data, '?');
    if (query == NULL)
        omni_text_add_bytes(t, "?", 1);
    else if (query[1] != '\0' && t->data[t->len - 1] != '&')
        omni_text_add_bytes(t, "&", 1);
    omni_text_add_percent(t, name);
    omni_text_add_bytes(t, "=", 1);
}

void omni_query(struct omni_text *t, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    add_query_name(t, name);
    omni_text_add_percent(t, value);
}

void omni_query_int(struct omni_text *t, const char *name, int64_t value)
{
    add_query_name(t, name);
    omni_text_add_int(t, value);
}

void omni_query_day(struct omni_text *t, const char *name, int32_t day)
{
    char text[OMNI_DAY_TEXT];
    omni_query(t, name, omni_day_print(day, text));
}

void omni_path_segment(struct omni_text *t, const char *segment)
{
    if (t->len == 0 || t->data[t->len - 1] != '/')
        omni_text_add_bytes(t, "/", 1);
    /* "." and ".." mean something to whoever resolves the url. */
    if (segment != NULL && (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)) {
        omni_text_add(t, segment[1] == '\0' ? "%2E" : "%2E%2E");
        return;
    }
    omni_text_add_percent(t, segment);
}
