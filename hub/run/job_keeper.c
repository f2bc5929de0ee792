/* SPDX-License-Identifier: Apache-2.0
 * The login's tokens between runs. A secret in the vault is renewed by one job at a time; one that
 * is kept elsewhere can be used, but what the platform puts in its place cannot be kept. */
#include <config.h>

#include "run/job_keeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/secrets.h"
#include "vault/grant.h"

/* A fellow's request for a token ends sooner than this; then something is wrong. */
enum { TURN_WAIT_MS = 15 * 60 * 1000 };

struct job_keeper {
    struct http_keeper calls;
    struct job *job;
    const char *option;        /* that holds what is renewed */
    const char *secret;        /* its name in the vault; NULL: it is not there */
    struct vault_grant *grant; /* between begin() and end() */
};

/* ---- which secret ---- */

static bool has_tokens(uint32_t kind)
{
    static const uint32_t kinds[] = {OMNI_AUTH_OAUTH2_REFRESH, OMNI_AUTH_OAUTH2_REFRESH_BASIC,
                                     OMNI_AUTH_OAUTH2_CLIENT, OMNI_AUTH_OAUTH2_CLIENT_BASIC,
                                     OMNI_AUTH_JWT_BEARER};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static bool is_secret(const struct omni_source *source, const char *name)
{
    for (const struct omni_option *const *o = source->options; o && *o; o++)
        if (strcmp((*o)->name, name) == 0)
            return (*o)->flags & OMNI_SECRET;
    return false;
}

/* The last secret among the login's options: a refresh token, a client's secret, a key file, a
 * password. */
static const char *secret_option(const struct job *job)
{
    const char *p = job->login->options ? job->login->options : "", *last = NULL;
    while (*p) {
        size_t n = strcspn(p, ", ");
        const char *name = arena_strndup(job->arena, p, n);
        if (is_secret(job->source, name))
            last = name;
        p += n + strspn(p + n, ", ");
    }
    return last;
}

/* As the configuration has it: "secret:NAME", "file:PATH", … */
static const char *written(const struct job *job, const char *option)
{
    return option ? json_text(json_object_get(job->spec, "options"), option) : NULL;
}

/* ---- the calls ---- */

static bool is_cancelled(void *ctx)
{
    (void)ctx;
    return job_is_cancelled();
}

/* The commands that bring a dead grant back. */
static omni_status say_dead(const struct job_keeper *k, const struct vault_kept *kept,
                            struct err *err)
{
    char since[TIME_TEXT];
    return err_set(err, OMNI_E_AUTH,
                   "secret \"%s\" is refused by the platform since %s (%.300s), so it is not asked "
                   "again; log in there anew, then: omnihub secrets set %s",
                   k->secret, day_print_time(kept->refused * TIME_SECOND, since),
                   kept->why ? kept->why : "invalid_grant", k->secret);
}

static omni_status keeper_begin(void *ctx, const char *login, struct http_kept *out,
                                struct err *err)
{
    struct job_keeper *k = ctx;
    const struct file_patience patience = {.wait_ms = TURN_WAIT_MS, .cancelled = is_cancelled};
    if (!k->secret)
        return OMNI_OK;
    k->grant = vault_grant_begin(&k->job->vault, k->secret, login, &patience, err);
    if (!k->grant)
        return err->status;
    const struct vault_kept *kept = vault_grant_kept(k->grant);
    if (kept->refused) {
        say_dead(k, kept, err);
        vault_grant_end(mem_take(k->grant));
        return OMNI_E_AUTH;
    }
    *out = (struct http_kept){kept->value, kept->token, kept->token_until};
    return OMNI_OK;
}

/* Also shows that the vault can be written at all, before the platform uses the old token up. */
static omni_status keeper_asking(void *ctx, struct err *err)
{
    struct job_keeper *k = ctx;
    return k->grant ? vault_grant_asking(k->grant, err) : OMNI_OK;
}

static void say_unkept(const struct job_keeper *k)
{
    const char *reference = written(k->job, k->option);
    bool is_reference = reference && secret_is_reference(reference);
    log_error(
        "the platform has replaced the refresh token of option \"%s\", which %s%s: the new one "
        "cannot be kept there, and the next run may be refused. It belongs into the vault: log in "
        "anew, omnihub secrets set NAME, and %s = \"secret:NAME\" in the configuration",
        k->option, is_reference ? "is " : "stands in the configuration",
        is_reference ? reference : "", k->option);
}

static omni_status keeper_save(void *ctx, const struct http_news *news, struct err *err)
{
    struct job_keeper *k = ctx;
    if (!k->grant) {
        if (news->refresh_token)
            say_unkept(k);
        return OMNI_OK;
    }
    const struct vault_news kept = {.value = news->refresh_token,
                                    .token = news->token,
                                    .token_until = news->token_until,
                                    .expires = news->refresh_until};
    return vault_grant_save(k->grant, &kept, err);
}

/* A process that died between the platform's answer and its being kept has lost what came. */
static void say_lost(const struct job_keeper *k, struct err *err)
{
    int64_t asked = vault_grant_kept(k->grant)->asked;
    char when[TIME_TEXT];
    const struct err before = *err;
    if (asked)
        err_set(err, before.status,
                "%.*s; a renewal was begun at %s whose answer was never kept (the process was "
                "killed?): the platform has probably put another token in its place then",
                (int)sizeof before.text - 240, before.text,
                day_print_time(asked * TIME_SECOND, when));
}

static void keeper_refused(void *ctx, struct err *err)
{
    struct job_keeper *k = ctx;
    struct err why = {0};
    if (!k->grant)
        return;
    char text[ERR_TEXT];
    memcpy(text, err->text, sizeof text);
    text[log_redact(text, strlen(text))] = '\0';
    say_lost(k, err);
    if (vault_grant_refuse(k->grant, text, &why) != OMNI_OK)
        log_error("that secret \"%s\" is refused could not be kept: %s", k->secret, why.text);
    /* Somebody has logged in anew meanwhile: the next attempt takes that one. */
    if (vault_grant_is_replaced(k->grant))
        err_set(err, OMNI_E_RETRY, "secret \"%s\" was stored anew while the old one was refused",
                k->secret);
}

static void keeper_end(void *ctx)
{
    struct job_keeper *k = ctx;
    vault_grant_end(mem_take(k->grant));
}

/* ---- life ---- */

const struct http_keeper *job_keeper_open(struct job *job)
{
    if (!job->login || !has_tokens(job->login->kind))
        return NULL;
    struct job_keeper *k = xcalloc(1, sizeof *k);
    k->job = job;
    k->option = secret_option(job);
    k->secret = secret_name(written(job, k->option));
    k->calls = (struct http_keeper){.ctx = k,
                                    .begin = keeper_begin,
                                    .asking = keeper_asking,
                                    .save = keeper_save,
                                    .refused = keeper_refused,
                                    .end = keeper_end};
    job->keeper = k;
    return &k->calls;
}

void job_keeper_close(struct job *job)
{
    free(job->keeper);
    job->keeper = NULL;
}

const char *job_keeper_reference(const struct job *job)
{
    return written(job, secret_option(job));
}

const char *job_keeper_remedy(const struct job *job)
{
    static const struct {
        const char *prefix, *what;
    } kinds[] = {{"secret:", "omnihub secrets set "},
                 {"file:", "put it into "},
                 {"env:", "where omnihub is started, set "}};
    const char *option = secret_option(job), *reference = written(job, option);
    for (size_t i = 0; reference && i < ARRAY_LEN(kinds); i++)
        if (text_starts(reference, kinds[i].prefix))
            return arena_printf(job->arena,
                                "get a new %s from the platform, then: %s%s; prove it with "
                                "`omnihub check --connect %s`",
                                option, kinds[i].what, reference + strlen(kinds[i].prefix),
                                job->connector);
    return "renew the credentials of this connector, then prove them with `omnihub check "
           "--connect`";
}
