/* SPDX-License-Identifier: Apache-2.0
 * Cassettes, which people edit by hand: loaded, and each request in them played back. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/cassette.h"
#include "http/cassette_priv.h"
#include "http/redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(struct cassette *c, const struct scrub *scrub, const json_t *request)
{
    struct err err = {.text = ""};
    struct intake in = {.max_body = 1 << 20, .max_ratio = 100, .wants_json = true};
    struct exchange ex = {.method = json_text(request, "method")};
    const char *body = json_text(request, "body");
    ex.body = body;
    ex.body_len = body ? strlen(body) : 0;
    if (url_parse(&ex.url, json_text(request, "url"), &err) == OMNI_OK &&
        cassette_play(c, scrub, &ex, &in, &err) != OMNI_OK && !err.text[0])
        __builtin_trap();
    url_free(&ex.url);
    intake_free(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scrub *scrub;
    char path[64];
    size_t i;
    json_t *exchange;
    struct err err = {.text = ""};
    auto_close int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (!scrub)
        scrub = scrub_new();
    if (fd < 0 || !file_write_all(fd, data, size))
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct cassette *c = cassette_load(path, &err);
    if (!c && !err.text[0])
        __builtin_trap();
    if (c)
        json_array_foreach(c->exchanges, i, exchange)
            play(c, scrub, json_object_get(exchange, "request"));
    cassette_free(c);
    return 0;
}
