/* SPDX-License-Identifier: Apache-2.0
 * Where alerts may go, by the text of the url alone: who reads a configuration needs no network
 * library for it. Who sends has libcurl read the url, and asks the same again. */
#ifndef HUB_ALERT_TARGET_H
#define HUB_ALERT_TARGET_H

#include <stdbool.h>

#include "base/err.h"

/* smtp://host[:port], smtps://…; is_plain: without TLS, for a server on this machine alone.
 * OMNI_E_CONFIG with the reason, here and below. */
omni_status target_check_mail(const char *url, bool is_plain, struct err *);
/* https://host[:port][/path], or http:// to this machine. */
omni_status target_check_webhook(const char *url, struct err *);

#endif
