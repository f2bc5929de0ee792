/* SPDX-License-Identifier: Apache-2.0
 * The allow-list and the check at the socket, which holds whatever a name server says and when. */
#include <config.h>

#include "http/policy.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/text.h"

struct policy_host {
    char *name; /* ".x.com": any host below x.com */
    uint16_t port;
};

static omni_status host_bad(struct err *err, const char *word, size_t n)
{
    return err_set(err, OMNI_E_CONFIG,
                   "hosts: \"%.*s\" is not a host (x.com, .x.com or x.com:8443)", (int)n, word);
}

/* Numbers are addresses to a url's parser ("0" is 0.0.0.0, "%61" is a): what is listed must be what
 * people read there. An IPv6 address has many spellings. */
static bool is_as_written(const char *word, const char *host)
{
    return word[0] == '[' || strncasecmp(word, host, strlen(host)) == 0;
}

/* A word is parsed as the host of a url, so that both sides of a comparison were read alike. */
static omni_status host_parse(struct policy_host *out, const char *word, size_t n, struct err *err)
{
    enum address_kind kind;
    bool below = n && word[0] == '.';
    auto_free char *text = xasprintf("https://%.*s", (int)(n - below), word + below);
    if (n == below || strpbrk(text + strlen("https://"), "/?#@"))
        return host_bad(err, word, n);
    auto_url url = {0};
    if (url_parse(&url, text, NULL) != OMNI_OK)
        return host_bad(err, word, n);
    if (below && address_literal_kind(url.host, &kind)) /* nothing is below an address */
        return host_bad(err, word, n);
    if (!is_as_written(word + below, url.host))
        return err_set(err, OMNI_E_CONFIG, "hosts: \"%.*s\" means %s: write that", (int)n, word,
                       url.host);
    *out = (struct policy_host){xasprintf("%s%s", below ? "." : "", url.host), url.port};
    return OMNI_OK;
}

static omni_status list_parse(struct policy_list *list, const char *hosts, struct err *err)
{
    list->text = xstrdup(hosts ? hosts : "");
    for (const char *s = list->text + strspn(list->text, " \t\n,"); *s;) {
        size_t n = strcspn(s, " \t\n,");
        list->hosts = xrealloc(list->hosts, (list->n + 1) * sizeof *list->hosts);
        omni_status status = host_parse(&list->hosts[list->n], s, n, err);
        if (status != OMNI_OK)
            return status;
        list->n++;
        s += n;
        s += strspn(s, " \t\n,");
    }
    return OMNI_OK;
}

static void list_free(struct policy_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->hosts[i].name);
    free(list->hosts);
    free(list->text);
}

static omni_status base_parse(struct policy *p, const char *base_url, struct err *err)
{
    omni_status status = url_parse(&p->base, base_url, err);
    if (status == OMNI_OK && strchr(p->base.text, '?'))
        status = err_set(err, OMNI_E_CONFIG, "\"%s\": a base url has no query", base_url);
    p->base_is_loopback = status == OMNI_OK && address_is_here(p->base.host);
    if (status == OMNI_OK)
        status = policy_check_scheme(p, &p->base, err);
    if (status != OMNI_OK)
        err_prefix(err, "api_url: ");
    return status;
}

/* What is played can only be sent to this machine. */
static omni_status play(struct policy *p, const char *hosts, struct err *err)
{
    p->is_test = true;
    if (p->base_is_loopback && !p->base.is_https && !p->is_proxied)
        return list_parse(&p->played, hosts, err);
    return err_set(err, OMNI_E_CONFIG,
                   "api_url: a test with a server asks nobody but that server, which is http on "
                   "loopback and behind no proxy");
}

omni_status policy_init(struct policy *p, const struct policy_rules *rules, struct err *err)
{
    *p = (struct policy){.is_proxied = rules->is_proxied};
    omni_status status = rules->base_url ? base_parse(p, rules->base_url, err) : OMNI_OK;
    if (status == OMNI_OK)
        status = list_parse(&p->hosts, rules->hosts, err);
    if (status == OMNI_OK)
        status = list_parse(&p->private_hosts, rules->private_hosts, err);
    if (status == OMNI_OK && rules->played)
        status = play(p, rules->played, err);
    return status;
}

void policy_free(struct policy *p)
{
    list_free(&p->hosts);
    list_free(&p->private_hosts);
    list_free(&p->played);
    url_free(&p->base);
    *p = (struct policy){0};
}

omni_status policy_check_scheme(const struct policy *p, const struct http_url *url, struct err *err)
{
    if (url->is_https || (p->base_is_loopback && address_is_here(url->host)))
        return OMNI_OK;
    return err_set(err, OMNI_E_CONFIG, "http://%s is not encrypted: only https is allowed",
                   url->host);
}

static bool name_matches(const char *name, const char *host)
{
    if (name[0] != '.')
        return strcmp(name, host) == 0;
    return text_ends(host, name) && host[0] != '.';
}

