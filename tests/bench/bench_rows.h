/* SPDX-License-Identifier: Apache-2.0
 * The workload of the measurements: rows of an advertising report, the same on every machine. */
#ifndef TESTS_BENCH_ROWS_H
#define TESTS_BENCH_ROWS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/day.h"

enum { BENCH_DAYS = 30, BENCH_NAME = 64, BENCH_ID = 24, BENCH_COLUMNS = 17 };
#define BENCH_FIRST_DAY "2026-01-01"

/* 30 days, cut into windows as a connector would ask for them; within a window account by account,
 * day by day, as platforms deliver. */
struct bench_shape {
    uint64_t per_day;
    uint32_t window_days, per_page;
};

struct bench_row {
    char date[DAY_TEXT], account[BENCH_ID], campaign[BENCH_ID], adset[BENCH_ID], ad[BENCH_ID];
    char campaign_name[BENCH_NAME], ad_name[BENCH_NAME];
    const char *country, *device, *currency;
    int64_t impressions, clicks, link_clicks, purchases, carts, engagements;
    int64_t cents, value_cents, tenths; /* spend, conversion value, conversions */
};

/* Rows are rounded up to whole days. */
struct bench_shape bench_shape(uint64_t rows, uint32_t window_days, uint32_t per_page);
uint32_t bench_windows(const struct bench_shape *);
uint64_t bench_window_rows(const struct bench_shape *, uint32_t window);
int32_t bench_window_from(const struct bench_shape *, uint32_t window);
/* Row i of a window. */
void bench_row(const struct bench_shape *, uint32_t window, uint64_t i, struct bench_row *);
/* As the platform writes it: 15 scalars, numbers mostly as texts, and a list of four actions. */
void bench_row_json(const struct bench_row *, struct buf *);
/* Page 0 … of a window; `base` is what the url of the next page begins with. */
uint32_t bench_pages(const struct bench_shape *, uint32_t window);
void bench_page(const struct bench_shape *, uint32_t window, uint32_t page, const char *base,
                struct buf *);
/* "1000000" … of an argument; ends the program where it is none. */
uint64_t bench_number(const char *text);
double bench_now(void);

#endif
