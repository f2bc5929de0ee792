/* SPDX-License-Identifier: Apache-2.0
 *
 * The omnihub plugin contract, version 1.0.
 *
 * Who does what. The plugin says which requests to make and where the fields are. The hub sends
 * them (login, TLS, retry, quota, record and replay), reads the rows out of the replies, checks and
 * stores them, and keeps the state. A typical source is 60 to 150 lines: tables and one page loop.
 *
 * Rules of the ABI
 *  - Needs only C11 headers. No type of libcurl, jansson or libconfig crosses the line. The plugin
 *    links nothing of the hub.
 *  - One exported data symbol, omnihub_module_v1: the major version is in the name.
 *  - Every struct that crosses begins with `size`, set by whoever fills it in. A reader uses the
 *    smaller of `size` and its own, and takes the rest as zero. Members are only ever added, at the
 *    end. Zero means "not given".
 *  - Fixed-width members only. Lists are arrays of pointers that end with NULL. struct omni_cell is
 *    16 bytes for ever.
 *  - Threads: every callback of one instance runs on one thread, the one that called open(). Host
 *    functions are to be called on that thread, from inside a callback.
 *  - Memory: what the plugin hands over must stay valid until the call returns; tables (module,
 *    sources, streams, fields, options) until the process ends, streams handed to found_stream()
 *    until close(). What the hub hands out is the hub's: texts of options until close(), replies
 *    until the next http() or rows() on the same run, a remembered value until the next remember().
 */
#ifndef OMNIHUB_H
#define OMNIHUB_H

#include <stddef.h>
#include <stdint.h>

#define OMNI_ABI_MAJOR 1
#define OMNI_ABI_MINOR 0

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status: what the hub shall do next ---- */

typedef int32_t omni_status;
enum {
    OMNI_OK = 0,
    OMNI_E_RETRY = -1,       /* passing fault: back off, send it again */
    OMNI_E_THROTTLED = -2,   /* quota: wait as told; a long wait parks the run */
    OMNI_E_AUTH = -3,        /* credentials refused: stop this connector, tell the admin */
    OMNI_E_CONFIG = -4,      /* an option is wrong: not retried */
    OMNI_E_DATA = -5,        /* the reply is not what the API promised: the window is refused */
    OMNI_E_TOO_MUCH = -6,    /* the platform refuses the size: the hub splits the window, goes on */
    OMNI_E_CANCELLED = -7,   /* the hub asked to stop */
    OMNI_E_UNSUPPORTED = -8, /* this plugin or hub does not do that */
    OMNI_E_BUG = -9          /* the contract was broken */
};

enum { OMNI_LOG_ERROR = 0, OMNI_LOG_WARN = 1, OMNI_LOG_INFO = 2, OMNI_LOG_DEBUG = 3 };

/* ---- values ---- */

enum {
    OMNI_NULL = 0,  /* not delivered; never the same as 0 */
    OMNI_BOOL = 1,  /* v.i: 0 or 1 */
    OMNI_INT = 2,   /* v.i */
    OMNI_REAL = 3,  /* v.r: what is inexact by nature (a latitude); never money or counts */
    OMNI_TEXT = 4,  /* v.s, len bytes of UTF-8, no terminator needed; ids are always text */
    OMNI_DATE = 5,  /* v.i: days since 1970-01-01 */
    OMNI_TIME = 6,  /* v.i: microseconds since 1970-01-01T00:00:00Z */
    OMNI_MICROS = 7 /* v.i: exact millionths: money in its major unit, fractional counts, ratios */
};

struct omni_cell {
    uint32_t type; /* OMNI_NULL … OMNI_MICROS */
    uint32_t len;  /* of text, in bytes */
    union {
        int64_t i;
        double r;
        const char *s;
    } v;
};

/* ---- what a stream delivers ---- */

