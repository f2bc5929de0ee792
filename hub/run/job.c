/* SPDX-License-Identifier: Apache-2.0
 * What the verbs of omnihub-job share: opening store and source, taking them down, outcomes. */
#include <config.h>

#include "run/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/secrets.h"
#include "run/job_files.h"
#include "run/job_keeper.h"
#include "run/job_quota.h"
#include "run/job_url.h"
#include "run/worker.h"
#include "process/spawn.h"

#define USER_AGENT PACKAGE_NAME "/" PACKAGE_VERSION

enum { JOB_LOGIN_VALUES = 8, JOB_LOGIN_HEADERS = 8 };

/* ---- store ---- */

/* The local day now: of the account where its zone is known, else of the hub. */
static void job_set_today(struct job *job)
{
    int64_t now = day_now();
    const struct zone *zone = job_zone(job);
    job->today = zone ? zone_day(zone, now) : (int32_t)(now / TIME_DAY);
}

const struct zone *job_zone(const struct job *job)
{
    return job->zone ? job->zone : job->hub_zone;
}

omni_status job_open_store(struct job *job, struct err *err)
{
    const char *schema_dir = json_text(job->spec, "schema_dir");
    const char *state_dir = json_text(job->spec, "state_dir");
    if (!schema_dir || !state_dir)
        return err_set(err, OMNI_E_BUG, "the job's spec lacks schema_dir or state_dir");
    job->schema = schema_load(schema_dir, err);
    if (!job->schema)
        return err->status;
    auto_free char *rules = xasprintf("%s/channels.conf", schema_dir);
    job->channels = channel_load(rules, json_text(job->spec, "channel_rules"), err);
    if (!job->channels)
        return err->status;
    const char *zone = json_text(job->spec, "timezone");
    job->hub_zone = zone ? zone_open(zone, err) : NULL;
    if (zone && !job->hub_zone)
        return err->status;
    job_set_today(job);
    if (job->is_dry_run)
        return OMNI_OK;
    job->store = store_open(state_dir, job->schema, STORE_WRITE, err);
    return job->store ? OMNI_OK : err->status;
}

/* ---- options and login ---- */

static const struct omni_option *find_option(const struct omni_source *source, const char *name)
{
    for (size_t i = 0; source->options && source->options[i]; i++)
        if (strcmp(source->options[i]->name, name) == 0)
            return source->options[i];
    return NULL;
}

/* References → values, in nested trees too; new reference. */
static json_t *resolve(const json_t *value, const struct secret_sources *from, struct err *err)
{
    if (json_is_string(value)) {
        auto_free char *text = secret_resolve(json_string_value(value), from, err);
        if (text && secret_is_kept(json_string_value(value)))
            log_add_secret(text, strlen(text)); /* whatever the option says of itself */
        return text ? json_string(text) : NULL;
    }
    if (json_is_array(value)) {
        json_t *list = json_array();
        size_t i;
        const json_t *item;
        json_array_foreach(value, i, item)
        {
            json_t *resolved = resolve(item, from, err);
            if (!resolved) {
                json_decref(list);
                return NULL;
            }
            json_array_append_new(list, resolved);
        }
        return list;
    }
    if (json_is_object(value)) {
        json_t *object = json_object();
        const char *name;
        json_t *item;
        json_object_foreach((json_t *)value, name, item)
        {
            json_t *resolved = resolve(item, from, err);
            if (!resolved) {
                /* Not "NAME": a colon behind it would announce a value, which is taken out. */
                err_prefix(err, "in option \"%s\", ", name);
                json_decref(object);
                return NULL;
            }
            json_object_set_new(object, name, resolved);
        }
        return object;
    }
    return json_incref((json_t *)value);
}

json_t *job_resolve(const struct job *job, const json_t *options, struct err *err)
{
    auto_json *none = json_object();
    const struct secret_sources from = {.env = json_object_get(job->spec, "env"),
                                        .vault = job->vault.key_file ? &job->vault : NULL};
    json_t *resolved = resolve(options ? options : none, &from, err);
    if (!resolved)
        err->status = OMNI_E_CONFIG;
    return resolved;
}

/* Fills job->options (with secrets) and job->config (what the plugin sees). */
static omni_status job_resolve_options(struct job *job, struct err *err)
{
    job->options = job_resolve(job, json_object_get(job->spec, "options"), err);
    if (!job->options)
        return err->status;
    secret_hide(job->options, job->source->options);
    job->config = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(job->options, name, value)
    {
        const struct omni_option *option = find_option(job->source, name);
        bool is_secret = option && option->flags & OMNI_SECRET;
        json_object_set_new(job->config, name, is_secret ? json_string("***") : json_incref(value));
    }
    return OMNI_OK;
}

