/* SPDX-License-Identifier: Apache-2.0
 * A .test file: a plugin's options, the requests it shall send, the replies it gets, and the rows
 * that shall come of it. omnihub-plugin(7) describes it for authors. */
#ifndef HUB_KIT_TEST_FILE_H
#define HUB_KIT_TEST_FILE_H

#include <jansson.h>

#include "config/config.h"
#include "config/keys.h"

/* A request that is expected, and what comes of it. */
struct test_exchange {
    struct config_place place;  /* first: as KEY_GROUPS wants it */
    const char *request;        /* "GET /v1/report?day=2026-03-01", "POST https://x.com/token" */
    const char *body;           /* of the request; NULL: none, of a server: any */
    int64_t status;             /* 0: 200 */
    const char *const *headers; /* of the reply; NULL: it is JSON */
    const json_t *reply;        /* a text, or a group or list that becomes JSON; NULL: see next */
    const char *reply_file;     /* path; NULL: no body */
    const char *fault;          /* as in a cassette; NULL */
    /* Of a server's only; NULL: not looked at. */
    const json_t *query;      /* {name: value}: these parameters, beside any others */
    const char *const *sends; /* "Name: value": these headers */
    const char *const *has;   /* parts of the body */
    const json_t *json;       /* the body, as JSON */
    bool any_time;            /* may come at any point, as often as it likes, or never */
};

struct test_file {
    const char *path;
    const char *test; /* what it is about */
    const char *call; /* "check" or "accounts" instead of a stream that is pulled; NULL */
    const char *stream, *from, *to, *today, *timezone, *currency;
    const char *cursor;          /* of a stream of changed records: where its pulls begin; NULL */
    const char *outcome, *says;  /* outcome: default "ok"; says: a part of the message */
    const char *cassette;        /* path of one, instead of exchanges */
    const json_t *options;       /* object or NULL */
    struct key_groups exchanges; /* of struct test_exchange: a cassette written by hand */
    struct key_groups server;    /* of struct test_exchange: played over HTTP */
    bool in_any_order;           /* the server's requests */
    const json_t *rows;     /* [{column: value}] of the stream, or accounts; NULL: not looked at */
    const json_t *parts;    /* {stream: [rows]} of its parts */
    const json_t *datasets; /* of a sink: {dataset: {columns, key, rows}} */
    const char *show, *shows; /* of a sink: a command, and what it shall print */
};

/* NULL after findings. test_file_free(). */
struct test_file *test_file_read(const char *path, struct config_findings *);
void test_file_free(struct test_file *);
/* The host of a request for a whole url, "https://x.com/a", and its length; NULL: it is a path. */
const char *test_exchange_host(const struct test_exchange *, size_t *len);
/* The i-th of one of its lists. */
const struct test_exchange *test_exchange_at(const struct key_groups *, size_t i);
/* "acme.test:12", for messages; free(). */
char *test_place(const struct config_place *);

#endif
