# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_options
TESTS += %D%/test_options
%C%_test_options_SOURCES = %D%/test_options.c
%C%_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_options_CFLAGS = $(UNIT_CFLAGS)
%C%_test_options_LDADD = $(UNIT_LIBS)
