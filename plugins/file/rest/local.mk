# SPDX-License-Identifier: Apache-2.0
if PLUGIN_REST
plugin_LTLIBRARIES += %D%/rest.la
%C%_rest_la_SOURCES = %D%/rest.c %D%/stream.c %D%/stream.h plugins/file/common/fields.c plugins/file/common/fields.h
%C%_rest_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_rest_la_CFLAGS = $(AM_CFLAGS)
%C%_rest_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_rest_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
