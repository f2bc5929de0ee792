/* SPDX-License-Identifier: Apache-2.0
 * The layout of every struct of the contract, as version 1.0 had it: plugins built then are loaded
 * for as long as there is a version 1. Lines may be added here, never changed. */
#include <config.h>

#include "unit.h"

#include <omnihub/omnihub.h>

struct member {
    const char *name;
    size_t is, was;
};

/* Sizes may grow, at the end; members stay where they are. */
#define STRUCT(s, bytes)                                                                           \
    {                                                                                              \
#s, sizeof(struct s), bytes                                                                \
    }
#define MEMBER(s, m, place)                                                                        \
    {                                                                                              \
#s "." #m, offsetof(struct s, m), place                                                    \
    }

#if UINTPTR_MAX == UINT64_MAX /* whose table this is */
/* clang-format off */
static const struct member structs[] = {
    STRUCT(omni_cell, 16),
    STRUCT(omni_field, 56),
    STRUCT(omni_stream, 88),
    STRUCT(omni_option, 48),
    STRUCT(omni_auth, 40),
    STRUCT(omni_request, 40),
    STRUCT(omni_http, 96),
    STRUCT(omni_host, 168),
    STRUCT(omni_source, 176),
    STRUCT(omni_column, 40),
    STRUCT(omni_batch, 24),
    STRUCT(omni_delivery, 48),
    STRUCT(omni_sink, 104),
    STRUCT(omni_module, 64),
};

static const struct member members[] = {
    MEMBER(omni_cell, type, 0),
    MEMBER(omni_cell, len, 4),
    MEMBER(omni_cell, v, 8),
    MEMBER(omni_field, size, 0),
    MEMBER(omni_field, type, 4),
    MEMBER(omni_field, unit, 8),
    MEMBER(omni_field, flags, 12),
    MEMBER(omni_field, path, 16),
    MEMBER(omni_field, column, 24),
    MEMBER(omni_field, help, 32),
    MEMBER(omni_field, format, 40),
    MEMBER(omni_field, nulls, 48),
    MEMBER(omni_stream, size, 0),
    MEMBER(omni_stream, sync, 4),
    MEMBER(omni_stream, name, 8),
    MEMBER(omni_stream, dataset, 16),
    MEMBER(omni_stream, help, 24),
    MEMBER(omni_stream, fields, 32),
    MEMBER(omni_stream, constants, 40),
    MEMBER(omni_stream, settle_days, 48),
    MEMBER(omni_stream, max_window_days, 52),
    MEMBER(omni_stream, history_days, 56),
    MEMBER(omni_stream, flags, 60),
    MEMBER(omni_stream, day_zone, 64),
    MEMBER(omni_stream, inside, 72),
    MEMBER(omni_stream, parts, 80),
    MEMBER(omni_option, size, 0),
    MEMBER(omni_option, type, 4),
    MEMBER(omni_option, flags, 8),
    MEMBER(omni_option, reserved, 12),
    MEMBER(omni_option, name, 16),
    MEMBER(omni_option, fallback, 24),
    MEMBER(omni_option, choices, 32),
    MEMBER(omni_option, help, 40),
    MEMBER(omni_auth, size, 0),
    MEMBER(omni_auth, kind, 4),
    MEMBER(omni_auth, options, 8),
    MEMBER(omni_auth, token_url, 16),
    MEMBER(omni_auth, scope, 24),
    MEMBER(omni_auth, header, 32),
    MEMBER(omni_auth, headers, 40),
    MEMBER(omni_request, size, 0),
    MEMBER(omni_request, from_day, 4),
    MEMBER(omni_request, to_day, 8),
    MEMBER(omni_request, reserved, 12),
    MEMBER(omni_request, stream, 16),
    MEMBER(omni_request, cursor, 24),
    MEMBER(omni_request, account, 32),
    MEMBER(omni_http, size, 0),
    MEMBER(omni_http, flags, 4),
    MEMBER(omni_http, method, 8),
    MEMBER(omni_http, url, 16),
    MEMBER(omni_http, headers, 24),
    MEMBER(omni_http, body, 32),
    MEMBER(omni_http, body_len, 40),
    MEMBER(omni_http, format, 48),
    MEMBER(omni_http, status, 52),
    MEMBER(omni_http, format_options, 56),
    MEMBER(omni_http, reply, 64),
    MEMBER(omni_http, reply_len, 72),
    MEMBER(omni_http, reply_headers, 80),
    MEMBER(omni_http, records, 88),
    MEMBER(omni_host, size, 0),
    MEMBER(omni_host, abi_major, 4),
    MEMBER(omni_host, abi_minor, 6),
    MEMBER(omni_host, log, 8),
    MEMBER(omni_host, fail, 16),
    MEMBER(omni_host, fail_detail, 24),
    MEMBER(omni_host, cancelled, 32),
    MEMBER(omni_host, sleep_ms, 40),
    MEMBER(omni_host, opt_text, 48),
    MEMBER(omni_host, opt_int, 56),
    MEMBER(omni_host, opt_count, 64),
    MEMBER(omni_host, opt_item, 72),
    MEMBER(omni_host, http, 80),
    MEMBER(omni_host, rows, 88),
    MEMBER(omni_host, row, 96),
    MEMBER(omni_host, quality, 104),
    MEMBER(omni_host, cursor, 112),
    MEMBER(omni_host, remember, 120),
    MEMBER(omni_host, part, 128),
    MEMBER(omni_host, found_stream, 136),
    MEMBER(omni_host, found_account, 144),
    MEMBER(omni_host, found_total, 152),
    MEMBER(omni_host, extension, 160),
    MEMBER(omni_source, size, 0),
    MEMBER(omni_source, flags, 4),
    MEMBER(omni_source, name, 8),
    MEMBER(omni_source, title, 16),
    MEMBER(omni_source, family, 24),
    MEMBER(omni_source, help, 32),
    MEMBER(omni_source, api_version, 40),
    MEMBER(omni_source, api_sunset, 48),
    MEMBER(omni_source, api_url, 56),
    MEMBER(omni_source, hosts, 64),
    MEMBER(omni_source, account_option, 72),
    MEMBER(omni_source, options, 80),
    MEMBER(omni_source, logins, 88),
    MEMBER(omni_source, streams, 96),
    MEMBER(omni_source, open, 104),
    MEMBER(omni_source, close, 112),
    MEMBER(omni_source, check, 120),
    MEMBER(omni_source, accounts, 128),
    MEMBER(omni_source, discover, 136),
    MEMBER(omni_source, pull, 144),
    MEMBER(omni_source, judge, 152),
    MEMBER(omni_source, total, 160),
    MEMBER(omni_source, quota_scope, 168),
    MEMBER(omni_column, size, 0),
    MEMBER(omni_column, type, 4),
    MEMBER(omni_column, name, 8),
    MEMBER(omni_column, valid, 16),
    MEMBER(omni_column, values, 24),
    MEMBER(omni_column, offsets, 32),
    MEMBER(omni_batch, size, 0),
    MEMBER(omni_batch, n_columns, 4),
    MEMBER(omni_batch, n_rows, 8),
    MEMBER(omni_batch, columns, 16),
    MEMBER(omni_delivery, size, 0),
    MEMBER(omni_delivery, mode, 4),
    MEMBER(omni_delivery, dataset, 8),
    MEMBER(omni_delivery, partition, 16),
    MEMBER(omni_delivery, key, 24),
    MEMBER(omni_delivery, version, 32),
    MEMBER(omni_delivery, columns, 40),
    MEMBER(omni_sink, size, 0),
    MEMBER(omni_sink, flags, 4),
    MEMBER(omni_sink, name, 8),
    MEMBER(omni_sink, title, 16),
    MEMBER(omni_sink, help, 24),
    MEMBER(omni_sink, options, 32),
    MEMBER(omni_sink, open, 40),
    MEMBER(omni_sink, close, 48),
    MEMBER(omni_sink, check, 56),
    MEMBER(omni_sink, layout, 64),
    MEMBER(omni_sink, begin, 72),
    MEMBER(omni_sink, write, 80),
    MEMBER(omni_sink, commit, 88),
    MEMBER(omni_sink, abort, 96),
    MEMBER(omni_module, size, 0),
    MEMBER(omni_module, abi_major, 4),
    MEMBER(omni_module, abi_minor, 6),
    MEMBER(omni_module, name, 8),
    MEMBER(omni_module, version, 16),
    MEMBER(omni_module, vendor, 24),
    MEMBER(omni_module, license, 32),
    MEMBER(omni_module, url, 40),
    MEMBER(omni_module, sources, 48),
    MEMBER(omni_module, sinks, 56),
};
/* clang-format on */

