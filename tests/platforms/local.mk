# SPDX-License-Identifier: Apache-2.0
PLATFORM_TESTS = %D%/test_standins.py
TESTS += $(PLATFORM_TESTS)
EXTRA_DIST += $(PLATFORM_TESTS) %D%/standin.py %D%/world.py %D%/oauth.py %D%/adobe.py %D%/ga4.py %D%/hubspot.py %D%/mailchimp.py %D%/meta.py \
	%D%/salesforce.py %D%/shop.py %D%/spoil.py
