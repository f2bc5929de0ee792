# SPDX-License-Identifier: Apache-2.0
# Measurements, not tests: built on demand, e.g. make tests/bench/reader_bench. yajl is only a baseline
# to compare with, left out where it is not installed.
EXTRA_PROGRAMS += %D%/reader_bench
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
