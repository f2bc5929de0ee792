/* SPDX-License-Identifier: Apache-2.0
 * One .test file of a plugin on trial: pulls of its stream from tapes, the way every pull goes. */
#ifndef HUB_CLI_BENCH_H
#define HUB_CLI_BENCH_H

#include "cli/trial.h"
#include "cli/work.h"
#include "kit/test_file.h"

struct bench {
    const struct trial *trial;
    const struct test_file *test;
    struct cli cli; /* with the configuration of the trial */
    struct work work;
    char *tape_path, *state;
    char *folder; /* of the test: where relative paths of its options start */
    char *clock;  /* OMNIHUB_NOW as it was before; NULL: not set */
    int32_t today;
    const char *streams[2];
    struct server *server; /* while the test itself is played over HTTP; NULL: from the tape */
    json_t *options;       /* of the connector: the test's, with the server's address */
    json_t *tape;          /* the test's own; of a server: what it was asked and answered */
    json_t *asked;         /* requests of the last pull: [{method, url, body}] */
    struct found *found;   /* streams that the plugin finds by itself */
    json_t *rows; /* of the last dry pull: {stream: [{column: value}]}; {"accounts": […]} */
};

struct bench_result {
    char outcome[24], reason[24]; /* reason: "" where there is none */
    char *message;                /* NULL: none; bench_result_free() */
};
void bench_result_free(struct bench_result *);

/* number: of the test, for a state folder of its own. False, with the reason among problems. */
bool bench_open(struct bench *, const struct trial *, const struct cli *outer,
                const struct test_file *, unsigned number, json_t *problems);
void bench_close(struct bench *);
/* CHECK_…: which call of the plugin this test is about. */
unsigned bench_call(const struct bench *);
/* What its rows are called: the stream's name, or "accounts". */
const char *bench_subject(const struct bench *);
/* The test itself, as a dry run: rows are gathered. Adds what is wrong with the requests. */
void bench_test(struct bench *, struct bench_result *, json_t *problems);
/* The same call with these exchanges, the clock so many hours off. What a pull brings is stored. */
void bench_play(struct bench *, const json_t *tape, int hours, struct bench_result *);
/* Everything that the stream's dataset and those of its parts hold, or the accounts that were
 * found, as one text; free(). */
char *bench_store(const struct bench *);
/* The stream under test, declared or found by the test itself; NULL: there is none. */
const struct omni_stream *bench_stream(const struct bench *);

#endif
