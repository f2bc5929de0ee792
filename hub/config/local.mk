# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/alerts.c \
	%D%/check_options.c %D%/config.h \
	%D%/findings.c \
	%D%/keys.c %D%/keys.h \
	%D%/open_log.c \
	%D%/option_sets.c \
	%D%/options.c %D%/options.h \
	%D%/read_config.c %D%/read_config.h \
	%D%/references.c \
	%D%/secrets.c %D%/secrets.h \
	%D%/source.c %D%/source.h \
	%D%/write.c %D%/write.h
