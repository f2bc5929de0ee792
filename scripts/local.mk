# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += scripts/check scripts/reference
.PHONY: check-style
check-style:
	$(top_srcdir)/scripts/check
