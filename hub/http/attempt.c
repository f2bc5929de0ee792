/* SPDX-License-Identifier: Apache-2.0
 * One transfer by libcurl, and what its errors mean for the run. */
#include <config.h>

#include "http/attempt.h"

#include <string.h>

#include "base/mem.h"
#include "http/client.h"
#include "http/unpack.h"

enum {
    CONNECTION_LIFE_S = 3600,  /* certificates are looked at again on long runs */
    RECEIVE_BYTES = 128 * 1024 /* fewer, larger pieces: each border costs the reader a record */
};

/* curl's errors that are not passing faults of the network. */
static const struct {
    CURLcode code;
    omni_status status;
    const char *remedy;
} faults[] = {
    {CURLE_PEER_FAILED_VERIFICATION, OMNI_E_CONFIG,
     "the server's certificate is not trusted (if it is right, check this machine's clock and the "
     "option ca_file)"},
    {CURLE_SSL_CACERT_BADFILE, OMNI_E_CONFIG, "check the option ca_file"},
    {CURLE_SSL_ISSUER_ERROR, OMNI_E_CONFIG, "check the option ca_file"},
    {CURLE_UNSUPPORTED_PROTOCOL, OMNI_E_DATA, "the server does not speak HTTP"},
    {CURLE_URL_MALFORMAT, OMNI_E_BUG, NULL},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, OMNI_E_DATA, "a header is too long"},
#endif
    {CURLE_OUT_OF_MEMORY, OMNI_E_DATA, "a header is too long"}, /* older curl: its name for it */
    {CURLE_COULDNT_RESOLVE_PROXY, OMNI_E_RETRY, "check the option proxy"},
    {CURLE_PROXY, OMNI_E_RETRY, "check the option proxy"},
};

static size_t on_header(char *line, size_t size, size_t n, void *data)
{
    (void)size;
    return intake_line(data, line, n) ? n : CURL_WRITEFUNC_ERROR;
}

/* Where a reply's bytes go: unpacked, then taken in. */
struct sink {
    struct http *http;
    struct intake *in;
    struct unpack unpack;
    struct err why;    /* what stopped the unpacking */
    uint64_t received; /* bytes of the body as they came */
    bool is_over;      /* taking in said no: in->why */
};

static bool take_plain(void *data, const void *bytes, size_t n)
{
    struct sink *sink = data;
    sink->is_over = !intake_body(sink->in, bytes, n, sink->received);
    return !sink->is_over;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
    (void)size;
    struct sink *sink = data;
    long status = 0;
    curl_easy_getinfo(sink->http->curl, CURLINFO_RESPONSE_CODE, &status);
    sink->in->status = (int32_t)status;
    sink->received += n;
    omni_status done = OMNI_OK;
    if (!sink->unpack.is_open)
        done = unpack_open(&sink->unpack, intake_header(sink->in, "content-encoding"), &sink->why);
    if (done == OMNI_OK)
        done = unpack_bytes(&sink->unpack, bytes, n, &(struct unpack_out){sink, take_plain},
                            &sink->why);
    return done == OMNI_OK && !sink->is_over ? n : CURL_WRITEFUNC_ERROR;
}

/* libcurl copies the text. Without memory for it the option would stay as it was, without a word.
 */
static void set_text(CURL *c, CURLoption option, const char *text)
{
    if (curl_easy_setopt(c, option, text) == CURLE_OUT_OF_MEMORY)
        xneed(NULL);
}

static void set_security(struct http *h, struct policy_gate *gate)
{
    CURL *c = h->curl;
    set_text(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    /* Empty, not unset: unset means that the environment is asked. */
    set_text(c, CURLOPT_PROXY, h->proxy ? h->proxy : "");
    set_text(c, CURLOPT_NOPROXY, "");
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (h->ca_file) {
        set_text(c, CURLOPT_CAINFO, h->ca_file);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, policy_open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, gate);
}

static void set_limits(struct http *h)
{
    CURL *c = h->curl;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)h->limits.connect_ms);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)h->limits.total_ms);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, ((long)h->limits.stall_ms + 999) / 1000);
    curl_easy_setopt(c, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_S);
}

/* A test's own server in the place of the host; returned for curl_slist_free_all(). */
static struct curl_slist *set_played(struct http *h, const struct http_url *url)
{
    const struct http_url *base = &h->policy.base;
    auto_free char *there = xasprintf("::%s:%u", base->host, base->port);
    auto_free char *plain = xasprintf("http%s", url->text + strlen("https"));
    struct curl_slist *list = xneed(curl_slist_append(NULL, there));
    set_text(h->curl, CURLOPT_URL, plain);
    curl_easy_setopt(h->curl, CURLOPT_CONNECT_TO, list);
    return list;
}

