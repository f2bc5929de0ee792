# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/buf.c %D%/buf.h \
	%D%/err.c %D%/err.h \
	%D%/mem.c %D%/mem.h \
	%D%/day.h %D%/exact.h %D%/file.h %D%/json.h %D%/log.h %D%/text.h %D%/zone.h
