# SPDX-License-Identifier: Apache-2.0
include plugins/analytics/google_analytics/local.mk
include plugins/ads/amazon_ads/local.mk
include plugins/ads/google_ads/local.mk
include plugins/ads/linkedin_ads/local.mk
include plugins/ads/meta_ads/local.mk
include plugins/email/mailchimp/local.mk
include plugins/file/file/local.mk
include plugins/file/rest/local.mk
include plugins/search/google_search_console/local.mk
include plugins/sinks/sqlite/local.mk
include plugins/sinks/csv/local.mk
include plugins/sinks/jsonl/local.mk
