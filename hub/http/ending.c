/* SPDX-License-Identifier: Apache-2.0
 * What replies say about the end of what was asked for. */
#include <config.h>

#include "http/ending.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/verdict.h"

/* Platforms' own, whose value is a sentence for people. */
static const char *const own[] = {"x-api-warn"};

/* "@1688169599" (RFC 9745), or the HTTP date of a draft; 0: none of them. */
static int64_t read_instant(const char *value)
{
    long long seconds = 0;
    if (*value == '@')
        return text_parse_int(value + 1, 1, INT32_MAX * 8LL, &seconds) ? seconds : 0;
    time_t at = curl_getdate(value, NULL);
    return at > 0 ? (int64_t)at : 0;
}

/* Drafts also had a mere "true"; a structured field may say "?0". */
static bool is_denied(const char *value)
{
    return strcasecmp(value, "false") == 0 || strcmp(value, "?0") == 0;
}

static void keep_earliest(int64_t *kept, int64_t at)
{
    if (at > 0 && (*kept == 0 || at < *kept))
        *kept = at;
}

void ending_notice(struct http_ending *e, const struct http_reply *reply)
{
    const char *deprecation = verdict_header(reply, "deprecation"),
               *sunset = verdict_header(reply, "sunset");
    if (deprecation && !is_denied(deprecation)) {
        e->is_told = true;
        keep_earliest(&e->since_s, read_instant(deprecation));
    }
    /* A date that cannot be read still says that there is one. */
    if (sunset) {
        e->is_told = true;
        keep_earliest(&e->until_s, read_instant(sunset));
    }
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        const char *words = verdict_header(reply, own[i]);
        if (!words || !*words)
            continue;
        e->is_told = true;
        snprintf(e->words, sizeof e->words, "%.*s", (int)sizeof e->words - 1, words);
    }
}
