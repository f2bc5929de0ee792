/* SPDX-License-Identifier: Apache-2.0
 * A stream of the rest source as the configuration describes it: read, checked, turned into the
 * contract's tables. */
#ifndef OMNI_REST_STREAM_H
#define OMNI_REST_STREAM_H

#include <omnihub/omnihub.h>

enum rest_paging {
    REST_SINGLE, /* one request a window */
    REST_NEXT,   /* the reply holds the next page's url */
    REST_CURSOR, /* the reply holds a token for the next page */
    REST_PAGE,   /* pages are numbered */
    REST_OFFSET, /* records are numbered */
    REST_LINK    /* Link header, RFC 8288 */
};

enum { REST_NAME_MAX = 128, REST_HEADERS_MAX = 16 };

struct rest_stream {
    struct omni_stream stream; /* what the hub sees; first, so that either finds the other */
    struct omni_field *fields;
    const struct omni_field **list; /* of fields, ends with NULL */
    const char *method, *url, *body, *records, *date_format;
    const char *headers[REST_HEADERS_MAX + 1];
    uint32_t format;
    char format_options[96];
    char constants[1024];
    enum rest_paging paging;
    const char *page_path;               /* of next url or cursor in the reply */
    const char *page_param, *size_param; /* query parameters; NULL: placeholders do it */
    const char *total_path;              /* REST_OFFSET: how many there are; NULL: not told */
    int64_t page_size, first_page;
};

/* Who asks: everything that reading the configuration needs. */
struct rest_reader {
    const struct omni_host *hub;
    const struct omni_config *config;
    struct omni_run *run;
};

/* Reads streams[i]. Fails the run naming the option otherwise; rest_stream_free() either way. */
omni_status rest_stream_read(struct rest_stream *, const struct rest_reader *, uint32_t i);
void rest_stream_free(struct rest_stream *);

#endif
