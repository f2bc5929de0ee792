/* SPDX-License-Identifier: Apache-2.0
 * hub/base/zone.c: clock changes of every kind, names, damaged files. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/zone.h"
#include "base/zone_rule.h"

/* Without the system's zone files most of this cannot be tested. */
static struct zone *open_or_skip(const char *name)
{
    if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0)
        skip();
    struct err err;
    struct zone *z = zone_open(name, &err);
    if (!z)
        fail_msg("%s", err.text);
    return z;
}

static int64_t at(const char *text)
{
    struct day_clock c;
    assert_true(day_parse_time(text, strlen(text), &c));
    return c.day * TIME_DAY + c.micros;
}

/* The local clocks of the last microsecond before the transition and of the transition itself. */
static const struct {
    const char *zone, *transition, *before, *after;
} changes[] = {
    {"Europe/Berlin", "2026-03-29T01:00", "2026-03-29T01:59:59", "2026-03-29T03:00"},
    {"Europe/Berlin", "2026-10-25T01:00", "2026-10-25T02:59:59", "2026-10-25T02:00"},
    {"America/New_York", "2026-03-08T07:00", "2026-03-08T01:59:59", "2026-03-08T03:00"},
    {"America/New_York", "2026-11-01T06:00", "2026-11-01T01:59:59", "2026-11-01T01:00"},
    {"Australia/Lord_Howe", "2026-04-04T15:00", "2026-04-05T01:59:59", "2026-04-05T01:30"},
    {"Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-04T01:59:59", "2026-10-04T02:30"},
    {"Antarctica/Troll", "2026-03-29T01:00", "2026-03-29T00:59:59", "2026-03-29T03:00"},
    {"Antarctica/Troll", "2026-10-25T01:00", "2026-10-25T02:59:59", "2026-10-25T01:00"},
    {"Pacific/Chatham", "2026-04-04T14:00", "2026-04-05T03:44:59", "2026-04-05T02:45"},
    {"Pacific/Chatham", "2026-09-26T14:00", "2026-09-27T02:44:59", "2026-09-27T03:45"},
    {"Africa/Casablanca", "2026-02-15T02:00", "2026-02-15T02:59:59", "2026-02-15T02:00"},
    {"Africa/Casablanca", "2026-03-22T02:00", "2026-03-22T01:59:59", "2026-03-22T03:00"},
    {"Europe/Dublin", "2026-03-29T01:00", "2026-03-29T00:59:59", "2026-03-29T02:00"},
    {"Europe/Dublin", "2026-10-25T01:00", "2026-10-25T01:59:59", "2026-10-25T01:00"},
    {"Africa/Cairo", "2026-04-23T22:00", "2026-04-23T23:59:59", "2026-04-24T01:00"},
    {"Africa/Cairo", "2026-10-29T21:00", "2026-10-29T23:59:59", "2026-10-29T23:00"},
    {"Asia/Beirut", "2026-03-28T22:00", "2026-03-28T23:59:59", "2026-03-29T01:00"},
    {"Asia/Beirut", "2026-10-24T21:00", "2026-10-24T23:59:59", "2026-10-24T23:00"},
    {"America/Havana", "2026-03-08T05:00", "2026-03-07T23:59:59", "2026-03-08T01:00"},
    {"America/Havana", "2026-11-01T05:00", "2026-11-01T00:59:59", "2026-11-01T00:00"},
    {"America/Santiago", "2026-04-05T03:00", "2026-04-04T23:59:59", "2026-04-04T23:00"},
    {"America/Santiago", "2026-09-06T04:00", "2026-09-05T23:59:59", "2026-09-06T01:00"},
    {"America/Sao_Paulo", "2018-11-04T03:00", "2018-11-03T23:59:59", "2018-11-04T01:00"},
    {"Pacific/Apia", "2011-12-30T10:00", "2011-12-29T23:59:59", "2011-12-31T00:00"},
};

