# SPDX-License-Identifier: Apache-2.0
dist_man_MANS = %D%/omnihub.1 %D%/omnihub.conf.5 %D%/omnihub-plugin.7
dist_man_MANS += %D%/omnihub-web.8
EXTRA_DIST += %D%/architecture.md %D%/decisions.md
EXTRA_DIST += %D%/faults.md
EXTRA_DIST += %D%/performance.md

# For plugin authors, installed: the guide, the promise, two connectors to read, and a page made from the headers.
dist_doc_DATA = %D%/plugin-guide.md %D%/abi.md
dist_doc_DATA += conf/prometheus/omnihub.rules.yml
sourceexampledir = $(docdir)/examples
sourceexample_DATA = plugins/social/mastodon/mastodon.c plugins/commerce/stripe/stripe.c
SDK_DOCUMENTED = $(top_srcdir)/sdk/include/omnihub/omnihub.h $(top_srcdir)/sdk/include/omnihub/sdk.h
if HAVE_PYTHON3
nodist_doc_DATA = %D%/plugin-reference.md
CLEANFILES += %D%/plugin-reference.md
%D%/plugin-reference.md: $(SDK_DOCUMENTED) $(top_srcdir)/scripts/reference
	$(AM_V_GEN)$(MKDIR_P) %D% && $(PYTHON3) $(top_srcdir)/scripts/reference $(SDK_DOCUMENTED) >$@.tmp && mv $@.tmp $@
endif
EXTRA_DIST += %D%/testing.md
