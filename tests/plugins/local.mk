# SPDX-License-Identifier: Apache-2.0
if HAVE_CMOCKA
include tests/plugins/sinks/local.mk
endif
# Each source plugin through the real programs, against the stand-ins; one line a plugin.
PLUGIN_TESTS =
PLUGIN_TESTS += %D%/test_adobe_analytics.py
PLUGIN_TESTS += %D%/test_amazon_ads.py
PLUGIN_TESTS += %D%/test_emarsys.py
PLUGIN_TESTS += %D%/test_file.py
PLUGIN_TESTS += %D%/test_google_ads.py
PLUGIN_TESTS += %D%/test_google_analytics.py
PLUGIN_TESTS += %D%/test_google_analytics_reports.py
PLUGIN_TESTS += %D%/test_google_search_console.py
PLUGIN_TESTS += %D%/test_hubspot.py
PLUGIN_TESTS += %D%/test_instagram.py
PLUGIN_TESTS += %D%/test_klaviyo.py
PLUGIN_TESTS += %D%/test_linkedin_ads.py
PLUGIN_TESTS += %D%/test_mailchimp.py
PLUGIN_TESTS += %D%/test_mastodon.py
PLUGIN_TESTS += %D%/test_meta_ads.py
PLUGIN_TESTS += %D%/test_meta_ads_campaigns.py
PLUGIN_TESTS += %D%/test_rest.py
PLUGIN_TESTS += %D%/test_rest_conform.py
PLUGIN_TESTS += %D%/test_salesforce.py
PLUGIN_TESTS += %D%/test_shopify.py
PLUGIN_TESTS += %D%/test_square.py
PLUGIN_TESTS += %D%/test_stripe.py
TESTS += $(PLUGIN_TESTS)
EXTRA_DIST += $(PLUGIN_TESTS)
EXTRA_DIST += %D%/bench.py
EXTRA_DIST += %D%/conformance.py
EXTRA_DIST += %D%/kit.py
EXTRA_DIST += %D%/live.py
EXTRA_DIST += %D%/plugin_test.py
EXTRA_DIST += %D%/shop_lab.py
