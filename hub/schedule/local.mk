# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/agenda.c %D%/agenda.h \
	%D%/clock.c %D%/clock.h \
	%D%/schedule.c %D%/schedule.h \
	%D%/schedule_next.c
