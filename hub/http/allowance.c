/* SPDX-License-Identifier: Apache-2.0
 * What a reply's headers say about what is left of a quota: the usual families of names, and Meta's
 * JSON. */
#include <config.h>

#include "http/allowance.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/verdict.h"

enum {
    EPOCH_S = 1000000000, /* larger ones are a time, smaller ones a span */
    SPAN_MAX_S = 86400,
    MINUTE_MS = 60000,
    HEADER_MAX = 64 * 1024,
    BODY_MAX = 64 * 1024, /* what is said about quotas stands in small bodies */
    DEPTH_MAX = 4,
    COUNT_MAX = 1000000000 /* no quota is larger; what is, is not believed */
};

/* Prefixes of "-limit", "-remaining" and "-reset" (IETF draft and what was there before it). */
static const char *const families[] = {"ratelimit", "x-ratelimit", "x-rate-limit",
                                       "x-account-rate-limit", "x-sib-ratelimit"};
/* JSON with percentages and minutes. */
static const char *const usages[] = {"x-app-usage", "x-business-use-case-usage",
                                     "x-ad-account-usage"};

static const char *member(const struct http_reply *reply, const char *family, const char *what)
{
    auto_free char *name = xasprintf("%s-%s", family, what);
    return verdict_header(reply, name);
}

/* The number that the value begins with: "0", "0;w=60", "0, 100;w=3600". */
static bool leading_number(const char *value, long long *out)
{
    char digits[24];
    size_t n = value ? strspn(value, "0123456789") : 0;
    if (n == 0 || n >= sizeof digits)
        return false;
    memcpy(digits, value, n);
    digits[n] = '\0';
    return text_parse_int(digits, 0, INT64_MAX, out);
}

/* Seconds from now, seconds since 1970, or a time in words; 0: none of them, or over. */
static uint64_t reset_ms(const char *value)
{
    struct day_clock c;
    long long seconds = 0;
    if (!value)
        return 0;
    if (day_parse_time(value, strlen(value), &c) && strchr(value, '-'))
        seconds = c.day * (TIME_DAY / TIME_SECOND) + c.micros / TIME_SECOND - c.offset - time(NULL);
    else if (leading_number(value, &seconds) && seconds >= EPOCH_S)
        seconds -= time(NULL);
    return seconds > 0 && seconds <= SPAN_MAX_S ? (uint64_t)seconds * 1000 : 0;
}

static uint64_t family_ms(const struct http_reply *reply, const char *family,
                          char why[ALLOWANCE_WHY])
{
    long long remaining, limit = 1;
    if (!leading_number(member(reply, family, "remaining"), &remaining) || remaining > 0)
        return 0;
    leading_number(member(reply, family, "limit"), &limit);
    if (limit == 0) /* 0 of 0: not limited */
        return 0;
    uint64_t ms = reset_ms(member(reply, family, "reset"));
    if (ms)
        snprintf(why, ALLOWANCE_WHY, "header %s-remaining is 0 of %lld", family, limit);
    return ms;
}

/* The largest "estimated_time_to_regain_access", in minutes, anywhere in the tree. */
static int64_t regain_minutes(const json_t *value, int depth)
{
    const char *key;
    json_t *item;
    size_t i;
    int64_t most = 0, one;
    if (depth == DEPTH_MAX)
        return 0;
    json_object_foreach((json_t *)value, key, item)
    {
        one = strcmp(key, "estimated_time_to_regain_access") == 0 ? json_integer_value(item)
                                                                  : regain_minutes(item, depth + 1);
        most = one > most ? one : most;
    }
    json_array_foreach(value, i, item)
    {
        one = regain_minutes(item, depth + 1);
        most = one > most ? one : most;
    }
    return most;
}

static uint64_t usage_ms(const struct http_reply *reply, const char *name, char why[ALLOWANCE_WHY])
{
    const char *value = verdict_header(reply, name);
    size_t n = value ? strlen(value) : 0;
    if (n == 0 || n > HEADER_MAX)
        return 0;
    auto_json *usage = json_parse(value, n, NULL);
    int64_t minutes = regain_minutes(usage, 0);
    if (minutes <= 0 || minutes > SPAN_MAX_S / 60)
        return 0;
    snprintf(why, ALLOWANCE_WHY, "header %s: access again in %d minutes", name, (int)minutes);
    return (uint64_t)minutes * MINUTE_MS;
}

uint64_t allowance_pause_ms(const struct http_reply *reply, char why[ALLOWANCE_WHY])
{
    uint64_t most = 0;
    char text[ALLOWANCE_WHY] = "";
    *why = '\0';
    for (size_t i = 0; i < ARRAY_LEN(families) + ARRAY_LEN(usages); i++) {
        uint64_t ms = i < ARRAY_LEN(families)
                          ? family_ms(reply, families[i], text)
                          : usage_ms(reply, usages[i - ARRAY_LEN(families)], text);
        if (ms <= most)
            continue;
        most = ms;
        memcpy(why, text, ALLOWANCE_WHY);
    }
    return most;
}

/* ---- what is left ---- */

