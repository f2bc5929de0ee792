# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/spawn.c %D%/spawn.h \
	%D%/spec.c %D%/spec.h \
	%D%/supervise.c %D%/supervise.h \
	%D%/wire.c %D%/wire.h
