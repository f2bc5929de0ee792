/* SPDX-License-Identifier: Apache-2.0
 * When platforms switch off the API version that a connector uses. */
#ifndef HUB_CLI_SUNSET_H
#define HUB_CLI_SUNSET_H

#include <jansson.h>
#include <stdbool.h>

#include <omnihub/omnihub.h>

enum { SUNSET_TEXT = 400 };

/* What to say of it today: from 90 days ahead on, in steps (90, 30, 7 days, past), so that it is
 * the same text for as long as nothing new is to be said. False: nothing, or the admin's option
 * api_version names another version than the plugin's date is about. */
bool sunset_text(const struct omni_source *, const json_t *options, char text[SUNSET_TEXT]);

#endif
