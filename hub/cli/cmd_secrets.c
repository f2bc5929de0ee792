/* SPDX-License-Identifier: Apache-2.0
 * omnihub secrets */
#include <config.h>

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/audited.h"
#include "cli/orders.h"
#include "cli/reading.h"
#include "facts/secret_facts.h"
#include "vault/vault.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"expires", "WHEN", "set: when the platform ends it: a day, or from now on: 60d"},
    {"json", NULL, "list: as JSON"},
    {0}};

const struct command cmd_secrets = {
    .name = "secrets",
    .arguments = "set NAME | list | remove NAME | rotate-key",
    .usage = "the vault: what \"secret:NAME\" in the configuration stands for",
    .help =
        "set reads the value from standard input, and asks for it on a terminal without showing "
        "it.\n"
        "One newline at its end is not part of it; everything else is kept byte for byte, or "
        "refused:\n"
        "UTF-8 text of at most 64 KiB without NUL bytes.\n"
        "rotate-key seals everything with a new key. No command ever prints a value.",
    .options = options,
    .min_names = 1,
    .max_names = 2,
    .run = run};

/* One byte more than a value may have, the newline, and one to notice that it is too long. */
enum { INPUT_MAX = VAULT_VALUE_MAX + 3 };

/* ---- reading a value ---- */

