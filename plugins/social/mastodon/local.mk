# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MASTODON
plugin_LTLIBRARIES += %D%/mastodon.la
%C%_mastodon_la_SOURCES = %D%/mastodon.c
%C%_mastodon_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_mastodon_la_CFLAGS = $(AM_CFLAGS)
%C%_mastodon_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_mastodon_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
