# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/alert_facts.c %D%/alert_facts.h \
	%D%/facts.c %D%/facts.h \
	%D%/secret_facts.c %D%/secret_facts.h \
	%D%/standing.c %D%/standing.h \
	%D%/sunset.c %D%/sunset.h \
	%D%/tally.c %D%/tally.h \
	%D%/timetable.c %D%/timetable.h