static void members_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (members[i].is != members[i].was)
            fail_msg("%s was at %zu, is at %zu", members[i].name, members[i].was, members[i].is);
}

static void structs_never_shrink(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof structs / sizeof structs[0]; i++)
        if (structs[i].is < structs[i].was)
            fail_msg("struct %s had %zu bytes, has %zu", structs[i].name, structs[i].was,
                     structs[i].is);
    assert_int_equal(sizeof(struct omni_cell), 16);
}
#endif

static void numbers_stay(void **state)
{
    (void)state;
    assert_int_equal(OMNI_E_BUG, -9);
    assert_int_equal(OMNI_E_TOO_MUCH, -6);
    assert_int_equal(OMNI_MICROS, 7);
    assert_int_equal(OMNI_PATTERN, 12);
    assert_int_equal(OMNI_OPTIONAL, 64);
    assert_int_equal(OMNI_PARTS, 3);
    assert_int_equal(OMNI_OPT_TREE, 8);
    assert_int_equal(OMNI_AUTH_SESSION, 10);
    assert_int_equal(OMNI_AUTH_OAUTH2_CLIENT_BASIC, 11);
    assert_int_equal(OMNI_AUTH_OAUTH2_REFRESH_BASIC, 12);
    assert_int_equal(OMNI_FORMAT_CSV, 2);
    assert_int_equal(OMNI_HTTP_REPEATABLE, 2);
    assert_int_equal(OMNI_SOURCE_ANY_HOST, 2);
    assert_int_equal(OMNI_APPEND, 2);
    assert_int_equal(OMNI_ABI_MAJOR, 1);
}

static const struct CMUnitTest tests[] = {
#if UINTPTR_MAX == UINT64_MAX
    cmocka_unit_test(members_stay),
    cmocka_unit_test(structs_never_shrink),
#endif
    cmocka_unit_test(numbers_stay),
};
UNIT_MAIN(tests)
