# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/internal.h %D%/vault.h \
	%D%/edit.c \
	%D%/grant.c %D%/grant.h \
	%D%/keys.c \
	%D%/record.c \
	%D%/vault.c
