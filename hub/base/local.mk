# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/ahead.c %D%/ahead.h \
	%D%/buf.c %D%/buf.h \
	%D%/currency.c \
	%D%/day.c %D%/day_parse.c %D%/day.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/err.c %D%/err.h \
	%D%/exact.c %D%/exact.h \
	%D%/file.c %D%/file.h \
	%D%/file_system.c %D%/file_system.h \
	%D%/json.c %D%/json.h \
	%D%/log.c %D%/log_format.c %D%/log_limit.c %D%/log_sink.c %D%/log_priv.h %D%/redact.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/place.c %D%/place.h \
	%D%/text.c %D%/text_base64.c %D%/text_encode.c %D%/text.h \
	%D%/zone.c %D%/zone.h \
	%D%/zone_rule.c %D%/zone_rule.h
