/* SPDX-License-Identifier: Apache-2.0
 * What is answered to which request. Knows nothing of sockets: a request comes as its parts. */
#ifndef HUB_WEB_ANSWER_H
#define HUB_WEB_ANSWER_H

#include <stdbool.h>

#include "base/buf.h"
#include "web/look.h"
#include "web/metrics.h"

enum { ANSWER_URL_MAX = 1024 };

struct request {
    const char *method, *path; /* path without the query, as it came */
    const char *host;          /* header; NULL: none */
    const char *page;          /* of the query; NULL: none */
    bool has_body;
};
struct answer {
    int code;
    const char *type; /* Content-Type */
    struct buf body;  /* its bytes, or… */
    const char *text; /* …a text that stays; NULL: body */
    bool is_shared;   /* the same for everybody until the next look: worth keeping */
    uint64_t look;    /* which look it is made of; 0: of none */
    bool refreshes;   /* a page that looks again by itself */
};

/* Looks at most once in a while, however many ask. */
struct answerer;
struct answerer *answerer_new(const struct looker *, const struct web_counts *);
void answerer_free(struct answerer *);
/* Is what this request is answered with made of facts, and without anything of the request but its
 * path? */
bool answerer_is_of_facts(const struct answerer *, const struct request *);
/* Looks anew where it is time. Which look it is now: what was made of another one is old. */
uint64_t answerer_look(struct answerer *);
/* Fills in the answer; buf_free(&body). */
void answerer_answer(struct answerer *, const struct request *, struct answer *);

#endif
