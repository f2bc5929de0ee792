/* SPDX-License-Identifier: Apache-2.0
 * Looks values up in JSON bytes without building a tree; reads never go beyond the given length. */
#include <omnihub/sdk.h>

#include <string.h>

enum { MAX_DEPTH = 64 };

/* What is left to read. */
struct scan {
    const char *s, *end;
};

static void skip_blanks(struct scan *in)
{
    while (in->s < in->end && memchr(" \t\r\n", *in->s, 4) != NULL)
        in->s++;
}

static int take(struct scan *in, char c)
{
    skip_blanks(in);
    if (in->s == in->end || *in->s != c)
        return 0;
    in->s++;
    return 1;
}

static int skip_text(struct scan *in)
{
    if (!take(in, '"'))
        return 0;
    while (in->s < in->end && *in->s != '"') {
        if (*in->s == '\\' && ++in->s == in->end)
            return 0;
        in->s++;
    }
    if (in->s == in->end)
        return 0;
    in->s++;
    return 1;
}

static int skip_word(struct scan *in, const char *word, int kind)
{
    size_t n = strlen(word);
    if ((size_t)(in->end - in->s) < n || memcmp(in->s, word, n) != 0)
        return OMNI_JSON_NONE;
    in->s += n;
    return kind;
}

static int skip_number(struct scan *in)
{
    const char *start = in->s;
    while (in->s < in->end && *in->s != '\0' && strchr("+-.eE0123456789", *in->s) != NULL)
        in->s++;
    return in->s > start ? OMNI_JSON_NUMBER : OMNI_JSON_NONE;
}

/* Skips brackets and what is between them, with a stack of bits instead of recursion: 1 is an
 * object. Only the nesting is checked, which is enough to find the end. */
static int skip_nested(struct scan *in)
{
    uint64_t stack = 0;
    int depth = 0;
    do {
        skip_blanks(in);
        if (in->s == in->end)
            return 0;
        char c = *in->s;
        if (c == '"') {
            if (!skip_text(in))
                return 0;
            continue;
        }
        in->s++;
        if (c == '{' || c == '[') {
            if (++depth > MAX_DEPTH)
                return 0;
            stack = stack << 1 | (c == '{');
        } else if (c == '}' || c == ']') {
            if ((stack & 1) != (c == '}'))
                return 0;
            stack >>= 1;
            depth--;
        }
    } while (depth > 0);
    return 1;
}

static int skip_value(struct scan *in)
{
    skip_blanks(in);
    if (in->s == in->end)
        return OMNI_JSON_NONE;
    switch (*in->s) {
    case '{':
        return skip_nested(in) ? OMNI_JSON_OBJECT : OMNI_JSON_NONE;
    case '[':
        return skip_nested(in) ? OMNI_JSON_ARRAY : OMNI_JSON_NONE;
    case '"':
        return skip_text(in) ? OMNI_JSON_TEXT : OMNI_JSON_NONE;
    case 't':
        return skip_word(in, "true", OMNI_JSON_BOOL);
    case 'f':
        return skip_word(in, "false", OMNI_JSON_BOOL);
    case 'n':
        return skip_word(in, "null", OMNI_JSON_NULL);
    default:
        return skip_number(in);
    }
}

static struct omni_json take_value(struct scan *in)
{
    struct omni_json value = {NULL, 0, OMNI_JSON_NONE};
    skip_blanks(in);
    const char *start = in->s;
    int kind = skip_value(in);
    if (kind != OMNI_JSON_NONE) {
        value.s = start;
        value.len = (size_t)(in->s - start);
        value.kind = kind;
    }
    return value;
}

struct omni_json omni_json_of(const char *s, size_t len)
{
    struct scan in = {s, s + len};
    if (s == NULL)
        in.s = in.end = "";
    return take_value(&in);
}

int omni_json_next(struct omni_json container, struct omni_json *item)
{
    struct scan in = {container.s, container.s + container.len};
    if (container.kind != OMNI_JSON_ARRAY && container.kind != OMNI_JSON_OBJECT)
        return 0;
    if (item->s == NULL) {
        in.s++;
    } else {
        in.s = item->s + item->len;
        if (!take(&in, ','))
            return 0;
    }
    if (container.kind == OMNI_JSON_OBJECT && !(skip_text(&in) && take(&in, ':')))
        return 0;
    *item = take_value(&in);
    return item->kind != OMNI_JSON_NONE;
}

