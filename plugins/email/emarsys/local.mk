# SPDX-License-Identifier: Apache-2.0
if PLUGIN_EMARSYS
plugin_LTLIBRARIES += %D%/emarsys.la
%C%_emarsys_la_SOURCES = %D%/emarsys.c
%C%_emarsys_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_emarsys_la_CFLAGS = $(AM_CFLAGS)
%C%_emarsys_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_emarsys_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