/* How a value is written in the reply. */
enum {
    OMNI_AS_IS = 0,
    OMNI_UNIT_MAJOR = 1, /* "12.34" or 12.34 → micros, exactly */
    OMNI_UNIT_MINOR = 2, /* 1234 cents → micros, by the ISO 4217 exponent of the row's currency */
    OMNI_UNIT_MICROS = 3,  /* already millionths */
    OMNI_UNIT_PERCENT = 4, /* 12.5 → 0.125 */
    OMNI_UNIT_MS = 5,      /* milliseconds → seconds, as micros */
    OMNI_UNIT_MINUTES = 6, /* minutes → seconds, as micros */
    OMNI_DATE_ISO = 7,     /* 2026-01-31, also the date part of a longer ISO time */
    OMNI_DATE_COMPACT = 8, /* 20260131 */
    OMNI_TIME_EPOCH = 9,   /* seconds since 1970, fractions allowed */
    OMNI_TIME_EPOCH_MS = 10,
    OMNI_TIME_ISO = 11, /* RFC 3339; without an offset it is read in the stream's day_zone */
    OMNI_PATTERN = 12   /* date or time by omni_field.format, e.g. "%d.%m.%Y %H:%M" */
};

/* omni_field.flags */
enum {
    OMNI_KEY = 1,            /* part of the grain: never null, unique together */
    OMNI_ZERO_IF_ABSENT = 2, /* the platform leaves zeros out (CSV: an empty cell) */
    OMNI_SENSITIVE = 4,      /* personal data */
    OMNI_DECIMAL_COMMA = 8,  /* "1.234,56" */
    OMNI_THOUSANDS = 16,     /* "1,234.56": thousands separators are allowed */
    /* More than six decimals are rounded half to even; without it they are refused. */
    OMNI_ROUND = 32,
    /* May be missing from every record; without it a field that no record has is a data error. */
    OMNI_OPTIONAL = 64
};

struct omni_field {
    uint32_t size;
    /* OMNI_BOOL … OMNI_MICROS: what the value becomes; 0: what its column is, for fields that only
     * the admin knows. */
    uint32_t type;
    uint32_t unit;  /* how it is written: OMNI_AS_IS … OMNI_PATTERN */
    uint32_t flags; /* OMNI_KEY … */
    /* Where in a record, a subset of RFC 9535 JSONPath:
     *   $.metrics.costMicros   $.values[0].value
     *   $.actions[?@.action_type=='purchase'].value   numbers that match add up; && and || allowed
     *   ^.id     in the enclosing record
     *   Total    CSV: the header's name
     *   #line    "file name:line" of the record, CSV and NDJSON
     *   =net     worked out by the plugin, for row() only */
    const char *path;
    const char *column; /* column of the dataset; NULL: kept in `extra` under its own name */
    const char *help;
    const char *format; /* OMNI_PATTERN: strptime-like, %Y %y %m %d %H %M %S %b %j and literals */
    const char *nulls;  /* texts that mean "no value", separated by |, e.g. "-|--|(not set)" */
};

/* omni_stream.sync */
enum {
    /* Report by date range: the hub replaces the range; the dataset needs `date` in its key. */
    OMNI_WINDOW = 0,
    /* Records changed since: upsert by key. */
    OMNI_CURSOR = 1,
    /* The whole list each time: what vanished is removed. */
    OMNI_SNAPSHOT = 2,
    /* Named parts (a file, a batch): omni_host.part() begins one, the hub replaces it whole. */
    OMNI_PARTS = 3
};

/* omni_stream.flags */
enum {
    /* OMNI_WINDOW: the platform filters by instants, so a little more than the window's days is
     * asked for; rows of other days are dropped. Without it they are a data error. */
    OMNI_STREAM_CLIP = 1,
    /* A row whose measures are all null is left out: a part of which most records have nothing. */
    OMNI_STREAM_SPARSE = 2
};

struct omni_stream {
    uint32_t size;
    uint32_t sync; /* OMNI_WINDOW … */
    const char *name, *dataset, *help;
    const struct omni_field *const *fields;
    /* Columns with one value for the whole stream: "level=ad;network=search". "date=today": the day
     * of the pull where the account is. */
    const char *constants;
    uint32_t settle_days;     /* how long the platform restates a day */
    uint32_t max_window_days; /* most days in one request; 0: no limit */
    /* How far back the platform keeps it; 0: for ever. Older rows are never overwritten. */
    uint32_t history_days;
    uint32_t flags; /* OMNI_STREAM_… */
    /* Whose day a daily row is: "account" (see found_account()), "UTC", "America/Los_Angeles" … */
    const char *day_zone;
    /* Of a part: where its records lie inside the enclosing record, e.g. $.lineItems[*]. */
    const char *inside;
    /* Further streams fed by the same replies: an order's lines. */
    const struct omni_stream *const *parts;
};

