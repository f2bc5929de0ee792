/* SPDX-License-Identifier: Apache-2.0
 * Addresses that depend on an account. The hub fills them in, because what decides may be part of a
 * secret, which the plugin never sees. */
#include <config.h>

#include "run/job_url.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* SUFFIX_MAX: a short word like "us21"; anything longer may be the secret itself. */
enum { JOB_URL_MAX = 4096, SUFFIX_MAX = 8 };

static bool is_host_part(const char *s)
{
    for (const char *p = s; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
            return false;
    return isalnum((unsigned char)s[0]) && !strstr(s, "..");
}

/* One alternative; NULL where its option is not given, "" where it is of no use. */
static const char *value_of(const char *word, size_t len, const struct job_url_options *options)
{
    bool is_suffix = len > 1 && word[len - 1] == '-';
    auto_free char *name = xstrndup(word, len - is_suffix);
    const char *value = options->value(options->ctx, name);
    if (!value || !*value)
        return NULL;
    if (!is_suffix)
        return value;
    const char *hyphen = strrchr(value, '-');
    return hyphen && strlen(hyphen + 1) <= SUFFIX_MAX ? hyphen + 1 : "";
}

/* Says which option to give, without its value: it may be secret. */
static omni_status cannot(const char *word, struct err *err)
{
    size_t n = strcspn(word, "|}");
    return err_set(err, OMNI_E_CONFIG,
                   "the address of the API depends on option \"%.*s\": give it, with letters, "
                   "digits, hyphens and dots only",
                   (int)(n - (n && word[n - 1] == '-')), word);
}

/* word: what stands in the braces. */
static omni_status add_value(struct buf *out, const char *word, size_t len,
                             const struct job_url_options *options, struct err *err)
{
    const char *value = NULL;
    for (size_t at = 0; at < len && !value; at += strcspn(word + at, "|}") + 1)
        value = value_of(word + at, strcspn(word + at, "|}"), options);
    if (value && is_host_part(value)) {
        buf_adds(out, value);
        return OMNI_OK;
    }
    return cannot(word, err);
}

char *job_url_expand(const char *url, const struct job_url_options *options, struct err *err)
{
    auto_buf out = BUF_INIT(JOB_URL_MAX);
    while (*url) {
        size_t n = strcspn(url, "{"), len = url[n] ? strcspn(url + n, "}") : 0;
        buf_add(&out, url, n);
        url += n;
        if (*url == '\0')
            break;
        if (url[len] == '\0' || len < 2) {
            err_set(err, OMNI_E_BUG, "api_url: a brace that is not closed or holds nothing");
            return NULL;
        }
        if (add_value(&out, url + 1, len - 1, options, err) != OMNI_OK)
            return NULL;
        url += len + 1;
    }
    return xstrdup(buf_text(&out));
}
