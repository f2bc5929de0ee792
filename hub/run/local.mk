# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/spawn.c %D%/spawn.h \
	%D%/wire.c %D%/wire.h
