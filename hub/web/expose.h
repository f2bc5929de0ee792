/* SPDX-License-Identifier: Apache-2.0
 * Prometheus' text format: families of samples, names and values escaped. */
#ifndef HUB_WEB_EXPOSE_H
#define HUB_WEB_EXPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct label {
    const char *name, *value; /* value NULL or "": left out, which is the same to Prometheus */
};

/* HELP and TYPE; its samples follow. type: "gauge", "counter", "histogram". */
void expose_family(struct buf *, const char *name, const char *type, const char *help);
/* One sample. labels end with an empty one; NULL: none. */
void expose_int(struct buf *, const char *name, const struct label *labels, int64_t value);
/* In seconds. */
void expose_micros(struct buf *, const char *name, const struct label *labels, int64_t micros);
/* A time or a day as in the facts; nothing where there is none. */
void expose_time(struct buf *, const char *name, const struct label *labels, const char *time);

#endif
