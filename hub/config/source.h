/* SPDX-License-Identifier: Apache-2.0
 * One configuration file as libconfig sees it, with what libconfig 1.5 overlooks checked first:
 * size, NUL, byte order mark, includes that are no files, numbers that do not fit. */
#ifndef HUB_CONFIG_SOURCE_H
#define HUB_CONFIG_SOURCE_H

#include <libconfig.h>

#include "base/mem.h"
#include "config/config.h"

enum { SOURCE_MAX_BYTES = 8 * 1024 * 1024, SOURCE_MAX_INCLUDES = 10 };

struct digest;

struct source {
    struct config_t tree;
    const char *path, *folder; /* as given; folder: where its @include paths start */
    struct arena *arena;       /* borrowed: places live there */
    struct digest *digest;     /* borrowed: of every byte that was read; NULL: none */
};

/* False, with findings, where it could not be parsed. source_close() in both cases. */
bool source_open(struct source *, const char *path, struct arena *, struct digest *,
                 struct config_findings *);
void source_close(struct source *);
struct config_place source_place(const struct source *, const config_setting_t *);

#endif
