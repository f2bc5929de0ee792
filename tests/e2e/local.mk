# SPDX-License-Identifier: Apache-2.0
# The real programs as a whole, against the stand-ins of the platforms; tests/lib/hub.py is their harness.
E2E_TESTS = %D%/test_cassette.py %D%/test_commands.py %D%/test_files.py %D%/test_installed.py %D%/test_isolation.py \
	%D%/test_killed.py %D%/test_migration.py %D%/test_push.py %D%/test_run.py %D%/test_secrets.py %D%/test_sums.py \
	%D%/test_windows.py
TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS) tests/lib/hub.py
# The real programs as a whole.
E2E_TESTS = %D%/test_overlap.py
TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS)
