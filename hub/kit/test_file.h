/* SPDX-License-Identifier: Apache-2.0
 * A .test file: a plugin's options, the requests it shall send, the replies it gets, and the rows
 * that shall come of it. omnihub-plugin(7) describes it for authors. */
#ifndef HUB_KIT_TEST_FILE_H
#define HUB_KIT_TEST_FILE_H

#include <jansson.h>

#include "config/config.h"

struct test_file {
    const char *path;
    const char *test; /* what it is about */
    const char *stream, *from, *to, *today, *timezone, *currency;
    const char *outcome, *says; /* outcome: default "ok"; says: a part of the message */
    const char *cassette;       /* path of one, instead of exchanges */
    const json_t *options;      /* object or NULL */
    const json_t *exchanges;    /* [{request, headers, body, status, reply | reply_file, fault}] */
    const json_t *rows;         /* [{column: value}] of the stream; NULL: not looked at */
    const json_t *parts;        /* {stream: [rows]} of its parts */
    const json_t *datasets;     /* of a sink: {dataset: {columns, key, rows}} */
    const char *show, *shows;   /* of a sink: a command, and what it shall print */
};

/* NULL after findings. test_file_free(). */
struct test_file *test_file_read(const char *path, struct config_findings *);
void test_file_free(struct test_file *);
/* The folder that the file lies in, absolute: where its own paths start. */
const char *test_file_folder(const struct test_file *);

#endif
