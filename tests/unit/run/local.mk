# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_spec
TESTS += %D%/test_spec
%C%_test_spec_SOURCES = %D%/test_spec.c
%C%_test_spec_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_spec_CFLAGS = $(UNIT_CFLAGS)
%C%_test_spec_LDADD = $(UNIT_LIBS)

# The same stand-in as for the command line: jobs are looked for beside the program that runs them.
check_PROGRAMS += %D%/test_supervise %D%/omnihub-job
TESTS += %D%/test_supervise
%C%_test_supervise_SOURCES = %D%/test_supervise.c
%C%_test_supervise_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_supervise_CFLAGS = $(UNIT_CFLAGS)
%C%_test_supervise_LDADD = $(UNIT_LIBS)
%C%_omnihub_job_SOURCES = tests/unit/cli/fake_job.c
%C%_omnihub_job_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_omnihub_job_CFLAGS = $(UNIT_CFLAGS)
%C%_omnihub_job_LDADD = $(HUB_LIBS)

check_PROGRAMS += %D%/test_control
TESTS += %D%/test_control
%C%_test_control_SOURCES = %D%/test_control.c
%C%_test_control_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_control_CFLAGS = $(UNIT_CFLAGS)
%C%_test_control_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_worker
TESTS += %D%/test_worker
%C%_test_worker_SOURCES = %D%/test_worker.c
%C%_test_worker_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_worker_CFLAGS = $(UNIT_CFLAGS)
%C%_test_worker_LDADD = $(UNIT_LIBS)
