/* SPDX-License-Identifier: Apache-2.0
 * Reading schedules. Ambiguous and unsupported forms of cron are refused with a hint rather than
 * guessed at. */
#include <config.h>

#include "schedule/schedule.h"

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

static const struct field fields[SCHEDULE_FIELDS] = {{"minute", 0, 59, 0, NULL},
                                                     {"hour", 0, 23, 0, NULL},
                                                     {"day of month", 1, 31, 0, NULL},
                                                     {"month", 1, 12, 1, months},
                                                     {"day of week", 0, 7, 0, weekdays}};

static const struct {
    const char *name, *cron;
} macros[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

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
static bool can_fire(const uint64_t bits[SCHEDULE_FIELDS])
{
    static const int days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int m = 1; m <= 12; m++)
        for (int d = 1; d <= days[m]; d++)
            if ((bits[SCHEDULE_MONTH] >> m & 1) && (bits[SCHEDULE_DAY] >> d & 1))
                return true;
    return false;
}

static omni_status parse_cron(const char *text, struct schedule *out, struct err *err)
{
    int n = 0;
    for (const char *p = text + strspn(text, " \t"); *p; n++) {
        size_t len = strcspn(p, " \t");
        auto_free char *field = xstrndup(p, len);
        if (n < SCHEDULE_FIELDS) {
            omni_status st = read_field(field, &fields[n], &out->bits[n], err);
            if (st != OMNI_OK)
                return st;
            out->is_wild[n] = field[0] == '*';
        }
        p += len;
        p += strspn(p, " \t");
    }
    if (n != SCHEDULE_FIELDS)
        return err_set(err, OMNI_E_CONFIG,
                       "has %d field%s instead of 5 (minute hour day month weekday); or write "
                       "\"every 6h\" or \"@daily\"",
                       n, n == 1 ? "" : "s");
    out->bits[SCHEDULE_WEEKDAY] |= out->bits[SCHEDULE_WEEKDAY] >> 7 & 1; /* 7 is Sunday, too */
    if (out->is_wild[SCHEDULE_WEEKDAY] && !can_fire(out->bits))
        return err_set(err, OMNI_E_CONFIG, "never fires: no such day in these months");
    return OMNI_OK;
}

static omni_status parse_macro(const char *text, struct schedule *out, struct err *err)
{
    const char *names[ARRAY_LEN(macros)];
    for (size_t i = 0; i < ARRAY_LEN(macros); i++) {
        names[i] = macros[i].name;
        if (strcasecmp(text, names[i]) == 0)
            return parse_cron(macros[i].cron, out, err);
    }
    const char *near = text_suggest(text, names, ARRAY_LEN(names));
    return err_set(err, OMNI_E_CONFIG, "there is no macro \"%s\" (%s%s)", text,
                   near ? "did you mean " : "known: @hourly, @daily, @weekly, @monthly, @yearly",
                   near ? near : "");
}

omni_status schedule_parse(const char *text, struct schedule *out, struct err *err)
{
    long long seconds;
    *out = (struct schedule){0};
    if (text[0] == '@')
        return parse_macro(text, out, err);
    if (strncmp(text, "every", 5) != 0)
        return parse_cron(text, out, err);
    const char *interval = text + 5 + strspn(text + 5, " \t");
    if (interval == text + 5 || !text_parse_duration(interval, &seconds))
        return err_set(err, OMNI_E_CONFIG,
                       "\"every\" takes an interval: \"every 15m\", \"every 6h\"");
    if (seconds < 60)
        return err_set(err, OMNI_E_CONFIG, "is too often: at least \"every 1m\"");
    if (seconds > SCHEDULE_EVERY_MAX)
        return err_set(err, OMNI_E_CONFIG, "is too seldom: at most \"every 366d\"");
    out->every_s = (int32_t)seconds;
    return OMNI_OK;
}
