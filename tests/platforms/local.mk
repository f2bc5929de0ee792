# SPDX-License-Identifier: Apache-2.0
PLATFORM_TESTS = %D%/test_standins.py
TESTS += $(PLATFORM_TESTS)
EXTRA_DIST += $(PLATFORM_TESTS) %D%/standin.py %D%/world.py %D%/oauth.py %D%/ga4.py %D%/mailchimp.py %D%/meta.py %D%/shop.py \
	%D%/shopify.py %D%/square.py %D%/stripe.py %D%/graphql.py %D%/spoil.py
