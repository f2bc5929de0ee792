/* SPDX-License-Identifier: Apache-2.0
 * The special-purpose address registries of IANA (RFC 6890 and its additions) as two tables. */
#include <config.h>

#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct net4 {
    uint32_t net;
    uint8_t bits;
    enum address_kind kind;
};

#define IP4(a, b, c, d)                                                                            \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct net4 nets4[] = {
    {IP4(127, 0, 0, 0), 8, ADDRESS_LOOPBACK},
    {IP4(10, 0, 0, 0), 8, ADDRESS_PRIVATE},
    {IP4(172, 16, 0, 0), 12, ADDRESS_PRIVATE},
    {IP4(192, 168, 0, 0), 16, ADDRESS_PRIVATE},
    {IP4(100, 64, 0, 0), 10, ADDRESS_PRIVATE},
    {IP4(0, 0, 0, 0), 8, ADDRESS_FORBIDDEN}, /* "this host": Linux connects to itself */
    {IP4(169, 254, 0, 0), 16, ADDRESS_FORBIDDEN},
    {IP4(192, 0, 0, 0), 24, ADDRESS_FORBIDDEN},
    {IP4(192, 0, 2, 0), 24, ADDRESS_FORBIDDEN},
    {IP4(192, 88, 99, 0), 24, ADDRESS_FORBIDDEN},
    {IP4(198, 18, 0, 0), 15, ADDRESS_FORBIDDEN},
    {IP4(198, 51, 100, 0), 24, ADDRESS_FORBIDDEN},
    {IP4(203, 0, 113, 0), 24, ADDRESS_FORBIDDEN},
    {IP4(224, 0, 0, 0), 4, ADDRESS_FORBIDDEN},
    {IP4(240, 0, 0, 0), 4, ADDRESS_FORBIDDEN},
};

/* inner: where an IPv4 address lies inside that is the real destination; 0: none. */
struct net6 {
    uint8_t net[16];
    uint8_t bits, inner;
    enum address_kind kind;
};

/* First match counts. What may be asked has to be named: the last row forbids all that is not. */
static const struct net6 nets6[] = {
    {{[15] = 1}, 128, 0, ADDRESS_LOOPBACK},
    {{[10] = 0xff, 0xff}, 96, 12, ADDRESS_PUBLIC},        /* ::ffff:1.2.3.4 */
    {{[8] = 0xff, 0xff}, 96, 12, ADDRESS_PUBLIC},         /* ::ffff:0:1.2.3.4, translated */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12, ADDRESS_PUBLIC},   /* NAT64 */
    {{0x20, 0x01}, 23, 0, ADDRESS_FORBIDDEN},             /* protocols, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, 0, ADDRESS_FORBIDDEN}, /* documentation */
    {{0x20, 0x02}, 16, 2, ADDRESS_PUBLIC},                /* 6to4 */
    {{0x3f, 0xff}, 20, 0, ADDRESS_FORBIDDEN},             /* documentation */
    {{0x20}, 3, 0, ADDRESS_PUBLIC},                       /* global unicast */
    {{0xfc}, 7, 0, ADDRESS_PRIVATE},
    {{0}, 0, 0, ADDRESS_FORBIDDEN},
};

static enum address_kind kind4(uint32_t ip)
{
    for (size_t i = 0; i < ARRAY_LEN(nets4); i++)
        if ((ip ^ nets4[i].net) >> (32 - nets4[i].bits) == 0)
            return nets4[i].kind;
    return ADDRESS_PUBLIC;
}

static bool in_net6(const uint8_t *ip, const struct net6 *net)
{
    unsigned whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(ip, net->net, whole) != 0)
        return false;
    return rest == 0 || (ip[whole] ^ net->net[whole]) >> (8 - rest) == 0;
}

static enum address_kind kind6(const uint8_t *ip)
{
    const struct net6 *net = nets6;
    while (!in_net6(ip, net))
        net++;
    const uint8_t *p = ip + net->inner;
    return net->inner ? kind4(IP4(p[0], p[1], p[2], p[3])) : net->kind;
}

enum address_kind address_kind(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        return kind4(ntohl(in.sin_addr.s_addr));
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        return kind6(in6.sin6_addr.s6_addr);
    }
    return ADDRESS_FORBIDDEN;
}

bool address_literal_kind(const char *host, enum address_kind *kind)
{
    struct in_addr in;
    struct in6_addr in6;
    if (inet_pton(AF_INET, host, &in) == 1)
        *kind = kind4(ntohl(in.s_addr));
    else if (inet_pton(AF_INET6, host, &in6) == 1)
        *kind = kind6(in6.s6_addr);
    else
        return false;
    return true;
}

bool address_is_here(const char *host)
{
    enum address_kind kind;
    if (address_literal_kind(host, &kind))
        return kind == ADDRESS_LOOPBACK;
    return strcmp(host, "localhost") == 0 || text_ends(host, ".localhost");
}

const char *address_kind_name(enum address_kind kind)
{
    static const char *const names[] = {"a public", "a loopback", "a private",
                                        "a link-local or reserved"};
    return names[kind];
}
