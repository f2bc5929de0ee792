/* SPDX-License-Identifier: Apache-2.0
 * When platforms switch off the API version that a connector uses. */
#include <config.h>

#include "facts/sunset.h"

#include <stdio.h>
#include <string.h>

#include "base/ahead.h"
#include "base/day.h"
#include "base/json.h"

int sunset_stage(const char *version, const char *sunset, const json_t *options,
                 char text[SUNSET_TEXT])
{
    int32_t day;
    const char *own = json_text(options, "api_version");
    if (!sunset || !day_parse_iso(sunset, strlen(sunset), &day) ||
        (own && (!version || strcmp(own, version) != 0)))
        return 0;
    int64_t left = day - day_now() / TIME_DAY;
    if (ahead_stage(left))
        snprintf(text, SUNSET_TEXT,
                 "the platform switches API version %s off on %s, %s: install a newer plugin, or "
                 "set the option api_version if the new one is compatible",
                 version ? version : "?", sunset, ahead_words(left));
    return ahead_stage(left);
}

bool sunset_text(const char *version, const char *sunset, const json_t *options,
                 char text[SUNSET_TEXT])
{
    return sunset_stage(version, sunset, options, text) > 0;
}
