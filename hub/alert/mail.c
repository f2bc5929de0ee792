/* SPDX-License-Identifier: Apache-2.0
 * Mail over SMTP. The connection is kept from one recipient to the next. */
#include <config.h>

#include "alert/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/policy.h"

enum { SLICE_MS = 200, ANSWER_MAX = 300 };

struct mail {
    const struct mail_server *server;
    CURLM *multi;
    CURL *curl;
    char curl_error[CURL_ERROR_SIZE];
    bool is_loopback;
    /* Of the delivery under way. */
    const struct buf *letter;
    size_t sent;
    bool is_leaving;         /* it said QUIT: what comes now is about nothing */
    char verb[8];            /* the last command: "RCPT", or "." behind the data */
    char answer[ANSWER_MAX]; /* the server's last line */
};

/* ---- the url ---- */

static bool get_host(const char *url, char **scheme, char **host)
{
    CURLU *u = curl_url();
    char *user = NULL, *query = NULL, *fragment = NULL;
    bool fine = u && !curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) &&
                !curl_url_get(u, CURLUPART_SCHEME, scheme, 0) &&
                !curl_url_get(u, CURLUPART_HOST, host, 0) &&
                curl_url_get(u, CURLUPART_USER, &user, 0) &&
                curl_url_get(u, CURLUPART_QUERY, &query, 0) &&
                curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0);
    curl_free(user);
    curl_free(query);
    curl_free(fragment);
    curl_url_cleanup(u);
    return fine && (strcmp(*scheme, "smtp") == 0 || strcmp(*scheme, "smtps") == 0);
}

static omni_status check_url(const char *url, bool is_plain, bool *is_loopback, struct err *err)
{
    char *scheme = NULL, *host = NULL;
    bool fine = get_host(url, &scheme, &host);
    *is_loopback = fine && address_is_here(host);
    curl_free(scheme);
    curl_free(host);
    if (!fine)
        return err_set(err, OMNI_E_CONFIG,
                       "not a url like smtp://mail.example.com:587 or smtps://mail.example.com");
    if (is_plain && !*is_loopback)
        return err_set(err, OMNI_E_CONFIG,
                       "without TLS only a server on this machine can be used (127.0.0.1, "
                       "localhost)");
    return OMNI_OK;
}

/* ---- the conversation ---- */

static size_t on_read(char *out, size_t size, size_t n, void *data)
{
    struct mail *m = data;
    size_t left = m->letter->len - m->sent, take = size * n < left ? size * n : left;
    memcpy(out, m->letter->data + m->sent, take);
    m->sent += take;
    if (m->sent == m->letter->len)
        memcpy(m->verb, ".", 2);
    return take;
}

/* Each line that the server says. */
static size_t on_line(char *line, size_t size, size_t n, void *data)
{
    struct mail *m = data;
    size_t len = size * n;
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    if (!m->is_leaving)
        snprintf(m->answer, sizeof m->answer, "%.*s", (int)len, line);
    return size * n;
}

static size_t on_nothing(char *bytes, size_t size, size_t n, void *data)
{
    (void)bytes, (void)data;
    return size * n;
}

/* What libcurl says to the server; logins pass here too, so only the command's name is looked at.
 */
static int on_said(CURL *curl, curl_infotype type, char *bytes, size_t n, void *data)
{
    struct mail *m = data;
    (void)curl;
    if (type == CURLINFO_HEADER_OUT && n >= 4 && memcmp(bytes, "QUIT", 4) == 0)
        m->is_leaving = true;
    else if (type == CURLINFO_HEADER_OUT && n >= 4)
        snprintf(m->verb, sizeof m->verb, "%.4s", bytes);
    return 0;
}

static void set_text(CURL *c, CURLoption option, const char *text)
{
    if (curl_easy_setopt(c, option, text) == CURLE_OUT_OF_MEMORY)
        xneed(NULL);
}

static void set_server(struct mail *m, struct policy_gate *gate)
{
    const struct mail_server *s = m->server;
    CURL *c = m->curl;
    set_text(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_text(c, CURLOPT_URL, s->url);
    curl_easy_setopt(c, CURLOPT_USE_SSL, (long)(s->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    set_text(c, CURLOPT_PROXY, "");
    if (s->ca_file) {
        set_text(c, CURLOPT_CAINFO, s->ca_file);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
    if (s->user) {
        set_text(c, CURLOPT_USERNAME, s->user);
        set_text(c, CURLOPT_PASSWORD, s->password ? s->password : "");
    }
    /* The server is named by the admin, and is often one of the inner network. */
    *gate = (struct policy_gate){.allowed = m->is_loopback ? ADDRESS_LOOPBACK : ADDRESS_PRIVATE,
                                 .loopback_only = m->is_loopback};
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, policy_open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, gate);
}

static void set_limits(struct mail *m)
{
    CURL *c = m->curl;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)m->server->connect_ms);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)m->server->total_ms);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, m->curl_error);
}

static void set_mail(struct mail *m, const char *from, struct curl_slist *to)
{
    CURL *c = m->curl;
    set_text(c, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->letter->len);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, m);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, m);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_nothing);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_said);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, m);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
}

