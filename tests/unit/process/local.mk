# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_wire %D%/test_spawn
TESTS += %D%/test_wire %D%/test_spawn
%C%_test_wire_SOURCES = %D%/test_wire.c
%C%_test_wire_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_wire_CFLAGS = $(UNIT_CFLAGS)
%C%_test_wire_LDADD = $(UNIT_LIBS)
%C%_test_spawn_SOURCES = %D%/test_spawn.c
%C%_test_spawn_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_spawn_CFLAGS = $(UNIT_CFLAGS)
%C%_test_spawn_LDADD = $(UNIT_LIBS)
check_PROGRAMS += %D%/test_sandbox
TESTS += %D%/test_sandbox
%C%_test_sandbox_SOURCES = %D%/test_sandbox.c
%C%_test_sandbox_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sandbox_CFLAGS = $(UNIT_CFLAGS)
%C%_test_sandbox_LDADD = $(UNIT_LIBS)
