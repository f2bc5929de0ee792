/* SPDX-License-Identifier: Apache-2.0
 * What a reply says besides its records: its headers and its envelope. */
#include <omnihub/sdk.h>

#include <string.h>

struct omni_json omni_json_of_reply(const struct omni_http *http)
{
    return omni_json_of(http->reply, http->reply == NULL ? 0 : (size_t)http->reply_len);
}

const char *omni_reply_header(const struct omni_http *http, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *h = http->reply_headers; h != NULL && *h != NULL; h++) {
        if (strncmp(*h, name, n) != 0 || (*h)[n] != ':')
            continue;
        const char *value = *h + n + 1;
        return value + strspn(value, " \t");
    }
    return NULL;
}
