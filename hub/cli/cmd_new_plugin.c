/* SPDX-License-Identifier: Apache-2.0
 * omnihub new-plugin: a folder from the installed templates, with its names filled in. */
#include <config.h>

#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/place.h"
#include "base/text.h"
#include "config/source.h"
#include "dirs.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"family", "FAMILY", "ads, analytics, commerce, crm, email, search or social; which dataset"},
    {"rest", NULL, "GET requests, page after page (the default)"},
    {"graphql", NULL, "one POST endpoint, queries with variables"},
    {"async-report", NULL, "order a report, wait for it, fetch it"},
    {"sink", NULL, "a place that datasets are delivered to"},
    {0}};

const struct command cmd_new_plugin = {
    .name = "new-plugin",
    .arguments = "NAME [--family F] [--rest | --graphql | --async-report | --sink]",
    .usage = "begin a plugin of your own, with its tests",
    .help =
        "Makes the folder NAME here: source, README, a test with its replies, and files for make,\n"
        "Meson and autotools. It builds and passes its tests as it stands.",
    .options = options,
    .min_names = 1,
    .max_names = 1,
    .run = run};

static const char *const kinds[] = {"rest", "graphql", "async-report", "sink"};

enum { TEMPLATE_MAX = 1024 * 1024, NAME_MAX_LEN = 40, FILE_MODE = 0644, FOLDER_MODE = 0755 };

/* What stands for @NAME@ and the like. */
struct word {
    const char *name;
    const char *text;
};
enum { N_WORDS = 10 };

struct making {
    const char *name;
    char *templates;
    struct arena *arena;
    struct word words[N_WORDS];
    size_t n_words;
};

static void set_word(struct making *m, const char *name, const char *text)
{
    m->words[m->n_words++] = (struct word){name, text};
}

/* ---- what was asked for ---- */

/* A name of C, of a file and of a host. */
static bool check_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (n > 0 && !name[n] && n <= NAME_MAX_LEN && name[0] >= 'a' && name[0] <= 'z')
        return true;
    cli_error("new-plugin: \"%s\" is no name: small letters, digits and \"_\", a letter first, at "
              "most %d",
              name, NAME_MAX_LEN);
    return false;
}

static const char *choose_kind(const struct cli *cli)
{
    const char *kind = NULL;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!cli_flag(cli, kinds[i]))
            continue;
        if (kind) {
            cli_error("new-plugin: --%s and --%s exclude each other", kind, kinds[i]);
            return NULL;
        }
        kind = kinds[i];
    }
    return kind ? kind : "rest";
}

