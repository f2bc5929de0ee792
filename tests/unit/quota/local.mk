# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_quota
TESTS += %D%/test_quota
%C%_test_quota_SOURCES = %D%/test_quota.c
%C%_test_quota_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_quota_CFLAGS = $(UNIT_CFLAGS)
%C%_test_quota_LDADD = $(UNIT_LIBS)
