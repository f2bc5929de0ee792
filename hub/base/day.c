/* SPDX-License-Identifier: Apache-2.0
 * Days and times as numbers and as text; the clock. */
#include <config.h>

#include "base/day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

/* Howard Hinnant's civil calendar arithmetic: years begin in March, so that the leap day is the
 * last, and repeat in eras of 400 years. */
enum { ERA_DAYS = 146097, EPOCH_SHIFT = 719468 /* 0000-03-01 to 1970-01-01 */ };

int32_t day_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

void day_to_civil(int32_t days, int *year, int *month, int *day)
{
    int64_t shifted = (int64_t)days + EPOCH_SHIFT;
    int64_t era = (shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
    int day_of_era = (int)(shifted - era * ERA_DAYS);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month + (shifted_month < 10 ? 3 : -9);
    *year = (int)(year_of_era + era * 400) + (*month <= 2);
}

bool day_is_civil(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap);
}

/* ---- printing ---- */

const char *day_print(int32_t day, char out[DAY_TEXT])
{
    int y, m, d;
    day_to_civil(day, &y, &m, &d);
    snprintf(out, DAY_TEXT, "%04d-%02d-%02d", y, m, d);
    return out;
}

const char *day_print_time(int64_t micros, char out[TIME_TEXT])
{
    int64_t of_day = micros % TIME_DAY;
    int64_t day = micros / TIME_DAY;
    if (of_day < 0) {
        of_day += TIME_DAY;
        day--;
    }
    char date[DAY_TEXT];
    int seconds = (int)(of_day / TIME_SECOND), fraction = (int)(of_day % TIME_SECOND);
    int n = snprintf(out, TIME_TEXT, "%sT%02d:%02d:%02d", day_print((int32_t)day, date),
                     seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (fraction) {
        n += snprintf(out + n, TIME_TEXT - (size_t)n, ".%06d", fraction);
        while (out[n - 1] == '0')
            n--;
    }
    snprintf(out + n, TIME_TEXT - (size_t)n, "Z");
    return out;
}

/* ---- the clock ---- */

int64_t day_now(void)
{
    const char *set = getenv("OMNIHUB_NOW");
    struct day_clock clock;
    if (set && day_parse_time(set, strlen(set), &clock))
        return clock.day * TIME_DAY + clock.micros - clock.offset * TIME_SECOND;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

bool day_parse_arg(const char *s, int32_t today, int32_t *out)
{
    size_t n = strlen(s);
    long long back;
    if (strcmp(s, "today") == 0) {
        *out = today;
        return true;
    }
    if (strcmp(s, "yesterday") == 0) {
        *out = today - 1;
        return true;
    }
    if (*s != '-')
        return day_parse_iso(s, n, out);
    char number[16] = "";
    if (n < 3 || n >= sizeof number || s[n - 1] != 'd')
        return false;
    memcpy(number, s + 1, n - 2);
    if (!text_parse_int(number, 0, 1000000, &back))
        return false;
    *out = today - (int32_t)back;
    return true;
}
