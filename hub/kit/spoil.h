/* SPDX-License-Identifier: Apache-2.0
 * Faults put into a tape. Each changes the tape that it is given; 0: there is nothing that it could
 * be done to. */
#ifndef HUB_KIT_SPOIL_H
#define HUB_KIT_SPOIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <omnihub/omnihub.h>

/* Which exchange: the last one whose reply holds records, and how often a faulty one comes. */
enum { SPOIL_ONCE = 1, SPOIL_ALWAYS = 40 };

/* Before the last page, or in its place where it comes for ever, a reply like this. headers: one
 * line or NULL. fault: as in a cassette, or NULL. */
struct spoil_reply {
    int status;
    const char *header, *body, *fault;
};
size_t spoil_reply(json_t *tape, const struct spoil_reply *, size_t times);
/* Half of the last page's body, as if it were whole, or cut by a fault. */
size_t spoil_half(json_t *tape, const char *fault, size_t times);
/* The last page is the first one once more. 0: there is only one. */
size_t spoil_repeat(json_t *tape);
/* Every list of records is empty. */
size_t spoil_empty(json_t *tape);
/* Every record has a member that nobody knew. */
size_t spoil_unknown(json_t *tape);

/* Each record's value at the path of this field. Fields with more than member names and places in
 * their path are left alone. */
bool spoil_can(const struct omni_field *);
size_t spoil_remove(json_t *tape, const struct omni_field *);
/* NULL: JSON null. */
size_t spoil_set(json_t *tape, const struct omni_field *, const json_t *value);
/* The text and then this one. */
size_t spoil_append(json_t *tape, const struct omni_field *, const char *text);
/* One more, of a number or a number written as text. */
size_t spoil_increase(json_t *tape, const struct omni_field *);

#endif
