# SPDX-License-Identifier: Apache-2.0
# Plugins that are only for tests: never installed, loaded from .libs.
TEST_PLUGIN_LDFLAGS = $(LINK_AS_PLUGIN) -rpath /nowhere
check_LTLIBRARIES += %D%/good.la
%C%_good_la_SOURCES = %D%/good.c
%C%_good_la_CPPFLAGS = -I$(top_srcdir)/sdk/include
%C%_good_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_PROGRAMS += %D%/test_plugin
TESTS += %D%/test_plugin
%C%_test_plugin_SOURCES = %D%/test_plugin.c %D%/hub_calls.c %D%/hub_calls.h
%C%_test_plugin_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/%D%
%C%_test_plugin_CFLAGS = $(UNIT_CFLAGS)
%C%_test_plugin_LDADD = $(UNIT_LIBS)

# The plugins are in tests/hostile.
check_PROGRAMS += %D%/test_hostile
TESTS += %D%/test_hostile
%C%_test_hostile_SOURCES = %D%/test_hostile.c %D%/hub_calls.c %D%/hub_calls.h
%C%_test_hostile_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/%D%
%C%_test_hostile_CFLAGS = $(UNIT_CFLAGS)
%C%_test_hostile_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_sdk
TESTS += %D%/test_sdk
%C%_test_sdk_SOURCES = %D%/test_sdk.c
%C%_test_sdk_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sdk_CFLAGS = $(UNIT_CFLAGS)
%C%_test_sdk_LDADD = sdk/lib/libomnihub-sdk.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_sdk_rows
TESTS += %D%/test_sdk_rows
%C%_test_sdk_rows_SOURCES = %D%/test_sdk_rows.c
%C%_test_sdk_rows_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sdk_rows_CFLAGS = $(UNIT_CFLAGS)
%C%_test_sdk_rows_LDADD = sdk/lib/libomnihub-sdk.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_sdk_platform
TESTS += %D%/test_sdk_platform
%C%_test_sdk_platform_SOURCES = %D%/test_sdk_platform.c
%C%_test_sdk_platform_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sdk_platform_CFLAGS = $(UNIT_CFLAGS)
%C%_test_sdk_platform_LDADD = sdk/lib/libomnihub-sdk.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_describe
TESTS += %D%/test_describe
%C%_test_describe_SOURCES = %D%/test_describe.c
%C%_test_describe_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_describe_CFLAGS = $(UNIT_CFLAGS)
%C%_test_describe_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_seal
TESTS += %D%/test_seal
%C%_test_seal_SOURCES = %D%/test_seal.c
%C%_test_seal_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_seal_CFLAGS = $(UNIT_CFLAGS)
%C%_test_seal_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_lock
TESTS += %D%/test_lock
%C%_test_lock_SOURCES = %D%/test_lock.c
%C%_test_lock_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_lock_CFLAGS = $(UNIT_CFLAGS)
%C%_test_lock_LDADD = $(UNIT_LIBS)
