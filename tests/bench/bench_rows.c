/* SPDX-License-Identifier: Apache-2.0
 * The workload of the measurements: rows of an advertising report, the same on every machine. */
#include <config.h>

#include "bench_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

/* An account has 5 campaigns of 9 ads, each shown in 10 countries on 3 devices. */
enum { DEVICES = 3, COUNTRIES = 10, ADS = 9, CAMPAIGNS = 5, CELLS = DEVICES * COUNTRIES };
enum { PER_ACCOUNT = CELLS * ADS * CAMPAIGNS };

static uint64_t scramble(uint64_t x)
{
    x = (x + UINT64_C(0x2545f4914f6cdd1d)) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 29;
}

struct bench_shape bench_shape(uint64_t rows, uint32_t window_days, uint32_t per_page)
{
    return (struct bench_shape){.per_day = (rows + BENCH_DAYS - 1) / BENCH_DAYS,
                                .window_days = window_days < BENCH_DAYS ? window_days : BENCH_DAYS,
                                .per_page = per_page};
}

uint32_t bench_windows(const struct bench_shape *s)
{
    return (BENCH_DAYS + s->window_days - 1) / s->window_days;
}

static uint32_t days_of(const struct bench_shape *s, uint32_t window)
{
    uint32_t left = BENCH_DAYS - window * s->window_days;
    return left < s->window_days ? left : s->window_days;
}

uint64_t bench_window_rows(const struct bench_shape *s, uint32_t window)
{
    return s->per_day * days_of(s, window);
}

int32_t bench_window_from(const struct bench_shape *s, uint32_t window)
{
    int32_t first = 0;
    day_parse_iso(BENCH_FIRST_DAY, strlen(BENCH_FIRST_DAY), &first);
    return first + (int32_t)(window * s->window_days);
}

static void name_things(struct bench_row *r, uint64_t account, uint64_t campaign, uint64_t ad)
{
    static const char *const titles[] = {"Brand",
                                         "Prospecting",
                                         "Retargeting",
                                         "Lookalike 2%",
                                         "Summer Sale",
                                         "\xC3\x89t\xC3\xA9 chaud",
                                         "White \\\"Week\\\"",
                                         "Feed / Catalogue"};
    static const char *const quarters[] = {"Q1", "Q2", "Q3", "Q4"};
    uint64_t c = scramble(campaign), a = scramble(ad + 77);
    snprintf(r->account, sizeof r->account, "act_%010" PRIu64, 1000000 + account);
    snprintf(r->campaign, sizeof r->campaign, "2384%012" PRIu64, campaign);
    snprintf(r->adset, sizeof r->adset, "2385%012" PRIu64, ad / 3);
    snprintf(r->ad, sizeof r->ad, "2386%012" PRIu64, ad);
    snprintf(r->campaign_name, sizeof r->campaign_name, "%s | EU | 2026 %s #%" PRIu64,
             titles[c % 8], quarters[c >> 12 & 3], campaign % 100);
    snprintf(r->ad_name, sizeof r->ad_name, "%s - video %" PRIu64 " - v%" PRIu64, titles[a % 8],
             ad % 90, a >> 20 & 3);
}

static void count_things(struct bench_row *r, uint64_t seed)
{
    uint64_t s = scramble(seed), t = scramble(s);
    r->impressions = 100 + (int64_t)(s % 20000);
    r->clicks = r->impressions * (int64_t)(1 + (s >> 20) % 60) / 1000;
    r->link_clicks = r->clicks * 4 / 5;
    r->purchases = r->clicks / 25;
    r->carts = r->clicks / 6;
    r->engagements = r->clicks + (int64_t)(t % 50);
    r->cents = r->clicks * (int64_t)(20 + (t >> 8) % 200);
    r->value_cents = r->purchases * (int64_t)(1500 + (t >> 20) % 9000);
    r->tenths = r->purchases * 10 + (int64_t)((t >> 40) % 10);
}

