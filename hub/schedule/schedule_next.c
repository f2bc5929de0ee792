/* SPDX-License-Identifier: Apache-2.0
 * When a schedule fires next. Only offsets of the zone are asked for, never the process's TZ. */
#include <config.h>

#include "schedule/schedule.h"

#include "base/day.h"

enum {
    HORIZON_DAYS = 8 * 366 + 2, /* 29 February over a year 2100 */
    MINUTES_PER_HOUR = 60
};
#define MINUTE (60 * TIME_SECOND)

static bool has(uint64_t bits, int n)
{
    return bits >> n & 1;
}

static int64_t floor_to(int64_t t, int64_t unit)
{
    int64_t rest = t % unit;
    return t - (rest < 0 ? rest + unit : rest);
}

static bool day_fits(const struct schedule *s, int32_t day)
{
    int year, month, mday;
    day_to_civil(day, &year, &month, &mday);
    int weekday = (int)(((int64_t)day + 4) % 7); /* 1970-01-01 was a Thursday */
    bool mday_fits = has(s->bits[SCHEDULE_DAY], mday);
    bool weekday_fits = has(s->bits[SCHEDULE_WEEKDAY], weekday < 0 ? weekday + 7 : weekday);
    if (!has(s->bits[SCHEDULE_MONTH], month))
        return false;
    if (s->is_wild[SCHEDULE_DAY] || s->is_wild[SCHEDULE_WEEKDAY])
        return mday_fits && weekday_fits;
    return mday_fits || weekday_fits;
}

static int64_t instant(const struct zone *zone, int32_t day, int64_t micros)
{
    return zone ? zone_instant(zone, day, micros) : day * TIME_DAY + micros;
}

static int32_t local_day(const struct zone *zone, int64_t t)
{
    return zone ? zone_day(zone, t) : (int32_t)(floor_to(t, TIME_DAY) / TIME_DAY);
}

static int64_t offset_at(const struct zone *zone, int64_t t)
{
    return zone ? zone_offset(zone, t) * TIME_SECOND : 0;
}

/* ---- a fixed time of day ---- */

/* Gaps move several times to one instant, so the first that is late enough is the next. */
static int64_t next_of_day(const struct schedule *s, const struct zone *zone, int32_t day,
                           int64_t after)
{
    for (int hour = 0; hour < 24; hour++) {
        if (!has(s->bits[SCHEDULE_HOUR], hour))
            continue;
        for (int minute = 0; minute < MINUTES_PER_HOUR; minute++) {
            if (!has(s->bits[SCHEDULE_MINUTE], minute))
                continue;
            int64_t t = instant(zone, day, (hour * MINUTES_PER_HOUR + minute) * MINUTE);
            if (t > after)
                return t;
        }
    }
    return INT64_MAX;
}

static int64_t next_fixed(const struct schedule *s, const struct zone *zone, int64_t after)
{
    /* The day before too: its times may have been moved behind `after` by a gap at midnight. */
    int32_t day = local_day(zone, after) - 1;
    for (int32_t last = day + HORIZON_DAYS; day <= last; day++) {
        if (!day_fits(s, day))
            continue;
        int64_t t = next_of_day(s, zone, day, after);
        if (t != INT64_MAX)
            return t;
    }
    return INT64_MAX;
}

/* ---- the clock on the wall ---- */

/* The next instant worth looking at after one whose hour does not fit: the next local hour, unless
 * the clock changes before. */
static int64_t skip_hour(const struct zone *zone, int64_t t, int minute)
{
    int64_t later = t + (MINUTES_PER_HOUR - minute) * MINUTE;
    return offset_at(zone, later) == offset_at(zone, t) ? later : t + MINUTE;
}

static int64_t next_wild(const struct schedule *s, const struct zone *zone, int64_t after)
{
    int64_t t = floor_to(after, MINUTE) + MINUTE;
    int64_t last = t + HORIZON_DAYS * TIME_DAY;
    while (t < last) {
        int64_t local = t + offset_at(zone, t);
        int64_t of_day = local - floor_to(local, TIME_DAY);
        int hour = (int)(of_day / (MINUTES_PER_HOUR * MINUTE));
        int minute = (int)(of_day / MINUTE % MINUTES_PER_HOUR);
        int32_t day = local_day(zone, t);
        if (!day_fits(s, day)) {
            /* Where the clock goes back over midnight the day's end comes twice. */
            int64_t tomorrow = instant(zone, day + 1, 0);
            t = tomorrow > t ? tomorrow : t + MINUTE;
        } else if (!has(s->bits[SCHEDULE_HOUR], hour)) {
            t = skip_hour(zone, t, minute);
        } else if (!has(s->bits[SCHEDULE_MINUTE], minute)) {
            t += MINUTE;
        } else {
            return t;
        }
    }
    return INT64_MAX;
}

int64_t schedule_next(const struct schedule *s, const struct zone *zone, int64_t after)
{
    if (s->every_s) {
        int64_t every = s->every_s * TIME_SECOND;
        return floor_to(after, every) + every;
    }
    bool is_wild = s->is_wild[SCHEDULE_MINUTE] || s->is_wild[SCHEDULE_HOUR];
    return is_wild ? next_wild(s, zone, after) : next_fixed(s, zone, after);
}
