# SPDX-License-Identifier: Apache-2.0
if PLUGIN_GOOGLE_SEARCH_CONSOLE
plugin_LTLIBRARIES += %D%/google_search_console.la
%C%_google_search_console_la_SOURCES = %D%/google_search_console.c plugins/common/google.c plugins/common/google.h
%C%_google_search_console_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_google_search_console_la_CFLAGS = $(AM_CFLAGS)
%C%_google_search_console_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_google_search_console_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
