# SPDX-License-Identifier: Apache-2.0
# The crash sweep; `make sweep` runs all of it.
TESTS += %D%/sweep.py %D%/test_secrets.py
EXTRA_DIST += %D%/test_secrets.py %D%/sweep.py %D%/sweep_lab.py

# What the sweep must find out.
check_LTLIBRARIES += %D%/careless.la
%C%_careless_la_SOURCES = %D%/careless.c
%C%_careless_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_careless_la_LIBADD = $(SQLITE_LIBS)
%C%_careless_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

sweep: all $(check_LTLIBRARIES)
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/%D%/sweep.py --all