/* Four hex digits; -1 otherwise. */
static int32_t take_hex(struct scan *in)
{
    int32_t value = 0;
    if (in->end - in->s < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *in->s++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void add_utf8(struct omni_text *t, int32_t c)
{
    char out[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[n] | c);
    omni_text_add_bytes(t, out, n);
}

/* After "\u". NUL and lone surrogates have no place in a text. */
static int add_unicode(struct omni_text *t, struct scan *in)
{
    int32_t c = take_hex(in);
    if (c >= 0xD800 && c < 0xDC00) {
        if (in->end - in->s < 2 || in->s[0] != '\\' || in->s[1] != 'u')
            return 0;
        in->s += 2;
        int32_t low = take_hex(in);
        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    } else if (c <= 0 || (c >= 0xDC00 && c < 0xE000)) {
        return 0;
    }
    add_utf8(t, c);
    return 1;
}

static int add_escape(struct omni_text *t, struct scan *in)
{
    static const char letters[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
    char c = *in->s++;
    if (c == 'u')
        return add_unicode(t, in);
    const char *named = c == '\0' ? NULL : strchr(letters, c);
    if (named == NULL)
        return 0;
    omni_text_add_bytes(t, plain + (named - letters), 1);
    return 1;
}

/* value is a whole text with its quotes. */
static int add_resolved(struct omni_text *t, struct omni_json value)
{
    struct scan in = {value.s + 1, value.s + value.len - 1};
    while (in.s < in.end) {
        if (*in.s == '\\') {
            in.s++;
            if (!add_escape(t, &in))
                return 0;
        } else if (*in.s == '\0') {
            return 0;
        } else {
            omni_text_add_bytes(t, in.s++, 1);
        }
    }
    return 1;
}

/* Compares a member's name as written, escapes resolved, with n bytes. */
static int is_name(struct omni_json name, const char *s, size_t n)
{
    char memory[256];
    struct omni_text t;
    omni_text_begin(&t, memory, sizeof(memory));
    return add_resolved(&t, name) && !t.is_cut && t.len == n && memcmp(memory, s, n) == 0;
}

static struct omni_json find_member(struct omni_json object, const char *name, size_t n)
{
    struct omni_json none = {NULL, 0, OMNI_JSON_NONE};
    struct scan in = {object.s + 1, object.s + object.len};
    if (object.kind != OMNI_JSON_OBJECT)
        return none;
    do {
        struct omni_json key = take_value(&in);
        if (key.kind != OMNI_JSON_TEXT || !take(&in, ':'))
            return none;
        struct omni_json value = take_value(&in);
        if (value.kind == OMNI_JSON_NONE)
            return none;
        if (is_name(key, name, n))
            return value;
    } while (take(&in, ','));
    return none;
}

static struct omni_json find_place(struct omni_json array, uint64_t at)
{
    struct omni_json item = {NULL, 0, OMNI_JSON_NONE};
    if (array.kind != OMNI_JSON_ARRAY)
        return item;
    for (uint64_t i = 0; omni_json_next(array, &item); i++)
        if (i == at)
            return item;
    item.kind = OMNI_JSON_NONE;
    return item;
}

struct omni_json omni_json_at(struct omni_json value, const char *path)
{
    while (*path != '\0' && value.kind != OMNI_JSON_NONE) {
        if (*path == '[') {
            uint64_t at = 0;
            for (path++; *path >= '0' && *path <= '9' && at < UINT32_MAX; path++)
                at = at * 10 + (uint64_t)(*path - '0');
            value = find_place(value, at);
            path += *path == ']';
        } else {
            size_t n = strcspn(path, ".[");
            value = find_member(value, path, n);
            path += n;
        }
        path += *path == '.';
    }
    return value;
}

int omni_json_text(struct omni_json value, const char *path, char *out, size_t size)
{
    struct omni_text t;
    struct omni_json found = omni_json_at(value, path);
    omni_text_begin(&t, out, size);
    if (found.kind == OMNI_JSON_NUMBER)
        omni_text_add_bytes(&t, found.s, found.len);
    else if (found.kind != OMNI_JSON_TEXT || !add_resolved(&t, found))
        t.is_cut = 1;
    if (t.is_cut)
        out[0] = '\0';
    return !t.is_cut;
}

int omni_json_int(struct omni_json value, const char *path, int64_t *out)
{
    char text[24];
    if (!omni_json_text(value, path, text, sizeof(text)))
        return 0;
    const char *p = text;
    uint64_t number = 0, limit = (uint64_t)INT64_MAX;
    int is_negative = *p == '-';
    p += is_negative;
    limit += (uint64_t)is_negative;
    if (*p == '\0')
        return 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (number > (limit - digit) / 10)
            return 0;
        number = number * 10 + digit;
    }
    if (*p != '\0')
        return 0;
    *out = is_negative ? (int64_t)(0 - number) : (int64_t)number;
    return 1;
}

int omni_json_is_true(struct omni_json value, const char *path)
{
    struct omni_json found = omni_json_at(value, path);
    return found.kind == OMNI_JSON_BOOL && found.len == 4;
}
