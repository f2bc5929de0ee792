# SPDX-License-Identifier: Apache-2.0
if PLUGIN_HUBSPOT
plugin_LTLIBRARIES += %D%/hubspot.la
%C%_hubspot_la_SOURCES = %D%/hubspot.c %D%/judge.c %D%/judge.h %D%/objects.c %D%/objects.h plugins/crm/common/records.c plugins/crm/common/records.h
%C%_hubspot_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_hubspot_la_CFLAGS = $(AM_CFLAGS)
%C%_hubspot_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_hubspot_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
