/* SPDX-License-Identifier: Apache-2.0
 * An error as a person needs it: what the hub shall do, and a text that says what is wrong, where,
 * and what to do. */
#ifndef HUB_ERR_H
#define HUB_ERR_H

#include <omnihub/omnihub.h>

enum { ERR_TEXT = 1024 };

/* Filled in where most is known, passed on unchanged above. */
struct err {
    omni_status status;
    char text[ERR_TEXT];
};

/* Sets text and status; returns the status, so: return err_set(err, OMNI_E_DATA, "…"). err may be
 * NULL. */
omni_status err_set(struct err *, omni_status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts a text before the one that is there: "file.csv:3: " */
void err_prefix(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "retry", "throttled", "auth" … for logs and the ledger. */
const char *err_status_name(omni_status);

#endif
