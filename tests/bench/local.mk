# SPDX-License-Identifier: Apache-2.0
# Measurements, not tests: built on demand by `make bench`. yajl is only a baseline to compare with,
# left out where it is not installed.
bench_all = %D%/reader_bench %D%/store_bench %D%/bench_pages %D%/bench_bare %D%/bench_source \
	%D%/bench_combine \
	%D%/bench_fleet
EXTRA_PROGRAMS += $(bench_all)
CLEANFILES += $(bench_all)
%C%_reader_bench_SOURCES = %D%/reader_bench.c %D%/reader_bench.h
%C%_reader_bench_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_reader_bench_LDADD = $(HUB_LIBS)
if HAVE_YAJL
%C%_reader_bench_SOURCES += %D%/reader_bench_yajl.c
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
%C%_bench_combine_SOURCES = %D%/bench_combine.c %D%/bench_rows.c %D%/bench_rows.h
%C%_bench_combine_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_bench_combine_LDADD = $(HUB_LIBS)
%C%_bench_fleet_SOURCES = %D%/bench_fleet.c %D%/bench_rows.c %D%/bench_rows.h
%C%_bench_fleet_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_bench_fleet_LDADD = $(HUB_LIBS)
EXTRA_DIST += %D%/bench.py %D%/bench_script.py %D%/fleet.py %D%/workload.py %D%/report.conf

# BENCH_ROWS=100000 BENCH_ROUNDS=1 make bench takes a minute; BENCH="--json pull reader" chooses.
.PHONY: bench bench-programs
bench-programs: $(bench_all)
bench: all $(bench_all)
	OMNI_BUILDDIR=$(abs_builddir) OMNI_SRCDIR=$(abs_srcdir) \
	  python3 $(srcdir)/tests/bench/bench.py $(BENCH)
