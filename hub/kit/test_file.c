/* SPDX-License-Identifier: Apache-2.0
 * Reads .test files with the tables and the findings of the configuration. */
#include <config.h>

#include "kit/test_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/keys.h"
#include "config/read_config.h"

#define TEST(member) offsetof(struct test_file, member)

static const struct key test_keys[] = {
    {"test", KEY_TEXT, TEST(test), true},
    {"stream", KEY_TEXT, TEST(stream)},
    {"from", KEY_DATE, TEST(from)},
    {"to", KEY_DATE, TEST(to)},
    {"today", KEY_DATE, TEST(today)},
    {"timezone", KEY_ZONE, TEST(timezone)},
    {"currency", KEY_CURRENCY, TEST(currency)},
    {"outcome", KEY_TEXT, TEST(outcome)},
    {"says", KEY_TEXT, TEST(says)},
    {"cassette", KEY_PATH, TEST(cassette)},
    {"options", KEY_OPTIONS, TEST(options)},
    {"exchanges", KEY_LIST, TEST(exchanges)},
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

const char *test_file_folder(const struct test_file *t)
{
    return ((const struct test_all *)t)->trees.folder;
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    auto_free char *real = realpath(dir, NULL);
    return arena_strdup(a, real ? real : dir);
}

/* What spans several settings. */
static void check(struct test_file *t, struct keys_context *keys, struct config_place place)
{
    bool has_days = t->from || t->to;
    if (t->exchanges && t->cassette)
        config_findings_add(keys->findings, true, place, "exchanges or a cassette, not both");
    if (has_days && (!t->from || !t->to))
        config_findings_add(keys->findings, true, place, "from and to go together");
    if (!t->datasets == !t->stream)
        config_findings_add(keys->findings, true, place,
                            "give the stream that is pulled, or the datasets that a sink gets");
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
    if (source_open(&source, path, all->trees.arena, findings)) {
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
