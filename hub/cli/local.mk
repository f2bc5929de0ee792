# SPDX-License-Identifier: Apache-2.0
# Everything but main() in a library, for the tests.
noinst_LIBRARIES += %D%/libcli.a
%C%_libcli_a_SOURCES = \
	%D%/alerts.c %D%/alerts.h \
	%D%/audited.c %D%/audited.h \
	%D%/args.c %D%/bench.c %D%/bench.h %D%/cli.c %D%/cli.h \
	%D%/backfill.c %D%/backfill.h \
	%D%/backfill_plan.c %D%/backfill_plan.h \
	%D%/calendar.c %D%/calendar.h \
	%D%/cmd_alerts.c \
	%D%/cmd_audit.c \
	%D%/cmd_backfill.c \
	%D%/cmd_check.c \
	%D%/cmd_datasets.c \
	%D%/cmd_describe.c \
	%D%/cmd_explain.c \
	%D%/cmd_plugin.c \
	%D%/cmd_plugins.c \
	%D%/cmd_new_plugin.c \
	%D%/cmd_pull.c %D%/pull.h \
	%D%/cmd_push.c \
	%D%/cmd_query.c \
	%D%/cmd_record.c \
	%D%/cmd_reload.c \
	%D%/cmd_restated.c \
	%D%/cmd_resume.c \
	%D%/cmd_run.c \
	%D%/cmd_runs.c \
	%D%/cmd_secrets.c \
	%D%/cmd_state.c \
	%D%/cmd_status.c \
	%D%/cmd_sync.c \
	%D%/cmd_test_plugin.c \
	%D%/cmd_version.c \
	%D%/conform.c %D%/conform.h \
	%D%/explain.c %D%/explain.h \
	%D%/found.c %D%/found.h \
	%D%/freshness.c %D%/freshness.h \
	%D%/gone.c %D%/gone.h \
	%D%/generation.c %D%/generation.h \
	%D%/orders.c %D%/orders.h \
	%D%/output.c %D%/output.h \
	%D%/plugin_check.c %D%/plugins.c %D%/plugins.h \
	%D%/progress.c %D%/progress.h \
	%D%/reading.c %D%/reading.h \
	%D%/report.c \
	%D%/service.c %D%/service.h %D%/service_priv.h \
	%D%/service_jobs.c %D%/service_orders.c %D%/service_watch.c \
	%D%/sheet.c %D%/sheet.h \
	%D%/shapes.c %D%/shapes.h \
	%D%/sink_bench.c %D%/sink_bench.h \
	%D%/snippet.c %D%/snippet.h \
	%D%/trial.c %D%/trial.h \
	%D%/unwritten.c %D%/unwritten.h \
	%D%/work.c %D%/work.h %D%/work_jobs.c
%C%_libcli_a_CPPFLAGS = $(hub_libhub_a_CPPFLAGS)
%C%_libcli_a_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)

bin_PROGRAMS += omnihub
omnihub_SOURCES = %D%/main.c
omnihub_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
omnihub_LDADD = %D%/libcli.a $(HUB_LIBS)
