/* SPDX-License-Identifier: Apache-2.0
 * Reads groups of the configuration by tables of keys. */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "config/keys.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/endpoint.h"
#include "base/exact.h"
#include "base/text.h"
#include "base/zone.h"
#include "schedule/schedule.h"

static void finding(struct keys_context *c, const config_setting_t *s, const char *text)
{
    config_findings_add(c->findings, true, source_place(c->source, s), "%s: %s", c->what, text);
}

void keys_finding(struct keys_context *c, const config_setting_t *s, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    finding(c, s, text);
}

const char *keys_hint(struct arena *a, const char *word, const char *const *names, size_t n)
{
    const char *near = text_suggest(word, names, n);
    return near ? arena_printf(a, " (did you mean \"%s\"?)", near) : "";
}

const char *keys_type_name(const config_setting_t *s)
{
    static const char *const names[] = {
        [CONFIG_TYPE_NONE] = "nothing",           [CONFIG_TYPE_GROUP] = "a group { }",
        [CONFIG_TYPE_INT] = "a whole number",     [CONFIG_TYPE_INT64] = "a whole number",
        [CONFIG_TYPE_FLOAT] = "a decimal number", [CONFIG_TYPE_STRING] = "a text",
        [CONFIG_TYPE_BOOL] = "true or false",     [CONFIG_TYPE_ARRAY] = "an array [ ]",
        [CONFIG_TYPE_LIST] = "a list ( )"};
    return names[config_setting_type(s)];
}

static void wrong_type(struct keys_context *c, const config_setting_t *s, const char *wanted)
{
    keys_finding(c, s, "%s must be %s, not %s", config_setting_name(s), wanted, keys_type_name(s));
}

/* ---- texts ---- */

static const char *get_text(struct keys_context *c, const config_setting_t *s, const char *wanted)
{
    if (config_setting_type(s) == CONFIG_TYPE_STRING)
        return arena_strdup(c->arena, config_setting_get_string(s));
    wrong_type(c, s, wanted);
    return NULL;
}

static const char *path_from(struct keys_context *c, const char *path)
{
    if (!path || path[0] == '/')
        return path;
    while (text_starts(path, "./")) /* messages show the whole */
        path += strspn(path + 1, "/") + 1;
    return arena_printf(c->arena, "%s/%s", c->folder, path);
}

static const char *const *get_texts(struct keys_context *c, const config_setting_t *s,
                                    bool are_paths)
{
    bool is_one = config_setting_type(s) == CONFIG_TYPE_STRING;
    if (!is_one && !config_setting_is_list(s) && !config_setting_is_array(s)) {
        wrong_type(c, s, "a list of texts: (\"a\", \"b\")");
        return NULL;
    }
    int n = is_one ? 1 : config_setting_length(s);
    const char **out = arena_alloc(c->arena, ((size_t)n + 1) * sizeof *out);
    for (int i = 0; i < n; i++) {
        const config_setting_t *item =
            is_one ? s : config_setting_get_elem((config_setting_t *)s, (unsigned)i);
        if (config_setting_type(item) != CONFIG_TYPE_STRING) {
            keys_finding(c, s, "%s: each member is a text in quotes, not %s",
                         config_setting_name(s), keys_type_name(item));
            return NULL;
        }
        out[i] = arena_strdup(c->arena, config_setting_get_string(item));
        if (are_paths)
            out[i] = path_from(c, out[i]);
    }
    return out;
}

static bool is_name(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_-.", s[n])))
        n++;
    return n > 0 && n <= 64 && !s[n] && isalnum((unsigned char)s[0]);
}

static bool check_pattern(const char *pattern, char *why, size_t n)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);
    if (re) {
        pcre2_code_free(re);
        return true;
    }
    PCRE2_UCHAR message[256];
    pcre2_get_error_message(code, message, sizeof message);
    snprintf(why, n, "%s at character %zu", (const char *)message, (size_t)at + 1);
    return false;
}

/* Texts with a syntax of their own. */
static void check_text(struct keys_context *c, const config_setting_t *s, enum key_kind kind,
                       const char *text)
{
    struct err err = {0};
    char why[320] = "";
    int32_t day;
    const char *key = config_setting_name(s);
    struct zone *zone = NULL;
    struct schedule schedule;
    struct endpoint endpoint;
    if (kind == KEY_NAME && !is_name(text))
        keys_finding(c, s, "%s \"%s\": letters, digits, \"_\", \"-\" and \".\", at most 64", key,
                     text);
    if (kind == KEY_SCHEDULE && schedule_parse(text, &schedule, &err) != OMNI_OK)
        keys_finding(c, s, "%s \"%s\": %s", key, text, err.text);
    if (kind == KEY_ZONE && !(zone = zone_open(text, &err)))
        keys_finding(c, s, "%s: %s", key, err.text);
    zone_free(zone);
    if (kind == KEY_DATE && !day_parse_arg(text, 20000, &day))
        keys_finding(c, s, "%s \"%s\" is not a date (YYYY-MM-DD, or \"-30d\")", key, text);
    if (kind == KEY_CURRENCY && exact_currency_decimals(text, strlen(text)) < 0)
        keys_finding(c, s, "%s \"%s\" is not an ISO 4217 code, e.g. \"EUR\"", key, text);
    if (kind == KEY_LISTEN && !endpoint_parse(text, &endpoint))
        keys_finding(c, s,
                     "%s \"%s\" is not a numeric address and a port, such as \"127.0.0.1:9464\" "
                     "or \"[::1]:9464\"",
                     key, text);
    if (kind == KEY_PATTERN && !check_pattern(text, why, sizeof why))
        keys_finding(c, s, "%s \"%s\" is not a regular expression: %s", key, text, why);
}

