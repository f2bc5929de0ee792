# SPDX-License-Identifier: Apache-2.0
if PLUGIN_STRIPE
plugin_LTLIBRARIES += %D%/stripe.la
%C%_stripe_la_SOURCES = %D%/stripe.c
%C%_stripe_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_stripe_la_CFLAGS = $(AM_CFLAGS)
%C%_stripe_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_stripe_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
