# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/cases.h %D%/rows.h

check_PROGRAMS += %D%/test_path
TESTS += %D%/test_path
%C%_test_path_SOURCES = %D%/test_path.c
%C%_test_path_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_path_CFLAGS = $(UNIT_CFLAGS)
%C%_test_path_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_reader
TESTS += %D%/test_reader
%C%_test_reader_SOURCES = %D%/test_reader.c %D%/rows.c
%C%_test_reader_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_reader_CFLAGS = $(UNIT_CFLAGS)
%C%_test_reader_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_recode
TESTS += %D%/test_recode
%C%_test_recode_SOURCES = %D%/test_recode.c
%C%_test_recode_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_recode_CFLAGS = $(UNIT_CFLAGS)
%C%_test_recode_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_csv
TESTS += %D%/test_csv
%C%_test_csv_SOURCES = %D%/test_csv.c %D%/rows.c
%C%_test_csv_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_csv_CFLAGS = $(UNIT_CFLAGS)
%C%_test_csv_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_differential
TESTS += %D%/test_differential
%C%_test_differential_SOURCES = %D%/test_differential.c %D%/cases.c %D%/oracle.c %D%/rows.c
%C%_test_differential_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_differential_CFLAGS = $(UNIT_CFLAGS)
%C%_test_differential_LDADD = $(UNIT_LIBS)