/* "a,b"; NULL: none. */
static const char *get_joined(struct keys_context *c, const config_setting_t *s)
{
    const char *const *names = get_texts(c, s, false);
    auto_buf joined = BUF_INIT(65536);
    for (; names && *names; names++)
        buf_printf(&joined, "%s%s", joined.len ? "," : "", *names);
    return joined.len ? arena_strdup(c->arena, buf_text(&joined)) : NULL;
}

static const char *get_extra(struct keys_context *c, const config_setting_t *s)
{
    if (config_setting_type(s) == CONFIG_TYPE_BOOL)
        return config_setting_get_bool(s) ? "*" : NULL;
    return get_joined(c, s);
}

static bool is_host(const char *word, size_t n)
{
    if (n && *word == '.')
        word++, n--;
    size_t i = 0;
    while (i < n && (isalnum((unsigned char)word[i]) || word[i] == '-' || (i && word[i] == '.')))
        i++;
    return n > 0 && i == n;
}

static const char *get_hosts(struct keys_context *c, const config_setting_t *s)
{
    static const char apart[] = " \t\n,";
    const char *hosts = get_joined(c, s);
    for (const char *word = hosts; word && *(word += strspn(word, apart));) {
        size_t n = strcspn(word, apart);
        if (!is_host(word, n))
            keys_finding(c, s, "%s: \"%.*s\" is not the name of a host (x.com, or .x.com)",
                         config_setting_name(s), (int)n, word);
        word += n;
    }
    return hosts;
}

static const char *get_choice(struct keys_context *c, const config_setting_t *s,
                              const struct key *key)
{
    const char *text = get_text(c, s, "a text");
    if (!text || text_in_list(text, strlen(text), key->choices, "|"))
        return text;
    keys_finding(c, s, "%s \"%s\" is not one of %s", key->name, text, key->choices);
    return NULL;
}

static const char *const *get_choices(struct keys_context *c, const config_setting_t *s,
                                      const struct key *key)
{
    const char *const *texts = get_texts(c, s, false);
    for (const char *const *t = texts; t && *t; t++)
        if (!text_in_list(*t, strlen(*t), key->choices, "|"))
            keys_finding(c, s, "%s: \"%s\" is not one of %s", key->name, *t, key->choices);
    return texts;
}

/* ---- numbers ---- */

static bool get_int(struct keys_context *c, const config_setting_t *s, const struct key *key,
                    int64_t *out)
{
    int type = config_setting_type(s);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
        wrong_type(c, s, "a whole number");
        return false;
    }
    int64_t v = type == CONFIG_TYPE_INT ? config_setting_get_int(s) : config_setting_get_int64(s);
    if (v < key->min || v > key->max) {
        keys_finding(c, s, "%s must be from %lld to %lld", key->name, (long long)key->min,
                     (long long)key->max);
        return false;
    }
    *out = v;
    return true;
}

static bool get_duration(struct keys_context *c, const config_setting_t *s, const struct key *key,
                         int64_t *out)
{
    const char *text = get_text(c, s, "an interval such as \"90s\", \"15m\" or \"6h\"");
    long long seconds;
    if (!text)
        return false;
    if (!text_parse_duration(text, &seconds)) {
        keys_finding(c, s, "%s \"%s\" is not an interval such as \"90s\", \"15m\" or \"6h\"",
                     key->name, text);
        return false;
    }
    if (seconds < key->min || seconds > key->max) {
        keys_finding(c, s, "%s must be from %llds to %llds", key->name, (long long)key->min,
                     (long long)key->max);
        return false;
    }
    *out = seconds;
    return true;
}

static bool get_percent(struct keys_context *c, const config_setting_t *s, const struct key *key,
                        int64_t *out)
{
    const char *text = get_text(c, s, "a share such as \"0.5%\"");
    if (!text)
        return false;
    size_t n = strlen(text);
    int64_t v;
    if (n < 2 || text[n - 1] != '%' || exact_parse(text, n - 1, 4, 0, &v) != EXACT_OK || v < 0 ||
        v > 1000000) {
        keys_finding(c, s, "%s \"%s\" is not a share from \"0%%\" to \"100%%\"", key->name, text);
        return false;
    }
    *out = v;
    return true;
}

static bool get_bool(struct keys_context *c, const config_setting_t *s, bool *out)
{
    if (config_setting_type(s) != CONFIG_TYPE_BOOL) {
        wrong_type(c, s, "true or false");
        return false;
    }
    *out = config_setting_get_bool(s);
    return true;
}