/* ---- options and login ---- */

enum {
    OMNI_OPT_TEXT = 1,
    OMNI_OPT_INT = 2,
    OMNI_OPT_BOOL = 3,
    OMNI_OPT_DURATION = 4, /* "15m", "6h": read with opt_int() in seconds */
    OMNI_OPT_DATE = 5,     /* "2026-01-31", "-30d": read with opt_int() in days since 1970 */
    OMNI_OPT_LIST = 6,     /* ("a", "b") */
    OMNI_OPT_MAP = 7,      /* { a = "x"; b = "y"; } */
    OMNI_OPT_TREE = 8      /* nested groups and lists: the plugin checks them in open() */
};

/* omni_option.flags */
enum {
    OMNI_REQUIRED = 1,
    OMNI_SECRET = 2 /* a source never sees the value, only that it is there; a sink does */
};

struct omni_option {
    uint32_t size, type, flags;
    uint32_t reserved;
    const char *name;
    const char *fallback; /* used when the admin gives none */
    const char *choices;  /* "a|b|c": only these; NULL: anything of the type */
    const char *help;
};

/* omni_auth.kind, and which options feed it, in this order */
enum {
    OMNI_AUTH_NONE = 0,
    OMNI_AUTH_BEARER = 1,         /* token */
    OMNI_AUTH_HEADER = 2,         /* value; header: its name, or "Name: prefix " */
    OMNI_AUTH_QUERY = 3,          /* value; header: the query parameter's name */
    OMNI_AUTH_BASIC = 4,          /* user, password */
    OMNI_AUTH_OAUTH2_REFRESH = 5, /* client_id, client_secret, refresh_token */
    OMNI_AUTH_OAUTH2_CLIENT = 6,  /* client_id, client_secret */
    /* Text of a service account's key file (JSON); or: of a private key (PEM), issuer, subject;
     * header: the audience, where it is not token_url. */
    OMNI_AUTH_JWT_BEARER = 7,
    OMNI_AUTH_OAUTH1 = 8,
    OMNI_AUTH_WSSE = 9, /* user, secret */
    OMNI_AUTH_SESSION = 10,
    /* client_id, client_secret: as OMNI_AUTH_OAUTH2_CLIENT, but the token is asked for with both as
     * HTTP Basic and not in the form */
    OMNI_AUTH_OAUTH2_CLIENT_BASIC = 11,
    /* client_id, client_secret, refresh_token: the same for OMNI_AUTH_OAUTH2_REFRESH */
    OMNI_AUTH_OAUTH2_REFRESH_BASIC = 12
};

/* A way to log in. The first of a source's logins whose options are all given is used.
 * {name} in token_url, scope, header and headers stands for that option's text. */
struct omni_auth {
    uint32_t size, kind;
    const char *options;   /* names of the options that feed it, separated by commas */
    const char *token_url; /* absolute, or a path under api_url; NULL with JWT: the key file's */
    const char *scope;     /* separated by spaces */
    const char *header;    /* see the kinds */
    /* What else goes with the login, "Name: value" a line, also of secret options; a line with an
     * option that is not given is left out. */
    const char *headers;
};

/* ---- what the hub offers ---- */

struct omni_config; /* the connector's options, read with opt_*() */
struct omni_run;    /* one call into the plugin; valid until it returns */

/* One pull of one window. */
struct omni_request {
    uint32_t size;
    /* Days since 1970-01-01, both included. 0, 0 for streams without windows; but OMNI_CURSOR
     * without a cursor: from_day says how far back to begin. */
    int32_t from_day, to_day;
    uint32_t reserved;
    const struct omni_stream *stream;
    const char *cursor;  /* what cursor() kept when the last window was stored; NULL at first */
    const char *account; /* windows, state and errors are kept per (connector, stream, account) */
};

