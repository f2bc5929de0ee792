# SPDX-License-Identifier: Apache-2.0
PLUGIN_PAGES += %D%/README.md
SINK_FILES = plugins/sinks/common/file_sink.c plugins/sinks/common/file_sink.h
SINK_CELLS = plugins/sinks/common/cell_text.c plugins/sinks/common/cell_text.h
if PLUGIN_CSV
plugin_LTLIBRARIES += %D%/csv.la
%C%_csv_la_SOURCES = %D%/csv.c $(SINK_FILES) $(SINK_CELLS)
%C%_csv_la_LDFLAGS = $(LINK_AS_PLUGIN)
endif
