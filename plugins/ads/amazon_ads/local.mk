# SPDX-License-Identifier: Apache-2.0
if PLUGIN_AMAZON_ADS
plugin_LTLIBRARIES += %D%/amazon_ads.la
%C%_amazon_ads_la_SOURCES = %D%/amazon_ads.c
%C%_amazon_ads_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_amazon_ads_la_CFLAGS = $(AM_CFLAGS)
%C%_amazon_ads_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_amazon_ads_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
