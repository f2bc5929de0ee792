/* SPDX-License-Identifier: Apache-2.0
 * Marketing channels: rules read from conf, asked in order. The form of the file is told at the top
 * of conf/schema/channels.conf. */
#include <config.h>

#include "normalize/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libconfig.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

/* What a pattern may cost for one text: a rule that explodes on some input does not match it. */
enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KIB = 4096 };

enum { SOURCE, MEDIUM, CAMPAIGN, CONNECTOR, PLUGIN, INPUTS };
static const char *const inputs[INPUTS] = {"source", "medium", "campaign", "connector", "plugin"};

struct word_list {
    const char *name;
    const char **words; /* sorted, case ignored, once all files are read */
    size_t n;
};

struct pattern {
    const char *name, *text;
};

struct rule {
    const char *channel;
    int source_in;               /* index into lists, -1: any */
    pcre2_code *pattern[INPUTS]; /* NULL: anything */
};

struct channel_rules {
    struct arena *arena; /* all texts */
    struct word_list *lists;
    struct pattern *patterns;
    struct rule *rules;
    size_t n_lists, n_patterns, n_rules;
    pcre2_match_context *limits;
    pcre2_match_data *match;
};

struct load {
    struct channel_rules *rules;
    const char *path;
    struct err *err;
};

__attribute__((format(printf, 3, 4))) static bool
refuse(const struct load *load, const config_setting_t *at, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(load->err, OMNI_E_CONFIG, "%s:%u: %s", load->path, config_setting_source_line(at),
            text);
    return false;
}

/* ---- lists and patterns ---- */

static int find_list(const struct channel_rules *r, const char *name)
{
    for (size_t i = 0; i < r->n_lists; i++)
        if (strcmp(r->lists[i].name, name) == 0)
            return (int)i;
    return -1;
}

static struct word_list *get_list(struct channel_rules *r, const char *name)
{
    int i = find_list(r, name);
    if (i >= 0)
        return &r->lists[i];
    r->lists = xrealloc(r->lists, (r->n_lists + 1) * sizeof *r->lists);
    r->lists[r->n_lists] = (struct word_list){.name = arena_strdup(r->arena, name)};
    return &r->lists[r->n_lists++];
}

static bool read_list(const struct load *load, const config_setting_t *at)
{
    struct word_list *list = get_list(load->rules, config_setting_name(at));
    size_t more = (size_t)config_setting_length(at);
    list->words = xrealloc(list->words, (list->n + more) * sizeof *list->words);
    for (size_t i = 0; i < more; i++) {
        const char *word = config_setting_get_string_elem(at, (int)i);
        if (!word)
            return refuse(load, at, "list \"%s\" holds something that is not a text", list->name);
        list->words[list->n++] = arena_strdup(load->rules->arena, word);
    }
    return true;
}

static const char *find_pattern(const struct channel_rules *r, const char *name)
{
    for (size_t i = 0; i < r->n_patterns; i++)
        if (strcmp(r->patterns[i].name, name) == 0)
            return r->patterns[i].text;
    return NULL;
}

/* The first file that names it wins: the admin's is read first. */
static bool read_pattern(const struct load *load, const config_setting_t *at)
{
    struct channel_rules *r = load->rules;
    const char *text = config_setting_get_string(at);
    if (!text)
        return refuse(load, at, "pattern \"%s\" is not a text", config_setting_name(at));
    if (find_pattern(r, config_setting_name(at)))
        return true;
    r->patterns = xrealloc(r->patterns, (r->n_patterns + 1) * sizeof *r->patterns);
    r->patterns[r->n_patterns++] = (struct pattern){arena_strdup(r->arena, config_setting_name(at)),
                                                    arena_strdup(r->arena, text)};
    return true;
}

/* ---- rules ---- */

static pcre2_code *compile(const struct load *load, const config_setting_t *at, const char *text)
{
    int error;
    PCRE2_SIZE where;
    uint32_t options = PCRE2_CASELESS | PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED |
                       PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &where, NULL);
    if (code) {
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* only faster; may not be allowed here */
        return code;
    }
    char why[160];
    pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof why);
    refuse(load, at, "pattern \"%s\": %s at character %zu", text, why, (size_t)where + 1);
    return NULL;
}

static bool read_condition(const struct load *load, const config_setting_t *at, struct rule *rule)
{
    const char *name = config_setting_name(at), *text = config_setting_get_string(at);
    if (!text)
        return refuse(load, at, "%s is not a text", name);
    if (strcmp(name, "channel") == 0) {
        rule->channel = arena_strdup(load->rules->arena, text);
        return true;
    }
    if (strcmp(name, "source_in") == 0) {
        rule->source_in = find_list(load->rules, text);
        return rule->source_in >= 0 || refuse(load, at, "there is no list \"%s\"", text);
    }
    for (size_t i = 0; i < INPUTS; i++) {
        if (strcmp(inputs[i], name) != 0)
            continue;
        const char *pattern = *text == '@' ? find_pattern(load->rules, text + 1) : text;
        if (!pattern)
            return refuse(load, at, "there is no pattern \"%s\"", text + 1);
        rule->pattern[i] = compile(load, at, pattern);
        return rule->pattern[i] != NULL;
    }
    return refuse(load, at,
                  "unknown \"%s\"; a rule has channel, source, source_in, medium, campaign, "
                  "connector and plugin",
                  name);
}

