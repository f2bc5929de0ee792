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

# Combined datasets.
include %D%/schema/combined/local.mk
