/* SPDX-License-Identifier: Apache-2.0
 * What the files of hub/http share: the client itself. */
#ifndef HUB_HTTP_CLIENT_H
#define HUB_HTTP_CLIENT_H

#include <curl/curl.h>

#include "http/asked.h"
#include "http/http.h"
#include "http/intake.h"
#include "http/policy.h"

struct cassette;
struct login;
struct scrub;

struct http {
    CURLM *multi; /* holds the connections; waits in slices, so that cancelling is prompt */
    CURL *curl;
    char curl_error[CURL_ERROR_SIZE];
    struct http_limits limits; /* without zeros */
    char *proxy, *ca_file, *user_agent;
    void *ctx;
    bool (*cancelled)(void *ctx);
    const struct http_keeper *keeper; /* NULL: none */
    const struct http_budget *budget; /* NULL: none; not while replaying */
    struct policy policy;
    struct login *login; /* NULL: none, or replaying */
    struct scrub *scrub;
    struct cassette *record, *replay;
    struct intake intake;
    struct http_counts counts;
    struct asked asked;
    uint64_t paid_retries; /* those that count against the budget */
    uint64_t wait_ms;
    struct http_ending ending;
};

enum { HTTP_SLICE_MS = 200 }; /* between two questions whether the run was cancelled */

bool http_is_cancelled(const struct http *);

#endif