struct lefts {
    struct http_left *out;
    size_t n;
};

static void add(struct lefts *l, const char *what, int64_t left, int64_t limit, uint64_t reset)
{
    if (l->n == ALLOWANCE_LEFTS || left < 0 || limit < 0)
        return;
    struct http_left *one = &l->out[l->n++];
    *one = (struct http_left){.left = left, .limit = limit, .reset_ms = reset};
    snprintf(one->what, sizeof one->what, "%s", what);
}

static void add_family(struct lefts *l, const struct http_reply *reply, const char *family)
{
    long long left, limit = 0;
    if (!leading_number(member(reply, family, "remaining"), &left))
        return;
    bool has_limit = leading_number(member(reply, family, "limit"), &limit);
    if (has_limit && limit == 0) /* 0 of 0: not limited */
        return;
    add(l, family, left, limit, reset_ms(member(reply, family, "reset")));
}

/* Of a number that may have decimals; -1: it is none, or beyond belief. */
static int64_t whole_of(const json_t *number)
{
    double value = json_is_number(number) ? json_number_value(number) : -1;
    return value >= 0 && value <= COUNT_MAX ? (int64_t)value : -1;
}

/* Percent of each kind of use, anywhere in the tree; the largest is what counts. */
static int64_t most_used(const json_t *value, int depth)
{
    static const char *const kinds[] = {"call_count", "total_cputime", "total_time",
                                        "acc_id_util_pct"};
    const char *key;
    json_t *item;
    size_t i;
    int64_t most = -1, one;
    if (depth == DEPTH_MAX)
        return most;
    for (i = 0; i < ARRAY_LEN(kinds); i++) {
        one = whole_of(json_object_get(value, kinds[i]));
        most = one > most ? one : most;
    }
    json_object_foreach((json_t *)value, key, item)
    {
        one = most_used(item, depth + 1);
        most = one > most ? one : most;
    }
    json_array_foreach(value, i, item)
    {
        one = most_used(item, depth + 1);
        most = one > most ? one : most;
    }
    return most;
}

static void add_usage(struct lefts *l, const struct http_reply *reply, const char *name)
{
    const char *value = verdict_header(reply, name);
    size_t n = value ? strlen(value) : 0;
    if (n == 0 || n > HEADER_MAX)
        return;
    auto_json *usage = json_parse(value, n, NULL);
    int64_t used = most_used(usage, 0);
    if (used >= 0)
        add(l, name, used < 100 ? 100 - used : 0, 100, 0);
}

/* Salesforce: "api-usage=25/15000", in the last 24 hours. */
static void add_sforce(struct lefts *l, const struct http_reply *reply)
{
    static const char name[] = "api-usage=";
    const char *value = verdict_header(reply, "sforce-limit-info");
    value = value ? strstr(value, name) : NULL;
    long long used, limit;
    if (!value || !leading_number(value += strlen(name), &used))
        return;
    value += strspn(value, "0123456789");
    if (*value == '/' && leading_number(value + 1, &limit) && limit > 0)
        add(l, "api-usage", used < limit ? limit - used : 0, limit, 0);
}

/* Google Analytics: {"tokensPerDay": {"consumed": by this request, "remaining": …}, …}; what is 0
 * is left out there. */
static void add_property_quota(struct lefts *l, const json_t *quota)
{
    static const char *const names[] = {"tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *one = json_object_get(quota, names[i]);
        if (json_is_object(one))
            add(l, names[i], json_int(one, "remaining", 0), 0, 0);
    }
}

/* Shopify: {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0}. */
static void add_throttle_status(struct lefts *l, const json_t *body)
{
    const json_t *cost = json_object_get(json_object_get(body, "extensions"), "cost"),
                 *status = json_object_get(cost, "throttleStatus");
    int64_t most = whole_of(json_object_get(status, "maximumAvailable")),
            left = whole_of(json_object_get(status, "currentlyAvailable")),
            rate = whole_of(json_object_get(status, "restoreRate"));
    if (most > 0 && left >= 0 && left <= most && rate > 0)
        add(l, "throttleStatus", left, most, (uint64_t)((most - left) / rate + 1) * 1000);
}

static void add_body(struct lefts *l, const struct http_reply *reply)
{
    bool is_google = reply->body_len <= BODY_MAX && strstr(reply->body, "\"propertyQuota\""),
         is_shopify = reply->body_len <= BODY_MAX && strstr(reply->body, "\"throttleStatus\"");
    if (!is_google && !is_shopify)
        return;
    auto_json *body = json_parse(reply->body, reply->body_len, NULL);
    if (is_google)
        add_property_quota(l, json_object_get(body, "propertyQuota"));
    if (is_shopify)
        add_throttle_status(l, body);
}

size_t allowance_left(const struct http_reply *reply, struct http_left out[ALLOWANCE_LEFTS])
{
    struct lefts l = {out, 0};
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        add_family(&l, reply, families[i]);
    for (size_t i = 0; i < ARRAY_LEN(usages); i++)
        add_usage(&l, reply, usages[i]);
    add_sforce(&l, reply);
    add_body(&l, reply);
    return l.n;
}
