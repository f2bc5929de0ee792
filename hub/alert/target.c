/* SPDX-License-Identifier: Apache-2.0
 * Where alerts may go, by the text of the url alone. */
#include <config.h>

#include "alert/target.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "http/address.h"

enum { HOST_MOST = 255 };

struct target {
    const char *scheme;
    size_t scheme_len;
    char host[HOST_MOST + 1]; /* without the brackets of IPv6 */
    const char *rest;         /* what follows host and port */
};

static bool is_scheme(const struct target *t, const char *scheme)
{
    return strlen(scheme) == t->scheme_len && strncasecmp(t->scheme, scheme, t->scheme_len) == 0;
}

/* False: it has another form than scheme://host[:port]…, or holds a login. */
static bool split(const char *url, struct target *t)
{
    const char *colon = strstr(url, "://");
    if (!colon)
        return false;
    const char *host = colon + 3, *end = host + strcspn(host, "/?#");
    bool is_v6 = *host == '[';
    const char *host_end = is_v6 ? strchr(host, ']') : host + strcspn(host, ":/?#");
    if (!host_end || host_end > end || memchr(host, '@', (size_t)(end - host)))
        return false;
    host += is_v6;
    size_t n = (size_t)(host_end - host);
    const char *port = host_end + is_v6;
    if (n == 0 || n > HOST_MOST || strcspn(host, " \t\r\n") < n || (port < end && *port != ':'))
        return false;
    *t = (struct target){.scheme = url, .scheme_len = (size_t)(colon - url), .rest = end};
    memcpy(t->host, host, n);
    return port == end || strspn(port + 1, "0123456789") == (size_t)(end - port - 1);
}

omni_status target_check_mail(const char *url, bool is_plain, struct err *err)
{
    struct target t;
    if (!split(url, &t) || !(is_scheme(&t, "smtp") || is_scheme(&t, "smtps")) ||
        t.rest[strspn(t.rest, "/")])
        return err_set(err, OMNI_E_CONFIG,
                       "not a url like smtp://mail.example.com:587 or smtps://mail.example.com");
    if (is_plain && !address_is_here(t.host))
        return err_set(err, OMNI_E_CONFIG,
                       "without TLS only a server on this machine can be used (127.0.0.1, "
                       "localhost)");
    return OMNI_OK;
}

omni_status target_check_webhook(const char *url, struct err *err)
{
    struct target t;
    if (!split(url, &t) || !(is_scheme(&t, "https") || is_scheme(&t, "http")))
        return err_set(err, OMNI_E_CONFIG, "not a url like https://hooks.example.com/path");
    if (is_scheme(&t, "http") && !address_is_here(t.host))
        return err_set(err, OMNI_E_CONFIG, "http://%s is not encrypted: only https is allowed",
                       t.host);
    return OMNI_OK;
}
