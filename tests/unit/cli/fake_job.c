/* SPDX-License-Identifier: Apache-2.0
 * Stands in for omnihub-job beside the programs under test: a "plugin" is a file with its
 * description, what a job does is written in a file of events that option `script` names. Keeps
 * its orders for the test to look at. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "process/spawn.h"
#include "run/spec.h"
#include "schema/schema.h"
#include "store/store.h"

static json_t *event(const char *name)
{
    json_t *e = json_object();
    json_put_text(e, "event", name);
    return e;
}

static void describe(const json_t *spec)
{
    struct err err = {0};
    auto_buf text = BUF_INIT(1 << 20);
    if (file_read(json_text(spec, "plugin_path"), &text, &err) != OMNI_OK)
        exit(3);
    if (strncmp(buf_text(&text), "crash", 5) == 0)
        abort();
    json_t *module = json_parse(buf_text(&text), text.len, &err);
    json_t *e = event(module ? "describe" : "result");
    json_put_text(e, "message", module ? NULL : "not a plugin: no symbol omnihub_module_v1");
    if (module)
        json_object_set_new(e, "module", module);
    spec_event(JOB_FD_EVENTS, e);
}

static void keep_orders(const json_t *spec)
{
    const char *connector = json_text(spec, "connector"), *sink = json_text(spec, "sink");
    const char *account = json_text(spec, "account");
    auto_free char *path =
        xasprintf("%s/spec.%s.%s%s%s", json_text(spec, "state_dir"), json_text(spec, "verb"),
                  connector ? connector : "", sink ? sink : "", account ? account : "");
    json_dump_file(spec, path, JSON_INDENT(1));
}

/* Leaves a run behind that is never finished, as a job does that dies. */
static void begin_run(const json_t *spec)
{
    struct err err = {0};
    struct schema *schema = schema_load(json_text(spec, "schema_dir"), &err);
    struct store *store = store_open(json_text(spec, "state_dir"), schema, STORE_WRITE, &err);
    const struct store_run run = {.kind = "pull",
                                  .connector = json_text(spec, "connector"),
                                  .stream = "s",
                                  .account = "",
                                  .batch = json_text(spec, "batch"),
                                  .plugin_version = "1"};
    if (!store || store_run_begin(store, &run, &err) == 0) {
        fprintf(stderr, "fake job: %s\n", err.text);
        exit(4);
    }
    store_close(store);
    schema_free(schema);
}

/* A process that holds the job's pipe after its end, until nobody reads it any more. */
static void leave_an_heir(void)
{
    if (fork() != 0)
        return;
    signal(SIGTERM, SIG_IGN);
    struct pollfd pipe = {.fd = JOB_FD_EVENTS};
    poll(&pipe, 1, -1);
    _exit(0);
}

static void act(const json_t *spec, const json_t *line)
{
    const char *what = json_text(line, "do");
    if (!what)
        spec_event(JOB_FD_EVENTS, json_deep_copy(line));
    else if (strcmp(what, "crash") == 0)
        abort();
    else if (strcmp(what, "exit") == 0)
        exit(7);
    else if (strcmp(what, "hang") == 0)
        for (;;)
            pause();
    else if (strcmp(what, "stay") == 0)
        while (access(json_text(line, "while"), F_OK) == 0)
            poll(NULL, 0, 10);
    else if (strcmp(what, "heir") == 0)
        leave_an_heir();
    else if (strcmp(what, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    else if (strcmp(what, "garbage") == 0)
        (void)file_write_all(JOB_FD_EVENTS, "garbage\n", 8);
    else if (strcmp(what, "noise") == 0)
        (void)file_write_all(STDOUT_FILENO, "noise\n", 6);
    else if (strcmp(what, "begin") == 0)
        begin_run(spec);
    else if (strcmp(what, "env") == 0)
        exit(environ[0] && getenv("SHOP_TOKEN") ? 9 : 0);
}

static void play(const json_t *spec, const char *script)
{
    struct err err = {0};
    auto_buf text = BUF_INIT(1 << 24);
    if (file_read(script, &text, &err) != OMNI_OK) {
        fprintf(stderr, "fake job: %s\n", err.text);
        exit(5);
    }
    for (const char *p = buf_text(&text); *p;) {
        size_t n = strcspn(p, "\n");
        auto_json *line = json_parse(p, n, &err);
        if (line)
            act(spec, line);
        p += n + (p[n] == '\n');
    }
}

int main(void)
{
    struct err err = {0};
    spawn_child_setup(getppid());
    auto_json *spec = spec_from_fd(JOB_FD_SPEC, &err);
    if (!spec) {
        fprintf(stderr, "fake job: %s\n", err.text);
        return 2;
    }
    const char *verb = json_text(spec, "verb");
    if (strcmp(verb, JOB_DESCRIBE) == 0) {
        describe(spec);
    } else {
        const json_t *options = json_object_get(spec, "options");
        auto_free char *name = xasprintf("script_%s", verb);
        const char *script =
            json_text(options, name) ? json_text(options, name) : json_text(options, "script");
        if (json_text(spec, "state_dir"))
            keep_orders(spec);
        if (script)
            play(spec, script);
    }
    spec_event(JOB_FD_EVENTS, event("done"));
    return 0;
}
