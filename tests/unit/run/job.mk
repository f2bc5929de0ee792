# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_job_plan %D%/test_job_files %D%/test_job_url
TESTS += %D%/test_job_plan %D%/test_job_files %D%/test_job_url
%C%_test_job_plan_SOURCES = %D%/test_job_plan.c
%C%_test_job_plan_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_job_plan_CFLAGS = $(UNIT_CFLAGS)
%C%_test_job_plan_LDADD = $(UNIT_LIBS)
%C%_test_job_files_SOURCES = %D%/test_job_files.c
%C%_test_job_files_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_job_files_CFLAGS = $(UNIT_CFLAGS)
%C%_test_job_files_LDADD = $(UNIT_LIBS)
%C%_test_job_url_SOURCES = %D%/test_job_url.c
%C%_test_job_url_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_job_url_CFLAGS = $(UNIT_CFLAGS)
%C%_test_job_url_LDADD = $(UNIT_LIBS)
