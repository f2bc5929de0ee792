/* SPDX-License-Identifier: Apache-2.0
 * What kind of network an IP address belongs to, whatever notation hides it. */
#ifndef HUB_HTTP_ADDRESS_H
#define HUB_HTTP_ADDRESS_H

#include <sys/socket.h>

enum address_kind {
    ADDRESS_PUBLIC,
    ADDRESS_LOOPBACK,
    ADDRESS_PRIVATE,  /* 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7 */
    ADDRESS_FORBIDDEN /* link-local (cloud metadata), multicast, reserved, tunnels to such */
};

/* Anything but IPv4 and IPv6 is forbidden. */
enum address_kind address_kind(const struct sockaddr *);
/* Of a host that is written as an IP address; false for names. */
_Bool address_literal_kind(const char *host, enum address_kind *);
/* Does this host, an address or a name, stand for this machine by its text alone? */
_Bool address_is_here(const char *host);
const char *address_kind_name(enum address_kind);

#endif
