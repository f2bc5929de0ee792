/* SPDX-License-Identifier: Apache-2.0
 * When platforms switch off the API version that a connector uses. */
#ifndef HUB_FACTS_SUNSET_H
#define HUB_FACTS_SUNSET_H

#include <jansson.h>
#include <stdbool.h>

enum { SUNSET_TEXT = 400 };

/* What to say today of a plugin's api_version (NULL: not known) and api_sunset: from 90 days ahead
 * on, in steps (90, 30, 7 days, past), so that it is the same text for as long as nothing new is to
 * be said. False: nothing, or the admin's option api_version names another version than the
 * plugin's date is about. */
bool sunset_text(const char *version, const char *sunset, const json_t *options,
                 char text[SUNSET_TEXT]);
/* The same; 0: not soon, else how urgent: higher as the end comes closer. */
int sunset_stage(const char *version, const char *sunset, const json_t *options,
                 char text[SUNSET_TEXT]);

#endif
