# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/push.h %D%/sink_host.h
