/* SPDX-License-Identifier: Apache-2.0
 * One value as a platform writes it → one exact cell. */
#include <config.h>

#include "normalize/convert.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/mem.h"
#include "base/text.h"

enum { NO_SHIFT = -100, REAL_SHIFT = 9 };

/* ---- numbers ---- */

/* By which power of ten a number is multiplied; NO_SHIFT: this unit does not go with this type. */
static int shift_of(const struct convert *c, int decimals)
{
    static const signed char into_micros[] = {
        [OMNI_AS_IS] = 6,        [OMNI_UNIT_MAJOR] = 6,   [OMNI_UNIT_MINOR] = 6,
        [OMNI_UNIT_MICROS] = 0,  [OMNI_UNIT_PERCENT] = 4, [OMNI_UNIT_MS] = 3,
        [OMNI_UNIT_MINUTES] = 6,
    };
    if (c->type == OMNI_MICROS && c->unit < ARRAY_LEN(into_micros))
        return into_micros[c->unit] - (c->unit == OMNI_UNIT_MINOR ? decimals : 0);
    if (c->type == OMNI_INT && c->e10)
        return c->unit == OMNI_UNIT_MAJOR ? 10 : c->unit == OMNI_AS_IS ? 0 : NO_SHIFT;
    if (c->type == OMNI_INT)
        return c->unit == OMNI_AS_IS || c->unit == OMNI_UNIT_MINUTES ? 0
               : c->unit == OMNI_UNIT_MS                             ? -3
                                                                     : NO_SHIFT;
    return c->type == OMNI_REAL && c->unit == OMNI_AS_IS ? REAL_SHIFT : NO_SHIFT;
}

static const char *to_number(const struct convert *c, const struct read_value *v, int decimals,
                             int64_t *out)
{
    if (v->kind != READ_NUMBER && v->kind != READ_TEXT)
        return "is not a number";
    uint32_t flags = c->flags & OMNI_ROUND;
    if (v->kind == READ_TEXT) /* JSON's own numbers have no separators */
        flags |= c->flags & (OMNI_DECIMAL_COMMA | OMNI_THOUSANDS);
    enum exact_result result = exact_parse(v->s, v->len, shift_of(c, decimals), flags, out);
    if (result == EXACT_OK && c->unit == OMNI_UNIT_MINUTES && __builtin_mul_overflow(*out, 60, out))
        result = EXACT_RANGE;
    static const char *const why[] = {[EXACT_OK] = NULL,
                                      [EXACT_SYNTAX] = "is not a number",
                                      [EXACT_RANGE] = "is too large",
                                      [EXACT_PRECISION] =
                                          "has more decimals than can be kept exactly"};
    return why[result];
}

/* Measures that are inexact by nature: nine decimals are a tenth of a millimetre of latitude. */
static const char *to_real(const struct convert *c, const struct read_value *v, double *out)
{
    struct convert rounded = *c;
    int64_t scaled;
    rounded.flags |= OMNI_ROUND;
    const char *why = to_number(&rounded, v, 0, &scaled);
    *out = why ? 0 : (double)scaled / 1e9;
    return why;
}

static const char *to_bool(const struct read_value *v, int64_t *out)
{
    static const struct {
        const char *text;
        int value;
    } words[] = {{"true", 1}, {"false", 0}, {"1", 1}, {"0", 0}, {"yes", 1},
                 {"no", 0},   {"t", 1},     {"f", 0}, {"y", 1}, {"n", 0}};
    *out = v->kind == READ_TRUE;
    if (v->kind == READ_TRUE || v->kind == READ_FALSE)
        return NULL;
    for (size_t i = 0; v->kind != READ_TREE && i < ARRAY_LEN(words); i++)
        if (strlen(words[i].text) == v->len && strncasecmp(words[i].text, v->s, v->len) == 0) {
            *out = words[i].value;
            return NULL;
        }
    return "is neither true nor false";
}

/* ---- days and times ---- */

static int64_t instant(const struct convert *c, const struct day_clock *clock)
{
    if (!clock->offset_known && c->zone)
        return zone_instant(c->zone, clock->day, clock->micros);
    return clock->day * TIME_DAY + clock->micros - clock->offset * TIME_SECOND;
}