/* The name of the entry that it is by; NULL: none. */
static const char *name_among(const struct policy_list *list, const struct http_url *url)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->hosts[i].port == url->port && name_matches(list->hosts[i].name, url->host))
            return list->hosts[i].name;
    return NULL;
}

/* The entry that lists it; NULL: none does. */
static const char *find_listed(const struct policy *p, const struct http_url *url)
{
    if (p->base.text && url->port == p->base.port && strcmp(url->host, p->base.host) == 0 &&
        url->is_https == p->base.is_https)
        return p->base.host;
    return name_among(&p->hosts, url);
}

char *policy_rule(const struct policy *p, const struct http_url *url)
{
    const char *name = find_listed(p, url);
    return name ? xasprintf("%s%s", name[0] == '.' ? "*" : "", name) : xstrdup(url->host);
}

static bool is_private(const struct policy *p, const char *host)
{
    for (size_t i = 0; i < p->private_hosts.n; i++)
        if (name_matches(p->private_hosts.hosts[i].name, host))
            return true;
    return false;
}

omni_status policy_check(const struct policy *p, const struct http_url *url, struct err *err)
{
    if (find_listed(p, url))
        return policy_check_scheme(p, url, err);
    return err_set(err, OMNI_E_CONFIG,
                   "host %s:%u is not one that may be asked (allowed: %s%s%s; the plugin declares "
                   "its hosts)",
                   url->host, url->port, p->base.host ? p->base.host : "",
                   *p->hosts.text ? " " : "", p->hosts.text);
}

bool policy_is_played(const struct policy *p, const struct http_url *url)
{
    return url->is_https && name_among(&p->played, url);
}

omni_status policy_check_played(const struct policy *p, const struct http_url *url, struct err *err)
{
    if (!p->is_test || url_same_origin(url, &p->base) || policy_is_played(p, url))
        return OMNI_OK;
    auto_free char *brief = url_brief(url);
    return err_set(err, OMNI_E_CONFIG,
                   "the test's server does not answer for %s: write the request with that url into "
                   "the test",
                   brief);
}

static struct policy_gate direct_gate(const struct policy *p, const struct http_url *url)
{
    struct policy_gate gate = {.allowed = ADDRESS_PUBLIC};
    enum address_kind kind;
    bool is_here = address_is_here(url->host) || policy_is_played(p, url);
    if (p->base_is_loopback && is_here) {
        gate.allowed = ADDRESS_LOOPBACK;
        gate.loopback_only = true;
    } else if (p->base.host && strcmp(p->base.host, url->host) == 0 &&
               address_literal_kind(url->host, &kind) && kind == ADDRESS_PRIVATE) {
        gate.allowed = ADDRESS_PRIVATE;
    } else if (is_private(p, url->host)) {
        gate.allowed = ADDRESS_PRIVATE;
    }
    return gate;
}

struct policy_gate policy_gate(const struct policy *p, const struct http_url *url)
{
    return p->is_proxied ? (struct policy_gate){.any = true} : direct_gate(p, url);
}

static bool gate_allows(const struct policy_gate *gate, enum address_kind kind)
{
    if (gate->any)
        return true;
    return kind == gate->allowed || (kind == ADDRESS_PUBLIC && !gate->loopback_only);
}

static omni_status refuse_address(const char *host, enum address_kind kind, const char *address,
                                  struct err *err)
{
    return err_set(err, OMNI_E_CONFIG, "%s has %s address (%s): refused%s", host,
                   address_kind_name(kind), address,
                   kind == ADDRESS_PRIVATE ? "; if it is meant, name the host in hub.private_hosts"
                                           : "");
}

omni_status policy_check_address(const struct policy *p, const struct http_url *url,
                                 struct err *err)
{
    const struct policy_gate gate = direct_gate(p, url);
    enum address_kind kind = ADDRESS_LOOPBACK;
    bool is_shown = address_literal_kind(url->host, &kind) || address_is_here(url->host);
    if (!p->is_proxied || !is_shown || gate_allows(&gate, kind))
        return OMNI_OK;
    return refuse_address(url->host, kind, url->host, err);
}

curl_socket_t policy_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct policy_gate *gate = data;
    enum address_kind kind = address_kind(&address->addr);
    if (purpose != CURLSOCKTYPE_IPCXN || !gate_allows(gate, kind)) {
        gate->refused++;
        gate->refused_kind = kind;
        if (getnameinfo(&address->addr, address->addrlen, gate->refused_address,
                        sizeof gate->refused_address, NULL, 0, NI_NUMERICHOST))
            memcpy(gate->refused_address, "?", 2);
        return CURL_SOCKET_BAD;
    }
    gate->opened++;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool policy_gate_refused(const struct policy_gate *gate, const char *host, struct err *err)
{
    if (!gate->refused || gate->opened)
        return false;
    refuse_address(host, gate->refused_kind, gate->refused_address, err);
    return true;
}
