# SPDX-License-Identifier: Apache-2.0
if PLUGIN_LINKEDIN_ADS
plugin_LTLIBRARIES += %D%/linkedin_ads.la
%C%_linkedin_ads_la_SOURCES = %D%/linkedin_ads.c
%C%_linkedin_ads_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_linkedin_ads_la_CFLAGS = $(AM_CFLAGS)
%C%_linkedin_ads_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_linkedin_ads_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
