# SPDX-License-Identifier: Apache-2.0
# Every test speaks TAP. C tests (cmocka) get UNIT_FLAGS and UNIT_LIBS; Python tests use tests/lib/tap.py.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
PY_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = $(PYTHON3)
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
TEST_EXTENSIONS = .py .sh
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	OMNI_BUILDDIR='$(abs_top_builddir)'; export OMNI_BUILDDIR; \
	OMNI_SRCDIR='$(abs_top_srcdir)'; export OMNI_SRCDIR; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	CC='$(CC)'; export CC; \
	LSAN_OPTIONS=print_suppressions=0; export LSAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS;
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib -DTEST_SRCDIR='"$(abs_top_srcdir)"' -DTEST_BUILDDIR='"$(abs_top_builddir)"'
UNIT_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS) $(CMOCKA_CFLAGS)
UNIT_LIBS = $(HUB_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += tests/lib/omni.py tests/lib/tap.py tests/lib/unit.h
EXTRA_DIST += tests/lib/api.py

.PHONY: coverage sweep torture valgrind
if HAVE_CMOCKA
include tests/unit/local.mk
include tests/abi/local.mk
endif
if HAVE_PYTHON3
include tests/style/local.mk
include tests/platforms/local.mk
include tests/plugins/local.mk
include tests/e2e/local.mk
include tests/fault/local.mk
include tests/hostile/local.mk
include tests/sdk/local.mk
endif
include tests/fuzz/local.mk
include tests/bench/local.mk
