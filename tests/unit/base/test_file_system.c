/* SPDX-License-Identifier: Apache-2.0
 * hub/base/file_system.c: which kinds are doubted, and whose a folder is that is not there yet. */
#include <config.h>

#include "unit.h"

#include <string.h>

#include "base/file_system.h"

static void what_is_doubted(void **state)
{
    (void)state;
    static const struct {
        int64_t type;
        const char *name; /* NULL: fine */
    } cases[] = {{0x6969, "NFS"},
                 {0xff534d42, "CIFS"},
                 {0x01021994, "tmpfs"},
                 {0x794c7630, "overlay"},
                 {0x65735546, "FUSE"},
                 {0xef53, NULL} /* ext4 */,
                 {0x58465342, NULL} /* XFS */,
                 {0x9123683e, NULL} /* btrfs */};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct file_system *fs = file_system_of(cases[i].type);
        assert_int_equal(fs != NULL, cases[i].name != NULL);
        if (fs)
            assert_string_equal(fs->name, cases[i].name);
    }
}

static void the_folder_above_counts(void **state)
{
    (void)state;
    assert_ptr_equal(file_system_doubted("/proc/nothing/there/yet"), file_system_doubted("/proc"));
    file_system_doubted("relative/and/not/there");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_doubted),
    cmocka_unit_test(the_folder_above_counts),
};

UNIT_MAIN(tests)
