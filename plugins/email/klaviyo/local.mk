# SPDX-License-Identifier: Apache-2.0
if PLUGIN_KLAVIYO
plugin_LTLIBRARIES += %D%/klaviyo.la
%C%_klaviyo_la_SOURCES = %D%/klaviyo.c %D%/account.c %D%/lists.c %D%/klaviyo.h
%C%_klaviyo_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_klaviyo_la_CFLAGS = $(AM_CFLAGS)
%C%_klaviyo_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_klaviyo_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
