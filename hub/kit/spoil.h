/* SPDX-License-Identifier: Apache-2.0
 * Faults put into a tape. Each changes the tape that it is given; 0: there is nothing that it could
 * be done to. */
#ifndef HUB_KIT_SPOIL_H
#define HUB_KIT_SPOIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <omnihub/omnihub.h>

/* Which exchange a fault is put into. */
enum spoil_aim {
    SPOIL_PAGE,    /* the last whose reply holds records, else the last good one */
    SPOIL_LOGIN,   /* the same, of those that are sent with a login */
    SPOIL_GRAPHQL, /* the last GraphQL query whose reply holds records */
    SPOIL_TOTAL    /* what total() asks */
};
/* Decides for what follows, by a member of the tape; false: there is none in this tape. */
#define SPOIL_AIM "aim"
bool spoil_aim(json_t *tape, enum spoil_aim);

/* How many exchanges hold records. */
size_t spoil_pages(const json_t *tape);

/* How often a faulty reply comes. */
enum { SPOIL_ONCE = 1, SPOIL_ALWAYS = 40 };

/* Before the reply that is aimed at, or in its place where it comes for ever, one like this.
 * header: one line or NULL. fault: as in a cassette, or NULL. */
struct spoil_reply {
    int status;
    const char *header, *body, *fault;
};
size_t spoil_reply(json_t *tape, const struct spoil_reply *, size_t times);
/* A part of its body, as if it were whole, or cut by a fault. */
size_t spoil_half(json_t *tape, const char *fault, size_t times);
/* It is the page before it once more. 0: there is none before it that answers the same question. */
size_t spoil_repeat(json_t *tape);
/* Every list of records is empty. */
size_t spoil_empty(json_t *tape);
/* Every record has a member, or column, that nobody knew. */
size_t spoil_unknown(json_t *tape);
/* Every number of the reply that is aimed at is one more. */
size_t spoil_numbers(json_t *tape);

/* A field, the stream whose it is, and the stream that is pulled: the same, or that of a part. */
struct spoil_field {
    const struct omni_field *field;
    const struct omni_stream *stream, *whole;
};

/* Each record's value of this field. Those with more than member names and places in their path are
 * left alone. */
bool spoil_can(const struct omni_field *);
size_t spoil_remove(json_t *tape, const struct spoil_field *);
/* NULL: JSON null. */
size_t spoil_set(json_t *tape, const struct spoil_field *, const json_t *value);
/* The text and then this one. */
size_t spoil_append(json_t *tape, const struct spoil_field *, const char *text);
/* One more, of a number or a number written as text. */
size_t spoil_increase(json_t *tape, const struct spoil_field *);

#endif
