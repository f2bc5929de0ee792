/* SPDX-License-Identifier: Apache-2.0
 * hub/plugin/seal.c: what was hashed is what is loaded, and nothing can change it any more. */
#include <config.h>

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "plugin/seal.h"

/* sha256("abc") of FIPS 180-2 */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char folder[64], path[80];

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_file(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/omnihub-seal-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/p.so", folder);
    write_file("abc");
    return chmod(path, 0644);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void hashes(void **state)
{
    (void)state;
    char hex[SEAL_HEX];
    struct err err = {0};
    auto_close int fd = seal_copy(path, NULL, hex, &err);
    assert_true(fd >= 0);
    assert_string_equal(hex, ABC);
    auto_close int again = seal_copy(path, ABC, NULL, &err);
    assert_true(again >= 0);
}

static void refuses_other_bytes(void **state)
{
    (void)state;
    struct err err = {0};
    char other[SEAL_HEX] = ABC;
    other[SEAL_HEX - 2] = '0';
    assert_int_equal(seal_copy(path, other, NULL, &err), -1);
    assert_int_equal(err.status, OMNI_E_CONFIG);
    assert_non_null(strstr(err.text, "not the file that was allowed"));
    assert_non_null(strstr(err.text, "omnihub plugin add"));
}

static void copy_cannot_change(void **state)
{
    (void)state;
    struct err err = {0};
    char bytes[8] = "";
    auto_close int fd = seal_copy(path, ABC, NULL, &err);
    write_file("other bytes");
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 3);
    assert_string_equal(bytes, "abc");
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1); /* nor the seals */
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_ptr_equal(mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
}

static void refuses_what_others_may_change(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(seal_copy(path, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(chmod(path, 0644), 0);
    unlink(path);
    assert_int_equal(seal_copy(path, NULL, NULL, &err), -1);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(seal_copy(path, NULL, NULL, &err), -1);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/nonexistent", path), 0);
    assert_int_equal(seal_copy(path, NULL, NULL, &err), -1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(hashes, make_file, remove_file),
    cmocka_unit_test_setup_teardown(refuses_other_bytes, make_file, remove_file),
    cmocka_unit_test_setup_teardown(copy_cannot_change, make_file, remove_file),
    cmocka_unit_test_setup_teardown(refuses_what_others_may_change, make_file, remove_file),
};
UNIT_MAIN(tests)
