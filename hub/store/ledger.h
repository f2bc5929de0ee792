/* SPDX-License-Identifier: Apache-2.0
 * What the store knows about its feeds and runs, as JSON: `status`, `runs`, `restated`, `state`.
 * Members are stable; absent means unknown. Times are RFC 3339 UTC, days YYYY-MM-DD. */
#ifndef HUB_LEDGER_H
#define HUB_LEDGER_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* All functions: new reference; NULL with err. `name`: a connector (runs: also a sink or a combined
 * dataset); NULL: all of them. Arrays are empty where nothing is known of the name. */

/* One object per feed, ordered by connector, stream, account:
 *  connector, source, stream, account ("" where there is none), dataset, tz, currency, settle_days,
 *  rows (int: in the dataset), first_day, last_day (of its rows),
 *  last_run {id, outcome, code, title, reason, message, remedy, started_at, ended_at},
 *  last_ok_at (end of the newest run with outcome ok: how fresh it is) */
json_t *ledger_feeds(struct store *, const char *name, struct err *);
/* The same feeds by connector: name → array of them. New reference. */
json_t *ledger_by_connector(const json_t *feeds);

/* How deliveries of a dataset to a sink went: dataset, last_run, last_ok_at, as of a feed. */
json_t *ledger_delivery(struct store *, const char *sink, const char *dataset, struct err *);

/* Connector → start (micros) of the last of its newest pulls that began after `from` and not after
 * `to`: with `from` now, the clock was set back since. */
json_t *ledger_starts(struct store *, int64_t from, int64_t to, struct err *);

/* Every connector that was ever pulled: [{connector, source, rows}]. */
json_t *ledger_connectors(struct store *, struct err *);
/* How fresh each stream of a connector is, over its accounts: [{stream, fresh (micros: when its
 * newest run that ended well did so, or its first run began), tried (micros: when its newest run
 * began)}]. */
json_t *ledger_freshness(struct store *, const char *connector, struct err *);

/* One object per run, newest first, at most `last` (0: all):
 *  id, batch, kind, connector, stream, account, plugin_version, started_at, ended_at, seconds (a
 *  decimal string), outcome ("running" while it lasts), code, title, reason, message, remedy,
 * from_day, to_day (of its windows), windows (push: deliveries), rows (in its windows or
 * deliveries), requests, retries, bytes, inserted, changed, unchanged, removed, restated, rejected
 */
json_t *ledger_runs(struct store *, const char *name, uint32_t last, struct err *);
/* The same without deliveries that found nothing to deliver: what a person wants to see. */
json_t *ledger_work(struct store *, uint32_t last, struct err *);

/* The newest id up to which no run still runs; `after`: one that is known to be such. */
omni_status ledger_settled(struct store *, int64_t after, int64_t *upto, struct err *);
/* Of the runs that have ended with after < id <= upto, one object per kind, name (connector, sink
 * or dataset) and outcome: runs, micros (how long they took), within_S (how many took S seconds at
 * most, for each of ledger_spans), requests, retries, bytes, written (inserted, changed, removed),
 * rejected, restated */
json_t *ledger_sums(struct store *, int64_t after, int64_t upto, struct err *);
/* Seconds, ascending, 0 at the end. */
extern const int ledger_spans[];
/* Of the same runs, one object per kind, name, host and status that were asked: requests. Those of
 * runs of older programs, which did not tell hosts apart, have neither. */
json_t *ledger_asked(struct store *, int64_t after, int64_t upto, struct err *);
/* Of the same runs, one object per kind, name and signal that ended a plugin's process or a
 * job: crashes. */
json_t *ledger_crashes(struct store *, int64_t after, int64_t upto, struct err *);

/* One object per restated number, newest first, at most `last` (0: all):
 *  at, run, connector, stream, account, dataset, date, metric, old, new
 *  old and new are decimal strings where the metric is of type micros, integers otherwise */
json_t *ledger_restated(struct store *, const char *name, uint32_t last, struct err *);

/* Records that could not be read, and how replies began that could not, newest first, at most
 * `last` (0: all). name NULL: of every connector. run, connector, stream, at, where, reason, raw */
json_t *ledger_rejects(struct store *, const char *name, uint32_t last, struct err *);

/* State of feeds, in the form that ledger_state_import() takes back:
 *  {"omnihub_state": 1, "feeds": [{connector, source, stream, account, dataset, "state": {key:
 *  value, …}}, …]}; feeds without any state are there with an empty object */
json_t *ledger_state_export(struct store *, const char *name, struct err *);
/* All or nothing; replaces the whole state of each feed that is in the document, makes feeds that
 * are not known yet. OMNI_E_DATA naming the member that is wrong. *feeds: how many. */
omni_status ledger_state_import(struct store *, const json_t *, uint64_t *feeds, struct err *);
/* Forgets cursors and remembered values of the connector's feeds (stream, account NULL: of all of
 * them); rows stay. *feeds: how many had any. */
omni_status ledger_state_reset(struct store *, const char *connector, const char *stream,
                               const char *account, uint64_t *feeds, struct err *);

#endif