static void set_request(struct http *h, const struct attempt *a)
{
    CURL *c = h->curl;
    set_text(c, CURLOPT_URL, a->url->text);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L); /* already normalised; send what was checked */
    bool wants_length = strcmp(a->method, "POST") == 0 || strcmp(a->method, "PUT") == 0;
    if (a->body || wants_length) { /* "Content-Length: 0" where there is none: else 411 */
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(a->body ? a->body_len : 0));
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, a->body ? a->body : "");
    }
    if (strcmp(a->method, "HEAD") == 0)
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    set_text(c, CURLOPT_CUSTOMREQUEST, a->method);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, a->headers);
    set_text(c, CURLOPT_USERAGENT, h->user_agent);
    set_text(c, CURLOPT_ACCEPT_ENCODING, UNPACK_ACCEPT);
    curl_easy_setopt(c, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, (long)a->fresh);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
}

/* Runs the transfer in slices. CURLE_ABORTED_BY_CALLBACK: cancelled. */
static CURLcode transfer(struct http *h)
{
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    if (curl_multi_add_handle(h->multi, h->curl))
        return CURLE_FAILED_INIT;
    for (int running = 1; running && !http_is_cancelled(h);) {
        if (curl_multi_perform(h->multi, &running)) {
            code = CURLE_FAILED_INIT;
            break;
        }
        if (running)
            curl_multi_poll(h->multi, NULL, 0, HTTP_SLICE_MS, NULL);
    }
    int left = 0;
    for (CURLMsg *msg; (msg = curl_multi_info_read(h->multi, &left));)
        if (msg->msg == CURLMSG_DONE)
            code = msg->data.result;
    curl_multi_remove_handle(h->multi, h->curl);
    return code;
}

/* The proxy's own refusal comes before anything of the platform. */
static bool proxy_refused(struct http *h, struct err *err)
{
    long code = 0;
    curl_easy_getinfo(h->curl, CURLINFO_HTTP_CONNECTCODE, &code);
    if (!h->proxy || code < 300)
        return false;
    err_set(err, code >= 500 ? OMNI_E_RETRY : OMNI_E_CONFIG,
            "the proxy answered %ld%s; check the option proxy", code,
            code == 407 ? " (it wants a user and password)" : "");
    return true;
}

static omni_status explain(struct http *h, CURLcode code, struct err *err)
{
    const char *what = h->curl_error[0] ? h->curl_error : curl_easy_strerror(code);
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (faults[i].code == code)
            return err_set(err, faults[i].status, "%s%s%s", what, faults[i].remedy ? ": " : "",
                           faults[i].remedy ? faults[i].remedy : "");
    return err_set(err, OMNI_E_RETRY, "%s", what);
}

static omni_status copy_why(const struct err *why, struct err *err)
{
    if (err)
        *err = *why;
    return why->status;
}

static omni_status outcome(const struct sink *sink, CURLcode code, const struct policy_gate *gate,
                           const struct attempt *a, struct err *err)
{
    struct http *h = sink->http;
    struct intake *in = sink->in;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(err, OMNI_E_CANCELLED, "cancelled");
    if (in->failed != OMNI_OK)
        return copy_why(&in->why, err);
    if (sink->why.status != OMNI_OK)
        return copy_why(&sink->why, err);
    if (code == CURLE_OK && !in->head_whole) /* libcurl takes such a head for a whole one */
        return err_set(err, OMNI_E_RETRY, "the connection ended in the middle of the reply's head");
    if (code == CURLE_OK && unpack_end(&sink->unpack, err) != OMNI_OK)
        return OMNI_E_RETRY;
    if (code == CURLE_OK)
        return intake_end(in, err);
    if (policy_gate_refused(gate, a->url->host, err) || proxy_refused(h, err))
        return err ? err->status : OMNI_E_CONFIG;
    return explain(h, code, err);
}

omni_status attempt_run(struct http *h, const struct attempt *a, struct intake *in, bool *sent,
                        struct err *err)
{
    if (policy_check_played(&h->policy, a->url, err) != OMNI_OK ||
        policy_check_address(&h->policy, a->url, err) != OMNI_OK)
        return OMNI_E_CONFIG;
    struct policy_gate gate = policy_gate(&h->policy, a->url);
    struct sink sink = {.http = h, .in = in};
    intake_start(in);
    curl_easy_reset(h->curl);
    h->curl_error[0] = '\0';
    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->curl_error);
    set_security(h, &gate);
    set_limits(h);
    set_request(h, a);
    struct curl_slist *played = policy_is_played(&h->policy, a->url) ? set_played(h, a->url) : NULL;
    curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, in);
    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &sink);
    CURLcode code = transfer(h);
    long request_bytes = 0, status = 0;
    curl_off_t received = 0;
    curl_easy_getinfo(h->curl, CURLINFO_REQUEST_SIZE, &request_bytes);
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(h->curl, CURLINFO_SIZE_DOWNLOAD_T, &received);
    *sent = request_bytes > 0;
    in->status = (int32_t)status;
    h->counts.requests++;
    asked_note(&h->asked, &h->policy, a->url, in->status);
    h->counts.bytes += (uint64_t)received;
    omni_status done = outcome(&sink, code, &gate, a, err);
    unpack_close(&sink.unpack);
    curl_slist_free_all(played);
    return done;
}
