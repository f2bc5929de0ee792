/* SPDX-License-Identifier: Apache-2.0
 * Urls by curl_url(): parsing, joining, comparing origins. */
#include <config.h>

#include "http/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/address.h"

enum { URL_MAX = 64 * 1024 };

static void free_handle(CURLU **h)
{
    curl_url_cleanup(*h);
}
#define auto_handle __attribute__((cleanup(free_handle))) CURLU

static void free_part(char **part)
{
    curl_free(*part);
}
#define auto_part __attribute__((cleanup(free_part))) char

void url_free(struct http_url *url)
{
    free(url->text);
    free(url->host);
    *url = (struct http_url){0};
}

struct http_url url_copy(const struct http_url *url)
{
    struct http_url copy = *url;
    copy.text = xstrdup(url->text);
    copy.host = xstrdup(url->host);
    return copy;
}

/* What the parser would take but no API means: blanks and control characters smuggle. Bytes beyond
 * ASCII are percent-encoded, as browsers do. */
static omni_status url_clean(struct buf *out, const char *text, struct err *err)
{
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c <= ' ' || c == 0x7f)
            return err_set(err, OMNI_E_CONFIG, "url \"%.200s\" has a blank or control character",
                           text);
        if (!(c < 0x80 ? buf_addc(out, *p) : text_add_percent(out, p, 1)))
            return err_set(err, OMNI_E_CONFIG, "url is longer than %d bytes", URL_MAX);
    }
    return OMNI_OK;
}

