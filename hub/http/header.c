/* SPDX-License-Identifier: Apache-2.0
 * Request headers: checking, telling private ones, building the list for libcurl. */
#include <config.h>

#include "http/header.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* Set by the client or by libcurl; a second one would change what a server takes for the body. */
static const char *const reserved[] = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "proxy-authorization",
    "accept-encoding",
    "proxy-connection",
};

/* Parts of names: vendors invent a new X-…-Token every week. */
static const char *const private_parts[] = {
    "auth",     "cookie",     "token",     "key",     "secret",
    "password", "credential", "signature", "session", "wsse",
};

static size_t name_len(const char *line)
{
    return strcspn(line, ":");
}

static bool same_name(const char *line, const char *name)
{
    size_t n = strlen(name);
    return name_len(line) == n && strncasecmp(line, name, n) == 0;
}

static bool is_token(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i]))
            return false;
    return n > 0;
}

static omni_status check_line(const char *line, struct err *err)
{
    size_t n = name_len(line);
    if (line[n] != ':' || !is_token(line, n))
        return err_set(err, OMNI_E_BUG, "header \"%.*s\" is not \"Name: value\"",
                       (int)strcspn(line, "\r\n:"), line);
    for (const char *p = line + n; *p; p++)
        if (iscntrl((unsigned char)*p) && *p != '\t')
            return err_set(err, OMNI_E_BUG, "header %.*s has a control character in its value",
                           (int)n, line);
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (same_name(line, reserved[i]))
            return err_set(err, OMNI_E_BUG, "header %.*s is set by the hub alone", (int)n, line);
    return OMNI_OK;
}

omni_status header_check(const char *const *headers, struct err *err)
{
    omni_status status = OMNI_OK;
    for (; headers && *headers && status == OMNI_OK; headers++)
        status = check_line(*headers, err);
    return status;
}

omni_status header_check_method(const char *method, struct err *err)
{
    size_t n = strlen(method);
    for (size_t i = 0; i < n; i++)
        if (!isupper((unsigned char)method[i]))
            return err_set(err, OMNI_E_BUG, "method has a character that is not A-Z");
    if (n == 0 || n > 16 || strcmp(method, "CONNECT") == 0)
        return err_set(err, OMNI_E_BUG, "method \"%.16s\" cannot be sent", method);
    return OMNI_OK;
}

bool header_is_private(const char *line)
{
    auto_free char *name = xstrndup(line, name_len(line));
    for (size_t i = 0; i < ARRAY_LEN(private_parts); i++)
        if (strcasestr(name, private_parts[i]))
            return true;
    return false;
}

const char *header_find(const char *const *headers, const char *name)
{
    for (; headers && *headers; headers++)
        if (same_name(*headers, name)) {
            const char *value = *headers + name_len(*headers) + 1;
            return value + strspn(value, " \t");
        }
    return NULL;
}

static void append(struct curl_slist **list, const char *line)
{
    *list = xneed(curl_slist_append(*list, line));
}

/* libcurl takes "Name:" for "leave it out" and "Name;" for an empty value. */
static void append_given(struct curl_slist **list, const char *line)
{
    size_t n = name_len(line);
    if (line[n + 1 + strspn(line + n + 1, " \t")] != '\0') {
        append(list, line);
        return;
    }
    auto_free char *empty = xasprintf("%.*s;", (int)n, line);
    append(list, empty);
}

static bool replaced_by_login(const struct header_plan *plan, const char *line)
{
    const char *const login[] = {plan->login, NULL};
    auto_free char *name = xstrndup(line, name_len(line));
    return header_find(login, name) || header_find(plan->more, name);
}

struct curl_slist *header_list(const struct header_plan *plan)
{
    struct curl_slist *list = NULL;
    append(&list, "Expect:"); /* no waiting for "100 Continue" */
    for (const char *const *h = plan->headers; h && *h; h++)
        if (!replaced_by_login(plan, *h) && !(plan->drop_private && header_is_private(*h)))
            append_given(&list, *h);
    if (plan->login)
        append(&list, plan->login);
    for (const char *const *h = plan->more; h && *h; h++)
        append_given(&list, *h);
    if (!header_find(plan->headers, "accept"))
        append(&list, "Accept: application/json, */*;q=0.8");
    if (plan->has_body && !header_find(plan->headers, "content-type"))
        append(&list, "Content-Type: application/json");
    else if (!header_find(plan->headers, "content-type"))
        append(&list, "Content-Type:"); /* libcurl's own guess for a POST without body */
    return list;
}
