# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_html
TESTS += %D%/test_html
%C%_test_html_SOURCES = %D%/test_html.c
%C%_test_html_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_html_CFLAGS = $(UNIT_CFLAGS)
%C%_test_html_LDADD = hub/web/libweb.a $(UNIT_LIBS)

check_PROGRAMS += %D%/test_answer
TESTS += %D%/test_answer
%C%_test_answer_SOURCES = %D%/test_answer.c
%C%_test_answer_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_answer_CFLAGS = $(UNIT_CFLAGS)
%C%_test_answer_LDADD = hub/web/libweb.a $(UNIT_LIBS)
