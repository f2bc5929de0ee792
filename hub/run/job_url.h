/* SPDX-License-Identifier: Apache-2.0
 * Addresses that depend on an account: https://{server|api_key-}.api.example.com. */
#ifndef HUB_JOB_URL_H
#define HUB_JOB_URL_H

#include "base/err.h"

struct job_url_options {
    const void *ctx;
    /* The text of an option; NULL: not given. */
    const char *(*value)(const void *ctx, const char *name);
};

/* In braces: "a", that option's text; "a-", what stands behind the last hyphen of it; "a|b-", the
 * first of them that is given. They may hold letters, digits, hyphens and dots only, so that an
 * option can name a host but never leave it. A new text; NULL with OMNI_E_CONFIG naming the option.
 */
char *job_url_expand(const char *url, const struct job_url_options *, struct err *);

#endif
