/* SPDX-License-Identifier: Apache-2.0
 * omnihub state */
#include <config.h>

#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/audited.h"
#include "cli/reading.h"
#include "store/ledger.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"stream", "NAME", "reset: only this stream"},
                                            {"account", "ID", "reset: only this account"},
                                            {"yes", NULL, "reset: do not ask"},
                                            {"json", NULL, "show: as JSON"},
                                            {0}};

const struct command cmd_state = {
    .name = "state",
    .arguments = "show|reset|export|import NAME",
    .usage = "what a connector remembers between runs: cursors, part marks",
    .help = "reset forgets it, so that the next pull starts afresh; rows stay.\n"
            "export writes JSON to standard output, import reads it from standard input.",
    .options = options,
    .min_names = 2,
    .max_names = 2,
    .run = run};

enum { IMPORT_MAX_BYTES = 256 * 1024 * 1024 };

/* ---- looking ---- */

static void print_state(const json_t *document)
{
    static const char *const columns[] = {"connector", "account", "stream", "key", "value"};
    auto_json *rows = json_array();
    const char *key;
    json_t *feed, *value;
    size_t i;
    json_array_foreach(json_object_get(document, "feeds"), i, feed)
        json_object_foreach(json_object_get(feed, "state"), key, value)
    {
        json_t *row = json_object();
        json_put_text(row, "connector", json_text(feed, "connector"));
        json_put_text(row, "account", json_text(feed, "account"));
        json_put_text(row, "stream", json_text(feed, "stream"));
        json_put_text(row, "key", key);
        json_object_set(row, "value", value);
        json_array_append_new(rows, row);
    }
    reading_table(rows, columns, ARRAY_LEN(columns));
}

static int show(struct cli *cli, bool is_export)
{
    struct reading r = {0};
    struct err err = {0};
    int code = reading_open(&r, cli);
    if (code == CLI_OK && r.store) {
        auto_json *document = ledger_state_export(r.store, cli->names[1], &err);
        if (!document) {
            cli_error("%s", err.text);
            code = CLI_CANNOT;
        } else if (is_export || cli_flag(cli, "json")) {
            cli_print_json(document);
        } else {
            print_state(document);
        }
    } else if (code == CLI_OK) {
        code = CLI_CANNOT;
    }
    reading_close(&r);
    return code;
}

static int show_state(struct cli *cli)
{
    return show(cli, false);
}

static int export_state(struct cli *cli)
{
    return show(cli, true);
}

/* ---- changing: under the hub's lock ---- */

struct change {
    int lock;
    struct reading r;
};

static omni_status open_for_change(struct change *c, struct cli *cli, struct err *err)
{
    const struct config_hub *hub = &cli->config->hub;
    if (file_make_dirs(hub->state_dir, 0700, err) != OMNI_OK)
        return err->status;
    auto_free char *path = xasprintf("%s/hub.lock", hub->state_dir);
    auto_free char *holder = xasprintf("omnihub state, process %d", (int)getpid());
    c->lock = file_lock(path, holder, err);
    if (c->lock < 0)
        return OMNI_E_RETRY;
    c->r.schema = schema_load(hub->schema_dir, err);
    if (c->r.schema)
        c->r.store = store_open(hub->state_dir, c->r.schema, STORE_WRITE, err);
    return c->r.store ? OMNI_OK : OMNI_E_CONFIG;
}

