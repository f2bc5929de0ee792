/* SPDX-License-Identifier: Apache-2.0
 * hub/run/spec.c: orders arrive as they were given and cannot be changed; events are lines. */
#include <config.h>

#include "unit.h"

#include <unistd.h>

#include "base/json.h"
#include "run/spec.h"

static void orders_arrive_sealed(void **state)
{
    (void)state;
    struct err err = {0};
    auto_json *spec = json_pack("{s:s, s:I}", "verb", "pull", "memory", (json_int_t)1 << 40);
    int fd = spec_to_fd(spec, &err);
    assert_true(fd >= 0);
    assert_true(write(fd, "x", 1) < 0);
    assert_true(ftruncate(fd, 0) < 0);
    auto_json *got = spec_from_fd(fd, &err);
    assert_true(json_equal(spec, got));
    close(fd);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "{", 1), 1);
    close(ends[1]);
    assert_null(spec_from_fd(ends[0], &err));
    assert_non_null(strstr(err.text, "job orders"));
    close(ends[0]);
}

static void events_are_lines(void **state)
{
    (void)state;
    int ends[2];
    char line[100] = "";
    assert_int_equal(pipe(ends), 0);
    spec_event(ends[1], json_pack("{s:s, s:s}", "event", "done", "a", "x\ny"));
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    assert_string_equal(line, "{\"event\":\"done\",\"a\":\"x\\ny\"}\n");
    close(ends[0]);
    close(ends[1]);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(orders_arrive_sealed),
                                          cmocka_unit_test(nonsense_is_refused),
                                          cmocka_unit_test(events_are_lines)};

UNIT_MAIN(tests)
