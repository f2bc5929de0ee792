# SPDX-License-Identifier: Apache-2.0
# The real programs as a whole, against the stand-ins of the platforms; tests/lib/hub.py is their harness.
E2E_TESTS = %D%/test_sums.py
TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS) tests/lib/hub.py
