/* SPDX-License-Identifier: Apache-2.0
 * omnihub test-plugin */
#include <config.h>

#include "cli/cli.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/bench.h"
#include "cli/conform.h"
#include "cli/plugins.h"
#include "cli/sheet.h"
#include "cli/sink_bench.h"
#include "kit/compare.h"
#include "kit/spoil.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"check", "ID", "only this conformance check; may be given again"},
    {"no-conformance", NULL, "only the tests themselves"},
    TRIAL_DEBUG,
    {"json", NULL, "the score sheet as JSON"},
    {0}};

const struct command cmd_test_plugin = {
    .name = "test-plugin",
    .arguments = "PLUGIN.so [FILE.test …]",
    .usage = "test a plugin offline, then make faults around its tests",
    .help =
        "Without files, every *.test beside the plugin. Each is played in the real sandbox and "
        "job;\n"
        "nothing is sent anywhere but to a server of the test's own on this machine. Around the\n"
        "good test of each stream that has the most pages, the conformance checks then make\n"
        "faults by themselves.\n"
        "omnihub-plugin(7) describes the files.",
    .options = options,
    .min_names = 1,
    .max_names = -1,
    .run = run};

/* ---- which files ---- */

static int is_test(const struct dirent *e)
{
    return e->d_name[0] != '.' && text_ends(e->d_name, ".test");
}

static void add_file(char ***files, size_t *n, char *path_take)
{
    *files = xrealloc(*files, (*n + 1) * sizeof **files);
    (*files)[(*n)++] = path_take;
}

