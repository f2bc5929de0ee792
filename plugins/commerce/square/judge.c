/* SPDX-License-Identifier: Apache-2.0
 * What Square's errors mean. */
#include <stdio.h>
#include <string.h>

#include "square.h"

enum { MESSAGE_MAX = 1024 };

struct meaning {
    const char *word; /* a code or, failing that, a category */
    omni_status status;
    const char *remedy;
};
/* Codes first: they say more than their category. */
static const struct meaning meanings[] = {
    /* One stream's, so that the others go on. */
    {"INSUFFICIENT_SCOPES", OMNI_E_CONFIG,
     "give the token this permission, or leave the stream out with `streams`"},
    {"UNAUTHORIZED", OMNI_E_AUTH, "renew access_token"},
    {"ACCESS_TOKEN_EXPIRED", OMNI_E_AUTH, "renew access_token"},
    {"ACCESS_TOKEN_REVOKED", OMNI_E_AUTH, "the seller has taken the token back"},
    {"RATE_LIMITED", OMNI_E_THROTTLED, NULL},
    {"AUTHENTICATION_ERROR", OMNI_E_AUTH, "the token may not do this"},
    {"RATE_LIMIT_ERROR", OMNI_E_THROTTLED, NULL},
    {"API_ERROR", OMNI_E_RETRY, NULL},
    {"INVALID_REQUEST_ERROR", OMNI_E_CONFIG, NULL},
};

static const struct meaning *meaning_of(const char *word)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (strcmp(meanings[i].word, word) == 0)
            return &meanings[i];
    return NULL;
}

omni_status square_judge(void *self, struct omni_run *run, const struct omni_http *http,
                         uint32_t *wait_ms)
{
    struct square *square = self;
    struct omni_json error = omni_json_at(omni_json_of_reply(http), "errors[0]");
    char code[64], category[64], detail[MESSAGE_MAX], text[MESSAGE_MAX + 256];
    (void)wait_ms; /* never said */
    if (error.kind != OMNI_JSON_OBJECT)
        return http->status == 200 && http->reply_len > 0 && http->reply[0] == '{'
                   ? OMNI_OK
                   : OMNI_E_UNSUPPORTED;
    omni_json_text(error, "code", code, sizeof(code));
    omni_json_text(error, "category", category, sizeof(category));
    omni_json_text(error, "detail", detail, sizeof(detail));
    const struct meaning *meaning = meaning_of(code);
    if (!meaning)
        meaning = meaning_of(category);
    if (!meaning)
        return OMNI_E_UNSUPPORTED;
    square->is_lacking = strcmp(code, "INSUFFICIENT_SCOPES") == 0;
    snprintf(text, sizeof(text), "Square answered %s%s%s%s%s", code, detail[0] ? ": " : "", detail,
             meaning->remedy ? " - " : "", meaning->remedy ? meaning->remedy : "");
    return square->hub->fail(run, meaning->status, text);
}
