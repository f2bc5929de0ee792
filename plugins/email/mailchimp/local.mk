# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MAILCHIMP
plugin_LTLIBRARIES += %D%/mailchimp.la
%C%_mailchimp_la_SOURCES = %D%/mailchimp.c
%C%_mailchimp_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_mailchimp_la_CFLAGS = $(AM_CFLAGS)
%C%_mailchimp_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_mailchimp_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