/* The parser undoes percent-encoding in host names; what comes out must still be a name. */
static bool host_is_plain(const char *host)
{
    for (const char *p = host; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-._:", *p))
            return false;
    return *host != '\0';
}

/* A name whose last label is a number is an address to whoever reads it next ("9.." is sent as "9",
 * which is 0.0.0.9): such a host is an address in full, or none. The web's own rule. */
static bool host_is_no_half_address(const char *host)
{
    enum address_kind kind;
    const char *dot = strrchr(host, '.'), *label = dot ? dot + 1 : host;
    bool is_hex = label[0] == '0' && tolower((unsigned char)label[1]) == 'x';
    const char *digits = is_hex ? label + 2 : label;
    bool is_number = digits[strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789")] == 0;
    return !is_number || address_literal_kind(host, &kind);
}

static char *host_normalise(const char *host)
{
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[') {
        host++;
        n -= 2;
    }
    while (n && host[n - 1] == '.')
        n--;
    char *out = xstrndup(host, n);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return out;
}

/* Reads the parts of a parsed url into *out and writes the normalised host back before printing. */
static omni_status url_from_handle(struct http_url *out, CURLU *h, struct err *err)
{
    auto_part *scheme = NULL, *host = NULL, *port = NULL, *zone = NULL, *text = NULL;
    long long number = 0;
    if (curl_url_get(h, CURLUPART_SCHEME, &scheme, 0) ||
        (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
        return err_set(err, OMNI_E_CONFIG, "url: only https is allowed (and http to loopback)");
    if (curl_url_get(h, CURLUPART_HOST, &host, 0) ||
        curl_url_get(h, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
        !text_parse_int(port, 1, 65535, &number))
        return err_set(err, OMNI_E_CONFIG, "url: host or port is missing");
    if (!curl_url_get(h, CURLUPART_ZONEID, &zone, 0))
        return err_set(err, OMNI_E_CONFIG, "url: IPv6 zones are not allowed");
    out->is_https = strcmp(scheme, "https") == 0;
    out->port = (uint16_t)number;
    out->host = host_normalise(host);
    if (!host_is_plain(out->host) || !host_is_no_half_address(out->host))
        return err_set(err, OMNI_E_CONFIG,
                       "url: bad host \"%.200s\" (international names in their xn-- form)", host);
    bool is_v6 = strchr(out->host, ':');
    auto_free char *shown = xasprintf(is_v6 ? "[%s]" : "%s", out->host);
    if (curl_url_set(h, CURLUPART_HOST, shown, 0) || curl_url_set(h, CURLUPART_FRAGMENT, NULL, 0) ||
        curl_url_get(h, CURLUPART_URL, &text, 0))
        return err_set(err, OMNI_E_CONFIG, "url: bad host \"%.200s\"", host);
    out->text = xstrdup(text);
    return OMNI_OK;
}

/* base NULL: `text` is absolute. */
static omni_status url_read(struct http_url *out, const char *base, const char *text,
                            struct err *err)
{
    *out = (struct http_url){0};
    auto_handle *h = curl_url();
    auto_buf clean = BUF_INIT(URL_MAX);
    omni_status status = url_clean(&clean, text, err);
    if (status != OMNI_OK)
        return status;
    CURLUcode rc = base ? curl_url_set(h, CURLUPART_URL, base, 0) : CURLUE_OK;
    if (!rc)
        rc = curl_url_set(h, CURLUPART_URL, buf_text(&clean), CURLU_DISALLOW_USER);
    if (rc)
        return err_set(err, OMNI_E_CONFIG, "url \"%.200s\": %s", text, curl_url_strerror(rc));
    return url_from_handle(out, h, err);
}

omni_status url_parse(struct http_url *out, const char *text, struct err *err)
{
    return url_read(out, NULL, text, err);
}

omni_status url_resolve(struct http_url *out, const struct http_url *base, const char *text,
                        struct err *err)
{
    return url_read(out, base->text, text, err);
}

/* A scheme before any path: "https://…", but not "go?to=https://…". */
static bool is_absolute(const char *text)
{
    const char *colon = strstr(text, "://");
    return colon && strcspn(text, "/?#") == (size_t)(colon + 1 - text);
}

omni_status url_join(struct http_url *out, const struct http_url *base, const char *text,
                     struct err *err)
{
    *out = (struct http_url){0};
    if (is_absolute(text))
        return url_parse(out, text, err);
    if (!base)
        return err_set(err, OMNI_E_CONFIG, "url \"%.200s\" is relative and there is no api_url",
                       text);
    size_t n = strlen(base->text);
    bool is_path = *text && *text != '?';
    while (is_path && n && base->text[n - 1] == '/')
        n--;
    const char *rest = is_path && *text == '/' ? text + 1 : text;
    auto_free char *joined = xasprintf("%.*s%s%s", (int)n, base->text, is_path ? "/" : "", rest);
    return url_parse(out, joined, err);
}

static bool query_has(const char *query, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = query; p && *p; p = strchr(p, '&'), p = p ? p + 1 : NULL)
        if (strncmp(p, name, n) == 0 && (p[n] == '=' || p[n] == '&' || p[n] == '\0'))
            return true;
    return false;
}

omni_status url_add_query(struct http_url *url, const char *name, const char *value,
                          struct err *err)
{
    auto_handle *h = curl_url();
    auto_part *query = NULL, *text = NULL;
    auto_buf pair = BUF_INIT(URL_MAX);
    if (curl_url_set(h, CURLUPART_URL, url->text, 0))
        return err_set(err, OMNI_E_BUG, "url that was read cannot be read again");
    if (!curl_url_get(h, CURLUPART_QUERY, &query, 0) && query_has(query, name))
        return OMNI_OK;
    if (!text_add_percent(&pair, name, strlen(name)) || !buf_addc(&pair, '=') ||
        !text_add_percent(&pair, value, strlen(value)) ||
        curl_url_set(h, CURLUPART_QUERY, buf_text(&pair), CURLU_APPENDQUERY) ||
        curl_url_get(h, CURLUPART_URL, &text, 0))
        return err_set(err, OMNI_E_CONFIG, "url is longer than %d bytes", URL_MAX);
    free(url->text);
    url->text = xstrdup(text);
    return OMNI_OK;
}

bool url_same_origin(const struct http_url *a, const struct http_url *b)
{
    return a->is_https == b->is_https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

char *url_brief(const struct http_url *url)
{
    return xstrndup(url->text, strcspn(url->text, "?"));
}
