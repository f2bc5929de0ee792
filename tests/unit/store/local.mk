# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/fixture.h
STORE_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit/store

check_PROGRAMS += %D%/test_apis
TESTS += %D%/test_apis
%C%_test_apis_SOURCES = %D%/test_apis.c
%C%_test_apis_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_apis_CFLAGS = $(UNIT_CFLAGS)
%C%_test_apis_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_apply
TESTS += %D%/test_apply
%C%_test_apply_SOURCES = %D%/test_apply.c
%C%_test_apply_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_apply_CFLAGS = $(UNIT_CFLAGS)
%C%_test_apply_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_model
TESTS += %D%/test_model
%C%_test_model_SOURCES = %D%/test_model.c
%C%_test_model_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_model_CFLAGS = $(UNIT_CFLAGS)
%C%_test_model_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_query
TESTS += %D%/test_query
%C%_test_query_SOURCES = %D%/test_query.c
%C%_test_query_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_query_CFLAGS = $(UNIT_CFLAGS)
%C%_test_query_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_spool
TESTS += %D%/test_spool
%C%_test_spool_SOURCES = %D%/test_spool.c
%C%_test_spool_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_spool_CFLAGS = $(UNIT_CFLAGS)
%C%_test_spool_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_store
TESTS += %D%/test_store
%C%_test_store_SOURCES = %D%/test_store.c
%C%_test_store_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_store_CFLAGS = $(UNIT_CFLAGS)
%C%_test_store_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_events
TESTS += %D%/test_events
%C%_test_events_SOURCES = %D%/test_events.c
%C%_test_events_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_events_CFLAGS = $(UNIT_CFLAGS)
%C%_test_events_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_outbox
TESTS += %D%/test_outbox
%C%_test_outbox_SOURCES = %D%/test_outbox.c
%C%_test_outbox_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_outbox_CFLAGS = $(UNIT_CFLAGS)
%C%_test_outbox_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_settling
TESTS += %D%/test_settling
%C%_test_settling_SOURCES = %D%/test_settling.c
%C%_test_settling_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_settling_CFLAGS = $(UNIT_CFLAGS)
%C%_test_settling_LDADD = $(UNIT_LIBS)
