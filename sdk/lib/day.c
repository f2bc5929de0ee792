/* SPDX-License-Identifier: Apache-2.0
 * Days since 1970-01-01 and their text; proleptic Gregorian calendar. */
#include <omnihub/sdk.h>

#include <string.h>

#define DAY_SECONDS INT64_C(86400)

enum { FIRST_DAY = -719162, LAST_DAY = 2932896 }; /* 0001-01-01, 9999-12-31 */

/* Howard Hinnant's days_from_civil: years begin in March, so that the leap day comes last. */
int32_t omni_day_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void omni_day_split(int32_t day, int *year, int *month, int *day_of_month)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day_of_month = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static void put_digits(char *out, int value, int n)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

const char *omni_day_print(int32_t day, char out[OMNI_DAY_TEXT])
{
    int y, m, d;
    int32_t held = day < FIRST_DAY ? FIRST_DAY : day > LAST_DAY ? LAST_DAY : day;
    omni_day_split(held, &y, &m, &d);
    memcpy(out, "0000-00-00", OMNI_DAY_TEXT);
    put_digits(out, y, 4);
    put_digits(out + 5, m, 2);
    put_digits(out + 8, d, 2);
    return out;
}

static int take_digits(const char *s, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return 0;
        *out = *out * 10 + (s[i] - '0');
    }
    return 1;
}

static int take_iso(const char *s, int *y, int *m, int *d)
{
    return take_digits(s, 4, y) && s[4] == '-' && take_digits(s + 5, 2, m) && s[7] == '-' &&
           take_digits(s + 8, 2, d) && (s[10] < '0' || s[10] > '9');
}

static int take_compact(const char *s, int *y, int *m, int *d)
{
    return take_digits(s, 4, y) && take_digits(s + 4, 2, m) && take_digits(s + 6, 2, d) &&
           s[8] == '\0';
}

int omni_day_parse(const char *s, int32_t *day)
{
    int y, m, d, y2, m2, d2;
    if (s == NULL || !(take_iso(s, &y, &m, &d) || take_compact(s, &y, &m, &d)))
        return 0;
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > 31)
        return 0;
    /* A day that does not exist comes back as another one. */
    int32_t at = omni_day_of(y, m, d);
    omni_day_split(at, &y2, &m2, &d2);
    if (y2 != y || m2 != m || d2 != d)
        return 0;
    *day = at;
    return 1;
}

const char *omni_time_print(int64_t seconds, char out[OMNI_TIME_TEXT])
{
    int64_t day = seconds / DAY_SECONDS, rest = seconds % DAY_SECONDS;
    if (rest < 0) {
        rest += DAY_SECONDS;
        day--;
    }
    omni_day_print((int32_t)day, out);
    const int64_t parts[] = {rest / 3600, rest / 60 % 60, rest % 60};
    char *p = out + OMNI_DAY_TEXT - 1;
    for (int i = 0; i < 3; i++) {
        *p++ = i == 0 ? 'T' : ':';
        *p++ = (char)('0' + parts[i] / 10);
        *p++ = (char)('0' + parts[i] % 10);
    }
    *p++ = 'Z';
    *p = '\0';
    return out;
}

/* Z, +hh:mm, +hhmm or +hh; 0: something else. */
static int take_offset(const char *s, int *seconds)
{
    int hours, minutes = 0;
    *seconds = 0;
    if ((*s == 'Z' || *s == 'z') && s[1] == '\0')
        return 1;
    if ((*s != '+' && *s != '-') || !take_digits(s + 1, 2, &hours))
        return 0;
    const char *rest = s + 3 + (s[3] == ':');
    if (*rest != '\0' && (!take_digits(rest, 2, &minutes) || rest[2] != '\0'))
        return 0;
    *seconds = (hours * 60 + minutes) * (*s == '-' ? -60 : 60);
    return hours < 24 && minutes < 60;
}

int omni_time_parse(const char *s, int64_t *seconds)
{
    int32_t day;
    int hour, minute, second, offset;
    if (!omni_day_parse(s, &day) || s[4] != '-' || (s[10] != 'T' && s[10] != ' '))
        return 0;
    if (!take_digits(s + 11, 2, &hour) || s[13] != ':' || !take_digits(s + 14, 2, &minute) ||
        s[16] != ':' || !take_digits(s + 17, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return 0;
    const char *rest = s + 19;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++)
            ;
    if (!take_offset(rest, &offset))
        return 0;
    *seconds = (int64_t)day * 86400 + hour * 3600 + minute * 60 + second - offset;
    return 1;
}
