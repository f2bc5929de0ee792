# SPDX-License-Identifier: Apache-2.0
# The common schema. Listed one by one, so that a stray file in the source tree is never installed.
dist_schema_DATA = \
	%D%/schema/ads.conf \
	%D%/schema/channels.conf \
	%D%/schema/commerce.conf \
	%D%/schema/crm.conf \
	%D%/schema/events.conf \
	%D%/schema/manual.conf \
	%D%/schema/messages.conf \
	%D%/schema/social.conf \
	%D%/schema/web.conf

include conf/schema/combined/local.mk
include conf/demo/local.mk

# The admin's file is never overwritten, nor removed once it was changed.
omniconfdir = $(sysconfdir)/omnihub
omniconfddir = $(omniconfdir)/conf.d
dist_omniconfd_DATA =
dist_omniconfd_DATA += %D%/conf.d/adobe_analytics.conf.sample
dist_omniconfd_DATA += %D%/conf.d/amazon_ads.conf.sample
dist_omniconfd_DATA += %D%/conf.d/emarsys.conf.sample
dist_omniconfd_DATA += %D%/conf.d/google_ads.conf.sample
dist_omniconfd_DATA += %D%/conf.d/google_analytics.conf.sample
dist_omniconfd_DATA += %D%/conf.d/google_search_console.conf.sample
dist_omniconfd_DATA += %D%/conf.d/hubspot.conf.sample
dist_omniconfd_DATA += %D%/conf.d/instagram.conf.sample
dist_omniconfd_DATA += %D%/conf.d/klaviyo.conf.sample
dist_omniconfd_DATA += %D%/conf.d/linkedin_ads.conf.sample
dist_omniconfd_DATA += %D%/conf.d/mailchimp.conf.sample
dist_omniconfd_DATA += %D%/conf.d/mastodon.conf.sample
dist_omniconfd_DATA += %D%/conf.d/meta_ads.conf.sample
dist_omniconfd_DATA += %D%/conf.d/salesforce.conf.sample
dist_omniconfd_DATA += %D%/conf.d/shopify.conf.sample
dist_omniconfd_DATA += %D%/conf.d/sinks.conf.sample
dist_omniconfd_DATA += %D%/conf.d/square.conf.sample
dist_omniconfd_DATA += %D%/conf.d/stripe.conf.sample
dist_omniconfd_DATA += %D%/conf.d/till.conf.sample
EXTRA_DIST += %D%/omnihub.conf

# For the service manager and the shell.
systemdsystemunit_DATA = %D%/systemd/omnihub.service %D%/systemd/omnihub-web.service
EXTRA_DIST += %D%/systemd/omnihub.service.in %D%/systemd/omnihub-web.service.in
CLEANFILES += $(systemdsystemunit_DATA)
FILL_UNIT = $(AM_V_GEN)$(MKDIR_P) %D%/systemd && sed 's,[@]bindir@,$(bindir),g' $(srcdir)/$@.in >$@
%D%/systemd/omnihub.service: %D%/systemd/omnihub.service.in Makefile
	$(FILL_UNIT)
%D%/systemd/omnihub-web.service: %D%/systemd/omnihub-web.service.in Makefile
	$(FILL_UNIT)
dist_bashcompletion_DATA = %D%/completion/omnihub
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(omniconfdir)'
	test -e '$(DESTDIR)$(omniconfdir)/omnihub.conf' || \
	  $(INSTALL_DATA) $(srcdir)/conf/omnihub.conf '$(DESTDIR)$(omniconfdir)/omnihub.conf'
uninstall-local:
	if cmp -s $(srcdir)/conf/omnihub.conf '$(DESTDIR)$(omniconfdir)/omnihub.conf'; then \
	  rm -f '$(DESTDIR)$(omniconfdir)/omnihub.conf'; fi
