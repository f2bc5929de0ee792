# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/options.c %D%/options.h
