/* SPDX-License-Identifier: Apache-2.0
 * Addresses with ports, as people write them. */
#include <config.h>

#include "base/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { HOST_TEXT = INET6_ADDRSTRLEN, PORT_MAX = 65535 };

/* "[::1]:80" → "::1" and "80", "127.0.0.1" → "127.0.0.1" and "". False where it is neither. */
static bool split(const char *text, char host[HOST_TEXT], const char **port, bool *is_v6)
{
    *is_v6 = text[0] == '[';
    const char *from = text + *is_v6, *end = *is_v6 ? strchr(from, ']') : strchrnul(from, ':');
    if (!end || end - from >= HOST_TEXT)
        return false;
    memcpy(host, from, (size_t)(end - from));
    host[end - from] = '\0';
    end += *is_v6;
    *port = *end == ':' ? end + 1 : end;
    return *end == ':' || !*end;
}

bool endpoint_parse(const char *text, struct endpoint *e)
{
    char host[HOST_TEXT];
    const char *port_text;
    bool is_v6;
    long long port;
    *e = (struct endpoint){.len = 0};
    if (!split(text, host, &port_text, &is_v6) || !text_parse_int(port_text, 0, PORT_MAX, &port))
        return false;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&e->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&e->address;
    e->len = is_v6 ? sizeof *v6 : sizeof *v4;
    if (is_v6) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

const char *endpoint_print(const struct endpoint *e, char out[ENDPOINT_TEXT])
{
    char host[HOST_TEXT] = "?";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&e->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&e->address;
    if (e->address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(out, ENDPOINT_TEXT, "[%s]:%d", host, (int)ntohs(v6->sin6_port));
    } else {
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(out, ENDPOINT_TEXT, "%s:%d", host, (int)ntohs(v4->sin_port));
    }
    return out;
}

bool endpoint_is_loopback(const struct endpoint *e)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&e->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&e->address;
    if (e->address.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool endpoint_is_numeric(const char *host)
{
    char address[HOST_TEXT];
    unsigned char bytes[sizeof(struct in6_addr)];
    const char *port_text;
    bool is_v6;
    long long port;
    return split(host, address, &port_text, &is_v6) &&
           inet_pton(is_v6 ? AF_INET6 : AF_INET, address, bytes) == 1 &&
           (!*port_text || text_parse_int(port_text, 0, PORT_MAX, &port));
}