/* ---- a group ---- */

static void read_flag(struct keys_context *c, const config_setting_t *s, const struct key *key,
                      bool *member)
{
    if (key->kind == KEY_IS_CHOSEN) {
        const char *text = get_choice(c, s, key);
        *member = text && strcmp(text, strchr(key->choices, '|') + 1) == 0;
        return;
    }
    bool v;
    if (get_bool(c, s, &v))
        *member = key->kind == KEY_IS_OFF ? !v : v;
}

static void read_text(struct keys_context *c, const config_setting_t *s, const struct key *key,
                      const char **member)
{
    const char *text = get_text(c, s, "a text");
    if (!text)
        return;
    check_text(c, s, key->kind, text);
    *member = key->kind == KEY_PATH ? path_from(c, text) : text;
}

static void read_group(struct keys_context *c, const config_setting_t *s, const struct key *key,
                       void *members)
{
    const char *outside = c->what;
    if (!config_setting_is_group(s)) {
        wrong_type(c, s, "a group { }");
        return;
    }
    c->what = arena_printf(c->arena, "%s.%s", outside, key->name);
    keys_read(c, s, key->group, key->n_group, members);
    c->what = outside;
}

static void read_groups(struct keys_context *c, const config_setting_t *s, const struct key *key,
                        struct key_groups *out)
{
    const char *outside = c->what;
    if (!config_setting_is_list(s)) {
        wrong_type(c, s, "a list ( )");
        return;
    }
    size_t n = (size_t)config_setting_length(s);
    *out = (struct key_groups){arena_alloc(c->arena, (n + 1) * key->item_size), n};
    for (size_t i = 0; i < n; i++) {
        const config_setting_t *one = config_setting_get_elem((config_setting_t *)s, (unsigned)i);
        void *item = (char *)out->items + i * key->item_size;
        *(struct config_place *)item = source_place(c->source, one);
        c->what = arena_printf(c->arena, "%s.%s[%zu]", outside, key->name, i);
        if (config_setting_is_group(one))
            keys_read(c, one, key->group, key->n_group, item);
        else
            keys_finding(c, one, "must be a group { }, not %s", keys_type_name(one));
    }
    c->what = outside;
}

static void read_key(struct keys_context *c, const config_setting_t *s, const struct key *key,
                     void *member)
{
    int64_t *number = member;
    switch (key->kind) {
    case KEY_TEXTS:
    case KEY_PATHS:
        *(const char *const **)member = get_texts(c, s, key->kind == KEY_PATHS);
        break;
    case KEY_CHOICES:
        *(const char *const **)member = get_choices(c, s, key);
        break;
    case KEY_INT:
        get_int(c, s, key, number);
        break;
    case KEY_DURATION:
        get_duration(c, s, key, number);
        break;
    case KEY_PERCENT:
        get_percent(c, s, key, number);
        break;
    case KEY_BOOL:
    case KEY_IS_OFF:
    case KEY_IS_CHOSEN:
        read_flag(c, s, key, member);
        break;
    case KEY_CHOICE:
        *(const char **)member = get_choice(c, s, key);
        break;
    case KEY_EXTRA:
        *(const char **)member = get_extra(c, s);
        break;
    case KEY_HOSTS:
        *(const char **)member = get_hosts(c, s);
        break;
    case KEY_GROUP:
        read_group(c, s, key, member);
        break;
    case KEY_OPTIONS:
        if (config_setting_is_group(s))
            *(const json_t **)member = c->options(c->options_ctx, c, s);
        else
            wrong_type(c, s, "a group { }");
        break;
    case KEY_LIST:
        if (config_setting_is_list(s))
            *(const json_t **)member = c->options(c->options_ctx, c, s);
        else
            wrong_type(c, s, "a list ( )");
        break;
    case KEY_ANY:
        *(const json_t **)member = c->options(c->options_ctx, c, s);
        break;
    case KEY_GROUPS:
        read_groups(c, s, key, member);
        break;
    default:
        read_text(c, s, key, member);
    }
}

static const struct key *find_key(const struct key *keys, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static void unknown_key(struct keys_context *c, const config_setting_t *s, const struct key *keys,
                        size_t n)
{
    const char *names[64];
    for (size_t i = 0; i < n; i++)
        names[i] = keys[i].name;
    keys_finding(c, s, "unknown key \"%s\"%s", config_setting_name(s),
                 keys_hint(c->arena, config_setting_name(s), names, n));
}

void keys_read(struct keys_context *c, const config_setting_t *group, const struct key *keys,
               size_t n_keys, void *out)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem((config_setting_t *)group, (unsigned)i);
        const struct key *key = find_key(keys, n_keys, config_setting_name(s));
        if (key)
            read_key(c, s, key, (char *)out + key->offset);
        else
            unknown_key(c, s, keys, n_keys);
    }
    for (size_t i = 0; i < n_keys; i++)
        if (keys[i].is_required &&
            !config_setting_get_member((config_setting_t *)group, keys[i].name))
            keys_finding(c, group, "%s is missing", keys[i].name);
}
