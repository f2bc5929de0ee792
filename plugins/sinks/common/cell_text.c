/* SPDX-License-Identifier: Apache-2.0
 * A cell of a batch as text: exact decimals, ISO dates and times. */
#include "cell_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MICROS        INT64_C(1000000)
#define SECONDS_A_DAY INT64_C(86400)

bool cell_is_null(const struct omni_column *c, uint64_t row)
{
    return c->valid && !(c->valid[row / 8] >> (row % 8) & 1);
}

int64_t cell_int(const struct omni_column *c, uint64_t row)
{
    switch (c->type) {
    case OMNI_BOOL:
        return ((const uint8_t *)c->values)[row];
    case OMNI_DATE:
        return ((const int32_t *)c->values)[row];
    default:
        return ((const int64_t *)c->values)[row];
    }
}

double cell_real(const struct omni_column *c, uint64_t row)
{
    return ((const double *)c->values)[row];
}

/* Cuts off the zeros at the end of a fraction, and its point where nothing is left. */
static size_t trim_fraction(char *s, size_t n)
{
    while (n && s[n - 1] == '0')
        n--;
    if (n && s[n - 1] == '.')
        n--;
    s[n] = '\0';
    return n;
}

/* Unsigned arithmetic, because the smallest int64 has no positive twin. */
static size_t print_micros(int64_t v, char out[CELL_TEXT])
{
    uint64_t abs = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    int n = snprintf(out, CELL_TEXT, "%s%" PRIu64 ".%06" PRIu64, v < 0 ? "-" : "",
                     abs / (uint64_t)MICROS, abs % (uint64_t)MICROS);
    return trim_fraction(out, (size_t)n);
}

/* Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": years that begin in March. */
static size_t print_day(int64_t days, char out[CELL_TEXT])
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    int n = snprintf(out, CELL_TEXT, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month,
                     doy - (153 * mp + 2) / 5 + 1);
    return (size_t)n;
}

static size_t print_time(int64_t micros, char out[CELL_TEXT])
{
    int64_t second = micros / MICROS - (micros % MICROS < 0);
    int64_t day = second / SECONDS_A_DAY - (second % SECONDS_A_DAY < 0);
    int64_t of_day = second - day * SECONDS_A_DAY;
    size_t n = print_day(day, out);
    n += (size_t)snprintf(out + n, CELL_TEXT - n, "T%02d:%02d:%02d.%06d", (int)(of_day / 3600),
                          (int)(of_day / 60 % 60), (int)(of_day % 60),
                          (int)(micros - second * MICROS));
    n = trim_fraction(out, n);
    out[n++] = 'Z';
    out[n] = '\0';
    return n;
}

static const char *text_of(const struct omni_column *c, uint64_t row, size_t *len)
{
    *len = (size_t)(c->offsets[row + 1] - c->offsets[row]);
    return (const char *)c->values + c->offsets[row];
}

const char *cell_text(const struct omni_column *c, uint64_t row, char out[CELL_TEXT], size_t *len)
{
    switch (c->type) {
    case OMNI_TEXT:
        return text_of(c, row, len);
    case OMNI_BOOL:
        *len = (size_t)snprintf(out, CELL_TEXT, "%s", cell_int(c, row) ? "true" : "false");
        return out;
    case OMNI_DATE:
        *len = print_day(cell_int(c, row), out);
        return out;
    case OMNI_TIME:
        *len = print_time(cell_int(c, row), out);
        return out;
    case OMNI_MICROS:
        *len = print_micros(cell_int(c, row), out);
        return out;
    case OMNI_REAL: /* 15 digits: what a double surely holds; these are measures, not counts */
        *len = (size_t)snprintf(out, CELL_TEXT, "%.15g", cell_real(c, row));
        return out;
    default:
        *len = (size_t)snprintf(out, CELL_TEXT, "%" PRId64, cell_int(c, row));
        return out;
    }
}
