/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers for plugin authors: urls, days, JSON bodies, page loops, lookups in a reply, exact sums
 * and rows of one's own. They come from libomnihub-sdk.a and become part of the plugin; the hub
 * knows nothing of them.
 *
 * Nothing here allocates, keeps global state or needs anything but C11; every text goes into memory
 * of the caller. A page loop:
 *
 *     char buffer[2048];
 *     struct omni_pages pages = OMNI_PAGES;
 *     struct omni_http http = {.size = sizeof(http)};
 *     do {
 *         struct omni_text url = OMNI_TEXT(buffer);
 *         omni_text_add(&url, "/v1/reports");
 *         omni_query_day(&url, "from", request->from_day);
 *         omni_query(&url, "after", pages.cursor);            // left out while it is empty
 *         http.url = omni_text_done(&url);                    // NULL: too long
 *         omni_status status = hub->rows(run, &http, "$.data[*]");
 *         if (status != OMNI_OK)
 *             return status;
 *     } while (omni_pages_after(&pages, &http, "paging.cursors.after"));
 *     return omni_pages_end(&pages, hub, run);
 */
#ifndef OMNIHUB_SDK_H
#define OMNIHUB_SDK_H

#include <omnihub/omnihub.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- tables ----
 * Entries of the lists that end with NULL, each with its size filled in:
 *     static const struct omni_field *const fields[] = {
 *         OMNI_FIELD(.path = "$.id", .column = "order_id", .type = OMNI_TEXT), NULL}; */

#ifndef __cplusplus
#define OMNI_OPTION(...)                                                                           \
    (&(const struct omni_option){.size = sizeof(struct omni_option), __VA_ARGS__})
#define OMNI_LOGIN(...) (&(const struct omni_auth){.size = sizeof(struct omni_auth), __VA_ARGS__})
#define OMNI_FIELD(...) (&(const struct omni_field){.size = sizeof(struct omni_field), __VA_ARGS__})
#define OMNI_STREAM(...)                                                                           \
    (&(const struct omni_stream){.size = sizeof(struct omni_stream), __VA_ARGS__})
#define OMNI_SOURCE(...)                                                                           \
    (&(const struct omni_source){.size = sizeof(struct omni_source), __VA_ARGS__})
#define OMNI_SINK(...) (&(const struct omni_sink){.size = sizeof(struct omni_sink), __VA_ARGS__})
#elif defined(__GNUC__)
/* C++17 too: members in the order of the struct. The compiler's warning that designators came with
 * C++20 is switched off. */
#if defined(__clang__) && __cplusplus < 202002L
#pragma clang diagnostic ignored "-Wc++20-designator"
#endif
#define OMNI_TABLE(type, ...)                                                                      \
    ([]() -> const type * {                                                                        \
        static const type entry = {.size = sizeof(type), __VA_ARGS__};                             \
        return &entry;                                                                             \
    }())
#define OMNI_OPTION(...) OMNI_TABLE(struct omni_option, __VA_ARGS__)
#define OMNI_LOGIN(...)  OMNI_TABLE(struct omni_auth, __VA_ARGS__)
#define OMNI_FIELD(...)  OMNI_TABLE(struct omni_field, __VA_ARGS__)
#define OMNI_STREAM(...) OMNI_TABLE(struct omni_stream, __VA_ARGS__)
#define OMNI_SOURCE(...) OMNI_TABLE(struct omni_source, __VA_ARGS__)
#define OMNI_SINK(...)   OMNI_TABLE(struct omni_sink, __VA_ARGS__)
#endif

/* ---- text in a fixed buffer ---- */

/* A text being built. What does not fit is not added, and neither is anything after it: check once,
 * at omni_text_done(). */
struct omni_text {
    char *data; /* always ends with NUL */
    size_t size, len;
    int is_cut; /* 1: something did not fit */
};

/* struct omni_text t = OMNI_TEXT(buffer); where buffer is an array. The text starts out empty. */
#define OMNI_TEXT(buffer)                                                                          \
    {                                                                                              \
        ((buffer)[0] = '\0', (buffer)), sizeof(buffer), 0, 0                                       \
    }
/* The same for memory of `size` bytes, at least one. */
void omni_text_begin(struct omni_text *, char *memory, size_t size);
/* The text, or NULL where something did not fit. */
const char *omni_text_done(const struct omni_text *);

