/* SPDX-License-Identifier: Apache-2.0
 * What a stream wants out of a reply, compiled: levels of records, each with a trie of the paths
 * to take from it. */
#ifndef HUB_READ_PLAN_H
#define HUB_READ_PLAN_H

#include "read/path.h"
#include "read/reader.h"

enum { PLAN_NONE = -1, PLAN_KEYS_LEARNED = 128, PLAN_KEY_MAX = 128 };

/* A member's name, known from the paths or met on the way. Rows repeat the order of their keys:
 * next is the key that followed this one the last time. */
struct plan_key {
    const char *name;
    uint32_t len, next;
    bool is_plain; /* written without escapes: the bytes can be compared as they lie there */
    struct plan_node *child; /* NULL: no path leads there */
};

struct plan_index {
    uint32_t index;
    struct plan_node *child;
    struct plan_index *next;
};

struct plan_test {
    uint32_t slot, len;
    const char *text;
};

/* Of the elements that pass all tests, the value is added to the slot `sum`. */
struct plan_filter {
    const char *path;
    const struct plan_test *tests;
    uint32_t n_tests, value, sum;
    struct plan_filter *next;
};

/* One place in a record: what is to be taken there and which ways lead on. */
struct plan_node {
    int32_t slot; /* PLAN_NONE: the value itself is not wanted */
    bool is_leaf; /* only the value is wanted */
    bool
        is_way; /* records of a further level lie below: anything but an object or array is wrong */
    bool is_reported; /* members that no field names are told */
    uint32_t n_keys, n_learned;
    struct plan_key *keys; /* [0] is no key: the beginning, and names not learned */
    const char *label;     /* for reports: "" or "metrics." */
    uint64_t seen;         /* number of the object it was last found in */
    struct plan_index *indexes;
    struct plan_filter *filters;
    struct plan_node *element; /* of the filters */
    struct plan_level *levels; /* whose records lie here */
};

/* Where a field of a row comes from. */
struct plan_source {
    const struct plan_level *level;
    uint32_t slot;
};

/* A kind of record: those that become rows, and those around them. */
struct plan_level {
    struct plan_level *parent;
    struct plan_level *children, *sibling; /* in the order of the parts */
    struct plan_level *here;               /* next one at the same node */
    bool is_list;                          /* its records are elements, not the value itself */
    bool is_same_order;                    /* slot first + i is field i: a row without copying */
    const char *place;                     /* for messages */
    struct plan_node *root;
    const struct plan_test *tests; /* an element that fails one is passed over */
    uint32_t n_tests;
    uint32_t n_slots;
    struct read_value *slots;
    int32_t stream; /* PLAN_NONE: no rows of its own */
    uint32_t first, n_fields;
    struct plan_source *sources;
    struct read_value *row;
    const char *span; /* where its records lie in the record being read; NULL: absent */
};

struct plan {
    struct arena *arena;
    struct plan_level *top;
    const struct path_step *way; /* to the top level's records, from the root of the reply */
    uint32_t n_way;
};

/* NULL and OMNI_E_CONFIG naming field, path and column otherwise. */
struct plan *plan_new(const struct reader_spec *, struct err *);
void plan_free(struct plan *);
/* Adds a key; child may be NULL. Returns its index. */
uint32_t plan_add_key(struct plan *, struct plan_node *, const char *name, uint32_t len,
                      struct plan_node *child);

#endif
