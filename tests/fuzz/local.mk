# SPDX-License-Identifier: Apache-2.0
# Fuzz targets. A target NAME is NAME.c here, its lines below, and corpus/NAME/ with inputs to begin with.
# Everywhere: a test that replays the corpus. With ./configure --enable-fuzzing --enable-sanitizer=address,undefined
# CC=clang: libFuzzer, by make fuzz (FUZZ_SECONDS=n, FUZZ_JOBS=n side by side, FUZZ_SEED=n for the same inputs again). What a run finds new stays in the
# build folder's found/; a crash is left there as a file: once it is mended, put it into the corpus.
FUZZ_SECONDS = 60
FUZZ_JOBS = 2
FUZZ_SEED = 0
FUZZ_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit/read
FUZZ_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
FUZZ_ROWS = tests/unit/read/rows.c %D%/cuts.c %D%/cuts.h
FUZZ_TARGETS =
EXTRA_DIST += %D%/corpus
EXTRA_DIST += %D%/fuzz.sh

.PHONY: fuzz
if FUZZING
noinst_PROGRAMS += $(FUZZ_TARGETS)
FUZZ_MAIN =
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz: $(BUILT_SOURCES)
	@$(MAKE) $(AM_MAKEFLAGS) $(FUZZ_TARGETS)
	@printf '%s\n' $(FUZZ_TARGETS) | \
	  xargs -P $(FUZZ_JOBS) -n 1 $(SHELL) $(srcdir)/%D%/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_SEED) $(srcdir)/%D%/corpus %D%/found
else
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
FUZZ_MAIN = %D%/replay.c
FUZZ_LINK = $(AM_LDFLAGS)
fuzz:
	@echo "configure with --enable-fuzzing --enable-sanitizer=address,undefined CC=clang" >&2; exit 1
endif

FUZZ_TARGETS += %D%/fuzz_cassette
%C%_fuzz_cassette_SOURCES = %D%/fuzz_cassette.c $(FUZZ_MAIN)
%C%_fuzz_cassette_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_cassette_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_cassette_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_cassette_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_config
%C%_fuzz_config_SOURCES = %D%/fuzz_config.c $(FUZZ_MAIN)
%C%_fuzz_config_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_config_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_config_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_config_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_csv
%C%_fuzz_csv_SOURCES = %D%/fuzz_csv.c $(FUZZ_ROWS) $(FUZZ_MAIN)
%C%_fuzz_csv_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_csv_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_csv_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_csv_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_describe
%C%_fuzz_describe_SOURCES = %D%/fuzz_describe.c $(FUZZ_MAIN)
%C%_fuzz_describe_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_describe_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_describe_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_describe_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_frames
%C%_fuzz_frames_SOURCES = %D%/fuzz_frames.c $(FUZZ_MAIN)
%C%_fuzz_frames_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_frames_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_frames_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_frames_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_path
%C%_fuzz_path_SOURCES = %D%/fuzz_path.c $(FUZZ_MAIN)
%C%_fuzz_path_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_path_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_path_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_path_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_reader
%C%_fuzz_reader_SOURCES = %D%/fuzz_reader.c $(FUZZ_ROWS) tests/unit/read/cases.c tests/unit/read/oracle.c $(FUZZ_MAIN)
%C%_fuzz_reader_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_reader_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_reader_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_reader_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_url
%C%_fuzz_url_SOURCES = %D%/fuzz_url.c $(FUZZ_MAIN)
%C%_fuzz_url_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_url_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_url_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_url_LDADD = $(HUB_LIBS)

FUZZ_TARGETS += %D%/fuzz_values
%C%_fuzz_values_SOURCES = %D%/fuzz_values.c $(FUZZ_MAIN)
%C%_fuzz_values_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_values_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_values_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_values_LDADD = $(HUB_LIBS)
