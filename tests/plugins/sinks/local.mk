# SPDX-License-Identifier: Apache-2.0
# Sinks driven through the contract; each test loads the plugin as built.
SINK_TEST_LIBS = $(CMOCKA_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS)
if PLUGIN_CSV
check_PROGRAMS += %D%/test_csv
TESTS += %D%/test_csv
%C%_test_csv_SOURCES = %D%/test_csv.c %D%/drive.c %D%/drive.h
%C%_test_csv_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_csv_CFLAGS = $(UNIT_CFLAGS)
%C%_test_csv_LDADD = $(SINK_TEST_LIBS)
endif
if PLUGIN_JSONL
check_PROGRAMS += %D%/test_jsonl
TESTS += %D%/test_jsonl
%C%_test_jsonl_SOURCES = %D%/test_jsonl.c %D%/drive.c %D%/drive.h
%C%_test_jsonl_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_jsonl_CFLAGS = $(UNIT_CFLAGS)
%C%_test_jsonl_LDADD = $(SINK_TEST_LIBS)
endif
if PLUGIN_SQLITE
check_PROGRAMS += %D%/test_sqlite
TESTS += %D%/test_sqlite
%C%_test_sqlite_SOURCES = %D%/test_sqlite.c %D%/drive.c %D%/drive.h
%C%_test_sqlite_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sqlite_CFLAGS = $(UNIT_CFLAGS)
%C%_test_sqlite_LDADD = $(SINK_TEST_LIBS)
endif
