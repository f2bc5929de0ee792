# SPDX-License-Identifier: Apache-2.0
# Measurements, not tests: built on demand by `make bench`. yajl is only a baseline to compare with,
# left out where it is not installed.
bench_all = %D%/reader_bench %D%/store_bench %D%/bench_pages %D%/bench_bare %D%/bench_source
EXTRA_PROGRAMS += $(bench_all)
CLEANFILES += $(bench_all)
%C%_reader_bench_SOURCES = %D%/reader_bench.c %D%/reader_bench.h
%C%_reader_bench_CPPFLAGS = $(AM_CPPFLAGS)
%C%_reader_bench_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_reader_bench_LDADD = $(HUB_LIBS)
if HAVE_YAJL
%C%_reader_bench_SOURCES += %D%/reader_bench_yajl.c
%C%_reader_bench_CPPFLAGS += -DBENCH_YAJL
%C%_reader_bench_CFLAGS += $(YAJL_CFLAGS)
%C%_reader_bench_LDADD += $(YAJL_LIBS)
endif
%C%_store_bench_SOURCES = %D%/store_bench.c
%C%_store_bench_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_store_bench_LDADD = $(HUB_LIBS)
%C%_bench_pages_SOURCES = %D%/bench_pages.c %D%/bench_rows.c %D%/bench_rows.h
%C%_bench_pages_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_bench_pages_LDADD = $(HUB_LIBS)
%C%_bench_bare_SOURCES = %D%/bench_bare.c %D%/bench_rows.c %D%/bench_rows.h
%C%_bench_bare_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_bench_bare_LDADD = $(HUB_LIBS)
%C%_bench_source_SOURCES = %D%/bench_source.c %D%/bench_rows.c %D%/bench_rows.h
%C%_bench_source_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_bench_source_LDADD = $(HUB_LIBS)
