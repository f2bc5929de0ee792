/* SPDX-License-Identifier: Apache-2.0
 * The cassette's inside, shared by recording and replaying. */
#ifndef HUB_HTTP_CASSETTE_PRIV_H
#define HUB_HTTP_CASSETTE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "http/cassette.h"

enum { CASSETTE_VERSION = 1, CASSETTE_MAX = 256 * 1024 * 1024 };
#define CASSETTE_MARK "omnihub_cassette"

struct cassette {
    char *path;
    json_t *root, *exchanges; /* exchanges: inside root */
    size_t bytes;             /* recording: of bodies so far */
    unsigned *played;         /* replaying: how often, by index */
    unsigned again;           /* how often more */
};

struct cassette *cassette_new(const char *path);

#endif
