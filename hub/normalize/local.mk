# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/bind.c \
	%D%/channel.c %D%/channel.h \
	%D%/convert.c %D%/convert.h \
	%D%/normalize.c %D%/normalize.h %D%/internal.h
