# SPDX-License-Identifier: Apache-2.0
include plugins/analytics/adobe_analytics/local.mk
include plugins/analytics/google_analytics/local.mk
include plugins/ads/meta_ads/local.mk
include plugins/crm/hubspot/local.mk
include plugins/crm/salesforce/local.mk
include plugins/email/mailchimp/local.mk
include plugins/file/file/local.mk
include plugins/file/rest/local.mk
include plugins/sinks/sqlite/local.mk
include plugins/sinks/csv/local.mk
include plugins/sinks/jsonl/local.mk
