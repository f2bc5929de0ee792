# SPDX-License-Identifier: Apache-2.0
if HAVE_CMOCKA
include tests/plugins/sinks/local.mk
endif
# Each source plugin, loaded by a small host of its own in Python, against the stand-ins.
PLUGIN_TESTS = %D%/test_adobe_analytics.py %D%/test_file.py %D%/test_rest.py %D%/test_google_analytics.py \
	%D%/test_google_analytics_reports.py %D%/test_hubspot.py %D%/test_meta_ads.py \
	%D%/test_meta_ads_campaigns.py \
	%D%/test_salesforce.py
TESTS += $(PLUGIN_TESTS)
EXTRA_DIST += $(PLUGIN_TESTS) %D%/abi.py %D%/conformance.py %D%/host.py %D%/live.py %D%/plugin_test.py tests/lib/tap.py \
	tests/lib/omni.py
