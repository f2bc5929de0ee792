/* SPDX-License-Identifier: Apache-2.0
 * Time zones by IANA name, read from the system's zone files (TZif, RFC 8536). */
#include <config.h>

#include "base/zone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/zone_rule.h"

enum {
    FILE_LIMIT = 1 << 18,
    NAME_LIMIT = 100,
    HEADER = 44,
    OFFSET_LIMIT = 26 * 3600 /* RFC 8536, 3.2 */
};

struct zone {
    size_t n;        /* transitions */
    int64_t *at;     /* seconds, ascending */
    int32_t *offset; /* from at[i] on */
    int32_t first;   /* before at[0] */
    bool has_rule;   /* what holds from the last transition on */
    struct zone_rule rule;
    char *path;       /* NULL: UTC */
    struct stat file; /* as it was read */
    uint64_t version;
};

/* ---- the file ---- */

struct counts {
    size_t ut, standard, leap, times, types, chars;
};

static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static bool read_header(const unsigned char *p, size_t left, struct counts *c)
{
    if (left < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    size_t *const all[] = {&c->ut, &c->standard, &c->leap, &c->times, &c->types, &c->chars};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        *all[i] = big_endian(p + 20 + 4 * i, 4);
        if (*all[i] > FILE_LIMIT)
            return false;
    }
    return true;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->times * (time_size + 1) + c->types * 6 + c->chars + c->leap * (time_size + 4) +
           c->standard + c->ut;
}

static bool read_type(const unsigned char *types, const struct counts *c, size_t i, int32_t *out)
{
    if (i >= c->types)
        return false;
    *out = (int32_t)(uint32_t)big_endian(types + 6 * i, 4);
    return *out > -OFFSET_LIMIT && *out < OFFSET_LIMIT;
}

static bool read_transitions(struct zone *z, const unsigned char *p, const struct counts *c)
{
    const unsigned char *kinds = p + 8 * c->times, *types = kinds + c->times;
    z->at = xcalloc(c->times, sizeof *z->at);
    z->offset = xcalloc(c->times, sizeof *z->offset);
    z->n = c->times;
    for (size_t i = 0; i < c->times; i++) {
        z->at[i] = (int64_t)big_endian(p + 8 * i, 8);
        if (i > 0 && z->at[i] <= z->at[i - 1])
            return false;
        if (!read_type(types, c, kinds[i], &z->offset[i]))
            return false;
    }
    return read_type(types, c, 0, &z->first);
}

static bool read_rule(struct zone *z, const char *p, size_t n)
{
    if (n < 2 || p[0] != '\n' || p[n - 1] != '\n')
        return false;
    if (n == 2)
        return true;
    auto_free char *text = xstrndup(p + 1, n - 2);
    z->has_rule = true;
    return zone_rule_parse(text, &z->rule);
}

/* The first block is for readers of 1986; the second says the same with 64 bits. */
static bool read_zone(struct zone *z, const unsigned char *p, size_t n)
{
    struct counts c;
    if (!read_header(p, n, &c))
        return false;
    size_t skip = HEADER + block_size(&c, 4);
    if (skip > n || !read_header(p + skip, n - skip, &c))
        return false;
    p += skip + HEADER;
    n -= skip + HEADER;
    size_t size = block_size(&c, 8);
    /* Files that count leap seconds ("right/…") disagree with everybody else's clock. */
    if (size > n || c.leap > 0 || !read_transitions(z, p, &c))
        return false;
    return read_rule(z, (const char *)p + size, n - size);
}

static bool is_zone_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_+-/";
    size_t n = strlen(name);
    return n > 0 && n <= NAME_LIMIT && name[0] != '/' && name[n - 1] != '/' &&
           strspn(name, allowed) == n;
}

static uint64_t hash(const struct buf *bytes)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < bytes->len; i++)
        h = (h ^ (unsigned char)bytes->data[i]) * UINT64_C(1099511628211);
    return h;
}

struct zone *zone_open(const char *name, struct err *err)
{
    const char *dir = getenv("TZDIR");
    struct err why;
    if (strcmp(name, "UTC") == 0)
        return xcalloc(1, sizeof(struct zone));
    if (!dir || !*dir)
        dir = "/usr/share/zoneinfo";
    if (!is_zone_name(name)) {
        err_set(err, OMNI_E_CONFIG, "\"%.100s\" is not a time zone; write it like Europe/Lisbon",
                name);
        return NULL;
    }
    auto_free char *path = xasprintf("%s/%s", dir, name);
    auto_buf bytes = BUF_INIT(FILE_LIMIT);
    struct stat file = {0};
    stat(path, &file); /* before it is read: what is changed meanwhile is noticed later */
    if (file_read(path, &bytes, &why) != OMNI_OK) {
        err_set(err, OMNI_E_CONFIG, "time zone \"%s\" is not known here (looked for in %s): %s",
                name, dir, why.text);
        return NULL;
    }
    struct zone *z = xcalloc(1, sizeof *z);
    if (!read_zone(z, (const unsigned char *)buf_text(&bytes), bytes.len)) {
        err_set(err, OMNI_E_CONFIG, "%s is not a zone file (TZif version 2 or later)", path);
        zone_free(z);
        return NULL;
    }
    z->path = mem_take(path);
    z->file = file;
    z->version = hash(&bytes);
    return z;
}

uint64_t zone_version(const struct zone *z)
{
    return z->version;
}

bool zone_is_stale(const struct zone *z)
{
    struct stat now;
    if (!z->path)
        return false;
    return stat(z->path, &now) < 0 || now.st_ino != z->file.st_ino ||
           now.st_dev != z->file.st_dev || now.st_size != z->file.st_size ||
           now.st_mtim.tv_sec != z->file.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != z->file.st_mtim.tv_nsec;
}

void zone_free(struct zone *z)
{
    if (!z)
        return;
    free(z->path);
    free(z->at);
    free(z->offset);
    free(z);
}

/* ---- asking ---- */

static struct zone_span span_at(const struct zone *z, int64_t second)
{
    size_t low = 0, high = z->n; /* transitions that are past: at least low, at most high */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->at[middle] <= second)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->n && z->has_rule)
        return zone_rule_span(&z->rule, second);
    return (struct zone_span){low ? z->offset[low - 1] : z->first,
                              low < z->n ? z->at[low] : INT64_MAX};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int32_t zone_offset(const struct zone *z, int64_t micros)
{
    return span_at(z, floor_div(micros, TIME_SECOND)).offset;
}

int32_t zone_day(const struct zone *z, int64_t micros)
{
    int64_t second = floor_div(micros, TIME_SECOND);
    return (int32_t)floor_div(second + span_at(z, second).offset, 86400);
}

/* The first instant at which the local clock shows at least this: inside one stretch the clock is
 * continuous, and a gap ends where the next stretch begins. */
int64_t zone_instant(const struct zone *z, int32_t day, int64_t micros_of_day)
{
    int64_t local = (int64_t)day * 86400 + floor_div(micros_of_day, TIME_SECOND);
    int64_t fraction = micros_of_day - floor_div(micros_of_day, TIME_SECOND) * TIME_SECOND;
    for (int64_t second = local - OFFSET_LIMIT;;) {
        struct zone_span span = span_at(z, second);
        int64_t candidate = local - span.offset;
        if (candidate < second)
            return second * TIME_SECOND;
        if (candidate < span.until)
            return candidate * TIME_SECOND + fraction;
        second = span.until;
    }
}
