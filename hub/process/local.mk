# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/fences.c %D%/fences.h \
	%D%/landlock.c %D%/landlock.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/syscalls.c %D%/syscalls.h \
	%D%/wire.c %D%/wire.h
