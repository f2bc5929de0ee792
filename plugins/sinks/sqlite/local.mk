# SPDX-License-Identifier: Apache-2.0
PLUGIN_PAGES += %D%/README.md
if PLUGIN_SQLITE
plugin_LTLIBRARIES += %D%/sqlite.la
%C%_sqlite_la_SOURCES = %D%/sqlite.c %D%/table.c %D%/table.h $(SINK_CELLS)
%C%_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_sqlite_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_sqlite_la_LIBADD = $(SQLITE_LIBS)
endif