static int32_t day_of(const struct convert *c, int64_t micros)
{
    return c->zone ? zone_day(c->zone, micros)
                   : (int32_t)(micros / TIME_DAY - (micros % TIME_DAY < 0));
}

/* The date part of a longer ISO time is the day that its writer saw. */
static bool parse_iso_day(const struct read_value *v, struct day_clock *clock)
{
    if (v->len == 10)
        return day_parse_iso(v->s, v->len, &clock->day);
    bool right = day_parse_time(v->s, v->len, clock);
    clock->micros = 0;
    clock->offset_known = false;
    clock->offset = 0;
    return right;
}

static const char *to_epoch(const struct convert *c, const struct read_value *v, int64_t *out)
{
    int shift = c->unit == OMNI_TIME_EPOCH ? 6 : 3;
    if ((v->kind != READ_NUMBER && v->kind != READ_TEXT) ||
        exact_parse(v->s, v->len, shift, OMNI_ROUND, out) != EXACT_OK)
        return "is not a time in seconds or milliseconds since 1970";
    return NULL;
}

static const char *to_clock(const struct convert *c, const struct read_value *v,
                            struct day_clock *clock)
{
    if (v->kind != READ_TEXT && v->kind != READ_NUMBER)
        return "is not a date or time";
    switch (c->unit == OMNI_AS_IS ? (c->type == OMNI_DATE ? OMNI_DATE_ISO : OMNI_TIME_ISO)
                                  : c->unit) {
    case OMNI_DATE_ISO:
        return parse_iso_day(v, clock) ? NULL : "is not a date like 2026-01-31";
    case OMNI_DATE_COMPACT:
        return day_parse_compact(v->s, v->len, &clock->day) ? NULL : "is not a date like 20260131";
    case OMNI_TIME_ISO:
        return day_parse_time(v->s, v->len, clock) ? NULL
                                                   : "is not a time like 2026-01-31T10:00:00Z";
    default:
        return day_parse_pattern(v->s, v->len, c->format, clock)
                   ? NULL
                   : "is not written as the field's pattern says";
    }
}

static bool is_epoch(const struct convert *c)
{
    return c->unit == OMNI_TIME_EPOCH || c->unit == OMNI_TIME_EPOCH_MS;
}

static const char *to_day_or_time(const struct convert *c, const struct read_value *v, int64_t *out)
{
    struct day_clock clock = {0};
    const char *why = is_epoch(c) ? to_epoch(c, v, out) : to_clock(c, v, &clock);
    if (why)
        return why;
    if (!is_epoch(c))
        *out = c->type == OMNI_DATE && !clock.offset_known ? clock.day : instant(c, &clock);
    bool is_instant = is_epoch(c) || clock.offset_known || c->type == OMNI_TIME;
    const struct omni_cell check = {.type = is_instant ? OMNI_TIME : OMNI_DATE, .v.i = *out};
    why = convert_check(&check);
    if (!why && is_instant && c->type == OMNI_DATE)
        *out = day_of(c, *out);
    return why;
}

/* ---- texts ---- */

static const char *to_text(const struct read_value *v, struct omni_cell *out)
{
    out->v.s = v->kind == READ_TRUE ? "true" : v->kind == READ_FALSE ? "false" : v->s;
    out->len = v->kind == READ_TRUE ? 4 : v->kind == READ_FALSE ? 5 : v->len;
    return NULL;
}

static const char *to_currency(const struct read_value *v, char room[4], struct omni_cell *out)
{
    static const char why[] = "is not an ISO 4217 currency code";
    if (v->kind != READ_TEXT || v->len != 3)
        return why;
    char code[3];
    for (int i = 0; i < 3; i++)
        code[i] = (char)toupper((unsigned char)v->s[i]);
    /* Rows repeat their currency: what stands in the room was found right before. */
    bool is_known = memcmp(code, room, 3) == 0 || exact_currency_decimals(code, 3) >= 0;
    if (!is_known)
        return why;
    memcpy(room, code, 3);
    out->v.s = room;
    out->len = 3;
    return NULL;
}

