# SPDX-License-Identifier: Apache-2.0
if PLUGIN_META_ADS
plugin_LTLIBRARIES += %D%/meta_ads.la
%C%_meta_ads_la_SOURCES = %D%/meta_ads.c plugins/common/graph.c plugins/common/graph.h
%C%_meta_ads_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_meta_ads_la_CFLAGS = $(AM_CFLAGS)
%C%_meta_ads_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_meta_ads_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