static const char *option_value(const struct job *job, const char *name)
{
    const struct omni_option *option = find_option(job->source, name);
    const char *value = json_text(job->options, name);
    return value ? value : option ? option->fallback : NULL;
}

/* The values of a login's options, in its order; false where one is not given. */
static bool login_values(const struct job *job, const struct omni_auth *login, const char **values)
{
    size_t n = 0;
    const char *p = login->options ? login->options : "";
    while (*p) {
        size_t len = strcspn(p, ", ");
        const char *value = option_value(job, arena_strndup(job->arena, p, len));
        if (!value || !*value || n + 1 == JOB_LOGIN_VALUES)
            return false;
        values[n++] = value;
        p += len + strspn(p + len, ", ");
    }
    return true;
}

/* "{name}" in a login's table stands for that option; NULL where nothing is left. */
static const char *login_text(const struct job *job, const char *text)
{
    auto_buf out = BUF_INIT(ERR_TEXT * 4);
    while (text && *text) {
        size_t n = strcspn(text, "{"), len = text[n] ? strcspn(text + n, "}") : 0;
        buf_add(&out, text, n);
        if (len && text[n + len]) {
            const char *name = arena_strndup(job->arena, text + n + 1, len - 1);
            const char *value = option_value(job, name);
            buf_adds(&out, value ? value : "");
            len++;
        }
        text += n + len;
    }
    return out.len ? arena_strdup(job->arena, out.data) : NULL;
}

/* False where an option that the line names is not given. */
static bool has_options(const struct job *job, const char *line)
{
    for (const char *p = line; (p = strchr(p, '{'));) {
        size_t len = strcspn(++p, "}");
        const char *value = option_value(job, arena_strndup(job->arena, p, len));
        if (!value || !*value)
            return false;
        p += len;
    }
    return true;
}

/* The login's headers as a list; NULL where there are none. */
static const char *const *login_headers(const struct job *job, const char *lines)
{
    size_t n = 0;
    const char **list = arena_alloc(job->arena, (JOB_LOGIN_HEADERS + 1) * sizeof *list);
    for (const char *p = lines; p && *p && n < JOB_LOGIN_HEADERS;) {
        size_t len = strcspn(p, "\n");
        const char *line = arena_strndup(job->arena, p, len);
        if (len && has_options(job, line))
            list[n++] = login_text(job, line);
        p += len + (p[len] == '\n');
    }
    list[n] = NULL;
    return n ? list : NULL;
}

/* False where the source has logins but the options of none are given. */
static bool job_choose_login(struct job *job, struct http_login *login, const char **values)
{
    const struct omni_auth *const *all = job->source->logins;
    if (!all || !all[0])
        return true;
    for (; *all; all++) {
        memset(values, 0, JOB_LOGIN_VALUES * sizeof *values);
        if (!login_values(job, *all, values))
            continue;
        job->login = *all;
        const char *token_url = json_text(job->options, "token_url");
        *login = (struct http_login){.kind = (*all)->kind,
                                     .values = values,
                                     .token_url =
                                         token_url ? token_url : login_text(job, (*all)->token_url),
                                     .scope = login_text(job, (*all)->scope),
                                     .header = login_text(job, (*all)->header),
                                     .headers = login_headers(job, (*all)->headers)};
        return true;
    }
    return false;
}

bool job_http_cancelled(void *ctx)
{
    (void)ctx;
    return job_is_cancelled();
}

struct http_limits job_http_limits(const struct job *job)
{
    const json_t *given = json_object_get(job->spec, "http");
    return (struct http_limits){.connect_ms = (uint32_t)json_int(given, "connect_ms", 0),
                                .stall_ms = (uint32_t)json_int(given, "stall_ms", 0),
                                .total_ms = (uint32_t)json_int(given, "total_ms", 0),
                                .max_wait_ms = (uint32_t)json_int(given, "max_wait_ms", 0),
                                .max_attempts = (uint32_t)json_int(given, "max_attempts", 0),
                                .backoff_ms = (uint32_t)json_int(given, "first_wait_ms", 0),
                                .max_body = (uint64_t)json_int(given, "max_body", 0)};
}

static const char *url_value(const void *ctx, const char *name)
{
    return option_value(ctx, name);
}

