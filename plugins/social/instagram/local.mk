# SPDX-License-Identifier: Apache-2.0
if PLUGIN_INSTAGRAM
plugin_LTLIBRARIES += %D%/instagram.la
%C%_instagram_la_SOURCES = %D%/instagram.c %D%/insights.c %D%/instagram.h plugins/common/graph.c plugins/common/graph.h
%C%_instagram_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_instagram_la_CFLAGS = $(AM_CFLAGS)
%C%_instagram_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_instagram_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