static char **find_files(const struct cli *cli, const char *plugin, size_t *n)
{
    char **files = NULL;
    struct dirent **entries;
    for (int i = 1; i < cli->n_names; i++)
        add_file(&files, n, trial_absolute(cli->names[i]));
    if (cli->n_names > 1)
        return files;
    auto_free char *folder = xstrndup(plugin, (size_t)(strrchr(plugin, '/') - plugin + 1));
    int found = scandir(folder, &entries, is_test, alphasort);
    for (int i = 0; i < found; i++) {
        add_file(&files, n, xasprintf("%s%s", folder, entries[i]->d_name));
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return files;
}

/* ---- one file ---- */

struct session {
    const struct cli *cli;
    struct trial trial;
    struct sheet *sheet;
    json_t *best; /* {stream or call: {path, pages}}: the test that faults are made around */
    unsigned n_tests;
    bool is_interrupted;
};

static void judge(struct bench *b, json_t *problems)
{
    const struct test_file *t = b->test;
    struct bench_result result;
    bench_test(b, &result, problems);
    const char *message = result.message ? result.message : "";
    bool is_as_said = strcmp(result.outcome, t->outcome) == 0;
    auto_free char *what = NULL;
    if (!is_as_said)
        what = xasprintf("the run was %s, not %s%s%s", result.outcome, t->outcome,
                         *message ? ": " : "", message);
    else if (t->says && !strstr(message, t->says))
        what = xasprintf("the message is \"%s\" and does not say \"%s\"", message, t->says);
    if (what)
        json_array_append_new(problems, json_string(what));
    if (is_as_said && t->rows)
        compare_rows(bench_subject(b), t->rows, json_object_get(b->rows, bench_subject(b)),
                     problems);
    const char *part;
    json_t *rows;
    json_object_foreach((json_t *)t->parts, part, rows) if (is_as_said)
        compare_rows(part, rows, json_object_get(b->rows, part), problems);
    bench_result_free(&result);
}

/* Can faults be made around it? */
static bool wants_conformance(const struct session *s, const struct bench *b, bool is_good)
{
    const struct test_file *t = b->test;
    bool shows_something = json_array_size(t->rows) > 0 || bench_call(b) == CHECK_CHECK;
    return is_good && strcmp(t->outcome, "ok") == 0 && shows_something && b->tape &&
           !cli_flag(s->cli, "no-conformance");
}

/* The more pages, the more can be spoilt; of those alike, the first. */
static void propose(const struct session *s, const struct bench *b)
{
    const json_t *before = json_object_get(s->best, bench_subject(b));
    int64_t pages = (int64_t)spoil_pages(b->tape);
    if (before && json_int(before, "pages", 0) >= pages)
        return;
    json_t *one = json_object();
    json_put_text(one, "path", b->test->path);
    json_put_int(one, "pages", pages);
    json_object_set_new(s->best, bench_subject(b), one);
}

static void test_source(struct session *s, const struct test_file *t)
{
    struct bench b;
    auto_json *problems = json_array();
    bool is_open = bench_open(&b, &s->trial, s->cli, t, ++s->n_tests, problems);
    if (is_open)
        judge(&b, problems);
    else if (json_array_size(problems) == 0) /* what was wrong is no text */
        json_array_append_new(problems, json_string("the test cannot be played"));
    bool is_good = is_open && json_array_size(problems) == 0;
    sheet_test(s->sheet, t, problems);
    if (wants_conformance(s, &b, is_good))
        propose(s, &b);
    s->is_interrupted = b.work.is_interrupted;
    bench_close(&b);
}

/* The test is played once more, for what it asks and gets. */
static void conform_source(struct session *s, const struct test_file *t)
{
    struct bench b;
    struct bench_result result = {.message = NULL};
    auto_json *problems = json_array();
    const char *subject = t->call ? t->call : t->stream;
    const char *path = json_text(json_object_get(s->best, subject), "path");
    if (!path || strcmp(path, t->path) != 0)
        return;
    bool is_open = bench_open(&b, &s->trial, s->cli, t, ++s->n_tests, problems);
    if (is_open)
        bench_test(&b, &result, problems);
    bench_result_free(&result);
    if (is_open && b.tape && !b.work.is_interrupted)
        conform(&b, s->cli, s->sheet);
    else if (!b.work.is_interrupted) /* it held before */
        sheet_test(s->sheet, t, problems);
    s->is_interrupted = b.work.is_interrupted;
    bench_close(&b);
}

static bool test_one(struct session *s, const char *path)
{
    struct config_findings *findings = config_findings_new();
    struct test_file *t = test_file_read(path, findings);
    config_findings_print(findings);
    config_findings_free(findings);
    if (t && t->datasets)
        s->is_interrupted =
            !sink_bench_run(&s->trial, s->cli, t, !cli_flag(s->cli, "no-conformance"), s->sheet);
    else if (t)
        test_source(s, t);
    test_file_free(t);
    return t != NULL;
}

static void conform_one(struct session *s, const char *path)
{
    struct config_findings *findings = config_findings_new();
    struct test_file *t = test_file_read(path, findings);
    config_findings_free(findings); /* were printed before */
    if (t && !t->datasets)
        conform_source(s, t);
    test_file_free(t);
}

/* ---- the command ---- */

static int test_all(struct session *s, char *const *files, size_t n)
{
    int code = CLI_OK;
    for (size_t i = 0; i < n && !s->is_interrupted; i++)
        if (!test_one(s, files[i]))
            code = CLI_USAGE;
    for (size_t i = 0; i < n && !s->is_interrupted && json_object_size(s->best) > 0; i++)
        conform_one(s, files[i]);
    if (s->is_interrupted)
        return CLI_INTERRUPTED;
    sheet_print(s->sheet, cli_flag(s->cli, "json"));
    return code != CLI_OK ? code : sheet_is_good(s->sheet) ? CLI_OK : CLI_FAILED;
}

static int run(struct cli *cli)
{
    if (!conform_knows(cli))
        return CLI_USAGE;
    struct session s = {.cli = cli, .best = json_object()};
    size_t n = 0;
    auto_free char *plugin = trial_absolute(cli->names[0]);
    char **files = find_files(cli, plugin, &n);
    int code = trial_open(&s.trial, cli, plugin);
    if (code == CLI_OK && n == 0) {
        cli_error("test-plugin: there is no *.test file beside %s; `omnihub new-plugin` makes one",
                  cli->names[0]);
        code = CLI_USAGE;
    }
    if (code == CLI_OK) {
        log_set_level(cli->is_verbose ? LOG_DEBUG : s.trial.debug ? LOG_INFO : LOG_NONE);
        s.sheet = sheet_new(s.trial.info, cli_flag(cli, "json"));
        code = test_all(&s, files, n);
    }
    while (n > 0)
        free(files[--n]);
    free(files);
    sheet_free(s.sheet);
    json_decref(s.best);
    trial_close(&s.trial);
    return code;
}