static int change(struct cli *cli, const char *event,
                  omni_status (*apply)(struct cli *, struct store *, uint64_t *, struct err *),
                  const char *done)
{
    struct change c = {.lock = -1};
    struct err err = {0};
    uint64_t feeds = 0;
    int code = CLI_OK;
    if (open_for_change(&c, cli, &err) != OMNI_OK) {
        cli_error("%s", err.text);
        code = CLI_CANNOT;
    } else if (apply(cli, c.r.store, &feeds, &err) != OMNI_OK) {
        cli_error("state: %s", err.text);
        code = err.status == OMNI_E_DATA ? CLI_USAGE : CLI_CANNOT;
    } else {
        json_t *detail =
            json_pack("{s:s, s:I}", "connector", cli->names[1], "feeds", (json_int_t)feeds);
        json_put_text(detail, "stream", cli_value(cli, "stream"));
        json_put_text(detail, "account", cli_value(cli, "account"));
        audited(cli->config, NULL, event, detail);
        printf("%s: %" PRIu64 " feed%s\n", done, feeds, feeds == 1 ? "" : "s");
    }
    reading_close(&c.r);
    mem_auto_close(&c.lock);
    return code;
}

static bool is_confirmed(const struct cli *cli)
{
    char answer[16] = "";
    if (cli_flag(cli, "yes") || !isatty(STDIN_FILENO))
        return true;
    fprintf(stderr, "Forget what \"%s\" remembers, so that the next pull starts afresh? [y/N] ",
            cli->names[1]);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static omni_status apply_reset(struct cli *cli, struct store *store, uint64_t *feeds,
                               struct err *err)
{
    return ledger_state_reset(store, cli->names[1], cli_value(cli, "stream"),
                              cli_value(cli, "account"), feeds, err);
}

static int reset_state(struct cli *cli)
{
    if (!reading_has_store(cli->config)) {
        cli_error("state: nothing was pulled yet: there is no store in %s",
                  cli->config->hub.state_dir);
        return CLI_CANNOT;
    }
    if (is_confirmed(cli))
        return change(cli, AUDIT_STATE_RESET, apply_reset, "forgotten");
    cli_note(cli, "omnihub: nothing was changed");
    return CLI_FAILED;
}

/* A file of another connector must not slip in under this one's name. */
static omni_status check_owner(const json_t *document, const char *name, struct err *err)
{
    json_t *feed;
    size_t i;
    json_array_foreach(json_object_get(document, "feeds"), i, feed)
    {
        const char *connector = json_text(feed, "connector");
        if (connector && strcmp(connector, name) != 0)
            return err_set(err, OMNI_E_DATA, "the document is about connector \"%s\", not \"%s\"",
                           connector, name);
    }
    return OMNI_OK;
}

static omni_status apply_import(struct cli *cli, struct store *store, uint64_t *feeds,
                                struct err *err)
{
    auto_buf text = BUF_INIT(IMPORT_MAX_BYTES);
    omni_status st = file_read_fd(STDIN_FILENO, "standard input", &text, err);
    if (st != OMNI_OK)
        return st;
    auto_json *document = json_parse(buf_text(&text), text.len, err);
    if (!document)
        return err->status = OMNI_E_DATA;
    st = check_owner(document, cli->names[1], err);
    return st == OMNI_OK ? ledger_state_import(store, document, feeds, err) : st;
}

static int import_state(struct cli *cli)
{
    return change(cli, AUDIT_STATE_IMPORT, apply_import, "imported");
}

/* ---- the command ---- */

static const struct {
    const char *name;
    int (*run)(struct cli *);
} verbs[] = {{"show", show_state},
             {"reset", reset_state},
             {"export", export_state},
             {"import", import_state}};

static int run(struct cli *cli)
{
    const char *names[ARRAY_LEN(verbs)];
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        names[i] = verbs[i].name;
        if (strcmp(cli->names[0], names[i]) != 0)
            continue;
        if (cli_load(cli) != CLI_OK)
            return CLI_USAGE;
        struct cli connector = *cli;
        connector.names = cli->names + 1;
        connector.n_names = 1;
        int code = cli_check_connectors(&connector);
        return code == CLI_OK ? verbs[i].run(cli) : code;
    }
    const char *near = text_suggest(cli->names[0], names, ARRAY_LEN(names));
    cli_error("state: unknown verb \"%s\"%s%s%s", cli->names[0], near ? " (did you mean \"" : "",
              near ? near : "", near ? "\"?)" : ": show, reset, export or import");
    return CLI_USAGE;
}
