# SPDX-License-Identifier: Apache-2.0
# The real programs as a whole.
E2E_TESTS = %D%/test_overlap.py
TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS)
