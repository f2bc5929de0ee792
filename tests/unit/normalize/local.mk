# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_channel
TESTS += %D%/test_channel
%C%_test_channel_SOURCES = %D%/test_channel.c
%C%_test_channel_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_channel_CFLAGS = $(UNIT_CFLAGS)
%C%_test_channel_LDADD = $(UNIT_LIBS)