/* How records lie in a reply. */
enum {
    OMNI_FORMAT_JSON = 0,
    OMNI_FORMAT_NDJSON = 1, /* one JSON value a line */
    OMNI_FORMAT_CSV = 2     /* RFC 4180 with a header line */
};

/* omni_http.flags */
enum {
    /* Send it without the login: a download link that carries its own signature. */
    OMNI_HTTP_NO_LOGIN = 1,
    /* A POST that changes nothing (a report query): may be sent again after a fault. */
    OMNI_HTTP_REPEATABLE = 2
};

/* A request, and what came of it. */
struct omni_http {
    uint32_t size;
    uint32_t flags;     /* OMNI_HTTP_… */
    const char *method; /* NULL: GET */
    /* Absolute, or a path under api_url; file:PATH and file-list:GLOB where the source says so. */
    const char *url;
    const char *const *headers; /* "Name: value"; the login's are added by the hub */
    const char *body;
    uint64_t body_len;
    uint32_t format; /* rows(): OMNI_FORMAT_…; gzip is recognised by itself */
    /* Filled in: HTTP status. */
    int32_t status;
    /* rows(), CSV: "delimiter=;" "delimiter=tab" "delimiter=blanks" "quote=none" "skip=N" lines;
     * all formats: "encoding=windows-1252", UTF-8 without it */
    const char *format_options;
    /* Filled in: the reply, ends with NUL; of rows(): the envelope, records left out. With
     * $.a[*].b[*] all of list a is left out; $.a[0].b[*] keeps what is around b. */
    const char *reply;
    uint64_t reply_len;
    /* Filled in: "name: value" with the name in lower case, ends with NULL. */
    const char *const *reply_headers;
    /* Filled in by rows(): how many records were read. */
    uint64_t records;
};

struct omni_host {
    uint32_t size;
    uint16_t abi_major, abi_minor;
    /* One line for the log; the hub adds connector and run. */
    void (*log)(struct omni_run *, int32_t level, const char *text);
    /* Says why; returns its status, so: return hub->fail(run, OMNI_E_DATA, "…"); */
    omni_status (*fail)(struct omni_run *, omni_status, const char *text);
    /* Adds a fact to the failure, e.g. ("option", "map.net"): the hub names its file and line. */
    void (*fail_detail)(struct omni_run *, const char *key, const char *value);
    /* 1: return OMNI_E_CANCELLED soon. */
    int32_t (*cancelled)(struct omni_run *);
    /* Waits, or returns OMNI_E_CANCELLED early. */
    omni_status (*sleep_ms)(struct omni_run *, uint32_t);
    /* Options by name; nested ones by path: "map.net", "streams[0].fields[2].path".
     * Absent: NULL, 0. */
    const char *(*opt_text)(const struct omni_config *, const char *);
    int64_t (*opt_int)(const struct omni_config *, const char *);
    /* Members of a list or map; a list's text, a map's name. */
    uint32_t (*opt_count)(const struct omni_config *, const char *);
    const char *(*opt_item)(const struct omni_config *, const char *, uint32_t);
    /* Sends, and hands back the reply as bytes. Failures that the hub mends (retry, login, quota)
     * never come back. */
    omni_status (*http)(struct omni_run *, struct omni_http *);
    /* Sends, reads every record at this JSONPath (e.g. $.data[*]) by the stream's fields while
     * bytes arrive, and hands back the envelope: the fast way. `records` is ignored for NDJSON and
     * CSV. Where a reply could not be read whole, or a row was refused by row() or part(), nothing
     * of the window (or part) is stored, whatever pull() returns. */
    omni_status (*rows)(struct omni_run *, struct omni_http *, const char *records);
    /* One row, cells in the order of the stream's fields: for replies that need thought. */
    omni_status (*row)(struct omni_run *, const struct omni_cell *, uint32_t n);
    /* Marks the window's rows: "sampled", "thresholded", "truncated", "provisional". */
    omni_status (*quality)(struct omni_run *, const char *flag);
    /* Kept when the window is stored; never ahead of the data. */
    omni_status (*cursor)(struct omni_run *, const char *);
    /* A value that outlives this process, e.g. an asynchronous report's id. value NULL: read; "":
     * forget. Set values are durable at once, except inside a part, where they are stored together
     * with its rows. Returns the value, NULL if there is none. */
    const char *(*remember)(struct omni_run *, const char *key, const char *value);
    /* OMNI_PARTS: what follows replaces this part; the part before it is stored. What is remembered
     * under its name says how far it is known: the hub forgets that, and calls pull() once more,
     * where the part is to be read again. */
    omni_status (*part)(struct omni_run *, const char *name);
    /* discover(): a stream that depends on the account or the options. */
    omni_status (*found_stream)(struct omni_run *, const struct omni_stream *);
    /* accounts(), and at any time for the account being pulled: its currency (ISO 4217) and zone
     * (IANA); NULL: unknown. */
    omni_status (*found_account)(struct omni_run *, const char *id, const char *name,
                                 const char *currency, const char *zone);
    /* total(): the platform's own sum of a column over the window, as micros. */
    omni_status (*found_total)(struct omni_run *, const char *column, int64_t micros);
    /* Rare features by name, e.g. OMNI_PART_ROWS; NULL: this hub has none. */
    const void *(*extension)(const char *id);
};