static CURLcode transfer(struct mail *m)
{
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    const struct mail_server *s = m->server;
    if (curl_multi_add_handle(m->multi, m->curl))
        return CURLE_FAILED_INIT;
    for (int running = 1; running && !(s->cancelled && s->cancelled(s->ctx));) {
        if (curl_multi_perform(m->multi, &running)) {
            code = CURLE_FAILED_INIT;
            break;
        }
        if (running)
            curl_multi_poll(m->multi, NULL, 0, SLICE_MS, NULL);
    }
    int left = 0;
    for (CURLMsg *msg; (msg = curl_multi_info_read(m->multi, &left));)
        if (msg->msg == CURLMSG_DONE)
            code = msg->data.result;
    curl_multi_remove_handle(m->multi, m->curl);
    return code;
}

/* ---- what it means ---- */

/* Faults that no waiting mends. */
static const struct {
    CURLcode code;
    const char *what;
} held[] = {
    {CURLE_USE_SSL_FAILED,
     "the server offers no STARTTLS, so nothing was sent; use its smtps:// port, or tls = \"off\" "
     "if it is on this machine"},
    {CURLE_PEER_FAILED_VERIFICATION,
     "the server's certificate is not trusted (if it is right, check this machine's clock and "
     "hub.ca_file)"},
    {CURLE_SSL_CACERT_BADFILE, "check hub.ca_file"},
    {CURLE_LOGIN_DENIED, "the server refuses user and password"},
};

static bool is_verb(const struct mail *m, const char *verb)
{
    return strcmp(m->verb, verb) == 0;
}

/* 5xx to the recipient or to the mail is about these two; elsewhere it is about the sender or the
 * login, and all mails have to wait for somebody who mends that. */
static enum mail_end judge_answer(const struct mail *m, int answer, struct err *err)
{
    bool is_final = is_verb(m, "RCPT") || is_verb(m, "DATA") || is_verb(m, ".") ||
                    (answer == 552 && is_verb(m, "MAIL"));
    if (answer < 500) {
        err_set(err, OMNI_E_RETRY, "%s", m->answer);
        return MAIL_AGAIN;
    }
    err_set(err, is_final ? OMNI_E_DATA : OMNI_E_CONFIG, "the server refuses it: %s", m->answer);
    return is_final ? MAIL_REFUSED : MAIL_HELD;
}

static bool is_held(const struct mail *m, CURLcode code, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(held); i++) {
        if (held[i].code != code)
            continue;
        err_set(err, OMNI_E_CONFIG, "%s%s%s", held[i].what, *m->answer ? "; it said: " : "",
                m->answer);
        return true;
    }
    return false;
}

static enum mail_end judge(const struct mail *m, CURLcode code, const struct policy_gate *gate,
                           struct err *err)
{
    long long answer = 0;
    char digits[4] = "";
    const char *what = m->curl_error[0] ? m->curl_error : curl_easy_strerror(code);
    if (code == CURLE_OK)
        return MAIL_TAKEN;
    if (code == CURLE_ABORTED_BY_CALLBACK) {
        err_set(err, OMNI_E_CANCELLED, "cancelled");
        return MAIL_AGAIN;
    }
    if (policy_gate_refused(gate, "the mail server", err) || is_held(m, code, err))
        return MAIL_HELD;
    memcpy(digits, m->answer, 3);
    if (text_parse_int(digits, 400, 599, &answer))
        return judge_answer(m, (int)answer, err);
    err_set(err, OMNI_E_RETRY, "%s%s",
            is_verb(m, ".") ? "it was sent, but the server did not say that it took it: " : "",
            what);
    return MAIL_AGAIN;
}

enum mail_end mail_send(struct mail *m, const char *from, const char *to, const struct buf *letter,
                        struct err *err)
{
    struct policy_gate gate;
    struct curl_slist *list = curl_slist_append(NULL, to);
    xneed(list);
    m->letter = letter;
    m->sent = 0;
    m->is_leaving = false;
    m->curl_error[0] = m->answer[0] = m->verb[0] = '\0';
    curl_easy_reset(m->curl);
    set_server(m, &gate);
    set_limits(m);
    set_mail(m, from, list);
    CURLcode code = transfer(m);
    enum mail_end end = judge(m, code, &gate, err);
    if (end != MAIL_TAKEN)
        err->text[log_redact(err->text, strlen(err->text))] = '\0';
    curl_easy_setopt(m->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(list);
    return end;
}

/* ---- life ---- */

struct mail *mail_open(const struct mail_server *server, struct err *err)
{
    bool is_loopback = false;
    if (check_url(server->url, server->is_plain, &is_loopback, err) != OMNI_OK)
        return NULL;
    struct mail *m = xcalloc(1, sizeof *m);
    m->server = server;
    m->is_loopback = is_loopback;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    m->multi = curl_multi_init();
    m->curl = curl_easy_init();
    if (server->password)
        log_add_secret(server->password, strlen(server->password));
    if (m->multi && m->curl)
        return m;
    err_set(err, OMNI_E_RETRY, "libcurl cannot be started");
    mail_close(m);
    return NULL;
}

void mail_close(struct mail *m)
{
    if (!m)
        return;
    curl_easy_cleanup(m->curl);
    curl_multi_cleanup(m->multi);
    free(m);
}
