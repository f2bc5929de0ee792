/* SPDX-License-Identifier: Apache-2.0
 * Reads .test files with the tables and the findings of the configuration. */
#include <config.h>

#include "kit/test_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "config/keys.h"
#include "config/read_config.h"

#define TEST(member) offsetof(struct test_file, member)

#define EXCHANGE(member) offsetof(struct test_exchange, member)
#define HTTPS            "https://"
enum { STATUS_MIN = 100, STATUS_MAX = 599 };

#define EXCHANGE_KEYS                                                                              \
    {"request", KEY_TEXT, EXCHANGE(request), true}, {"body", KEY_TEXT, EXCHANGE(body)},            \
        {"status", KEY_INT, EXCHANGE(status), .min = STATUS_MIN, .max = STATUS_MAX},               \
        {"headers", KEY_TEXTS, EXCHANGE(headers)}, {"reply", KEY_ANY, EXCHANGE(reply)},            \
    {                                                                                              \
        "reply_file", KEY_PATH, EXCHANGE(reply_file)                                               \
    }

static const struct key exchange_keys[] = {
    EXCHANGE_KEYS,
    {"fault", KEY_CHOICE, EXCHANGE(fault), .choices = "reset|timeout|cut|cancel|kill"},
};

static const struct key server_keys[] = {
    EXCHANGE_KEYS,
    {"fault", KEY_CHOICE, EXCHANGE(fault), .choices = "reset|cut|timeout|stall"},
    {"query", KEY_OPTIONS, EXCHANGE(query)},
    {"sends", KEY_TEXTS, EXCHANGE(sends)},
    {"has", KEY_TEXTS, EXCHANGE(has)},
    {"json", KEY_ANY, EXCHANGE(json)},
    {"any_time", KEY_BOOL, EXCHANGE(any_time)},
};

#define EXCHANGES(member, keys)                                                                    \
    KEY_GROUPS, TEST(member), .group = (keys), .n_group = ARRAY_LEN(keys),                         \
                              .item_size = sizeof(struct test_exchange)

static const struct key test_keys[] = {
    {"test", KEY_TEXT, TEST(test), true},
    {"stream", KEY_TEXT, TEST(stream)},
    {"call", KEY_CHOICE, TEST(call), .choices = "check|accounts"},
    {"from", KEY_DATE, TEST(from)},
    {"to", KEY_DATE, TEST(to)},
    {"today", KEY_DATE, TEST(today)},
    {"cursor", KEY_TEXT, TEST(cursor)},
    {"timezone", KEY_ZONE, TEST(timezone)},
    {"currency", KEY_CURRENCY, TEST(currency)},
    {"outcome", KEY_TEXT, TEST(outcome)},
    {"says", KEY_TEXT, TEST(says)},
    {"cassette", KEY_PATH, TEST(cassette)},
    {"options", KEY_OPTIONS, TEST(options)},
    {"exchanges", EXCHANGES(exchanges, exchange_keys)},
    {"server", EXCHANGES(server, server_keys)},
    {"order", KEY_IS_CHOSEN, TEST(in_any_order), .choices = "as written|any"},
    {"rows", KEY_LIST, TEST(rows)},
    {"parts", KEY_OPTIONS, TEST(parts)},
    {"datasets", KEY_OPTIONS, TEST(datasets)},
    {"show", KEY_TEXT, TEST(show)},
    {"shows", KEY_TEXT, TEST(shows)},
};

struct test_all {
    struct test_file pub;    /* first: the two are one pointer */
    struct config_all trees; /* the JSON of options and lists, and the memory of it all */
};

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    auto_free char *real = realpath(dir, NULL);
    return arena_strdup(a, real ? real : dir);
}

const struct test_exchange *test_exchange_at(const struct key_groups *list, size_t i)
{
    return (const struct test_exchange *)list->items + i;
}

char *test_place(const struct config_place *place)
{
    const char *slash = strrchr(place->file, '/');
    return xasprintf("%s:%d", slash ? slash + 1 : place->file, place->line);
}

