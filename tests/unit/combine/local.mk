# SPDX-License-Identifier: Apache-2.0

check_PROGRAMS += %D%/test_channel_daily
TESTS += %D%/test_channel_daily
%C%_test_channel_daily_SOURCES = %D%/test_channel_daily.c
%C%_test_channel_daily_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_channel_daily_CFLAGS = $(UNIT_CFLAGS)
%C%_test_channel_daily_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_own
TESTS += %D%/test_own
%C%_test_own_SOURCES = %D%/test_own.c
%C%_test_own_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_own_CFLAGS = $(UNIT_CFLAGS)
%C%_test_own_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_history
TESTS += %D%/test_history
%C%_test_history_SOURCES = %D%/test_history.c
%C%_test_history_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_history_CFLAGS = $(UNIT_CFLAGS)
%C%_test_history_LDADD = $(UNIT_LIBS)
