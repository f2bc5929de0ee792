# SPDX-License-Identifier: Apache-2.0
# The program omnihub-job. Its parts are in the library too, so that unit tests reach them.
hub_libhub_a_SOURCES += \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/gunzip.c %D%/gunzip.h \
	%D%/job.c %D%/job.h \
	%D%/job_alert.c \
	%D%/job_bind.c \
	%D%/job_combine.c %D%/job_combine.h \
	%D%/job_ending.c %D%/job_ending.h \
	%D%/job_events.c \
	%D%/job_files.c %D%/job_files.h \
	%D%/job_plan.c %D%/job_plan.h \
	%D%/job_pull.c \
	%D%/job_push.c \
	%D%/job_services.c \
	%D%/job_keeper.c %D%/job_keeper.h \
	%D%/job_quota.c %D%/job_quota.h \
	%D%/job_habit.c %D%/job_habit.h \
	%D%/job_settle.c %D%/job_settle.h \
	%D%/job_storer.c %D%/job_storer.h \
	%D%/job_url.c %D%/job_url.h \
	%D%/job_verbs.c \
	%D%/job_window.c %D%/job_window.h \
	%D%/worker.c %D%/worker.h

omnilibexec_PROGRAMS += omnihub-job
omnihub_job_SOURCES = hub/run/job_main.c
omnihub_job_CPPFLAGS = $(hub_libhub_a_CPPFLAGS)
omnihub_job_CFLAGS = $(hub_libhub_a_CFLAGS)
omnihub_job_LDADD = $(HUB_LIBS)
