/* SPDX-License-Identifier: Apache-2.0
 * Lines for people, members for programs. */
#include <config.h>

#include "cli/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/output.h"

struct sheet {
    json_t *root, *tests, *checks; /* tests, checks: inside root */
    unsigned good, failed, left_out;
    bool is_json;
};

struct sheet *sheet_new(const struct plugin_info *info, bool is_json)
{
    struct sheet *s = xcalloc(1, sizeof *s);
    s->root = json_object();
    s->tests = json_array();
    s->checks = json_array();
    s->is_json = is_json;
    json_put_text(s->root, "plugin", info->module->name);
    json_put_text(s->root, "version", info->module->version);
    json_object_set_new(s->root, "tests", s->tests);
    json_object_set_new(s->root, "checks", s->checks);
    return s;
}

void sheet_free(struct sheet *s)
{
    if (!s)
        return;
    json_decref(s->root);
    free(s);
}

/* ---- lines ---- */

static void line(const struct sheet *s, const char *mark, const char *outcome, const char *text,
                 const char *subject)
{
    if (s->is_json)
        return;
    printf("  %s%-8s%s %s%s%s\n", output_colour(stdout, outcome), mark, output_plain(stdout), text,
           subject ? ": " : "", subject ? subject : "");
    fflush(stdout);
}

static void detail(const struct sheet *s, const char *name, const char *text)
{
    if (!s->is_json && text)
        printf("           %s%s\n", name, text);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void sheet_test(struct sheet *s, const struct test_file *t, const json_t *problems)
{
    bool is_good = json_array_size(problems) == 0;
    json_t *one = json_object(), *problem;
    size_t i;
    json_put_text(one, "file", base_name(t->path));
    json_put_text(one, "test", t->test);
    json_put_text(one, "stream", t->stream);
    json_put_text(one, "call", t->call);
    json_put_text(one, "result", is_good ? "ok" : "failed");
    json_object_set_new(one, "problems", json_deep_copy(problems));
    json_array_append_new(s->tests, one);
    is_good ? s->good++ : s->failed++;
    if (!s->is_json)
        printf("%s%s%s\n", output_bold(stdout), base_name(t->path), output_plain(stdout));
    line(s, is_good ? "ok" : "FAILED", is_good ? "ok" : "failed", t->test, NULL);
    json_array_foreach(problems, i, problem) detail(s, "", json_string_value(problem));
}

void sheet_conformance(struct sheet *s, const struct test_file *t)
{
    if (!s->is_json)
        printf("%sconformance of %s%s, around %s%s\n", output_bold(stdout),
               t->stream ? "stream "
               : t->call ? ""
                         : "the sink",
               t->stream ? t->stream
               : t->call ? t->call
                         : "",
               base_name(t->path), output_plain(stdout));
}

void sheet_check(struct sheet *s, const struct sheet_check *c)
{
    const char *result = c->is_left_out ? "left out" : c->problem ? "failed" : "ok";
    json_t *one = json_object();
    json_put_text(one, "id", c->check->id);
    json_put_text(one, "title", c->check->title);
    json_put_text(one, "subject", c->subject);
    json_put_text(one, "result", result);
    json_put_text(one, "problem", c->problem);
    if (c->problem && !c->is_left_out) {
        json_put_text(one, "means", c->check->means);
        json_put_text(one, "mend", c->check->mend);
    }
    json_array_append_new(s->checks, one);
    unsigned *count = c->is_left_out ? &s->left_out : c->problem ? &s->failed : &s->good;
    ++*count;
    line(s,
         c->is_left_out ? "left out"
         : c->problem   ? "FAILED"
                        : "ok",
         result, c->check->title, c->subject);
    detail(s, "", c->problem);
    if (c->problem && !c->is_left_out) {
        detail(s, "means: ", c->check->means);
        detail(s, "mend:  ", c->check->mend);
        detail(s, "again: --check ", c->check->id);
    }
}

bool sheet_is_good(const struct sheet *s)
{
    return s->failed == 0 && s->good > 0;
}

void sheet_print(struct sheet *s, bool is_json)
{
    if (!is_json) {
        printf("\n%u hold, %u failed, %u left out\n", s->good, s->failed, s->left_out);
        return;
    }
    json_put_int(s->root, "ok", s->good);
    json_put_int(s->root, "failed", s->failed);
    json_put_int(s->root, "left_out", s->left_out);
    cli_print_json(s->root);
}
