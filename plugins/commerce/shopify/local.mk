# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SHOPIFY
plugin_LTLIBRARIES += %D%/shopify.la
%C%_shopify_la_SOURCES = %D%/shopify.c %D%/shopify.h %D%/lists.c %D%/orders.c %D%/bulk.c %D%/judge.c
%C%_shopify_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_shopify_la_CFLAGS = $(AM_CFLAGS)
%C%_shopify_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_shopify_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
