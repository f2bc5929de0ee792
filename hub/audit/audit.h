/* SPDX-License-Identifier: Apache-2.0
 * The audit log: who changed what, state_dir/audit.jsonl. Each line carries its number and the
 * SHA-256 of the line before it, so that a line which was changed or taken out is noticed. */
#ifndef HUB_AUDIT_H
#define HUB_AUDIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Events. */
#define AUDIT_SERVICE_START    "service-start"
#define AUDIT_SERVICE_STOP     "service-stop"
#define AUDIT_CONFIGURATION    "configuration-loaded"
#define AUDIT_RELOAD_REFUSED   "reload-refused"
#define AUDIT_PLUGIN           "plugin-loaded"
#define AUDIT_PLUGIN_ALLOWED   "plugin-allowed"
#define AUDIT_PLUGIN_FORBIDDEN "plugin-forbidden"
#define AUDIT_SECRET_SET       "secret-set"
#define AUDIT_SECRET_REMOVED   "secret-removed"
#define AUDIT_SECRETS_ROTATED  "secrets-rotated"
#define AUDIT_RUN              "run" /* by hand */
#define AUDIT_BACKFILL         "backfill"
#define AUDIT_BACKFILL_STOP    "backfill-stopped"
#define AUDIT_RESUME           "resume"
#define AUDIT_STATE_RESET      "state-reset"
#define AUDIT_STATE_IMPORT     "state-import"
#define AUDIT_HOST_REFUSED     "host-refused"
#define AUDIT_SANDBOX          "sandbox-degraded"
#define AUDIT_MIGRATION        "schema-migrated"

struct audit_entry {
    const char *event;
    int64_t uid, pid;     /* whose order it was */
    const json_t *detail; /* an object; NULL: nothing more */
};

/* Durable when it returns OMNI_OK. Several processes may do so. A line that a crash left half
 * written is taken off first; entries of this process that could not be written are counted in the
 * next one. */
omni_status audit_note(const char *state_dir, const struct audit_entry *, struct err *);

/* The newest `last` entries (0: all), newest first: [{seq, at, event, uid, pid, detail, …}]. An
 * empty array where there is none. New reference; NULL with err. */
json_t *audit_list(const char *state_dir, uint32_t last, struct err *);

struct audit_report {
    uint64_t entries;  /* that are as they were written */
    uint64_t bad_line; /* 0: none */
    char why[200];     /* of the bad line */
    bool is_torn;      /* a crash cut the last line; the next entry takes it off */
};
/* OMNI_OK also where a line is bad. The last line has none behind it that would tell. */
omni_status audit_verify(const char *state_dir, struct audit_report *, struct err *);

/* ---- between the files of this part ---- */

enum { AUDIT_LINE_MAX = 16 * 1024 }; /* bytes */

/* What the first line has in the place of a hash. */
extern const char audit_first[];
/* state_dir/audit.jsonl; free(). */
char *audit_path(const char *state_dir);

#endif
