# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/landlock.c %D%/landlock.h \
	%D%/notify.c %D%/notify.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/spec.c %D%/spec.h \
	%D%/supervise.c %D%/supervise.h \
	%D%/syscalls.c %D%/syscalls.h \
	%D%/wire.c %D%/wire.h