/* extension(OMNI_PART_ROWS): row() also for the parts of a stream, where replies with parts need
 * thought (an order whose net is worked out of its lines). part 0: the stream itself; 1, 2 …: its
 * parts in their order. */
#define OMNI_PART_ROWS "omni.part-rows/1"
struct omni_part_rows {
    uint32_t size, reserved;
    omni_status (*row)(struct omni_run *, uint32_t part, const struct omni_cell *, uint32_t n);
};

/* ---- what a plugin offers: a source ---- */

/* omni_source.flags */
enum {
    /* Asks for file: and file-list: urls; the hub allows only what option `path` names. */
    OMNI_SOURCE_FILES = 1,
    /* The hosts are the admin's own (a REST description, a shop's domain): those of `api_url`. */
    OMNI_SOURCE_ANY_HOST = 2
};

struct omni_source {
    uint32_t size, flags;
    const char *name, *title, *family, *help;
    const char *api_version; /* "v24.0"; the admin may override it with option api_version */
    /* "2027-05-01": when the platform switches it off; NULL: not announced. */
    const char *api_sunset;
    /* Base of relative urls; the admin may override it with option api_url. https://{shop}.x.com:
     * the text of option shop; {key-}: what stands behind the last hyphen of option key; {dc|key-}:
     * the first that is given. */
    const char *api_url;
    /* Further hosts it may send requests to, separated by spaces; ".x.com": any host below x.com.
     */
    const char *hosts;
    /* The option that names the account; request->account is taken from it. */
    const char *account_option;
    const struct omni_option *const *options;
    const struct omni_auth *const *logins;
    const struct omni_stream *const *streams;
    /* Once per process, before anything else. *self is handed to every other call. */
    omni_status (*open)(const struct omni_host *, const struct omni_config *, struct omni_run *,
                        void **self);
    void (*close)(void *self);
    /* `omnihub check --connect`: one cheap call that proves the login. */
    omni_status (*check)(void *self, struct omni_run *);
    /* accounts = "all": calls found_account() for each account that the login reaches. */
    omni_status (*accounts)(void *self, struct omni_run *);
    /* After open(), where streams depend on account or options: calls found_stream(). */
    omni_status (*discover)(void *self, struct omni_run *);
    /* One window: requests, rows. Returning OMNI_OK says that the window is whole. */
    omni_status (*pull)(void *self, struct omni_run *, const struct omni_request *);
    /* Called inside http() and rows() for every reply: this platform's errors. OMNI_OK: fine. NULL:
     * by HTTP status and Retry-After. OMNI_E_UNSUPPORTED: not mine, judge by HTTP status. *wait_ms:
     * how long to wait (THROTTLED, RETRY). May call fail(). */
    omni_status (*judge)(void *self, struct omni_run *, const struct omni_http *,
                         uint32_t *wait_ms);
    /* Optional: the platform's own totals for a window, to reconcile; calls found_total(). */
    omni_status (*total)(void *self, struct omni_run *, const struct omni_request *);
    /* Whose requests the platform counts together: "login" (where NULL), "account": each account
     * by itself, whoever asks; "app": all logins with the same client. What is used up there pauses
     * every job of the hub that asks the same. */
    const char *quota_scope;
};