static omni_status job_open_http(struct job *job, struct err *err)
{
    auto_free char *expanded = NULL;
    const char *url = json_text(job->options, "api_url");
    if (!url && job->source->api_url) {
        const struct job_url_options values = {.ctx = job, .value = url_value};
        url = expanded = job_url_expand(job->source->api_url, &values, err);
        if (!url)
            return err->status;
    }
    if (job->source->flags & OMNI_SOURCE_FILES)
        job->files = job_files_new(json_object_get(job->options, "path"));
    if (!url)
        return OMNI_OK;
    struct http_login login = {.kind = OMNI_AUTH_NONE};
    const char *values[JOB_LOGIN_VALUES] = {0};
    if (!job_choose_login(job, &login, values))
        return err_set(err, OMNI_E_AUTH,
                       "no login is complete: give the options of one of them; "
                       "`omnihub describe %s` lists them",
                       job->source->name);
    struct http_options options = {.base_url = url,
                                   .hosts = job->source->hosts,
                                   .private_hosts = json_text(job->spec, "private_hosts"),
                                   .played = json_text(job->spec, "played"),
                                   .proxy = json_text(job->spec, "proxy"),
                                   .ca_file = json_text(job->spec, "ca_file"),
                                   .user_agent = USER_AGENT,
                                   .login = login.kind == OMNI_AUTH_NONE ? NULL : &login,
                                   .record = json_text(job->spec, "record"),
                                   .replay = json_text(job->spec, "replay"),
                                   .limits = job_http_limits(job),
                                   .keeper = job_keeper_open(job),
                                   .budget = json_text(job->spec, "replay") ||
                                                     !json_text(job->spec, "state_dir")
                                                 ? NULL
                                                 : job_quota_open(job),
                                   .ctx = job,
                                   .cancelled = job_http_cancelled};
    job->http = http_new(&options, err);
    return job->http ? OMNI_OK : err->status;
}

/* ---- source ---- */

static enum plugin_sandbox sandbox_of(const struct job *job)
{
    const char *sandbox = json_text(job->spec, "sandbox");
    if (json_object_get(job->spec, "debug"))
        return SANDBOX_OFF;
    return sandbox && strcmp(sandbox, "require") == 0 ? SANDBOX_REQUIRE : SANDBOX_BEST;
}

omni_status job_start_plugin(struct job *job, struct err *err)
{
    const char *isolation = json_text(job->spec, "isolation");
    const char *env[PLUGIN_ENV_MAX + 1] = {NULL};
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(job->spec, "debug"), i, line) if (i < PLUGIN_ENV_MAX)
        env[i] = json_string_value(line);
    const char *program = json_text(job->spec, "plugin_program");
    auto_free char *sibling = program ? NULL : spawn_sibling("omnihub-plugin");
    job_services_init(job);
    struct plugin_options options = {
        .path = json_text(job->spec, "plugin_path"),
        .program = program ? program : sibling,
        .isolation =
            isolation && strcmp(isolation, "none") == 0 ? ISOLATION_NONE : ISOLATION_PROCESS,
        .sandbox = sandbox_of(job),
        .env = env,
        .idle_ms = (uint32_t)json_int(job->spec, "idle_ms", 0),
        .memory = (uint64_t)json_int(job->spec, "memory", 0),
        .sha256 = json_text(job->spec, "plugin_sha256"),
        .no_waits = json_text(job->spec, "replay") || json_flag(job->spec, "no_waits"),
        .services = &job->services};
    job->plugin = plugin_start(&options, &job->plugin_end, err);
    if (job->plugin && plugin_lacks(job->plugin))
        job_emit_audit(job, AUDIT_SANDBOX, plugin_lacks(job->plugin));
    return job->plugin ? OMNI_OK : err->status;
}

static omni_status job_choose_source(struct job *job, struct err *err)
{
    const struct omni_module *module = plugin_module(job->plugin);
    const struct omni_source *const *sources = module->sources;
    const char *wanted = json_text(job->spec, "source");
    for (size_t i = 0; sources && sources[i]; i++) {
        bool is_it = wanted ? strcmp(sources[i]->name, wanted) == 0 : !sources[1];
        if (is_it) {
            job->source = sources[i];
            return OMNI_OK;
        }
    }
    return err_set(err, OMNI_E_CONFIG, "plugin %s offers no source%s%s", module->name,
                   wanted ? " called " : "", wanted ? wanted : "");
}

/* The account being pulled: as the spec says, else the option that the source names for it. */
static void job_choose_account(struct job *job)
{
    const char *account = json_text(job->spec, "account");
    if (!account && job->source->account_option)
        account = json_text(job->options, job->source->account_option);
    job->account = arena_strdup(job->arena, account ? account : "");
    /* One of a list of accounts: the plugin finds it under its own option all the same. */
    if (*job->account && job->source->account_option)
        json_put_text(job->config, job->source->account_option, job->account);
}

