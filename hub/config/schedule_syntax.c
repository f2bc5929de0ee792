/* SPDX-License-Identifier: Apache-2.0
 * The syntax of schedules. Ambiguous and unsupported forms of cron are refused with a hint rather
 * than guessed at. */
#include <config.h>

#include "config/schedule_syntax.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

struct field {
    const char *name;
    int min, max, names_from;
    const char *const *names;
};

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                     "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

enum { F_DAY = 2, F_MONTH = 3, F_WEEKDAY = 4, N_FIELDS = 5 };
static const struct field fields[N_FIELDS] = {{"minute", 0, 59, 0, NULL},
                                              {"hour", 0, 23, 0, NULL},
                                              {"day of month", 1, 31, 0, NULL},
                                              {"month", 1, 12, 1, months},
                                              {"day of week", 0, 7, 0, weekdays}};

static const char *const macros[] = {"@hourly",  "@daily",  "@midnight", "@weekly",
                                     "@monthly", "@yearly", "@annually"};

/* One number or name at *p; -1 where there is none. */
static int read_value(const char **p, const struct field *f)
{
    size_t n = 0;
    while (isalnum((unsigned char)(*p)[n]))
        n++;
    for (int i = 0; f->names && f->names[i]; i++)
        if (n == 3 && strncasecmp(*p, f->names[i], 3) == 0) {
            *p += n;
            return f->names_from + i;
        }
    char digits[4] = "";
    long long value;
    if (n == 0 || n >= sizeof digits)
        return -1;
    memcpy(digits, *p, n);
    if (!text_parse_int(digits, f->min, f->max, &value))
        return -1;
    *p += n;
    return (int)value;
}

static omni_status bad_value(const char *item, const struct field *f, struct err *err)
{
    if (strpbrk(item, "LW#?"))
        return err_set(err, OMNI_E_CONFIG, "%s: \"%s\": L, W, # and ? are not supported", f->name,
                       item);
    return err_set(err, OMNI_E_CONFIG, "%s: \"%s\" is not a value from %d to %d", f->name, item,
                   f->min, f->max);
}

/* "a", "a-b", "a-b/n", "*", "*" "/n"; sets the bits it stands for. */
static omni_status read_item(const char *item, const struct field *f, uint64_t *bits,
                             struct err *err)
{
    const char *p = item;
    int from = f->min, to = f->max;
    bool is_range = true;
    if (*p == '*') {
        p++;
    } else {
        from = to = read_value(&p, f);
        is_range = *p == '-';
        if (from >= 0 && is_range) {
            p++;
            to = read_value(&p, f);
        }
    }
    if (from < 0 || to < 0)
        return bad_value(item, f, err);
    if (from > to)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: the range \"%s\" runs backwards: write it as two, separated by a comma",
                       f->name, item);
    long long step = 1;
    if (*p == '/' && !is_range)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: \"%s\" is ambiguous: write %d-%d/%s (from there on) or */%s", f->name,
                       item, from, f->max, p + 1, p + 1);
    if (*p == '/' && !text_parse_int(p + 1, 1, f->max, &step))
        return err_set(err, OMNI_E_CONFIG, "%s: \"%s\": the step is a number from 1 to %d", f->name,
                       item, f->max);
    if (*p && *p != '/')
        return bad_value(item, f, err);
    for (int i = from; i <= to; i += (int)step)
        *bits |= UINT64_C(1) << i;
    return OMNI_OK;
}

static omni_status read_field(const char *text, const struct field *f, uint64_t *bits,
                              struct err *err)
{
    for (const char *p = text;;) {
        size_t n = strcspn(p, ",");
        auto_free char *item = xstrndup(p, n);
        omni_status st = read_item(item, f, bits, err);
        if (st != OMNI_OK || !p[n])
            return st;
        p += n + 1;
    }
}

/* 30 February never comes; a day of the week makes any month good. */
static bool can_fire(const uint64_t bits[N_FIELDS])
{
    static const int days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int m = 1; m <= 12; m++)
        for (int d = 1; d <= days[m]; d++)
            if ((bits[F_MONTH] >> m & 1) && (bits[F_DAY] >> d & 1))
                return true;
    return false;
}

static omni_status check_cron(const char *text, struct err *err)
{
    uint64_t bits[N_FIELDS] = {0};
    bool any_weekday = true;
    int n = 0;
    for (const char *p = text + strspn(text, " \t"); *p; n++) {
        size_t len = strcspn(p, " \t");
        auto_free char *field = xstrndup(p, len);
        if (n < N_FIELDS) {
            omni_status st = read_field(field, &fields[n], &bits[n], err);
            if (st != OMNI_OK)
                return st;
        }
        if (n == F_WEEKDAY)
            any_weekday = field[0] == '*';
        p += len;
        p += strspn(p, " \t");
    }
    if (n != N_FIELDS)
        return err_set(err, OMNI_E_CONFIG,
                       "has %d field%s instead of 5 (minute hour day month weekday); or write "
                       "\"every 6h\" or \"@daily\"",
                       n, n == 1 ? "" : "s");
    if (any_weekday && !can_fire(bits))
        return err_set(err, OMNI_E_CONFIG, "never fires: no such day in these months");
    return OMNI_OK;
}

static omni_status check_macro(const char *text, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(macros); i++)
        if (strcasecmp(text, macros[i]) == 0)
            return OMNI_OK;
    const char *near = text_suggest(text, macros, ARRAY_LEN(macros));
    return err_set(err, OMNI_E_CONFIG, "there is no macro \"%s\" (%s%s)", text,
                   near ? "did you mean " : "known: @hourly, @daily, @weekly, @monthly, @yearly",
                   near ? near : "");
}

omni_status schedule_check(const char *text, struct err *err)
{
    long long seconds;
    if (text[0] == '@')
        return check_macro(text, err);
    if (strncmp(text, "every", 5) != 0)
        return check_cron(text, err);
    const char *interval = text + 5 + strspn(text + 5, " \t");
    if (interval == text + 5 || !text_parse_duration(interval, &seconds))
        return err_set(err, OMNI_E_CONFIG,
                       "\"every\" takes an interval: \"every 15m\", \"every 6h\"");
    if (seconds < 60)
        return err_set(err, OMNI_E_CONFIG, "is too often: at least \"every 1m\"");
    return OMNI_OK;
}
