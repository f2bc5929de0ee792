/* SPDX-License-Identifier: Apache-2.0
 * What Google's APIs have in common: logins, the shape of errors, and when quotas are filled up. */
#ifndef PLUGIN_GOOGLE_H
#define PLUGIN_GOOGLE_H

#include <omnihub/sdk.h>

/* A service account, or a user; {token_url} lets a test point elsewhere. */
#define GOOGLE_LOGIN_OPTIONS(reader)                                                               \
    OMNI_OPTION(.name = "credentials", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,                \
                .help = "key file of a service account that " reader ": file:PATH"),               \
        OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT,                                    \
                    .help = "instead of credentials: of the OAuth client"),                        \
        OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,          \
                    .help = "of the OAuth client"),                                                \
        OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,          \
                    .help = "of a user who " reader)
#define GOOGLE_LOGINS(...)                                                                         \
    OMNI_LOGIN(.kind = OMNI_AUTH_JWT_BEARER, .options = "credentials", __VA_ARGS__),               \
        OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH,                                               \
                   .options = "client_id,client_secret,refresh_token",                             \
                   .token_url = "https://oauth2.googleapis.com/token", __VA_ARGS__)

/* An entry of every table of meanings: the login was not allowed this. */
#define GOOGLE_SCOPE_IS_MISSING(reason, scope)                                                     \
    {                                                                                              \
        .code = (reason), .status = OMNI_E_AUTH, .remedy = "the login lacks the scope " scope      \
    }

/* Reads "error" of a reply. Code: the reason where one is given (ErrorInfo, or errors[0] of the
 * older APIs), else the status. */
struct omni_json google_error(const struct omni_http *, struct omni_error *);
/* Judges by the table: first the reason, then the status. */
omni_status google_judge(const struct omni_host *, struct omni_run *, const struct omni_meaning *,
                         const struct omni_http *, uint32_t *wait_ms);
/* "30s", "0.5s" as milliseconds, at most a day; 0: not that. */
uint32_t google_delay(const char *text);
/* Until midnight in California, when daily allowances begin anew. */
uint32_t google_ms_to_midnight(void);

#endif
