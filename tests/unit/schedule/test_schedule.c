/* SPDX-License-Identifier: Apache-2.0
 * hub/schedule/schedule.c: what is a schedule, and what is refused with which hint. */
#include <config.h>

#include "unit.h"

#include "schedule/schedule.h"

static void accepts(void **state)
{
    (void)state;
    static const char *const good[] = {
        "17 */6 * * *", "0 0 29 2 *", "0-30/5,45 1,2 * jan-MAR Mon-Fri",
        "0 0 30 2 1",   "@daily",     "@Hourly",
        "every 15m",    "every 1m",   "every\t2d",
        " 0  0 1 * * ", "0 0 * * 7"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct err err = {0};
        struct schedule schedule;
        if (schedule_parse(good[i], &schedule, &err) != OMNI_OK)
            fail_msg("%s: %s", good[i], err.text);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {{"", "0 fields"},
               {"* * * *", "4 fields"},
               {"* * * * * *", "6 fields"},
               {"60 * * * *", "minute: \"60\""},
               {"* 24 * * *", "hour"},
               {"* * 0 * *", "day of month"},
               {"* * * 13 *", "month"},
               {"* * * * 8", "day of week"},
               {"5/10 * * * *", "ambiguous"},
               {"*/0 * * * *", "step"},
               {"* * * * fri-mon", "backwards"},
               {"* * L * *", "not supported"},
               {"1,,2 * * * *", "minute"},
               {"-1 * * * *", "minute"},
               {"1- * * * *", "minute"},
               {"*5 * * * *", "minute"},
               {"0 0 30 2 *", "never fires"},
               {"0 0 31 4,6,9,11 *", "never fires"},
               {"@dayly", "@daily"},
               {"every", "takes an interval"},
               {"every 15", "takes an interval"},
               {"every 30s", "too often"},
               {"every15m", "takes an interval"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        struct schedule schedule;
        assert_int_equal(schedule_parse(bad[i].text, &schedule, &err), OMNI_E_CONFIG);
        if (!strstr(err.text, bad[i].why))
            fail_msg("%s: %s", bad[i].text, err.text);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(accepts), cmocka_unit_test(refuses)};

UNIT_MAIN(tests)
