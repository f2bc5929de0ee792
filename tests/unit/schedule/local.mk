# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_agenda %D%/test_schedule %D%/test_schedule_next
TESTS += %D%/test_agenda %D%/test_schedule %D%/test_schedule_next
%C%_test_agenda_SOURCES = %D%/test_agenda.c
%C%_test_agenda_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_agenda_CFLAGS = $(UNIT_CFLAGS)
%C%_test_agenda_LDADD = $(UNIT_LIBS)
%C%_test_schedule_SOURCES = %D%/test_schedule.c
%C%_test_schedule_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_schedule_CFLAGS = $(UNIT_CFLAGS)
%C%_test_schedule_LDADD = $(UNIT_LIBS)
%C%_test_schedule_next_SOURCES = %D%/test_schedule_next.c
%C%_test_schedule_next_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_schedule_next_CFLAGS = $(UNIT_CFLAGS)
%C%_test_schedule_next_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_clock
TESTS += %D%/test_clock
%C%_test_clock_SOURCES = %D%/test_clock.c
%C%_test_clock_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_clock_CFLAGS = $(UNIT_CFLAGS)
%C%_test_clock_LDADD = $(UNIT_LIBS)

if HAVE_PYTHON3
# SCHEDULE_ROUNDS=300 make check TESTS=… SCHEDULE_DAYS=730 compares 300 expressions in each of 40 zones over two years; a sample otherwise.
check_PROGRAMS += %D%/schedule_print
%C%_schedule_print_SOURCES = %D%/schedule_print.c
%C%_schedule_print_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_schedule_print_CFLAGS = $(UNIT_CFLAGS)
%C%_schedule_print_LDADD = $(UNIT_LIBS)
TESTS += %D%/test_zones.py
EXTRA_DIST += %D%/test_zones.py
endif