void omni_text_add(struct omni_text *, const char *s); /* NULL: nothing */
void omni_text_add_bytes(struct omni_text *, const char *s, size_t n);
void omni_text_add_int(struct omni_text *, int64_t value);
void omni_text_add_day(struct omni_text *, int32_t day); /* 2026-01-31 */
/* By strftime-like %Y %m %d %y %%, other characters as they are: "%Y%m%d". */
void omni_text_add_day_as(struct omni_text *, int32_t day, const char *pattern);
/* Percent-encoded; letters, digits and - . _ ~ stay (RFC 3986). */
void omni_text_add_percent(struct omni_text *, const char *s);
/* A JSON string with its quotes; NULL: null. The text must be UTF-8. */
void omni_text_add_json(struct omni_text *, const char *s);
/* JSON members for a body: "name":"value" behind a comma where one is needed. NULL: left out. */
void omni_json_add_text(struct omni_text *, const char *name, const char *value);
void omni_json_add_int(struct omni_text *, const char *name, int64_t value);
void omni_json_add_day(struct omni_text *, const char *name, int32_t day);

/* ---- urls ---- */

/* Adds ?name=value, or &name=value where the text has a query already; both percent-encoded. NULL
 * and "" leave it out. */
void omni_query(struct omni_text *, const char *name, const char *value);
void omni_query_int(struct omni_text *, const char *name, int64_t value);
void omni_query_day(struct omni_text *, const char *name, int32_t day);
/* Adds /segment, percent-encoded, so that an id can never climb out of its place. */
void omni_path_segment(struct omni_text *, const char *segment);

/* ---- days since 1970-01-01 ---- */

enum { OMNI_DAY_TEXT = 11 }; /* bytes of "2026-01-31" with its NUL */

/* Writes YYYY-MM-DD and returns it. Days outside the years 1 … 9999 are held at that limit. */
const char *omni_day_print(int32_t day, char out[OMNI_DAY_TEXT]);
/* 1: the text begins with YYYY-MM-DD or is YYYYMMDD, and that day exists. */
int omni_day_parse(const char *s, int32_t *day);
int32_t omni_day_of(int year, int month, int day);
/* Seconds since 1970 of an RFC 3339 time with its offset: "2026-01-31T10:00:00.5Z",
 * "…+01:00", "…+0100"; fractions are cut off. 0: it is none. */
int omni_time_parse(const char *s, int64_t *seconds);
void omni_day_split(int32_t day, int *year, int *month, int *day_of_month);

/* ---- times ---- */

enum { OMNI_TIME_TEXT = 21 }; /* bytes of "2026-01-31T12:00:00Z" with its NUL */

/* Seconds since 1970 as YYYY-MM-DDTHH:MM:SSZ. Days as omni_day_print(). */
const char *omni_time_print(int64_t seconds, char out[OMNI_TIME_TEXT]);

/* ---- looking into JSON ----
 * Works on the bytes, without a tree. A path has members and places: "paging.cursors.after",
 * "errors[0].code"; a member's name may hold anything but . and [. Of a repeated member the first
 * counts. Text that is not JSON is never found. */

enum {
    OMNI_JSON_NONE = 0, /* not there, or not JSON */
    OMNI_JSON_NULL,
    OMNI_JSON_BOOL,
    OMNI_JSON_NUMBER,
    OMNI_JSON_TEXT,
    OMNI_JSON_ARRAY,
    OMNI_JSON_OBJECT
};

/* A value inside a text that belongs to somebody else. */
struct omni_json {
    const char *s; /* as written: a text with its quotes */
    size_t len;
    int kind; /* OMNI_JSON_* */
};

/* The value of a whole document; kind OMNI_JSON_NONE where it is empty. */
struct omni_json omni_json_of(const char *s, size_t len);
/* The reply of http() or rows(). */
struct omni_json omni_json_of_reply(const struct omni_http *);
/* The value at this path; "" is the value itself. */
struct omni_json omni_json_at(struct omni_json, const char *path);
/* Copies a text with its escapes resolved, or a number as it is written (so ids stay exact). 1:
 * done; 0: not there, another kind, or it does not fit; out is "" then. */
int omni_json_text(struct omni_json, const char *path, char *out, size_t size);
/* A whole number, also one written as text. 0: not there, not whole, beyond 64 bits. */
int omni_json_int(struct omni_json, const char *path, int64_t *out);
/* A number, also one written as text, exactly as it is written: 4.25 is 425 and 2 places. 0: not
 * there, not a number, or whole digits beyond 64 bits; of the digits behind the point those that do
 * not fit into 64 bits are left out. */
