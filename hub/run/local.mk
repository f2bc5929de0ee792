# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/control.c %D%/control.h \
	%D%/notify.c %D%/notify.h \
	%D%/spec.c %D%/spec.h \
	%D%/supervise.c %D%/supervise.h
