/* SPDX-License-Identifier: Apache-2.0
 * Tables of configuration keys, and how a group is read by one into a struct. */
#ifndef HUB_CONFIG_KEYS_H
#define HUB_CONFIG_KEYS_H

#include <jansson.h>
#include <stddef.h>

#include "config/source.h"

enum key_kind {
    KEY_TEXT,
    KEY_NAME,     /* letters, digits, "_", "-", "." */
    KEY_TEXTS,    /* ("a", "b"), or one text */
    KEY_INT,      /* from min to max */
    KEY_DURATION, /* "15m" → int64_t seconds */
    KEY_PERCENT,  /* "0.5%" → int64_t per million */
    KEY_BOOL,
    KEY_IS_OFF,    /* bool, the other way round: enabled = false */
    KEY_CHOICE,    /* one of `choices`, separated by | */
    KEY_IS_CHOSEN, /* bool: the second of two choices was written */
    KEY_PATH,      /* relative to the folder of the main file */
    KEY_PATHS,
    KEY_SCHEDULE,
    KEY_ZONE,
    KEY_DATE, /* "2026-01-31", "-30d" */
    KEY_CURRENCY,
    KEY_LISTEN,  /* "127.0.0.1:9464" */
    KEY_PATTERN, /* a regular expression */
    KEY_EXTRA,   /* true, "*", or a list of names */
    KEY_HOSTS,   /* "x.com", ".x.com" for those below it → "x.com,.x.com" */
    KEY_GROUP,   /* { … } by a table of its own, its offsets from `offset` */
    KEY_OPTIONS, /* { … } as JSON */
    KEY_LIST,    /* ( … ) as JSON */
    KEY_CHOICES, /* some of `choices` */
    KEY_ANY,     /* whatever it is, as JSON */
    KEY_GROUPS   /* ( { … }, … ) by a table of their own → struct key_groups */
};

/* Each item is a struct of its own kind that begins with its struct config_place. */
struct key_groups {
    void *items; /* in the arena */
    size_t n;
};

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset; /* of the member in the struct */
    bool is_required;
    int64_t min, max;
    const char *choices;
    const struct key *group;
    size_t n_group;
    size_t item_size; /* KEY_GROUPS */
};

struct keys_context {
    struct source *source;
    struct arena *arena;
    struct config_findings *findings;
    const char *folder; /* of the main file, absolute */
    const char *what;   /* "connector \"shop-ads\"" */
    void *options_ctx;
    /* Turns a group of options into JSON; borrowed. */
    const json_t *(*options)(void *ctx, struct keys_context *, const config_setting_t *);
};

/* Unknown keys, wrong types and bad values become findings. */
void keys_read(struct keys_context *, const config_setting_t *group, const struct key *keys,
               size_t n_keys, void *out);
/* A finding at a setting's place. */
void keys_finding(struct keys_context *, const config_setting_t *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "(did you mean \"x\"?)", "" where nothing is near. */
const char *keys_hint(struct arena *, const char *word, const char *const *names, size_t n);
const char *keys_type_name(const config_setting_t *);

#endif
