# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += scripts/check
.PHONY: check-style
check-style:
	$(top_srcdir)/scripts/check