/* ---- what a plugin offers: a sink ---- */

/* A column of a batch, in Arrow's layout. */
struct omni_column {
    uint32_t size, type; /* OMNI_BOOL … OMNI_MICROS */
    const char *name;
    const uint8_t *valid; /* one bit a row, lowest first; NULL: all valid */
    /* int64_t (INT, TIME, MICROS), int32_t (DATE), double, uint8_t a row (BOOL), or the bytes of
     * text. */
    const void *values;
    const int32_t *offsets; /* text: n_rows + 1 */
};

struct omni_batch {
    uint32_t size, n_columns;
    uint64_t n_rows;
    const struct omni_column *const *columns;
};

/* omni_delivery.mode */
enum {
    /* The rows replace the partition, or the whole dataset where partition is NULL. */
    OMNI_REPLACE = 0,
    OMNI_UPSERT = 1, /* by key */
    OMNI_APPEND = 2
};

struct omni_delivery {
    uint32_t size, mode; /* OMNI_REPLACE … */
    const char *dataset;
    /* A day, "2026-01-31"; "": the rows without a day; NULL: the whole dataset. */
    const char *partition;
    const char *const *key;                   /* key columns */
    uint64_t version;                         /* grows with every change of the dataset */
    const struct omni_column *const *columns; /* names and types, without values; NULL at the end */
    const char *day_column; /* the column that a partition is a value of; NULL: not cut into days */
};

/* What omni_sink.layout() returns. */
enum {
    OMNI_BY_DAY = 0, /* a delivery per changed day, where the dataset has days */
    OMNI_WHOLE = 1
};

struct omni_sink {
    uint32_t size, flags;
    const char *name, *title, *help;
    const struct omni_option *const *options;
    omni_status (*open)(const struct omni_host *, const struct omni_config *, struct omni_run *,
                        void **self);
    void (*close)(void *self);
    omni_status (*check)(void *self, struct omni_run *);
    /* How this dataset shall be cut; NULL: by day. */
    uint32_t (*layout)(void *self, const char *dataset);
    /* Makes or widens the table, begins the delivery. */
    omni_status (*begin)(void *self, struct omni_run *, const struct omni_delivery *);
    omni_status (*write)(void *self, struct omni_run *, const struct omni_batch *);
    /* Durable when it returns OMNI_OK; the same delivery twice changes nothing. */
    omni_status (*commit)(void *self, struct omni_run *);
    void (*abort)(void *self, struct omni_run *);
};

/* ---- the module ---- */

struct omni_module {
    uint32_t size;
    uint16_t abi_major, abi_minor;
    const char *name, *version, *vendor, *license, *url;
    const struct omni_source *const *sources;
    const struct omni_sink *const *sinks;
};

#if defined(__GNUC__)
#define OMNI_EXPORT __attribute__((visibility("default")))
#else
#define OMNI_EXPORT
#endif

/* The one symbol of a plugin: OMNI_MODULE("acme", "1.0", .vendor = "Acme", .sources = sources);
 * with designated initialisers, in C++17 in the order of the struct. */
extern OMNI_EXPORT const struct omni_module omnihub_module_v1;
#if !defined(__cplusplus) || defined(__GNUC__)
#define OMNI_MODULE(name_, version_, ...)                                                          \
    const struct omni_module omnihub_module_v1 = {.size = sizeof(struct omni_module),              \
                                                  .abi_major = OMNI_ABI_MAJOR,                     \
                                                  .abi_minor = OMNI_ABI_MINOR,                     \
                                                  .name = (name_),                                 \
                                                  .version = (version_),                           \
                                                  __VA_ARGS__}
#endif

#ifdef __cplusplus
}
#endif
#endif
