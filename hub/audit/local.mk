# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/audit.c %D%/audit.h \
	%D%/audit_read.c \
	%D%/digest.c %D%/digest.h
