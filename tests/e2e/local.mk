# SPDX-License-Identifier: Apache-2.0
# The real programs as a whole, against the stand-ins of the platforms; tests/lib/hub.py is their harness.
# One line a test.
E2E_TESTS =
E2E_TESTS += %D%/test_alerts.py
E2E_TESTS += %D%/test_audit.py
E2E_TESTS += %D%/test_backfill.py
E2E_TESTS += %D%/test_cassette.py
E2E_TESTS += %D%/test_commands.py
E2E_TESTS += %D%/test_completion.py
E2E_TESTS += %D%/test_unit.py
E2E_TESTS += %D%/test_files.py
E2E_TESTS += %D%/test_habit.py
E2E_TESTS += %D%/test_installed.py
E2E_TESTS += %D%/test_isolation.py
E2E_TESTS += %D%/test_json.py
E2E_TESTS += %D%/test_killed.py
E2E_TESTS += %D%/test_migration.py
E2E_TESTS += %D%/test_omnichannel.py
E2E_TESTS += %D%/test_overlap.py
E2E_TESTS += %D%/test_push.py
E2E_TESTS += %D%/test_quota.py
E2E_TESTS += %D%/test_run.py
E2E_TESTS += %D%/test_secrets.py
E2E_TESTS += %D%/test_settling.py
E2E_TESTS += %D%/test_sums.py
E2E_TESTS += %D%/test_vault.py
E2E_TESTS += %D%/test_web.py
E2E_TESTS += %D%/test_web_look.py
E2E_TESTS += %D%/test_windows.py
E2E_TESTS += %D%/test_zones.py
TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS) tests/lib/hub.py tests/lib/web.py tests/lib/browser.py

# A sink that says its password.
check_LTLIBRARIES += %D%/teller.la
%C%_teller_la_SOURCES = %D%/teller.c
%C%_teller_la_CPPFLAGS = -I$(top_srcdir)/sdk/include
%C%_teller_la_LDFLAGS = $(LINK_AS_PLUGIN) -rpath /nowhere

# Sources whose platform counts by account, or by app.
check_LTLIBRARIES += %D%/metered_account.la
%C%_metered_account_la_SOURCES = %D%/metered.c
%C%_metered_account_la_CPPFLAGS = -I$(top_srcdir)/sdk/include -DSCOPE=account
%C%_metered_account_la_LDFLAGS = $(LINK_AS_PLUGIN) -rpath /nowhere
check_LTLIBRARIES += %D%/metered_app.la
%C%_metered_app_la_SOURCES = %D%/metered.c
%C%_metered_app_la_CPPFLAGS = -I$(top_srcdir)/sdk/include -DSCOPE=app
%C%_metered_app_la_LDFLAGS = $(LINK_AS_PLUGIN) -rpath /nowhere
EXTRA_DIST += tests/lib/receivers.py
