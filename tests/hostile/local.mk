# SPDX-License-Identifier: Apache-2.0
# Plugins that do what no plugin may, built like any outside plugin (only the contract's header), and never installed.
if HAVE_CMOCKA
hostile_ldflags = $(LINK_AS_PLUGIN) -rpath /nowhere
hostile_cppflags = -I$(top_srcdir)/sdk/include
hostile_sources = %D%/hostile.c %D%/deeds.h %D%/die.c %D%/escape.c %D%/babble.c %D%/ask.c
check_LTLIBRARIES += %D%/hostile.la %D%/hostile_socket.la %D%/hostile_write.la %D%/hostile_loop.la %D%/hostile_segv.la
%C%_hostile_la_SOURCES = $(hostile_sources)
%C%_hostile_la_CPPFLAGS = $(hostile_cppflags)
%C%_hostile_la_LDFLAGS = $(hostile_ldflags)
# Those that do it while they are loaded.
%C%_hostile_socket_la_SOURCES = $(hostile_sources)
%C%_hostile_socket_la_CPPFLAGS = $(hostile_cppflags) -DIN_CONSTRUCTOR=deed_socket
%C%_hostile_socket_la_LDFLAGS = $(hostile_ldflags)
%C%_hostile_write_la_SOURCES = $(hostile_sources)
%C%_hostile_write_la_CPPFLAGS = $(hostile_cppflags) -DIN_CONSTRUCTOR=deed_create_file
%C%_hostile_write_la_LDFLAGS = $(hostile_ldflags)
%C%_hostile_loop_la_SOURCES = $(hostile_sources)
%C%_hostile_loop_la_CPPFLAGS = $(hostile_cppflags) -DIN_CONSTRUCTOR=deed_loop
%C%_hostile_loop_la_LDFLAGS = $(hostile_ldflags)
%C%_hostile_segv_la_SOURCES = $(hostile_sources)
%C%_hostile_segv_la_CPPFLAGS = $(hostile_cppflags) -DIN_CONSTRUCTOR=deed_segv
%C%_hostile_segv_la_LDFLAGS = $(hostile_ldflags)

# An older kernel, played to the plugin process.
check_LTLIBRARIES += %D%/old_kernel.la
%C%_old_kernel_la_SOURCES = %D%/old_kernel.c
%C%_old_kernel_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

HOSTILE_TESTS = \
	%D%/test_hostile_kernels.py \
	%D%/test_hostile_pull.py
TESTS += $(HOSTILE_TESTS)
EXTRA_DIST += $(HOSTILE_TESTS) \
	%D%/hostile_lab.py
endif
