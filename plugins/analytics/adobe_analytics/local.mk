# SPDX-License-Identifier: Apache-2.0
if PLUGIN_ADOBE_ANALYTICS
plugin_LTLIBRARIES += %D%/adobe_analytics.la
%C%_adobe_analytics_la_SOURCES = %D%/adobe_analytics.c
%C%_adobe_analytics_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_adobe_analytics_la_CFLAGS = $(AM_CFLAGS)
%C%_adobe_analytics_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_adobe_analytics_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