void bench_row(const struct bench_shape *s, uint32_t window, uint64_t i, struct bench_row *r)
{
    static const char *const countries[COUNTRIES] = {"US", "DE", "GB", "FR", "ES",
                                                     "IT", "NL", "PL", "SE", "PT"};
    static const char *const devices[DEVICES] = {"desktop", "mobile_app", "mobile_web"};
    static const char *const currencies[] = {"EUR", "USD", "GBP", "PLN"};
    uint32_t days = days_of(s, window);
    uint64_t account = i / ((uint64_t)PER_ACCOUNT * days), before = account * PER_ACCOUNT;
    uint64_t in_account = s->per_day - before < PER_ACCOUNT ? s->per_day - before : PER_ACCOUNT;
    uint64_t rest = i - before * days, day = rest / in_account;
    uint64_t entity = before + rest % in_account;
    int32_t date = bench_window_from(s, window) + (int32_t)day;
    day_print(date, r->date);
    name_things(r, account, entity / (CELLS * ADS), entity / CELLS);
    r->country = countries[entity / DEVICES % COUNTRIES];
    r->device = devices[entity % DEVICES];
    r->currency = currencies[account % 4];
    count_things(r, entity * 100000 + (uint64_t)date);
}

void bench_row_json(const struct bench_row *r, struct buf *b)
{
    buf_printf(b,
               "{\"date\":\"%s\",\"account_id\":\"%s\",\"campaign_id\":\"%s\",\"campaign_name\":"
               "\"%s\",\"adset_id\":\"%s\",\"ad_id\":\"%s\",\"ad_name\":\"%s\",\"country\":\"%s\","
               "\"device\":\"%s\",\"currency\":\"%s\",",
               r->date, r->account, r->campaign, r->campaign_name, r->adset, r->ad, r->ad_name,
               r->country, r->device, r->currency);
    buf_printf(b,
               "\"impressions\":\"%" PRId64 "\",\"clicks\":\"%" PRId64 "\",\"spend\":\"%" PRId64
               ".%02" PRId64 "\",\"conversions\":%" PRId64 ".%" PRId64
               ",\"conversion_value\":\"%" PRId64 ".%02" PRId64 "\",",
               r->impressions, r->clicks, r->cents / 100, r->cents % 100, r->tenths / 10,
               r->tenths % 10, r->value_cents / 100, r->value_cents % 100);
    buf_printf(b,
               "\"actions\":[{\"action_type\":\"link_click\",\"value\":\"%" PRId64
               "\"},{\"action_type\":\"add_to_cart\",\"value\":\"%" PRId64
               "\"},{\"action_type\":\"purchase\",\"value\":\"%" PRId64
               "\"},{\"action_type\":\"post_engagement\",\"value\":\"%" PRId64 "\"}]}",
               r->link_clicks, r->carts, r->purchases, r->engagements);
}

uint32_t bench_pages(const struct bench_shape *s, uint32_t window)
{
    return (uint32_t)((bench_window_rows(s, window) + s->per_page - 1) / s->per_page);
}

void bench_page(const struct bench_shape *s, uint32_t window, uint32_t page, const char *base,
                struct buf *b)
{
    uint64_t from = (uint64_t)page * s->per_page, rows = bench_window_rows(s, window);
    uint64_t to = from + s->per_page < rows ? from + s->per_page : rows;
    struct bench_row row;
    char day[DAY_TEXT];
    buf_adds(b, "{\"data\":[");
    for (uint64_t i = from; i < to; i++) {
        if (i > from)
            buf_addc(b, ',');
        bench_row(s, window, i, &row);
        bench_row_json(&row, b);
    }
    buf_printf(b, "],\"paging\":{\"cursors\":{\"after\":\"c%u\"}", page + 1);
    if (to < rows)
        buf_printf(b, ",\"next\":\"%s/%s/%u.json\"", base,
                   day_print(bench_window_from(s, window), day), page + 2);
    buf_adds(b, "}}");
}

uint64_t bench_number(const char *text)
{
    long long n;
    if (text_parse_int(text, 1, INT64_C(1) << 40, &n))
        return (uint64_t)n;
    fprintf(stderr, "not a number: %s\n", text);
    exit(2);
}

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
