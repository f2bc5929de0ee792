# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += scripts/check scripts/reference
.PHONY: check-style
check-style:
	$(top_srcdir)/scripts/check
EXTRA_DIST += scripts/coverage

# In a build with --enable-coverage.
coverage:
	@$(MAKE) -s check || echo "some tests failed; the lines that they ran count"
	@$(srcdir)/scripts/coverage .
