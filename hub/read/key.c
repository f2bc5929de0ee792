/* SPDX-License-Identifier: Apache-2.0
 * Which member a key names: guessed from the record before, searched where the guess was wrong,
 * learned where it is new. */
#include <config.h>

#include <string.h>

#include "read/record.h"

/* A name that was never met: remembered, so that it is guessed next time and told only once. A
 * vendor that uses ids as keys does not make the list grow for ever. */
static uint32_t learn(struct record *r, struct plan_node *node, const struct read_value *name)
{
    if (node->n_learned == PLAN_KEYS_LEARNED || name->len > PLAN_KEY_MAX)
        return 0;
    node->n_learned++;
    uint32_t at = plan_add_key(r->plan, node, name->s, name->len, NULL);
    if (node->is_reported && r->calls->unknown && r->level->stream != PLAN_NONE) {
        char told[4 * PLAN_KEY_MAX];
        size_t label = strlen(node->label);
        if (label + name->len > sizeof told)
            return at;
        memcpy(told, node->label, label);
        memcpy(told + label, name->s, name->len);
        r->calls->unknown(r->calls->ctx, (uint32_t)r->level->stream, told, label + name->len);
    }
    return at;
}

static uint32_t search(struct record *r, struct plan_node *node, const struct read_value *name)
{
    for (uint32_t i = 1; i < node->n_keys; i++) {
        const struct plan_key *key = &node->keys[i];
        if (key->len == name->len && memcmp(key->name, name->s, name->len) == 0)
            return i;
    }
    return learn(r, node, name);
}

const char *record_key(struct record *r, struct plan_node *node, const char *p, uint32_t *at)
{
    struct scan *s = &r->scan;
    if (*p != '"')
        return scan_fail(s, p, "expected the name of a member in quotes");
    const struct plan_key *guess = &node->keys[node->keys[*at].next];
    if (guess != node->keys && (size_t)(s->end - p) > guess->len + 2 && p[guess->len + 1] == '"' &&
        memcmp(p + 1, guess->name, guess->len) == 0) {
        *at = (uint32_t)(guess - node->keys);
        p += guess->len + 2;
    } else {
        struct read_value name;
        if (!(p = scan_string(s, p, &name)))
            return NULL;
        uint32_t found = search(r, node, &name);
        if (found && node->keys[found].is_plain)
            node->keys[*at].next = found;
        *at = found;
    }
    return scan_colon(s, p);
}
