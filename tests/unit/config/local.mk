# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_options
TESTS += %D%/test_options
%C%_test_options_SOURCES = %D%/test_options.c
%C%_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_options_CFLAGS = $(UNIT_CFLAGS)
%C%_test_options_LDADD = $(UNIT_LIBS)
check_PROGRAMS += %D%/test_config %D%/test_schedule_syntax
TESTS += %D%/test_config %D%/test_schedule_syntax
%C%_test_config_SOURCES = %D%/test_config.c
%C%_test_config_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_config_CFLAGS = $(UNIT_CFLAGS)
%C%_test_config_LDADD = $(UNIT_LIBS)
%C%_test_schedule_syntax_SOURCES = %D%/test_schedule_syntax.c
%C%_test_schedule_syntax_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_schedule_syntax_CFLAGS = $(UNIT_CFLAGS)
%C%_test_schedule_syntax_LDADD = $(UNIT_LIBS)
