# SPDX-License-Identifier: Apache-2.0
PLATFORM_TESTS = %D%/test_standins.py
TESTS += $(PLATFORM_TESTS)
EXTRA_DIST += $(PLATFORM_TESTS) %D%/standin.py %D%/world.py %D%/spoil.py
# One line a platform.
EXTRA_DIST += %D%/amazon.py
EXTRA_DIST += %D%/gads.py
EXTRA_DIST += %D%/ga4.py
EXTRA_DIST += %D%/gsc.py
EXTRA_DIST += %D%/linkedin.py
EXTRA_DIST += %D%/mailchimp.py
EXTRA_DIST += %D%/meta.py
EXTRA_DIST += %D%/oauth.py
EXTRA_DIST += %D%/shop.py