int omni_json_decimal(struct omni_json, const char *path, int64_t *digits, int *places);
/* digits / 10^places in millionths, for an OMNI_MICROS cell; rounded half to even. 0: too large. */
int omni_micros(int64_t digits, int places, int64_t *micros);
/* 1: true; 0: anything else. */
int omni_json_is_true(struct omni_json, const char *path);
/* Walks through an array's items or an object's values: begin with an *item of all zeros; 0 at the
 * end. */
int omni_json_next(struct omni_json container, struct omni_json *item);

/* A reply header's value, the name in lower case; NULL: it was not sent. */
const char *omni_reply_header(const struct omni_http *, const char *name);

/* ---- exact amounts ----
 * Micros are millionths of the major unit ("12.34" is 12340000); whole numbers, such as minor units
 * and counts, are added up as they are. Never through a float, and overflow is noticed. */

/* Decimal text to micros: sign, digits, one point, exponent. 0: not that, more than six decimals
 * that count, or beyond 64 bits. */
int omni_micros_parse(const char *s, int64_t *micros);
/* A number, also one written as text. 0: not there, or not exact. */
int omni_json_micros(struct omni_json, const char *path, int64_t *micros);

/* A sum that remembers whether all went well. struct omni_sum sum = {0, 0}; */
struct omni_sum {
    int64_t value;
    int is_bad; /* 1: something was no number, or too large: the value means nothing */
};
void omni_sum_add(struct omni_sum *, int64_t value);
void omni_sum_subtract(struct omni_sum *, int64_t value);
/* The amount at this path; absent and null add nothing. */
void omni_sum_add_micros(struct omni_sum *, struct omni_json, const char *path);
void omni_sum_add_int(struct omni_sum *, struct omni_json, const char *path);

/* ---- rows of one's own ----
 * For row(): the fields' table stays the only description of a row. What has a path ($.a.b[0].c) is
 * taken from the record, what has none (=net) is set by its column:
 *
 *     struct omni_row row;                                    // large: better not on the stack
 *     omni_row_begin(&row, stream, record);
 *     omni_row_sum(&row, "net", OMNI_MICROS, &net);
 *     status = omni_row_send(&row, hub, run, 0);
 */

enum { OMNI_ROW_CELLS = 64, OMNI_ROW_TEXT = 65536 };
struct omni_row {
    struct omni_cell cells[OMNI_ROW_CELLS];
    const struct omni_stream *stream;
    uint32_t n;                /* cells in use */
    const char *wrong, *where; /* what is wrong with the row, and at which path or column */
    struct omni_text text;     /* the cells' texts lie here */
    char memory[OMNI_ROW_TEXT];
};
/* A field without OMNI_OPTIONAL and OMNI_ZERO_IF_ABSENT must be in the record; null is no value. */
void omni_row_begin(struct omni_row *, const struct omni_stream *, struct omni_json record);
/* By column, or by the path of a field that has no column. NULL: no value. The text is copied. */
void omni_row_text(struct omni_row *, const char *column, const char *value);
/* type: of the cell, OMNI_INT, OMNI_MICROS, OMNI_BOOL, OMNI_TIME or OMNI_DATE. An OMNI_INT is read
 * by the field's unit: cents where it is OMNI_UNIT_MINOR. */
void omni_row_number(struct omni_row *, const char *column, uint32_t type, int64_t value);
void omni_row_sum(struct omni_row *, const char *column, uint32_t type, const struct omni_sum *);
/* part 0: hub->row(); else the stream's part, of which the row must be (OMNI_PART_ROWS). */
omni_status omni_row_send(struct omni_row *, const struct omni_host *, struct omni_run *,
                          uint32_t part);

/* ---- what most sources do beside their rows ---- */

/* Refuses an option in open() or pull(): the hub names its file and line. */
omni_status omni_option_wrong(const struct omni_host *, struct omni_run *, const char *option,
                              const char *text);
struct omni_range {
    const char *option;
    int64_t least, most;
};
/* OMNI_OK, or refuses the option for its value. */
omni_status omni_option_between(const struct omni_host *, const struct omni_config *,
                                struct omni_run *, const struct omni_range *);

