/* SPDX-License-Identifier: Apache-2.0
 * omnihub alerts */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/reading.h"
#include "store/outbox.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"test", NULL, "send a test message now, to each alert or to the one that is named"},
    {"last", "N", "at most so many messages, newest first; 0: all; default 20"},
    {"json", NULL, "as JSON"},
    {0}};

const struct command cmd_alerts = {
    .name = "alerts",
    .arguments = "[--test] [NAME]",
    .usage = "messages that were sent, wait to be sent, or did not get through",
    .help = "NAME is an alert of the configuration.",
    .options = options,
    .max_names = 1,
    .run = run};

static const char *const columns[] = {"id",       "made_at", "alert",    "n",
                                      "attempts", "code",    "ended_at", "message"};

/* ---- looking ---- */

static int list(struct cli *cli)
{
    struct reading r = {0};
    struct err err = {0};
    long long last;
    if (!cli_number(cli, "last", 0, 1000000000, 20, &last))
        return CLI_USAGE;
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code = reading_show(cli,
                            r.store ? outbox_list(r.store, cli->n_names ? cli->names[0] : NULL,
                                                  (uint32_t)last, &err)
                                    : json_array(),
                            &err, columns, ARRAY_LEN(columns));
    reading_close(&r);
    return code;
}

/* ---- trying ---- */

static json_t *test_message(void)
{
    unsigned char bytes[16];
    char key[2 * sizeof bytes + 1], now[TIME_TEXT];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(key, sizeof key, bytes, sizeof bytes);
    day_print_time(day_now() / TIME_SECOND * TIME_SECOND, now);
    return json_pack("{s:s, s:s, s:[{s:i, s:s, s:s, s:s, s:s, s:s}]}", "key", key, "made_at", now,
                     "items", "id", 0, "kind", "test", "scope", "alerts", "state", "open",
                     "since_at", now, "text",
                     "This is a test, asked for by omnihub alerts --test. Nothing is wrong.");
}

static int report(struct work *w)
{
    int code = w->is_interrupted ? CLI_INTERRUPTED : CLI_OK;
    size_t i;
    const json_t *r;
    if (cli_flag(w->cli, "json"))
        cli_print_json(w->results);
    json_array_foreach(w->results, i, r)
    {
        const char *outcome = json_text(r, "outcome"), *message = json_text(r, "message"), *to;
        json_t *answer;
        bool is_ok = outcome && strcmp(outcome, "ok") == 0;
        json_object_foreach(json_object_get(r, "done"), to, answer)
        {
            bool is_taken = strcmp(json_string_value(answer), "ok") == 0;
            if (is_ok && !is_taken)
                cli_error("alert \"%s\": %s: %s", json_text(r, "alert"), to,
                          json_string_value(answer));
            is_ok &= is_taken;
        }
        if (message && *message)
            cli_error("alert \"%s\": %s", json_text(r, "alert"), message);
        else if (is_ok && !cli_flag(w->cli, "json"))
            printf("%s: sent\n", json_text(r, "alert"));
        code = is_ok ? code : CLI_FAILED;
    }
    return code;
}

static int send_tests(struct work *w)
{
    const struct config *c = w->cli->config;
    alerts_check(w, w->cli->findings);
    if (config_findings_errors(w->cli->findings)) {
        config_findings_print(w->cli->findings);
        return CLI_USAGE;
    }
    struct supervise *jobs = work_begin_jobs(w);
    for (size_t i = 0; i < c->n_alerts; i++) {
        const struct config_alert *k = &c->alerts[i];
        if (!work_wants(w->cli, k->name, k->is_disabled))
            continue;
        json_t *labels = json_pack("{s:s}", "alert", k->name);
        work_add(w, jobs, alerts_spec(w, k, test_message()), labels, NULL, NULL, NULL);
    }
    work_run_jobs(w, jobs);
    return report(w);
}

static int test(struct cli *cli)
{
    struct work w;
    work_init(&w, cli);
    w.is_check = true;
    int code = sodium_init() < 0 ? CLI_CANNOT : send_tests(&w);
    work_free(&w);
    return code;
}

/* ---- the command ---- */

static int check_name(const struct cli *cli)
{
    const struct config *c = cli->config;
    auto_free const char **names = xcalloc(c->n_alerts + 1, sizeof *names);
    for (size_t i = 0; i < c->n_alerts; i++)
        names[i] = c->alerts[i].name;
    if (c->n_alerts == 0) {
        cli_error("the configuration has no alerts");
        return CLI_USAGE;
    }
    if (!cli->n_names || config_alert(c, cli->names[0]))
        return CLI_OK;
    const char *near = text_suggest(cli->names[0], names, c->n_alerts);
    cli_error("no alert is called \"%s\"%s%s%s", cli->names[0], near ? " (did you mean \"" : "",
              near ? near : "", near ? "\"?)" : "");
    return CLI_USAGE;
}

static int run(struct cli *cli)
{
    if (!cli_flag(cli, "test"))
        return list(cli);
    if (cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    int code = check_name(cli);
    return code == CLI_OK ? test(cli) : code;
}
