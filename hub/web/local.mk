# SPDX-License-Identifier: Apache-2.0
# The program omnihub-web. Everything but main() in a library, for the tests.
noinst_LIBRARIES += %D%/libweb.a
%C%_libweb_a_SOURCES = \
	%D%/answer.c %D%/answer.h \
	%D%/expose.c %D%/expose.h \
	%D%/html.c %D%/html.h \
	%D%/keeper.c %D%/keeper.h \
	%D%/look.c %D%/look.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/metrics_feeds.c \
	%D%/metrics_sums.c \
	%D%/page.c %D%/page.h \
	%D%/page_ahead.c \
	%D%/page_alerts.c \
	%D%/page_attention.c \
	%D%/page_connector.c \
	%D%/page_sinks.c \
	%D%/parts.c %D%/parts.h \
	%D%/server.c %D%/server.h \
	%D%/stamp.c %D%/stamp.h \
	%D%/summary.c %D%/summary.h
%C%_libweb_a_CPPFLAGS = $(hub_libhub_a_CPPFLAGS)
%C%_libweb_a_CFLAGS = $(hub_libhub_a_CFLAGS) $(MICROHTTPD_CFLAGS)

bin_PROGRAMS += omnihub-web
omnihub_web_SOURCES = %D%/main.c
omnihub_web_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
omnihub_web_LDADD = %D%/libweb.a $(HUB_LIBS) $(MICROHTTPD_LIBS)

# The style sheet as a C text; the program needs no files of its own.
EXTRA_DIST += %D%/style.css
BUILT_SOURCES += %D%/style.inc
CLEANFILES += %D%/style.inc
%D%/style.inc: %D%/style.css
	$(AM_V_GEN)$(MKDIR_P) %D% && sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $(srcdir)/%D%/style.css >$@.tmp && mv $@.tmp $@