static void check_exchange(const struct test_exchange *e, struct keys_context *keys)
{
    size_t n = e->request ? strcspn(e->request, " ") : 0;
    if (e->request && (n == 0 || !e->request[n] || !e->request[n + 1]))
        config_findings_add(keys->findings, true, e->place,
                            "request \"%s\" is not \"METHOD URL\", as in \"GET /v1/report\"",
                            e->request);
    if (e->reply && e->reply_file)
        config_findings_add(keys->findings, true, e->place, "reply or reply_file, not both");
    if (e->body && e->json)
        config_findings_add(keys->findings, true, e->place, "body or json, not both");
}

static void check_exchanges(const struct key_groups *list, struct keys_context *keys)
{
    for (size_t i = 0; i < list->n; i++)
        check_exchange(test_exchange_at(list, i), keys);
}

const char *test_exchange_host(const struct test_exchange *e, size_t *len)
{
    const char *url = e->request + strcspn(e->request, " ");
    url += *url == ' ';
    if (!text_starts(url, HTTPS))
        return NULL;
    *len = strcspn(url + strlen(HTTPS), "/?");
    return *len ? url + strlen(HTTPS) : NULL;
}

/* A server answers at the address of the API, and in the place of hosts that are named in full. */
static void check_server(const struct test_file *t, struct keys_context *keys,
                         struct config_place place)
{
    check_exchanges(&t->server, keys);
    for (size_t i = 0; i < t->server.n; i++) {
        const struct test_exchange *e = test_exchange_at(&t->server, i);
        const char *url = e->request ? strchr(e->request, ' ') : NULL;
        size_t len;
        if (url && url[1] && url[1] != '/' && !test_exchange_host(e, &len))
            config_findings_add(keys->findings, true, e->place,
                                "request \"%s\": a server is asked for a path that begins with /, "
                                "or in the place of another host for a whole https url",
                                e->request);
    }
    if (t->in_any_order && !t->server.items)
        config_findings_add(keys->findings, true, place, "order belongs to a server");
}

/* What spans several settings. */
static void check(struct test_file *t, struct keys_context *keys, struct config_place place)
{
    bool has_days = t->from || t->to;
    if (!!t->exchanges.items + !!t->server.items + !!t->cassette > 1)
        config_findings_add(keys->findings, true, place,
                            "one of exchanges, server and cassette, not several");
    check_exchanges(&t->exchanges, keys);
    check_server(t, keys, place);
    if (has_days && (!t->from || !t->to))
        config_findings_add(keys->findings, true, place, "from and to go together");
    if (t->cursor && (t->from || !t->stream))
        config_findings_add(keys->findings, true, place,
                            "cursor belongs to a stream, in the place of from and to");
    if (!!t->datasets + !!t->stream + !!t->call != 1)
        config_findings_add(keys->findings, true, place,
                            "give the stream that is pulled, the call that is made, or the "
                            "datasets that a sink gets");
    if (!t->show != !t->shows)
        config_findings_add(keys->findings, true, place, "show and shows go together");
}

struct test_file *test_file_read(const char *path, struct config_findings *findings)
{
    struct test_all *all = xcalloc(1, sizeof *all);
    struct source source;
    size_t before = config_findings_errors(findings);
    all->trees.arena = arena_new();
    all->trees.folder = folder_of(all->trees.arena, path);
    all->pub.path = arena_strdup(all->trees.arena, path);
    all->pub.outcome = "ok";
    struct keys_context keys = {.source = &source,
                                .arena = all->trees.arena,
                                .findings = findings,
                                .folder = all->trees.folder,
                                .what = "test",
                                .options_ctx = &all->trees,
                                .options = config_options_read};
    if (source_open(&source, path, all->trees.arena, NULL, findings)) {
        keys_read(&keys, config_root_setting(&source.tree), test_keys, ARRAY_LEN(test_keys),
                  &all->pub);
        check(&all->pub, &keys, (struct config_place){all->pub.path, 0});
    }
    source_close(&source);
    if (config_findings_errors(findings) == before)
        return &all->pub;
    test_file_free(&all->pub);
    return NULL;
}

void test_file_free(struct test_file *t)
{
    if (!t)
        return;
    struct test_all *all = (struct test_all *)t;
    config_options_free(&all->trees);
    arena_free(all->trees.arena);
    free(all);
}
