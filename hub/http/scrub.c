/* SPDX-License-Identifier: Apache-2.0
 * Scrubbing by name (what is called a key is one, known or not) and by value (the log's filter). */
#include <config.h>

#include "http/scrub.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/log.h"
#include "base/mem.h"
#include "http/header.h"

/* Pages are asked for by tokens too (page_token): only whole names count. */
#define QUERY_NAMES                                                                                \
    "access_?token|refresh_?token|id_?token|client_secret|client_assertion|assertion|"             \
    "api_?key|apikey|hapikey|key|token|token_auth|auth|password|secret|sig|signature|"             \
    "appsecret_proof|oauth_token|oauth_signature|"                                                 \
    "x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|code"
#define MEMBER_NAMES                                                                               \
    "access_?token|refresh_?token|id_?token|client_secret|client_assertion|assertion|password|"    \
    "api_?key|private_key"

static const struct {
    const char *pattern, *replacement;
} rules[] = {
    {"(?i)((?:[?&;]|\\\\u0026|^)(?:" QUERY_NAMES ")=)[^&;\"'<>\\\\\\s#]++", "${1}***"},
    {"(?i)(\"(?:" MEMBER_NAMES ")\"\\s*+:\\s*+\")(?:[^\"\\\\]|\\\\.)++\"", "${1}***\""},
    {"(?i)(\\bhttps?:(?://|\\\\/\\\\/))[^/?#@\\s\"\\\\]++@", "${1}***@"},
};

struct scrub {
    pcre2_code *rules[ARRAY_LEN(rules)];
};

struct scrub *scrub_new(void)
{
    struct scrub *s = xcalloc(1, sizeof *s);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        int code = 0;
        PCRE2_SIZE at = 0;
        s->rules[i] = pcre2_compile((PCRE2_SPTR)rules[i].pattern, PCRE2_ZERO_TERMINATED,
                                    PCRE2_DOTALL, &code, &at, NULL);
        if (!s->rules[i])
            abort(); /* a pattern of ours that is wrong */
    }
    return s;
}

void scrub_free(struct scrub *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        pcre2_code_free(s->rules[i]);
    free(s);
}

/* Replaces *text by what the rule makes of it. */
static bool apply_rule(const struct scrub *s, size_t i, char **text, size_t *n)
{
    PCRE2_SPTR with = (PCRE2_SPTR)rules[i].replacement;
    const uint32_t options = PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH;
    PCRE2_SIZE room = *n + *n / 8 + 64;
    for (int round = 0; round < 2; round++) {
        char *out = xmalloc(room);
        PCRE2_SIZE len = room;
        int rc = pcre2_substitute(s->rules[i], (PCRE2_SPTR)*text, *n, 0, options, NULL, NULL, with,
                                  PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)out, &len);
        if (rc >= 0) {
            free(*text);
            *text = out;
            *n = len;
            return true;
        }
        free(out);
        if (rc != PCRE2_ERROR_NOMEMORY)
            return false;
        room = len;
    }
    return false;
}

bool scrub_text(const struct scrub *s, struct buf *out, const char *text, size_t n)
{
    auto_free char *copy = xstrndup(text, n);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (!apply_rule(s, i, &copy, &n))
            return false;
    n = log_redact(copy, n);
    return buf_add(out, copy, n);
}

bool scrub_header(const struct scrub *s, struct buf *out, const char *line)
{
    size_t name = strcspn(line, ":");
    if (header_is_private(line))
        return buf_add(out, line, name) && buf_adds(out, ": ***");
    return scrub_text(s, out, line, strlen(line));
}

bool scrub_finds(const char *s, size_t n)
{
    auto_free char *copy = xstrndup(s, n);
    return log_redact(copy, n) != n || memcmp(copy, s, n) != 0;
}
