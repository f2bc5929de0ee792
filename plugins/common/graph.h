/* SPDX-License-Identifier: Apache-2.0
 * What the sides of Meta's Graph API have in common: errors and throttling. */
#ifndef PLUGIN_GRAPH_H
#define PLUGIN_GRAPH_H

#include <omnihub/sdk.h>

enum { GRAPH_MESSAGE = 512 };

/* The error object of a reply; code 0: there is none. */
struct graph_error {
    int64_t code, subcode;
    int is_transient; /* Meta says that it will pass */
    char message[GRAPH_MESSAGE];
};
struct graph_error graph_error_of(const struct omni_http *);
/* For a source's judge(): what an error means, said through fail(). permissions: those that the
 * token needs. */
omni_status graph_judge(const struct omni_host *, struct omni_run *, const char *permissions,
                        const struct omni_http *, uint32_t *wait_ms);
/* Slows down before Meta locks the account: its headers tell how much of an allowance is used. */
omni_status graph_ease(const struct omni_host *, struct omni_run *, const struct omni_http *);

#endif
