/* SPDX-License-Identifier: Apache-2.0
 * Where requests may go: origins before a request, addresses when its socket is opened. */
#ifndef HUB_HTTP_POLICY_H
#define HUB_HTTP_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "http/address.h"
#include "http/url.h"

struct policy_host; /* one of `hosts` */

/* A list of hosts, separated by blanks or commas: "x.com", ".x.com" (any host below it),
 * "x.com:8443". */
struct policy_list {
    struct policy_host *hosts;
    size_t n;
    char *text; /* as given, for messages */
};

struct policy {
    struct http_url base;             /* text NULL: none */
    struct policy_list hosts;         /* that may be asked beside the base */
    struct policy_list private_hosts; /* that may have private addresses, on any port */
    struct policy_list played;        /* in whose place base's server answers */
    bool base_is_loopback;
    bool is_test; /* nobody else is asked: see http_options.played */
    bool is_proxied;
};

/* What one transfer may connect to, and what became of it. */
struct policy_gate {
    bool any;                  /* the socket is the proxy's */
    enum address_kind allowed; /* beside public ones; PUBLIC: nothing else */
    bool loopback_only;
    unsigned refused, opened;
    enum address_kind refused_kind;
    char refused_address[64];
};

/* Borrowed; NULL: none. */
struct policy_rules {
    const char *base_url, *hosts, *private_hosts, *played;
    bool is_proxied;
};
omni_status policy_init(struct policy *, const struct policy_rules *, struct err *);
void policy_free(struct policy *);
/* Is it for a host in whose place base's server answers? */
bool policy_is_played(const struct policy *, const struct http_url *);
/* Refuses what a test may not ask. */
omni_status policy_check_played(const struct policy *, const struct http_url *, struct err *);
/* OMNI_E_CONFIG naming the host and what is allowed. */
omni_status policy_check(const struct policy *, const struct http_url *, struct err *);
/* By which entry it may be asked: a host, "*.x.com"; the url's own host where it is listed nowhere,
 * as that of a token may be. free() */
char *policy_rule(const struct policy *, const struct http_url *);
/* Rules that hold for every origin, listed or not: https, or http to loopback where the base is. */
omni_status policy_check_scheme(const struct policy *, const struct http_url *, struct err *);
struct policy_gate policy_gate(const struct policy *, const struct http_url *);
/* Behind a proxy no socket shows what is asked: refuses an address that stands in the url, as its
 * socket would have been. Names are the proxy's to judge. */
omni_status policy_check_address(const struct policy *, const struct http_url *, struct err *);
/* CURLOPT_OPENSOCKETFUNCTION with a struct policy_gate as its data. */
curl_socket_t policy_open_socket(void *gate, curlsocktype, struct curl_sockaddr *);
/* After a failed transfer: true where no address was allowed, with err set. */
bool policy_gate_refused(const struct policy_gate *, const char *host, struct err *);

#endif
