/* SPDX-License-Identifier: Apache-2.0
 * hub/base/mem.c: allocations, arenas, scope cleanup. */
#include <config.h>

#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"

static void nothing_is_something(void **state)
{
    (void)state;
    auto_free void *a = xmalloc(0), *b = xcalloc(0, 5);
    assert_non_null(a);
    assert_non_null(b);
    auto_free char *s = xstrndup("abcdef", 3);
    assert_string_equal(s, "abc");
    auto_free char *f = xasprintf("%s-%d", s, 7);
    assert_string_equal(f, "abc-7");
}

static void arenas_give_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    unsigned char *previous = NULL;
    for (size_t n = 1; n < 40000; n += 37) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(p != previous);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
        previous = p;
    }
    assert_null(arena_strdup(a, NULL));
    assert_string_equal(arena_strdup(a, "x"), "x");
    assert_string_equal(arena_strndup(a, "xyz", 2), "xy");
    assert_string_equal(arena_printf(a, "%05d", 42), "00042");
    arena_free(a);
    arena_free(NULL);
}

static void scopes_clean_up(void **state)
{
    (void)state;
    int kept;
    {
        auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        kept = fd;
        assert_true(fcntl(kept, F_GETFD) >= 0);
    }
    assert_int_equal(fcntl(kept, F_GETFD), -1);
    auto_free char *s = xstrdup("x");
    auto_free char *taken = mem_take(s);
    assert_null(s);
    assert_string_equal(taken, "x");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing_is_something),
    cmocka_unit_test(arenas_give_zeroed_aligned_memory),
    cmocka_unit_test(scopes_clean_up),
};

UNIT_MAIN(tests)