/* Where the facts of an account lie in a reply; NULL: nowhere. */
struct omni_account {
    const char *id, *name, *currency, *zone;
    uint32_t is_complete; /* 1: without currency and zone the reply is refused */
};
/* found_account() from the platform's record of an account; id NULL: at paths->id. */
omni_status omni_account_found(const struct omni_host *, struct omni_run *, struct omni_json record,
                               const char *id, const struct omni_account *paths);

/* For sources with total(): asks once more, or for more, which not every admin wants. Read it with
 * opt_int(config, "totals"). */
#ifndef __cplusplus
#define OMNI_OPTION_TOTALS                                                                         \
    OMNI_OPTION(.name = "totals", .type = OMNI_OPT_BOOL, .fallback = "true",                       \
                .help = "compare what is stored with the platform's own totals")
#endif
/* found_total() of the number at this path; absent and null: there is none. */
omni_status omni_total_found(const struct omni_host *, struct omni_run *, const char *column,
                             struct omni_json totals, const char *path);

/* Today in UTC, by this machine's clock; in a test by the test's. */
int32_t omni_today(void);
/* Milliseconds until the next midnight of a zone that is so many seconds ahead of UTC. */
uint32_t omni_ms_to_midnight(int32_t utc_offset_s);

/* What a platform's error codes mean: tables of these end with code NULL. */
struct omni_meaning {
    const char *code;
    omni_status status;
    const char *remedy; /* what to do about it; NULL: nothing but what the status says */
    uint32_t wait_s;    /* THROTTLED, RETRY: how long, where the reply does not say; 0: as the hub
                           thinks */
};
/* An error as read from a reply. */
struct omni_error {
    char code[96], message[1024];
    uint32_t wait_ms; /* told by the reply; 0: not */
};
/* For judge(): fails with "code: message (remedy)" by the first entry with this code and fills in
 * wait_ms; OMNI_E_UNSUPPORTED: the table has none. */
omni_status omni_judge_by(const struct omni_host *, struct omni_run *,
                          const struct omni_meaning *table, struct omni_error *);

/* A report that the platform makes while the plugin waits: its id is kept by remember() before it
 * is asked for, so that a restart goes on with it. The key of the window's report. */
enum { OMNI_REPORT_KEY = 256 };
const char *omni_report_key(char *out, size_t size, const struct omni_request *);
/* 1: after a pull that ended so the report can still be fetched; 0: forget it. */
int omni_report_is_kept(omni_status);

/* ---- page loops ---- */

enum { OMNI_PAGES_CURSOR = 4096 };

/* Where a page loop is. Each omni_pages_*() call below reads where the next page is from the reply
 * of the page just read: 1: there is one, ask for it; 0: that was the last, or something is wrong,
 * which omni_pages_end() then says. An API that hands out a cursor it has handed out before would
 * keep the loop going for ever: that is noticed, whatever the length of the circle. */
struct omni_pages {
    char cursor[OMNI_PAGES_CURSOR]; /* "" for the first page */
    uint64_t offset;                /* records read so far */
    uint64_t seen;                  /* fingerprint of an earlier cursor */
    uint32_t page;                  /* pages read so far */
    uint32_t max_pages;             /* 0: 1,000,000 */
    uint32_t seen_until;            /* when to keep a newer cursor's fingerprint */
    int problem;                    /* what omni_pages_end() will report */
};
/* struct omni_pages pages = OMNI_PAGES; */
#define OMNI_PAGES                                                                                 \
    {                                                                                              \
        "", 0, 0, 0, 0, 0, 0                                                                       \
    }

/* The cursor, page token or url of the next page at this path of the reply; absent, null or ""
 * where there is none. */
int omni_pages_after(struct omni_pages *, const struct omni_http *, const char *path);
/* The same for a cursor that the plugin found itself; NULL: none. */
int omni_pages_go(struct omni_pages *, const char *cursor);
/* The url of rel="next" in the reply's Link header (RFC 8288). */
int omni_pages_link(struct omni_pages *, const struct omni_http *);
/* By offset: goes on until `total` records were read; total < 0, not known: until a page is empty.
 * A page shorter than asked for is no end. */
int omni_pages_offset(struct omni_pages *, uint64_t records, int64_t total);
/* OMNI_OK, or fails the run with what was wrong. */
omni_status omni_pages_end(const struct omni_pages *, const struct omni_host *, struct omni_run *);

#ifdef __cplusplus
}
#endif
#endif
