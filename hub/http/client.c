/* SPDX-License-Identifier: Apache-2.0
 * The client's life: options checked, defaults filled in, secrets wiped. */
#include <config.h>

#include "http/client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "http/cassette_priv.h"
#include "http/login.h"
#include "http/scrub.h"
#include "http/secret.h"

enum { PROXY_MAX = 4096 };

static const struct http_limits defaults = {.connect_ms = 15000,
                                            .total_ms = 600000,
                                            .stall_ms = 60000,
                                            .max_attempts = 6,
                                            .max_wait_ms = 60000,
                                            .max_body = UINT64_C(1) << 30,
                                            .max_ratio = 200,
                                            .backoff_ms = 1000};

bool http_is_cancelled(const struct http *h)
{
    return h->cancelled && h->cancelled(h->ctx);
}

static void fill_limits(struct http_limits *l)
{
    l->connect_ms = l->connect_ms ? l->connect_ms : defaults.connect_ms;
    l->total_ms = l->total_ms ? l->total_ms : defaults.total_ms;
    l->stall_ms = l->stall_ms ? l->stall_ms : defaults.stall_ms;
    l->max_attempts = l->max_attempts ? l->max_attempts : defaults.max_attempts;
    l->max_wait_ms = l->max_wait_ms ? l->max_wait_ms : defaults.max_wait_ms;
    l->max_body = l->max_body ? l->max_body : defaults.max_body;
    l->max_ratio = l->max_ratio ? l->max_ratio : defaults.max_ratio;
    l->backoff_ms = l->backoff_ms ? l->backoff_ms : defaults.backoff_ms;
}

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* A proxy is named by the admin alone; its password must not show either. */
static omni_status set_proxy(struct http *h, const char *proxy, struct err *err)
{
    if (!proxy || !*proxy)
        return OMNI_OK;
    char *scheme = NULL, *password = NULL;
    CURLU *url = curl_url();
    bool fine = !curl_url_set(url, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME) &&
                !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
                (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0 ||
                 strncmp(scheme, "socks", 5) == 0);
    if (!curl_url_get(url, CURLUPART_PASSWORD, &password, CURLU_URLDECODE))
        log_add_secret(password, strlen(password));
    curl_free(scheme);
    curl_free(password);
    curl_url_cleanup(url);
    if (!fine)
        return err_set(err, OMNI_E_CONFIG,
                       "proxy: not a url like http://proxy.example:3128 (http, https, socks5h)");
    h->proxy = xstrdup(proxy);
    return OMNI_OK;
}

static omni_status set_ca_file(struct http *h, const char *ca_file, struct err *err)
{
    if (!ca_file || !*ca_file)
        return OMNI_OK;
    if (access(ca_file, R_OK) != 0)
        return err_set(err, OMNI_E_CONFIG, "ca_file: %s cannot be read", ca_file);
    h->ca_file = xstrdup(ca_file);
    return OMNI_OK;
}

static omni_status set_cassette(struct http *h, const struct http_options *o, struct err *err)
{
    if (o->record && o->replay)
        return err_set(err, OMNI_E_CONFIG, "either record or replay a cassette, not both");
    for (const char *const *s = o->scrub; s && *s; s++)
        log_add_secret(*s, strlen(*s));
    h->record = o->record ? cassette_record(o->record, err) : NULL;
    h->replay = o->replay ? cassette_load(o->replay, err) : NULL;
    bool fine = (!o->record || h->record) && (!o->replay || h->replay);
    return fine ? OMNI_OK : OMNI_E_CONFIG;
}

static omni_status set_up(struct http *h, const struct http_options *o, struct err *err)
{
    omni_status status = set_proxy(h, o->proxy, err);
    const struct policy_rules rules = {.base_url = o->base_url,
                                       .hosts = o->hosts,
                                       .private_hosts = o->private_hosts,
                                       .played = o->played,
                                       .is_proxied = h->proxy};
    if (status == OMNI_OK)
        status = policy_init(&h->policy, &rules, err);
    if (status == OMNI_OK)
        status = set_ca_file(h, o->ca_file, err);
    if (status == OMNI_OK)
        status = set_cassette(h, o, err);
    if (status == OMNI_OK && o->login && !o->replay)
        status = login_new(h, o->login, err);
    return status;
}

struct http *http_new(const struct http_options *o, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    struct http *h = xcalloc(1, sizeof *h);
    h->limits = o->limits;
    fill_limits(&h->limits);
    h->ctx = o->ctx;
    h->cancelled = o->cancelled;
    h->keeper = o->keeper;
    h->budget = o->replay ? NULL : o->budget;
    h->user_agent = xstrdup(o->user_agent ? o->user_agent : "omnihub/" PACKAGE_VERSION);
    h->scrub = scrub_new();
    h->multi = curl_multi_init();
    h->curl = curl_easy_init();
    bool fine = h->multi && h->curl;
    if (!fine)
        err_set(err, OMNI_E_RETRY, "libcurl cannot be started");
    if (fine && set_up(h, o, err) == OMNI_OK)
        return h;
    http_free(h);
    return NULL;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->curl);
    curl_multi_cleanup(h->multi);
    secret_free(&h->proxy);
    free(h->ca_file);
    free(h->user_agent);
    policy_free(&h->policy);
    asked_free(&h->asked);
    login_free(h->login);
    scrub_free(h->scrub);
    cassette_free(h->record);
    cassette_free(h->replay);
    intake_free(&h->intake);
    free(h);
}

omni_status http_finish(struct http *h, struct err *err)
{
    return h->record ? cassette_write(h->record, err) : OMNI_OK;
}

uint64_t http_wait_ms(const struct http *h)
{
    return h->wait_ms;
}

struct http_counts http_counts(const struct http *h)
{
    return h->counts;
}

const struct http_asked *http_asked(const struct http *h, size_t *n)
{
    *n = h->asked.n;
    return h->asked.items;
}

void http_asked_forget(struct http *h)
{
    asked_free(&h->asked);
}

const struct http_ending *http_ending(const struct http *h)
{
    return h->ending.is_told ? &h->ending : NULL;
}

omni_status http_check_url(const struct http *h, const char *url, struct err *err)
{
    auto_url parsed = {0};
    const struct http_url *base = h->policy.base.text ? &h->policy.base : NULL;
    omni_status status = url_join(&parsed, base, url, err);
    return status == OMNI_OK ? policy_check(&h->policy, &parsed, err) : status;
}

char *http_full_url(const struct http *h, const char *url)
{
    auto_url parsed = {0};
    struct err ignored = {0};
    const struct http_url *base = h->policy.base.text ? &h->policy.base : NULL;
    bool is_url = url_join(&parsed, base, url, &ignored) == OMNI_OK;
    return xstrdup(is_url ? parsed.text : url);
}

char *http_scrubbed(const struct http *h, const char *text, size_t n)
{
    auto_buf out = BUF_INIT(CASSETTE_MAX);
    return scrub_text(h->scrub, &out, text, n) ? xstrdup(buf_text(&out)) : xstrdup("***");
}
