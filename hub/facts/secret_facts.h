/* SPDX-License-Identifier: Apache-2.0
 * What is known of the vault's secrets without opening any: who uses them, until when they work. */
#ifndef HUB_FACTS_SECRET_FACTS_H
#define HUB_FACTS_SECRET_FACTS_H

#include <jansson.h>

#include "config/config.h"

/* [{name, version, updated_at, expires_at, refused_at, state, message, remedy, used_by: […]}];
 * state: ok, expiring (within 90, 30, 7 days), expired, refused, missing (named in the
 * configuration only). New reference; NULL with err: the vault cannot be read. */
json_t *secret_facts(const struct config *, struct err *);
/* Of one of them: 0: nothing to tell, else how urgent, with its text. */
enum { SECRET_TEXT = 700 };
int secret_stage(const json_t *fact, char text[SECRET_TEXT]);
/* "connector shop-ads", "sink bi" … that refer to it; new reference. */
json_t *secret_users(const struct config *, const char *name);

#endif
