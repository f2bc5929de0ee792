/* SPDX-License-Identifier: Apache-2.0
 * Marketing channel of a visit from source, medium, campaign …, by rules in conf (first match wins,
 * case ignored). */
#ifndef HUB_CHANNEL_H
#define HUB_CHANNEL_H

#include <stddef.h>

#include "base/err.h"

struct channel_rules;

struct channel_input {
    const char *source, *medium, *campaign, *connector, *plugin; /* NULL: not known */
};

/* Reads conf/schema/channels.conf (rules, source lists) and, before them, the admin's own rules
 * file (NULL: none). */
struct channel_rules *channel_load(const char *path, const char *own_path, struct err *);
void channel_free(struct channel_rules *);
/* Never NULL: "Unassigned" where nothing matches. */
const char *channel_of(const struct channel_rules *, const struct channel_input *);

#endif
