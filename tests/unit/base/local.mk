# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_buf
TESTS += %D%/test_buf
%C%_test_buf_SOURCES = %D%/test_buf.c
%C%_test_buf_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_buf_CFLAGS = $(UNIT_CFLAGS)
%C%_test_buf_LDADD = $(UNIT_LIBS)