/* acme_ads → Acme ads; with a hyphen it can be a host's name. */
static void name_words(struct making *m)
{
    char *title = arena_strdup(m->arena, m->name), *host = arena_strdup(m->arena, m->name);
    title[0] = (char)(title[0] - 'a' + 'A');
    for (char *p = title; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    for (char *p = host; *p; p++)
        *p = *p == '_' ? '-' : *p;
    set_word(m, "NAME", m->name);
    set_word(m, "TITLE", title);
    set_word(m, "HOST", host);
}

static void list_families(const struct making *m)
{
    auto_free char *folder = xasprintf("%s/family", m->templates);
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    fputs("omnihub: families:", stderr);
    for (int i = 0; i < n; i++) {
        const char *dot = strstr(entries[i]->d_name, ".conf");
        if (dot)
            fprintf(stderr, " %.*s", (int)(dot - entries[i]->d_name), entries[i]->d_name);
        free(entries[i]);
    }
    fputc('\n', stderr);
    if (n >= 0)
        free(entries);
}

/* Dataset, fields and rows that are usual in this family. */
static int family_words(struct making *m, const char *family)
{
    static const struct {
        const char *setting, *word;
    } settings[] = {
        {"dataset", "DATASET"}, {"constants", "CONSTANTS"}, {"fields", "FIELDS"}, {"rows", "ROWS"}};
    struct source source;
    struct config_findings *findings = config_findings_new();
    auto_free char *path = xasprintf("%s/family/%s.conf", m->templates, family);
    bool is_known = !strchr(family, '/') && source_open(&source, path, m->arena, NULL, findings);
    for (size_t i = 0; is_known && i < ARRAY_LEN(settings); i++) {
        const char *text = "";
        config_lookup_string(&source.tree, settings[i].setting, &text);
        set_word(m, settings[i].word, arena_strdup(m->arena, text));
    }
    if (!strchr(family, '/'))
        source_close(&source);
    config_findings_free(findings);
    set_word(m, "FAMILY", family);
    set_word(m, "STREAM", "daily");
    if (is_known)
        return CLI_OK;
    cli_error("new-plugin: there is no family \"%s\" in %s", family, m->templates);
    list_families(m);
    return CLI_USAGE;
}

/* ---- files ---- */

/* @WORD@ → its text; other text with @ stays. */
static void fill(const struct making *m, const char *text, struct buf *out)
{
    while (*text) {
        size_t n = strcspn(text, "@"), len = 0, i = 0;
        buf_add(out, text, n);
        text += n;
        if (!*text)
            return;
        for (; i < m->n_words; i++) {
            len = strlen(m->words[i].name);
            if (strncmp(text + 1, m->words[i].name, len) == 0 && text[len + 1] == '@')
                break;
        }
        if (i < m->n_words) {
            buf_adds(out, m->words[i].text);
            text += len + 2;
        } else {
            buf_addc(out, *text++);
        }
    }
}

/* NAME.c → acme.c; what would be hidden or left out here has another name. */
static char *file_name(const struct making *m, const char *template)
{
    static const char *const renamed[][2] = {{"gitignore", ".gitignore"}, {"makefile", "Makefile"}};
    for (size_t i = 0; i < ARRAY_LEN(renamed); i++)
        if (strcmp(template, renamed[i][0]) == 0)
            return xstrdup(renamed[i][1]);
    return text_starts(template, "NAME") ? xasprintf("%s%s", m->name, template + strlen("NAME"))
                                         : xstrdup(template);
}

static omni_status make_file(const struct making *m, const char *folder, const char *template,
                             struct err *err)
{
    auto_buf text = BUF_INIT(TEMPLATE_MAX), filled = BUF_INIT(TEMPLATE_MAX);
    auto_free char *from = xasprintf("%s/%s", folder, template);
    auto_free char *name = file_name(m, template);
    auto_free char *to = xasprintf("%s/%s", m->name, name);
    omni_status status = file_read(from, &text, err);
    if (status != OMNI_OK)
        return status;
    fill(m, buf_text(&text), &filled);
    return file_replace(to, buf_text(&filled), filled.len, FILE_MODE, err);
}

static int is_shown(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static omni_status make_files(const struct making *m, const char *kind, struct err *err)
{
    struct dirent **entries;
    omni_status status = OMNI_OK;
    auto_free char *folder = xasprintf("%s/%s", m->templates, kind);
    int n = scandir(folder, &entries, is_shown, alphasort);
    if (n < 0)
        return err_set(err, OMNI_E_CONFIG, "the templates are not installed: %s: %s", folder,
                       strerror(errno));
    for (int i = 0; i < n; i++) {
        if (status == OMNI_OK)
            status = make_file(m, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static int make(const struct making *m, const char *kind)
{
    struct err err = {0};
    if (mkdir(m->name, FOLDER_MODE) < 0) {
        cli_error("new-plugin: cannot make the folder %s: %s", m->name, strerror(errno));
        return CLI_CANNOT;
    }
    if (make_files(m, "common", &err) != OMNI_OK || make_files(m, kind, &err) != OMNI_OK) {
        cli_error("new-plugin: %s", err.text);
        return CLI_CANNOT;
    }
    printf("%s/ is made. Next:\n  cd %s\n  make\n  make check\n", m->name, m->name);
    return CLI_OK;
}

static int run(struct cli *cli)
{
    struct making m = {.name = cli->names[0], .arena = arena_new()};
    const char *kind = choose_kind(cli), *family = cli_value(cli, "family");
    int code = kind && check_name(m.name) ? CLI_OK : CLI_USAGE;
    m.templates = place_of(HUB_TEMPLATEDIR);
    if (code == CLI_OK && strcmp(kind, "sink") == 0 && family) {
        cli_error("new-plugin: a sink takes every dataset: leave --family out");
        code = CLI_USAGE;
    }
    if (code == CLI_OK) {
        name_words(&m);
        code = family_words(&m, family ? family : "ads");
    }
    if (code == CLI_OK)
        code = make(&m, kind);
    arena_free(m.arena);
    free(m.templates);
    return code;
}
