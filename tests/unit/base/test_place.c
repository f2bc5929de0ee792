// SPDX-License-Identifier: Apache-2.0
// Installed paths of a tree that was moved as a whole.
#include <config.h>

#include <string.h>

#include "base/mem.h"
#include "base/place.h"
#include "unit.h"
#include "dirs.h"

static void assert_place(const char *program, const char *configured, const char *wanted)
{
    auto_free char *got = place_from(program, configured);
    assert_string_equal(got, wanted);
}

static void a_moved_tree_finds_its_own_parts(void **state)
{
    (void)state;
    assert_place(HUB_BINDIR "/omnihub", HUB_PREFIX "/lib/x", HUB_PREFIX "/lib/x");
    assert_place("/stage" HUB_BINDIR "/omnihub", HUB_PREFIX "/lib/x", "/stage" HUB_PREFIX "/lib/x");
    assert_place("/opt/tool/bin/omnihub", HUB_PREFIX "/lib/x", "/opt/tool/lib/x");
}

static void everything_else_is_as_configured(void **state)
{
    (void)state;
    assert_place("/src/build/omnihub", HUB_PREFIX "/lib/x", HUB_PREFIX "/lib/x");
    assert_place("/x" HUB_BINDIR "/omnihub", "/etc/omnihub", "/etc/omnihub");
    assert_place("omnihub", HUB_PREFIX "/lib/x", HUB_PREFIX "/lib/x");
    assert_place("/b/omnihub", HUB_PREFIX "/lib/x", HUB_PREFIX "/lib/x");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_moved_tree_finds_its_own_parts),
    cmocka_unit_test(everything_else_is_as_configured),
};

UNIT_MAIN(tests)
