/* SPDX-License-Identifier: Apache-2.0
 * hub/http/address.c: every notation that hides an inner address. */
#include <config.h>

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/un.h>

#include "base/mem.h"
#include "http/address.h"

static const struct {
    const char *host;
    enum address_kind kind;
} hosts[] = {
    {"8.8.8.8", ADDRESS_PUBLIC},
    {"172.15.255.255", ADDRESS_PUBLIC},
    {"172.32.0.0", ADDRESS_PUBLIC},
    {"100.63.255.255", ADDRESS_PUBLIC},
    {"100.128.0.0", ADDRESS_PUBLIC},
    {"223.255.255.255", ADDRESS_PUBLIC},
    {"2606:4700::1111", ADDRESS_PUBLIC},
    {"::ffff:8.8.8.8", ADDRESS_PUBLIC},
    {"64:ff9b::8.8.8.8", ADDRESS_PUBLIC},
    {"127.0.0.1", ADDRESS_LOOPBACK},
    {"127.255.255.254", ADDRESS_LOOPBACK},
    {"::1", ADDRESS_LOOPBACK},
    {"::ffff:127.0.0.1", ADDRESS_LOOPBACK},
    {"10.0.0.1", ADDRESS_PRIVATE},
    {"172.16.0.1", ADDRESS_PRIVATE},
    {"172.31.255.255", ADDRESS_PRIVATE},
    {"192.168.1.1", ADDRESS_PRIVATE},
    {"100.64.0.1", ADDRESS_PRIVATE},
    {"fd00::1", ADDRESS_PRIVATE},
    {"fc00::1", ADDRESS_PRIVATE},
    {"::ffff:10.0.0.1", ADDRESS_PRIVATE},
    {"2002:a00:1::", ADDRESS_PRIVATE},
    {"64:ff9b::192.168.0.1", ADDRESS_PRIVATE},
    {"0.0.0.0", ADDRESS_FORBIDDEN},
    {"169.254.169.254", ADDRESS_FORBIDDEN},
    {"::ffff:169.254.169.254", ADDRESS_FORBIDDEN},
    {"224.0.0.1", ADDRESS_FORBIDDEN},
    {"255.255.255.255", ADDRESS_FORBIDDEN},
    {"198.19.0.1", ADDRESS_FORBIDDEN},
    {"::", ADDRESS_FORBIDDEN},
    {"::7f00:1", ADDRESS_FORBIDDEN},
    {"fe80::1", ADDRESS_FORBIDDEN},
    {"febf::1", ADDRESS_FORBIDDEN},
    {"ff02::1", ADDRESS_FORBIDDEN},
    {"2001::1", ADDRESS_FORBIDDEN},
    {"2001:db8::1", ADDRESS_FORBIDDEN},
    {"2001:2::1", ADDRESS_FORBIDDEN},
    {"2001:200::1", ADDRESS_PUBLIC},
    {"3fff::1", ADDRESS_FORBIDDEN},
    {"4000::1", ADDRESS_FORBIDDEN},
    {"5f00::1", ADDRESS_FORBIDDEN},
    {"100:0:0:1::1", ADDRESS_FORBIDDEN},
    {"::ffff:0:10.0.0.1", ADDRESS_PRIVATE},
    {"::ffff:0:8.8.8.8", ADDRESS_PUBLIC},
    {"64:ff9b:1::1", ADDRESS_FORBIDDEN},
};

static void knows_every_network(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        enum address_kind kind = ADDRESS_PUBLIC;
        assert_true(address_literal_kind(hosts[i].host, &kind));
        if (kind != hosts[i].kind)
            fail_msg("%s: %s", hosts[i].host, address_kind_name(kind));
    }
}

static void reads_socket_addresses(void **state)
{
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    assert_int_equal(address_kind((struct sockaddr *)&in), ADDRESS_PRIVATE);
    assert_int_equal(address_kind((struct sockaddr *)&in6), ADDRESS_LOOPBACK);
    assert_int_equal(address_kind((struct sockaddr *)&un), ADDRESS_FORBIDDEN);
}

static void names_are_no_literals(void **state)
{
    (void)state;
    enum address_kind kind;
    assert_false(address_literal_kind("localhost", &kind));
    assert_false(address_literal_kind("10.0.0", &kind));
    assert_false(address_literal_kind("", &kind));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_every_network),
    cmocka_unit_test(reads_socket_addresses),
    cmocka_unit_test(names_are_no_literals),
};

UNIT_MAIN(tests)
