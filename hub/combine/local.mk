# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/builtin.c \
	%D%/combine.c %D%/combine.h \
	%D%/pending.c \
	%D%/diff.c \
	%D%/fx.c \
	%D%/gaps.c \
	%D%/internal.h \
	%D%/own.c \
	%D%/prepare.c \
	%D%/run.c \
	%D%/tables.c
