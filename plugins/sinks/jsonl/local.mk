# SPDX-License-Identifier: Apache-2.0
PLUGIN_PAGES += %D%/README.md
if PLUGIN_JSONL
plugin_LTLIBRARIES += %D%/jsonl.la
%C%_jsonl_la_SOURCES = %D%/jsonl.c $(SINK_FILES) $(SINK_CELLS)
%C%_jsonl_la_LDFLAGS = $(LINK_AS_PLUGIN)
endif
