/* SPDX-License-Identifier: Apache-2.0
 * Memory that holds secrets is wiped before it is given back. */
#ifndef HUB_HTTP_SECRET_H
#define HUB_HTTP_SECRET_H

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#include "base/buf.h"

static inline void secret_free(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}
#define auto_secret __attribute__((cleanup(secret_free)))

static inline void secret_buf_free(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    buf_free(b);
}
#define auto_secret_buf __attribute__((cleanup(secret_buf_free))) struct buf

static inline void secret_slist_free(struct curl_slist **list)
{
    for (struct curl_slist *s = *list; s; s = s->next)
        explicit_bzero(s->data, strlen(s->data));
    curl_slist_free_all(*list);
    *list = NULL;
}
#define auto_headers __attribute__((cleanup(secret_slist_free))) struct curl_slist

/* The texts of an object's members, then the object. */
static inline void secret_json_free(json_t **object)
{
    const char *key;
    json_t *value;
    json_object_foreach(*object, key, value) if (json_is_string(value))
    {
        char *bytes = NULL;
        const char *text = json_string_value(value);
        memcpy(&bytes, &text, sizeof bytes); /* jansson lends it const; it is ours to wipe */
        explicit_bzero(bytes, json_string_length(value));
    }
    json_decref(*object);
}
#define auto_secret_json __attribute__((cleanup(secret_json_free))) json_t

#endif