static void clocks_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct zone *z = open_or_skip(changes[i].zone);
        int64_t t = at(changes[i].transition), before = t - 1;
        int64_t shown_before = before + zone_offset(z, before) * TIME_SECOND;
        int64_t shown = t + zone_offset(z, t) * TIME_SECOND;
        assert_int_equal(shown_before, at(changes[i].before) + TIME_SECOND - 1);
        assert_int_equal(shown, at(changes[i].after));
        assert_int_equal(zone_day(z, before), at(changes[i].before) / TIME_DAY);
        assert_int_equal(zone_day(z, t), at(changes[i].after) / TIME_DAY);
        /* In the middle of the gap: the first instant after it. In the repeated stretch: the first
         * time. */
        int64_t middle = (shown_before + 1 + shown) / 2;
        int64_t found = zone_instant(z, (int32_t)(middle / TIME_DAY), middle % TIME_DAY);
        if (shown > shown_before)
            assert_int_equal(found, t);
        else
            assert_int_equal(found, middle - (shown_before - before));
        zone_free(z);
    }
}

static void quiet_zones(void **state)
{
    (void)state;
    struct zone *kathmandu = open_or_skip("Asia/Kathmandu");
    assert_int_equal(zone_offset(kathmandu, at("2026-06-01T00:00")), 20700);
    assert_int_equal(zone_offset(kathmandu, at("2500-06-01T00:00")), 20700);
    zone_free(kathmandu);
    struct zone *fixed = open_or_skip("Etc/GMT+5");
    assert_int_equal(zone_offset(fixed, 0), -18000);
    zone_free(fixed);
}

static void utc_needs_no_file(void **state)
{
    (void)state;
    setenv("TZDIR", "/nowhere", 1);
    struct zone *z = zone_open("UTC", NULL);
    assert_non_null(z);
    assert_int_equal(zone_offset(z, INT64_MAX), 0);
    assert_int_equal(zone_day(z, -1), -1);
    assert_int_equal(zone_day(z, TIME_DAY), 1);
    assert_int_equal(zone_instant(z, -1, TIME_DAY - 1), -1);
    zone_free(z);
    struct err err;
    assert_null(zone_open("Europe/Berlin", &err));
    assert_int_equal(err.status, OMNI_E_CONFIG);
    assert_non_null(strstr(err.text, "/nowhere"));
    assert_non_null(strstr(err.text, "Europe/Berlin"));
    unsetenv("TZDIR");
}

static void names_stay_inside(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "/etc/passwd",
                                        "../../etc/passwd",
                                        "Europe/../UTC",
                                        "Europe",
                                        "Europe/",
                                        "Mars/Olympus",
                                        "a b",
                                        "Europe/Berlin\n"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct err err;
        assert_null(zone_open(wrong[i], &err));
        assert_int_equal(err.status, OMNI_E_CONFIG);
    }
}

/* Every truncation of a real file, and every single byte of it changed: refused or usable, never a
 * crash or an endless loop. */
static void put(const char *path, const char *zone)
{
    struct err err;
    auto_buf bytes = BUF_INIT(100000);
    auto_free char *from = xasprintf("/usr/share/zoneinfo/%s", zone);
    assert_int_equal(file_read(from, &bytes, &err), OMNI_OK);
    assert_int_equal(file_replace(path, bytes.data, bytes.len, 0644, &err), OMNI_OK);
}

static void files_that_are_replaced_are_noticed(void **state)
{
    (void)state;
    struct err err;
    char dir[] = "/tmp/omnihub-zone.XXXXXX";
    zone_free(open_or_skip("Europe/Berlin"));
    zone_free(open_or_skip("Asia/Tokyo"));
    assert_non_null(mkdtemp(dir));
    auto_free char *path = xasprintf("%s/Zone", dir);
    setenv("TZDIR", dir, 1);
    put(path, "Europe/Berlin");
    struct zone *z = zone_open("Zone", &err), *utc = zone_open("UTC", &err);
    assert_false(zone_is_stale(z));
    put(path, "Asia/Tokyo");
    assert_true(zone_is_stale(z));
    struct zone *other = zone_open("Zone", &err);
    assert_false(zone_is_stale(other));
    assert_true(zone_version(other) != zone_version(z));
    assert_int_equal(zone_offset(z, 0), 3600); /* what was read stays as it is */
    unlink(path);
    assert_true(zone_is_stale(other));
    assert_false(zone_is_stale(utc));
    zone_free(z);
    zone_free(other);
    zone_free(utc);
    rmdir(dir);
    unsetenv("TZDIR");
}