/* ---- all of them ---- */

/* Copies only where there is something to take off, which is seldom. */
static const struct read_value *trimmed(const struct read_value *v, struct read_value *room)
{
    if (v->kind != READ_TEXT || v->len == 0 ||
        (!isspace((unsigned char)v->s[0]) && !isspace((unsigned char)v->s[v->len - 1])))
        return v;
    *room = *v;
    for (; room->len && isspace((unsigned char)room->s[0]); room->len--)
        room->s++;
    while (room->len && isspace((unsigned char)room->s[room->len - 1]))
        room->len--;
    return room;
}

static const char *to_type(const struct convert *c, const struct read_value *v, int decimals,
                           char room[4], struct omni_cell *out)
{
    if (c->type == OMNI_TEXT)
        return to_currency(v, room, out);
    if (c->type == OMNI_INT || c->type == OMNI_MICROS)
        return to_number(c, v, decimals, &out->v.i);
    if (c->type == OMNI_REAL)
        return to_real(c, v, &out->v.r);
    if (c->type == OMNI_BOOL)
        return to_bool(v, &out->v.i);
    return to_day_or_time(c, v, &out->v.i);
}

const char *convert_value(const struct convert *c, const struct read_value *value, int decimals,
                          char room[4], struct omni_cell *out)
{
    *out = (struct omni_cell){.type = OMNI_NULL};
    if (value->kind == READ_ABSENT || value->kind == READ_NULL)
        return NULL;
    if (c->type == OMNI_TEXT && !c->currency) {
        out->type = OMNI_TEXT;
        return to_text(value, out);
    }
    struct read_value room_for_trimmed;
    const struct read_value *v = trimmed(value, &room_for_trimmed);
    if (v->kind == READ_TEXT && v->len == 0)
        return NULL;
    const char *why = to_type(c, v, decimals, room, out);
    out->type = why ? OMNI_NULL : c->type;
    return why;
}

bool convert_is_possible(const struct convert *c, uint32_t field_type)
{
    /* Without a type of its own a field takes the column's: files described by their admin. */
    bool same = c->type == field_type || field_type == OMNI_NULL;
    switch (c->type) {
    case OMNI_TEXT:
    case OMNI_BOOL:
        return same && c->unit == OMNI_AS_IS;
    case OMNI_INT: /* rates are exact to more than micros; the plugin may call them so */
        return (same || (c->e10 && field_type == OMNI_MICROS)) && shift_of(c, 0) != NO_SHIFT;
    case OMNI_MICROS: /* whole numbers go into columns that may hold fractions */
        return (same || field_type == OMNI_INT) && shift_of(c, 0) != NO_SHIFT;
    case OMNI_REAL:
        return same && shift_of(c, 0) != NO_SHIFT;
    case OMNI_DATE: /* the local day of a time */
    case OMNI_TIME:
        return (same || (c->type == OMNI_DATE && field_type == OMNI_TIME)) &&
               (c->unit == OMNI_AS_IS || (c->unit >= OMNI_DATE_ISO && c->unit <= OMNI_PATTERN)) &&
               (c->unit != OMNI_PATTERN || c->format);
    default:
        return false;
    }
}

const char *convert_check(const struct omni_cell *cell)
{
    const int64_t first = day_from_civil(1, 1, 1), last = day_from_civil(9999, 12, 31);
    switch (cell->type) {
    case OMNI_BOOL:
        return cell->v.i == 0 || cell->v.i == 1 ? NULL : "is neither 0 nor 1";
    case OMNI_REAL:
        return isfinite(cell->v.r) ? NULL : "is not a finite number";
    case OMNI_TEXT:
        return text_is_utf8(cell->v.s, cell->len) ? NULL : "is not UTF-8";
    case OMNI_DATE:
        return cell->v.i >= first && cell->v.i <= last ? NULL : "is not in the years 1 to 9999";
    case OMNI_TIME:
        return cell->v.i >= first * TIME_DAY && cell->v.i < (last + 1) * TIME_DAY
                   ? NULL
                   : "is not in the years 1 to 9999";
    default:
        return NULL;
    }
}
