# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets: ./configure --enable-fuzzing --enable-sanitizer=address,undefined CC=clang, then
# make fuzz FUZZ_SECONDS=60. A target NAME is NAME.c here, its lines below, and corpus/NAME/ with
# inputs to begin with. What a run finds new stays in the build folder; a crash is left there as a file:
# once it is mended, put it into the corpus.
FUZZ_SECONDS = 60
FUZZ_CPPFLAGS = $(UNIT_CPPFLAGS)
FUZZ_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_targets = %D%/fuzz_cassette %D%/fuzz_config %D%/fuzz_describe %D%/fuzz_frames \
	%D%/fuzz_path %D%/fuzz_reader %D%/fuzz_url %D%/fuzz_values
EXTRA_DIST += %D%/corpus

.PHONY: fuzz
if FUZZING
noinst_PROGRAMS += $(fuzz_targets)
%C%_fuzz_reader_SOURCES = %D%/fuzz_reader.c tests/unit/read/cases.c tests/unit/read/oracle.c tests/unit/read/rows.c
%C%_fuzz_reader_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/tests/unit/read
%C%_fuzz_reader_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_reader_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_reader_LDADD = $(HUB_LIBS)

%C%_fuzz_cassette_SOURCES = %D%/fuzz_cassette.c
%C%_fuzz_cassette_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_cassette_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_cassette_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_cassette_LDADD = $(HUB_LIBS)

%C%_fuzz_config_SOURCES = %D%/fuzz_config.c
%C%_fuzz_config_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_config_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_config_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_config_LDADD = $(HUB_LIBS)

%C%_fuzz_describe_SOURCES = %D%/fuzz_describe.c
%C%_fuzz_describe_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_describe_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_describe_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_describe_LDADD = $(HUB_LIBS)

%C%_fuzz_frames_SOURCES = %D%/fuzz_frames.c
%C%_fuzz_frames_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_frames_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_frames_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_frames_LDADD = $(HUB_LIBS)

%C%_fuzz_path_SOURCES = %D%/fuzz_path.c
%C%_fuzz_path_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_path_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_path_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_path_LDADD = $(HUB_LIBS)

%C%_fuzz_url_SOURCES = %D%/fuzz_url.c
%C%_fuzz_url_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_url_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_url_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_url_LDADD = $(HUB_LIBS)

%C%_fuzz_values_SOURCES = %D%/fuzz_values.c
%C%_fuzz_values_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_values_CFLAGS = $(FUZZ_CFLAGS)
%C%_fuzz_values_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_values_LDADD = $(HUB_LIBS)

fuzz: $(fuzz_targets)
	@for target in $(fuzz_targets); do \
	  name=`basename $$target`; \
	  mkdir -p %D%/found/$$name && \
	  $$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix=%D%/found/$$name- %D%/found/$$name $(srcdir)/%D%/corpus/$$name || exit 1; \
	done
else
fuzz:
	@echo "configure with --enable-fuzzing --enable-sanitizer=address,undefined CC=clang" >&2; exit 1
endif
