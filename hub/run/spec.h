/* SPDX-License-Identifier: Apache-2.0
 * What omnihub tells omnihub-job to do (one JSON object on descriptor 3) and what the job tells
 * back (JSON lines on descriptor 4). */
#ifndef HUB_SPEC_H
#define HUB_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { JOB_FD_SPEC = 3, JOB_FD_EVENTS = 4, JOB_N_FDS = 5 };

/* What SIGTERM carries (sigqueue) where a job is told to stop as its time is over. */
enum { JOB_STOP_LATE = 1 };

/* Verbs of a job. */
#define JOB_PULL     "pull"     /* every stream of one connector and account */
#define JOB_ACCOUNTS "accounts" /* which accounts does this login reach? → account events */
#define JOB_CHECK    "check"    /* prove the login */
#define JOB_BIND     "bind"     /* do options and streams fit together? without a request */
#define JOB_DESCRIBE "describe" /* the plugin's description → describe event */
#define JOB_PUSH     "push"     /* deliver one sink's datasets */
#define JOB_COMBINE  "combine"
#define JOB_ALERT    "alert" /* send one message */

/* Members of a spec; absent: not given.
 *
 *  every job
 *    verb, batch, log_level (int), run_timeout_s
 *    parent              pid of the hub, without which nothing may be done
 *    log, log_socket     "text"|"json"|"journald": as a service's job
 *    state_dir, schema_dir, channel_rules, timezone, currency, proxy, ca_file
 *    private_hosts       as of http/http.h
 *    http                {connect_ms, stall_ms, total_ms, max_wait_ms, max_attempts,
 *                        first_wait_ms, max_body}
 *    vault_key (path), vault_is_credential (bool)
 *    options {…}, env    {NAME: value, …} for env: references
 *
 *  a plugin
 *    plugin_path, plugin_program
 *    plugin_sha256       what it has to be
 *    source              name inside the module; absent: the only one
 *    sandbox             "best"|"require"
 *    debug               ["NAME=value", …]: no sandbox, and these in the plugin's environment
 *    isolation, idle_ms, memory
 *
 *  a connector
 *    connector, account, streams […], extra
 *    start               "-30d"
 *    from, to            "YYYY-MM-DD": ask for exactly these days
 *    cursor              where streams of changed records begin; absent: where they ended
 *    backfill            bool: only days before those that regular pulls still read, leaving their
 *                        state alone
 *    backfill_share      per million of what is left of a quota
 *    reject_max, drift_permille, few_rows (per million), ignore_jumps (bool)
 *    settle              "auto"|"fixed"
 *    settle_min          days
 *    parallel            for who starts jobs, not for the job
 *    dry_run, explain, accept_empty (bool)
 *    played              http_options.played, of the test kit
 *    no_waits            bool: the plugin's own take no time, as with replay
 *    record, replay      paths
 *
 *  push, combine
 *    sink, datasets      [names]
 *    sink_fault          push/sink_fault.h
 *    own_datasets        [{name, sql, key: […], help, file, line}]
 *
 *  alert
 *    alert               {name, kind, url, …: as configured}
 *    message             alert/message.h
 *    done                {recipient: "ok" or why it was refused}
 */

/* Events: one JSON object a line, "event" names it.
 *
 *  describe   {module}   the description
 *  account    {id, name, currency, zone}
 *  progress   {stream, rows, windows, windows_total}
 *  audit      {what, text}   something for the audit log (audit/audit.h)
 *  row        {stream, dataset, values{}}   dry_run only
 *  request    {stream, method, url, body, status, records, rows}   explain only, of each request of
 *             the plugin. rows: how many there were before it; where the hub read records: format
 *             ("json", "ndjson", "csv"), format_options; total: asked by total(); no_login: sent
 *             without the login
 *  stream     {description}   explain only, of each stream that discover() finds: as `omnihub
 *             describe --json` has it; fields without a type have that of their column
 *  unwritten  {id, stream, outcome, reason, message, remedy, signal}   a run's end that the job
 *             could not write; id: in the ledger, 0: it could not even write that it began
 *  result     one per stream: {stream, account, outcome, reason, message, remedy, until (parked:
 *             when it goes on), from, to, windows, read, rows, inserted, changed, unchanged,
 *             removed, restated, rejected, requests, retries, bytes, detail{}}
 *             push: dataset, deliveries, rows; check: outcome, message; alert: done, wait_ms (as
 *             the other side says)
 *  done       {}   the last line of a job that ended by itself
 */

/* Puts the spec on a descriptor that the child can read from the start (sealed memory); -1 with
 * err. */
int spec_to_fd(const json_t *spec, struct err *);
/* Reads it in the child. */
json_t *spec_from_fd(int fd, struct err *);
/* Writes one event line; takes over the reference. */
void spec_event(int fd, json_t *event_take);

#endif
