# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/apis.c %D%/apis.h \
	%D%/apply.c %D%/apply.h \
	%D%/apply_finish.c \
	%D%/arrivals.c %D%/arrivals.h \
	%D%/backfills.c %D%/backfills.h \
	%D%/changes.c %D%/changes.h \
	%D%/days.c %D%/days.h \
	%D%/events.c %D%/event_runs.c %D%/events.h \
	%D%/feed_days.c \
	%D%/feeds.c \
	%D%/functions.c \
	%D%/habit.c %D%/habit.h \
	%D%/internal.h \
	%D%/layout.c \
	%D%/ledger.c %D%/ledger.h \
	%D%/ledger_feeds.c \
	%D%/ledger_rows.c %D%/ledger_rows.h \
	%D%/ledger_sinks.c \
	%D%/ledger_state.c \
	%D%/ledger_sums.c \
	%D%/outbox.c %D%/outbox.h \
	%D%/overlap.c %D%/overlap.h \
	%D%/query.c %D%/query.h \
	%D%/reserve.c %D%/reserve.h \
	%D%/rowset.c %D%/rowset.h \
	%D%/runs.c \
	%D%/settling.c %D%/settling.h \
	%D%/spool.c %D%/spool.h \
	%D%/spool_cell.c %D%/spool_cell.h \
	%D%/sql.c %D%/sql.h \
	%D%/store.c %D%/store.h \
	%D%/table.c %D%/table.h \
	%D%/totals.c %D%/totals.h
