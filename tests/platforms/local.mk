# SPDX-License-Identifier: Apache-2.0
PLATFORM_TESTS = %D%/test_standins.py
TESTS += $(PLATFORM_TESTS)
EXTRA_DIST += $(PLATFORM_TESTS) %D%/standin.py %D%/world.py %D%/oauth.py %D%/ga4.py %D%/instagram.py %D%/klaviyo.py %D%/mailchimp.py %D%/mastodon.py %D%/meta.py %D%/shop.py %D%/spoil.py
EXTRA_DIST += $(PLATFORM_TESTS)
# One line a file.
EXTRA_DIST += %D%/ga4.py
EXTRA_DIST += %D%/gads.py
EXTRA_DIST += %D%/graphql.py
EXTRA_DIST += %D%/gsc.py
EXTRA_DIST += %D%/klaviyo.py
EXTRA_DIST += %D%/linkedin.py
EXTRA_DIST += %D%/mailchimp.py
EXTRA_DIST += %D%/mastodon.py
EXTRA_DIST += %D%/meta.py
EXTRA_DIST += %D%/oauth.py
EXTRA_DIST += %D%/shop.py
EXTRA_DIST += %D%/shopify.py
EXTRA_DIST += %D%/spoil.py
EXTRA_DIST += %D%/square.py
EXTRA_DIST += %D%/standin.py
EXTRA_DIST += %D%/world.py
