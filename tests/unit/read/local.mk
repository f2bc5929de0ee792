# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/cases.h %D%/rows.h
read_support = %D%/cases.c %D%/oracle.c %D%/rows.c

check_PROGRAMS += %D%/test_differential
TESTS += %D%/test_differential
%C%_test_differential_SOURCES = %D%/test_differential.c $(read_support)
%C%_test_differential_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_differential_CFLAGS = $(UNIT_CFLAGS)
%C%_test_differential_LDADD = $(UNIT_LIBS)
