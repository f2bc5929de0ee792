# SPDX-License-Identifier: Apache-2.0
# Every entry of docs/faults.md by its number, through the real programs.
FAULT_TESTS = \
	%D%/f_a_csv.py \
	%D%/f_a_text.py \
	%D%/f_b_http2.py \
	%D%/f_b_names.py \
	%D%/f_b_pages.py \
	%D%/f_b_plugin.py \
	%D%/f_b_rebinding.py \
	%D%/f_b_status.py \
	%D%/f_b_tls.py \
	%D%/f_b_wire.py \
	%D%/f_d_time.py \
	%D%/f_e_ends.py \
	%D%/f_e_machine.py \
	%D%/f_e_sinks.py \
	%D%/f_e_space.py \
	%D%/f_e_store.py \
	%D%/f_f_plugins.py \
	%D%/f_g_config.py \
	%D%/f_g_service.py \
	%D%/f_h_cassette.py \
	%D%/f_h_web.py \
	%D%/test_secrets_plugins.py \
	%D%/test_table.py
TESTS += $(FAULT_TESTS)
EXTRA_DIST += $(FAULT_TESTS) \
	%D%/fault.py \
	%D%/http2.py \
	%D%/http_lab.py \
	%D%/probe.c \
	%D%/rawserver.py \
	%D%/resolver.c \
	%D%/secrets_lab.py \
	%D%/store_lab.py \
	%D%/tls_lab.py
# The crash sweep: a sample of it here, all of it with `make sweep`.
TESTS += %D%/sweep.py
TESTS += %D%/test_secrets.py
EXTRA_DIST += %D%/memcheck.py
EXTRA_DIST += %D%/sweep.py
EXTRA_DIST += %D%/sweep_lab.py
EXTRA_DIST += %D%/test_secrets.py
# The torture test: each kind of fault once here, for half an hour and more with `make torture`.
TESTS += %D%/torture.py
EXTRA_DIST += %D%/ruled_lab.py
EXTRA_DIST += %D%/torture.py
EXTRA_DIST += %D%/torture_lab.py
EXTRA_DIST += %D%/torture_nemesis.py
EXTRA_DIST += %D%/torture_ticks.py
EXTRA_DIST += %D%/torture_watch.py
EXTRA_DIST += %D%/torture_world.py

# Logs that nobody takes.
TESTS += %D%/f_h_log.py
EXTRA_DIST += %D%/f_h_log.py tests/lib/journal.py

# Mail servers.
TESTS += %D%/f_h_mail.py
EXTRA_DIST += %D%/f_h_mail.py

# Grants that die or rotate, and the vault.
TESTS += %D%/f_c_secrets.py
EXTRA_DIST += %D%/f_c_secrets.py %D%/rotating.py

# What the sweep must find out.
check_LTLIBRARIES += %D%/careless.la
%C%_careless_la_SOURCES = %D%/careless.c
%C%_careless_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_careless_la_LIBADD = $(SQLITE_LIBS)
%C%_careless_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
# A clock that is set.
TESTS += %D%/f_d_clock.py
EXTRA_DIST += %D%/f_d_clock.py
check_LTLIBRARIES += %D%/set_clock.la
%C%_set_clock_la_SOURCES = %D%/set_clock.c
%C%_set_clock_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
# Memory that is not to be had.
check_LTLIBRARIES += %D%/starve.la
%C%_starve_la_SOURCES = %D%/starve.c
%C%_starve_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
# Disks that fail.
check_LTLIBRARIES += %D%/havoc.la
%C%_havoc_la_SOURCES = %D%/havoc.c
%C%_havoc_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

sweep: all $(check_LTLIBRARIES)
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/%D%/sweep.py --all

TORTURE_SECONDS = 1800
torture: all $(check_LTLIBRARIES)
	@$(AM_TESTS_ENVIRONMENT) TORTURE_SECONDS='$(TORTURE_SECONDS)' $(PYTHON3) $(srcdir)/%D%/torture.py

valgrind: all $(check_LTLIBRARIES)
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/%D%/memcheck.py
