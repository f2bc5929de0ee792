# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_schema
TESTS += %D%/test_schema
%C%_test_schema_SOURCES = %D%/test_schema.c
%C%_test_schema_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_schema_CFLAGS = $(UNIT_CFLAGS)
%C%_test_schema_LDADD = $(UNIT_LIBS)
