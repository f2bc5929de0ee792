# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_tally
TESTS += %D%/test_tally
%C%_test_tally_SOURCES = %D%/test_tally.c
%C%_test_tally_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_tally_CFLAGS = $(UNIT_CFLAGS)
%C%_test_tally_LDADD = $(UNIT_LIBS)
