/* SPDX-License-Identifier: Apache-2.0
 * The conversation between the job and the plugin process: which frames there are, and how the
 * larger things in them are written.
 *
 * It is a strict game of question and answer. The job makes a CALL; the plugin process sends any
 * number of requests, each of which is answered by one ANSWER (the notices LOG, FAIL and DETAIL are
 * not), and ends the call with RETURN. While it waits for the answer of HTTP or FETCH_ROWS it may
 * be called once more, with CALL_JUDGE. */
#ifndef HUB_FRAMES_H
#define HUB_FRAMES_H

#include <stdint.h>

#include <omnihub/omnihub.h>

#include "process/wire.h"

enum {
    FRAMES_FD = 3,                        /* where the plugin process finds its socket */
    SEALED_FD = 4,                        /* and the plugin, where it comes in sealed memory */
    FRAMES_FROM_PLUGIN = 8 * 1024 * 1024, /* longest frame from a plugin */
    FRAMES_TO_PLUGIN = 256 * 1024 * 1024, /* to a plugin: a reply's bytes */
    FRAMES_ROWS = 64 * 1024,              /* rows are sent when that much has come together */
    FRAMES_MAX_HEADERS = 512,
    FRAMES_MAX_CELLS = 4096
};

enum {
    /* job → plugin */
    CALL_START = 1, /* path, sandbox (u32), memory (i64), cpu_s, landlock_abi, is_sealed (u32) */
    CALL_OPEN,      /* source, config (JSON), today, no_waits (u32) */
    CALL_CHECK,
    CALL_ACCOUNTS,
    CALL_DISCOVER,
    CALL_PULL,  /* a request */
    CALL_TOTAL, /* a request */
    CALL_JUDGE, /* a struct omni_http */
    CALL_CLOSE,
    ANSWER, /* status (u32), then: HTTP and FETCH_ROWS the struct omni_http, REMEMBER the value */

    /* plugin → job */
    STARTED = 64, /* description (JSON), what the sandbox lacks, what of it is weaker (texts) */
    REFUSED,      /* status (u32), text: it could not be loaded */
    DENIED,       /* number of the system call (u32) */
    CRASHED,      /* signal (u32), whether memory had run out (u32) */
    RETURN,       /* status (u32), wait_ms (u32) */
    LOG,          /* level (u32), text */
    FAIL,         /* status (u32), text */
    DETAIL,       /* key, value */
    IS_CANCELLED,
    HTTP,          /* a struct omni_http */
    FETCH_ROWS,    /* a struct omni_http, records */
    ROWS,          /* number of rows (u32), for each: part, number of cells (u32), cells */
    QUALITY,       /* text */
    CURSOR,        /* text */
    REMEMBER,      /* key, value */
    PART,          /* text */
    FOUND_STREAM,  /* description (JSON) */
    FOUND_ACCOUNT, /* id, name, currency, zone */
    FOUND_TOTAL    /* column, micros (i64) */
};

/* A decoded struct omni_http: texts lie in the frame, lists here. */
struct frames_http {
    struct omni_http http;
    const char **headers, **reply_headers;
};
#define auto_frames_http __attribute__((cleanup(frames_http_free))) struct frames_http

void frames_put_http(struct wire_out *, const struct omni_http *);
/* False: malformed. frames_http_free() either way. */
bool frames_get_http(struct wire_in *, struct frames_http *out);
void frames_http_free(struct frames_http *);

void frames_put_cells(struct wire_out *, const struct omni_cell *, uint32_t n);
/* Cells of one row into `cells` (FRAMES_MAX_CELLS); texts lie in the frame. */
bool frames_get_cells(struct wire_in *, struct omni_cell *cells, uint32_t *n);

#endif