/* The echo is off while a person types. */
static omni_status read_input(const char *name, struct buf *out, struct err *err)
{
    struct termios before, silent;
    bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (is_terminal) {
        fprintf(stderr, "Value of %s (not shown; end with Enter and Ctrl-D): ", name);
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    omni_status status = file_read_fd(STDIN_FILENO, "standard input", out, err);
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return status;
}

static omni_status read_value(const char *name, struct buf *out, struct err *err)
{
    omni_status status = read_input(name, out, err);
    if (status != OMNI_OK)
        return status;
    if (out->len && out->data[out->len - 1] == '\n') {
        size_t n = out->len > 1 && out->data[out->len - 2] == '\r' ? 2 : 1;
        out->len -= n;
        out->data[out->len] = '\0';
    }
    if (out->len && memchr(out->data, '\0', out->len))
        return err_set(err, OMNI_E_DATA, "the value holds a NUL byte; encode it (base64)");
    return OMNI_OK;
}

/* "2027-01-31", "60d"; seconds since 1970. */
static bool read_expiry(const struct cli *cli, int64_t *out)
{
    const char *text = cli_value(cli, "expires");
    int64_t now = day_now() / TIME_SECOND;
    long long seconds;
    int32_t day;
    *out = 0;
    if (!text)
        return true;
    if (text_parse_duration(text, &seconds))
        *out = now + seconds;
    else if (day_parse_iso(text, strlen(text), &day))
        *out = (int64_t)day * (TIME_DAY / TIME_SECOND);
    if (*out > now)
        return true;
    cli_error("secrets: --expires \"%s\": a day to come (YYYY-MM-DD), or from now on: 60d", text);
    return false;
}

/* ---- the verbs ---- */

static int failed(const struct err *err)
{
    cli_error("secrets: %s", err->text);
    return err->status == OMNI_E_DATA ? CLI_USAGE : CLI_CANNOT;
}

/* What root writes, the service could not read. */
static bool may_write(const struct config *c)
{
    struct stat st;
    if (stat(c->hub.state_dir, &st) < 0 || geteuid() != 0 || st.st_uid == 0)
        return true;
    cli_error("secrets: %s belongs to user %u: run it as that user (sudo -u '#%u' omnihub …)",
              c->hub.state_dir, (unsigned)st.st_uid, (unsigned)st.st_uid);
    return false;
}

static int set(struct cli *cli)
{
    const struct vault_place place = config_vault(cli->config);
    const char *name = cli->names[1];
    struct err err = {0};
    int64_t expires;
    if (!read_expiry(cli, &expires))
        return CLI_USAGE;
    auto_buf value = BUF_INIT(INPUT_MAX);
    bool has_key = access(place.key_file, F_OK) == 0;
    omni_status status = read_value(name, &value, &err);
    if (status == OMNI_OK)
        status = vault_set(&place, name, buf_text(&value), expires, &err);
    if (value.data)
        explicit_bzero(value.data, value.cap);
    if (status != OMNI_OK)
        return failed(&err);
    audited_one(cli->config, NULL, AUDIT_SECRET_SET, "name", name);
    if (!has_key)
        cli_note(cli,
                 "omnihub: made the vault's key, %s; keep a copy where the backups of %s are not",
                 place.key_file, place.state_dir);
    auto_json *users = secret_users(cli->config, name);
    if (json_array_size(users) == 0)
        cli_note(cli, "omnihub: stored; use it in the configuration as \"secret:%s\"", name);
    /* It is stored, whatever a service makes of it. */
    orders_send(cli, json_pack("{s:s, s:s}", "do", "use-secret", "secret", name), CLI_FAILED);
    return CLI_OK;
}

static int list(struct cli *cli)
{
    static const char *const columns[] = {"name",  "updated_at", "expires_at",
                                          "state", "message",    "used_by"};
    struct err err = {0};
    json_t *facts = secret_facts(cli->config, &err), *secret;
    size_t i;
    if (facts && cli_flag(cli, "json")) {
        cli_print_json(facts);
        json_decref(facts);
        return CLI_OK;
    }
    json_array_foreach(facts, i, secret)
    {
        auto_buf text = BUF_INIT(65536);
        size_t k;
        const json_t *user;
        json_array_foreach(json_object_get(secret, "used_by"), k, user)
            buf_printf(&text, "%s%s", k ? ", " : "", json_string_value(user));
        json_object_set_new(secret, "used_by", text.len ? json_string(text.data) : json_null());
    }
    return reading_show(cli, facts, &err, columns, ARRAY_LEN(columns));
}

static int remove_secret(struct cli *cli)
{
    const struct vault_place place = config_vault(cli->config);
    const char *name = cli->names[1];
    struct err err = {0};
    if (vault_remove(&place, name, &err) != OMNI_OK)
        return failed(&err);
    audited_one(cli->config, NULL, AUDIT_SECRET_REMOVED, "name", name);
    auto_json *users = secret_users(cli->config, name);
    if (json_array_size(users))
        cli_note(cli, "omnihub: removed, though %s still refers to it",
                 json_string_value(json_array_get(users, 0)));
    return CLI_OK;
}

static int rotate_key(struct cli *cli)
{
    const struct vault_place place = config_vault(cli->config);
    struct err err = {0};
    size_t n = 0;
    if (vault_rotate(&place, &n, &err) != OMNI_OK)
        return failed(&err);
    audited(cli->config, NULL, AUDIT_SECRETS_ROTATED, json_pack("{s:I}", "secrets", (json_int_t)n));
    printf("%zu secret%s sealed with %s key in %s\n", n, n == 1 ? "" : "s",
           place.is_credential ? "the first" : "the new", place.key_file);
    return CLI_OK;
}

/* ---- the command ---- */

static const struct {
    const char *name;
    bool wants_name, writes;
    int (*run)(struct cli *);
} verbs[] = {{"set", true, true, set},
             {"list", false, false, list},
             {"remove", true, true, remove_secret},
             {"rotate-key", false, true, rotate_key}};

static int run_verb(struct cli *cli, size_t i)
{
    bool has_name = cli->n_names == 2;
    if (has_name != verbs[i].wants_name) {
        cli_error("secrets %s %s", verbs[i].name,
                  has_name ? "takes no name" : "needs the name of a secret");
        return CLI_USAGE;
    }
    if (cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    if (verbs[i].writes && !may_write(cli->config))
        return CLI_CANNOT;
    return verbs[i].run(cli);
}

static int run(struct cli *cli)
{
    const char *names[ARRAY_LEN(verbs)];
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        names[i] = verbs[i].name;
        if (strcmp(cli->names[0], names[i]) == 0)
            return run_verb(cli, i);
    }
    const char *near = text_suggest(cli->names[0], names, ARRAY_LEN(names));
    cli_error("secrets: unknown verb \"%s\"%s%s%s", cli->names[0], near ? " (did you mean \"" : "",
              near ? near : "", near ? "\"?)" : ": set, list, remove or rotate-key");
    return CLI_USAGE;
}
