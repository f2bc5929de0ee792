# SPDX-License-Identifier: Apache-2.0
if PLUGIN_FILE
plugin_LTLIBRARIES += %D%/file.la
%C%_file_la_SOURCES = %D%/file.c plugins/file/common/fields.c plugins/file/common/fields.h
%C%_file_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_file_la_CFLAGS = $(AM_CFLAGS)
%C%_file_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_file_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