static void damaged_files(void **state)
{
    (void)state;
    struct err err;
    char dir[] = "/tmp/omnihub-zone.XXXXXX";
    zone_free(open_or_skip("Europe/Berlin"));
    auto_buf good = BUF_INIT(100000);
    assert_int_equal(file_read("/usr/share/zoneinfo/Europe/Berlin", &good, &err), OMNI_OK);
    assert_non_null(mkdtemp(dir));
    auto_free char *path = xasprintf("%s/Zone", dir);
    setenv("TZDIR", dir, 1);
    for (size_t i = 0; i < 2 * good.len; i++) {
        size_t n = i < good.len ? i : good.len;
        size_t changed = i % good.len;
        char kept = good.data[changed];
        if (n == good.len)
            good.data[changed] = (char)(kept ^ (i & 1 ? 0xff : 0x80));
        FILE *f = fopen(path, "w");
        assert_int_equal(fwrite(good.data, 1, n, f), n);
        fclose(f);
        good.data[changed] = kept;
        struct zone *z = zone_open("Zone", &err);
        if (n < good.len)
            assert_null(z);
        if (z) {
            zone_instant(z, 20000, 0);
            zone_instant(z, 30000, 0);
        }
        zone_free(z);
    }
    unlink(path);
    rmdir(dir);
    unsetenv("TZDIR");
}

static int32_t rule_offset(const char *rule, const char *when)
{
    struct zone_rule r;
    assert_true(zone_rule_parse(rule, &r));
    return zone_rule_span(&r, at(when) / TIME_SECOND).offset;
}

static void rules(void **state)
{
    (void)state;
    assert_int_equal(rule_offset("<+0545>-5:45", "2026-01-01T00:00"), 20700);
    assert_int_equal(rule_offset("CET-1CEST,M3.5.0,M10.5.0/3", "2030-01-01T00:00"), 3600);
    assert_int_equal(rule_offset("CET-1CEST,M3.5.0,M10.5.0/3", "2030-07-01T00:00"), 7200);
    assert_int_equal(rule_offset("AEST-10AEDT,M10.1.0,M4.1.0/3", "2030-01-01T00:00"), 39600);
    assert_int_equal(rule_offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-06-01T00:00"), -3600);
    /* All-year summer time (RFC 8536, 3.3.1), and days that skip or count the leap day. */
    assert_int_equal(rule_offset("XXX3EDT4,0/0,J365/23", "2030-01-01T03:30"), -14400);
    assert_int_equal(rule_offset("XXX3EDT4,0/0,J365/23", "2030-12-31T23:30"), -14400);
    assert_int_equal(rule_offset("AAA0BBB,J60/0,J300/0", "2028-02-29T23:59"), 0);
    assert_int_equal(rule_offset("AAA0BBB,J60/0,J300/0", "2028-03-01T00:00"), 3600);
    assert_int_equal(rule_offset("AAA0BBB,59/0,300/0", "2028-02-29T00:00"), 3600);
    static const char *const wrong[] = {"",
                                        "CET",
                                        "CE-1",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "<CET-1",
                                        "CET-1CEST,,",
                                        "CET-1x",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-168",
                                        "CET-1:60",
                                        "CET-1CEST,M3.5.0,M10.5.0/3x",
                                        "CET-1CEST,J0,J5",
                                        "CET-1CEST,366,J5",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct zone_rule r;
        if (zone_rule_parse(wrong[i], &r))
            fail_msg("took \"%s\"", wrong[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(clocks_change),
    cmocka_unit_test(quiet_zones),
    cmocka_unit_test(utc_needs_no_file),
    cmocka_unit_test(names_stay_inside),
    cmocka_unit_test(damaged_files),
    cmocka_unit_test(files_that_are_replaced_are_noticed),
    cmocka_unit_test(rules),
};

UNIT_MAIN(tests)
