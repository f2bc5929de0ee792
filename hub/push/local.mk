# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/batch.c %D%/batch.h \
	%D%/push.c %D%/push.h \
	%D%/sink_fault.c %D%/sink_fault.h \
	%D%/sink_host.c %D%/sink_host.h

