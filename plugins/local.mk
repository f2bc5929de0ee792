# SPDX-License-Identifier: Apache-2.0
# A page for each plugin, installed under the plugin's name: `omnihub describe` says where it is.
PLUGIN_PAGES =
include plugins/ads/amazon_ads/local.mk
include plugins/ads/google_ads/local.mk
include plugins/ads/linkedin_ads/local.mk
include plugins/ads/meta_ads/local.mk
include plugins/analytics/adobe_analytics/local.mk
include plugins/analytics/google_analytics/local.mk
include plugins/commerce/shopify/local.mk
include plugins/commerce/square/local.mk
include plugins/commerce/stripe/local.mk
include plugins/crm/hubspot/local.mk
include plugins/crm/salesforce/local.mk
include plugins/email/emarsys/local.mk
include plugins/email/klaviyo/local.mk
include plugins/email/mailchimp/local.mk
include plugins/file/file/local.mk
include plugins/file/rest/local.mk
include plugins/search/google_search_console/local.mk
include plugins/sinks/csv/local.mk
include plugins/sinks/jsonl/local.mk
include plugins/sinks/sqlite/local.mk
include plugins/social/instagram/local.mk
include plugins/social/mastodon/local.mk
EXTRA_DIST += $(PLUGIN_PAGES)
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(pagedir)'
	for page in $(PLUGIN_PAGES); do name=`dirname $$page`; name=`basename $$name`; \
	  sed 's,](\.\./\([a-z_]*\)/README\.md),](\1.md),' "$(srcdir)/$$page" >"$(DESTDIR)$(pagedir)/$$name.md" && \
	  chmod 644 "$(DESTDIR)$(pagedir)/$$name.md" || exit 1; done
uninstall-hook:
	for page in $(PLUGIN_PAGES); do name=`dirname $$page`; name=`basename $$name`; \
	  rm -f "$(DESTDIR)$(pagedir)/$$name.md"; done
