# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/fixture.h
STORE_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit/store

check_PROGRAMS += %D%/test_apply
TESTS += %D%/test_apply
%C%_test_apply_SOURCES = %D%/test_apply.c
%C%_test_apply_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_apply_CFLAGS = $(UNIT_CFLAGS)
%C%_test_apply_LDADD = $(UNIT_LIBS)
