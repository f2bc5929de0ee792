# SPDX-License-Identifier: Apache-2.0
# Plugins that are only for tests: never installed, loaded from .libs.
TEST_PLUGIN_LDFLAGS = $(LINK_AS_PLUGIN) -rpath /nowhere
check_LTLIBRARIES += %D%/good.la
%C%_good_la_SOURCES = %D%/good.c
%C%_good_la_CPPFLAGS = -I$(top_srcdir)/sdk/include
%C%_good_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_PROGRAMS += %D%/test_plugin
TESTS += %D%/test_plugin
%C%_test_plugin_SOURCES = %D%/test_plugin.c %D%/hub_calls.c %D%/hub_calls.h
%C%_test_plugin_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/%D%
%C%_test_plugin_CFLAGS = $(UNIT_CFLAGS)
%C%_test_plugin_LDADD = $(UNIT_LIBS)
