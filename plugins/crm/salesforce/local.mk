# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SALESFORCE
plugin_LTLIBRARIES += %D%/salesforce.la
%C%_salesforce_la_SOURCES = %D%/salesforce.c %D%/objects.c %D%/objects.h plugins/crm/common/records.c plugins/crm/common/records.h
%C%_salesforce_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_salesforce_la_CFLAGS = $(AM_CFLAGS)
%C%_salesforce_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_salesforce_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
