# SPDX-License-Identifier: Apache-2.0
# The whole program, beside a stand-in for omnihub-job that speaks its events.
check_PROGRAMS += %D%/omnihub %D%/omnihub-job
%C%_omnihub_SOURCES = hub/cli/main.c
%C%_omnihub_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_omnihub_LDADD = hub/cli/libcli.a $(HUB_LIBS)
%C%_omnihub_job_SOURCES = %D%/fake_job.c
%C%_omnihub_job_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_omnihub_job_LDADD = $(HUB_LIBS)

check_PROGRAMS += %D%/test_output
TESTS += %D%/test_output
%C%_test_output_SOURCES = %D%/test_output.c
%C%_test_output_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_output_CFLAGS = $(UNIT_CFLAGS)
%C%_test_output_LDADD = hub/cli/libcli.a $(UNIT_LIBS)

if HAVE_PYTHON3
TESTS += %D%/test_check.py %D%/test_work.py %D%/test_looking.py
endif
EXTRA_DIST += %D%/hubdir.py %D%/test_check.py %D%/test_work.py %D%/test_looking.py
