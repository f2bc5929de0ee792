# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_layout %D%/load_try
TESTS += %D%/test_layout %D%/test_abi.sh %D%/test_abidiff.sh
EXTRA_DIST += %D%/test_abidiff.sh %D%/types.c
EXTRA_DIST += %D%/test_abi.sh %D%/sample.c %D%/v1.0/omnihub/omnihub.h
%C%_test_layout_SOURCES = %D%/test_layout.c
%C%_test_layout_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_layout_CFLAGS = $(UNIT_CFLAGS)
%C%_test_layout_LDADD = $(UNIT_LIBS)
%C%_load_try_SOURCES = %D%/load_try.c
%C%_load_try_CFLAGS = $(UNIT_CFLAGS)
%C%_load_try_LDADD = $(HUB_LIBS)
