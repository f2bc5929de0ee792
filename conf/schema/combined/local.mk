# SPDX-License-Identifier: Apache-2.0
# Combined datasets: the shape in NAME.conf, how it is computed in NAME.sql.
combinedschemadir = $(schemadir)/combined
dist_combinedschema_DATA = \
	%D%/channel_daily.conf \
	%D%/channel_daily.sql