omni_status job_open_source(struct job *job, struct err *err)
{
    omni_status status = job_start_plugin(job, err);
    if (status == OMNI_OK)
        status = job_choose_source(job, err);
    if (status == OMNI_OK)
        status = job_resolve_options(job, err);
    if (status == OMNI_OK && !job->is_offline)
        status = job_open_http(job, err);
    if (status != OMNI_OK)
        return status;
    job_choose_account(job);
    job_failure_clear(job);
    return job_failed(job, plugin_open(job->plugin, job->source->name, job->config, err), err);
}

void job_close(struct job *job)
{
    worker_free(job->worker);
    plugin_stop(job->plugin);
    http_free(job->http);
    job_keeper_close(job);
    job_quota_close(job);
    job_files_free(job->files);
    buf_free(&job->file_list);
    store_close(job->store);
    channel_free(job->channels);
    schema_free(job->schema);
    zone_free(job->zone);
    zone_free(job->hub_zone);
    free(job->currency);
    free(job->zone_name);
    json_decref(job->options);
    json_decref(job->config);
    json_decref(job->totals);
    json_decref(job->spec);
    arena_free(job->arena);
}

/* ---- failures and outcomes ---- */

void job_failure_clear(struct job *job)
{
    job->failure = (struct job_failure){0};
}

/* A plugin that says why it has to wait cannot know until when. */
static void add_wait(const struct job *job, struct err *err)
{
    char until[TIME_TEXT];
    uint64_t ms = job->http ? http_wait_ms(job->http) : 0;
    if (ms == 0 || strstr(err->text, HTTP_TRY_AGAIN)) /* the client said it itself */
        return;
    const struct err before = *err;
    int64_t at = (day_now() / TIME_SECOND + (int64_t)(ms + 999) / 1000) * TIME_SECOND;
    err_set(err, before.status, "%.*s" HTTP_TRY_AGAIN "%s", (int)sizeof before.text - 80,
            before.text, day_print_time(at, until));
}

omni_status job_failed(struct job *job, omni_status status, struct err *err)
{
    if (status == OMNI_OK)
        return status;
    if (status == OMNI_E_THROTTLED)
        job_quota_wait(job);
    bool has_died = job->plugin && plugin_end(job->plugin) != PLUGIN_FINE;
    if (job->failure.is_set && !has_died) {
        err_set(err, status, "%s", job->failure.text);
        if (status == OMNI_E_THROTTLED)
            add_wait(job, err);
        if (job->failure.option[0])
            err_prefix(err, "option \"%s\": ", job->failure.option);
    } else if (!err->text[0] && job->spoilt.status != OMNI_OK) {
        /* What it was told when it went on, and has now ended with. */
        err_set(err, status, "%s", job->spoilt.text);
    } else if (!err->text[0]) {
        err_set(err, status, "the plugin ended the call with \"%s\" and gave no reason",
                err_status_name(status));
    }
    err->status = status;
    return status;
}

/* How a run that ended with this status is the plugin's doing; PLUGIN_FINE: it is not. */
static enum plugin_end blame(const struct job *job, omni_status status)
{
    enum plugin_end end = job->plugin ? plugin_end(job->plugin) : job->plugin_end;
    if (status == OMNI_OK)
        return PLUGIN_FINE;
    if (end == PLUGIN_FINE && job->denied.status != OMNI_OK)
        return PLUGIN_DENIED;
    /* A call that no correct plugin makes: it was refused, and the process lives on. */
    if (end == PLUGIN_FINE && status == OMNI_E_BUG && job->plugin && plugin_is_broken(job->plugin))
        return PLUGIN_PROTOCOL;
    return end;
}

static bool was_too_long(omni_status status)
{
    return status == OMNI_E_CANCELLED && job_is_late();
}

const char *job_words(const struct job *job, omni_status status, const char *text)
{
    return was_too_long(status)
               ? arena_printf(job->arena, "it did not end within %lld s (hub.run_timeout)",
                              (long long)json_int(job->spec, "run_timeout_s", 0))
               : text;
}

const struct outcome *job_outcome(const struct job *job, omni_status status)
{
    if (was_too_long(status))
        return outcome_find("hung", "run_timeout");
    enum plugin_end end = blame(job, status);
    if (end == PLUGIN_FINE)
        return outcome_of_status(status);
    bool is_host = end == PLUGIN_DENIED && job->denied.status != OMNI_OK;
    return outcome_find(plugin_end_name(end), is_host ? "host" : NULL);
}

/* A login that is refused has its own exact command. */
const char *job_remedy(const struct job *job, const struct outcome *o)
{
    return job->login && o == outcome_of_status(OMNI_E_AUTH) ? job_keeper_remedy(job) : o->remedy;
}