static bool read_rule(const struct load *load, const config_setting_t *at)
{
    struct channel_rules *r = load->rules;
    if (!config_setting_is_group(at))
        return refuse(load, at, "a rule is written { channel = \"…\"; medium = \"…\"; }");
    r->rules = xrealloc(r->rules, (r->n_rules + 1) * sizeof *r->rules);
    struct rule *rule = &r->rules[r->n_rules++];
    *rule = (struct rule){.source_in = -1};
    for (int i = 0; i < config_setting_length(at); i++)
        if (!read_condition(load, config_setting_get_elem((config_setting_t *)at, (unsigned)i),
                            rule))
            return false;
    return rule->channel || refuse(load, at, "this rule names no channel");
}

/* ---- files ---- */

static bool open_file(const struct load *load, config_t *conf)
{
    if (config_read_file(conf, load->path) == CONFIG_TRUE)
        return true;
    if (config_error_type(conf) == CONFIG_ERR_FILE_IO)
        err_set(load->err, file_status(errno), "cannot read %s: %s", load->path, strerror(errno));
    else
        err_set(load->err, OMNI_E_CONFIG, "%s:%d: %s", load->path, config_error_line(conf),
                config_error_text(conf));
    return false;
}

static bool read_each(const struct load *load, const config_t *conf, const char *name,
                      bool (*read)(const struct load *, const config_setting_t *))
{
    const config_setting_t *all = config_lookup(conf, name);
    for (int i = 0; all && i < config_setting_length(all); i++)
        if (!read(load, config_setting_get_elem((config_setting_t *)all, (unsigned)i)))
            return false;
    return true;
}

static bool check_members(const struct load *load, const config_t *conf)
{
    config_setting_t *root = config_root_setting(conf);
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *at = config_setting_get_elem(root, (unsigned)i);
        const char *name = config_setting_name(at);
        bool list = config_setting_is_list(at) || config_setting_is_array(at);
        bool right = strcmp(name, "rules") == 0
                         ? list
                         : text_in_list(name, strlen(name), "lists patterns", " ") &&
                               config_setting_is_group(at);
        if (!right)
            return refuse(load, at,
                          "\"%s\": a file of channels has rules (a list), lists and "
                          "patterns (groups)",
                          name);
    }
    return true;
}

/* Names first, from both files, so that either file's rules may use them. */
static bool read_files(struct load *loads, config_t *confs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!open_file(&loads[i], &confs[i]) || !check_members(&loads[i], &confs[i]) ||
            !read_each(&loads[i], &confs[i], "lists", read_list) ||
            !read_each(&loads[i], &confs[i], "patterns", read_pattern))
            return false;
    for (size_t i = 0; i < n; i++)
        if (!read_each(&loads[i], &confs[i], "rules", read_rule))
            return false;
    return true;
}

static int compare_words(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

struct channel_rules *channel_load(const char *path, const char *own_path, struct err *err)
{
    struct channel_rules *r = xcalloc(1, sizeof *r);
    r->arena = arena_new();
    r->limits = xneed(pcre2_match_context_create(NULL));
    r->match = xneed(pcre2_match_data_create(1, NULL));
    pcre2_set_match_limit(r->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(r->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(r->limits, HEAP_LIMIT_KIB);
    struct load loads[2] = {{r, own_path, err}, {r, path, err}};
    config_t confs[2];
    config_init(&confs[0]);
    config_init(&confs[1]);
    size_t first = own_path ? 0 : 1;
    bool done = read_files(loads + first, confs + first, 2 - first);
    config_destroy(&confs[0]);
    config_destroy(&confs[1]);
    for (size_t i = 0; i < r->n_lists; i++)
        qsort(r->lists[i].words, r->lists[i].n, sizeof r->lists[i].words[0], compare_words);
    if (done)
        return r;
    channel_free(r);
    return NULL;
}

void channel_free(struct channel_rules *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_rules; i++)
        for (size_t j = 0; j < INPUTS; j++)
            pcre2_code_free(r->rules[i].pattern[j]);
    for (size_t i = 0; i < r->n_lists; i++)
        free(r->lists[i].words);
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->limits);
    free(r->lists);
    free(r->patterns);
    free(r->rules);
    arena_free(r->arena);
    free(r);
}

/* ---- asking ---- */

static bool holds(const struct channel_rules *r, const struct rule *rule,
                  const char *const texts[INPUTS])
{
    for (size_t i = 0; i < INPUTS; i++)
        if (rule->pattern[i] && pcre2_match(rule->pattern[i], (PCRE2_SPTR)texts[i],
                                            strlen(texts[i]), 0, 0, r->match, r->limits) < 0)
            return false;
    if (rule->source_in < 0)
        return true;
    const struct word_list *list = &r->lists[rule->source_in];
    return bsearch(&texts[SOURCE], list->words, list->n, sizeof list->words[0], compare_words);
}

const char *channel_of(const struct channel_rules *r, const struct channel_input *in)
{
    const char *texts[INPUTS] = {in->source, in->medium, in->campaign, in->connector, in->plugin};
    for (size_t i = 0; i < INPUTS; i++)
        if (!texts[i])
            texts[i] = "";
    for (size_t i = 0; i < r->n_rules; i++)
        if (holds(r, &r->rules[i], texts))
            return r->rules[i].channel;
    return "Unassigned";
}
