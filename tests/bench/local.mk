# SPDX-License-Identifier: Apache-2.0
# Measured by hand: make tests/bench/store_bench && tests/bench/store_bench
EXTRA_PROGRAMS += %D%/store_bench
%C%_store_bench_SOURCES = %D%/store_bench.c
%C%_store_bench_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_store_bench_LDADD = $(HUB_LIBS)
