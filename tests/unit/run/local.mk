# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_spec
TESTS += %D%/test_spec
%C%_test_spec_SOURCES = %D%/test_spec.c
%C%_test_spec_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_spec_CFLAGS = $(UNIT_CFLAGS)
%C%_test_spec_LDADD = $(UNIT_LIBS)
