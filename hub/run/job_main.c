/* SPDX-License-Identifier: Apache-2.0
 * The program omnihub-job: reads what to do on descriptor 3, does it, tells about it on
 * descriptor 4. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "run/job.h"
#include "process/spawn.h"
#include "run/spec.h"

struct verb {
    const char *name;
    int (*run)(struct job *);
};

static const struct verb verbs[] = {
    {JOB_PULL, job_pull},         {JOB_PUSH, job_push},   {JOB_COMBINE, job_combine},
    {JOB_ACCOUNTS, job_accounts}, {JOB_CHECK, job_check}, {JOB_DESCRIBE, job_describe},
    {JOB_ALERT, job_alert},       {JOB_BIND, job_bind},
};

/* Set by the signal handler, read everywhere: the one thing a handler may touch. */
static volatile sig_atomic_t is_cancelled, is_late;

bool job_is_cancelled(void)
{
    return is_cancelled;
}

bool job_is_late(void)
{
    return is_late;
}

static void on_stop(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    is_cancelled = 1;
    if (info->si_code == SI_QUEUE && info->si_value.sival_int == JOB_STOP_LATE)
        is_late = 1;
}

static void catch_signals(void)
{
    struct sigaction stop = {.sa_sigaction = on_stop, .sa_flags = SA_SIGINFO};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static int run_verb(struct job *job)
{
    const char *name = json_text(job->spec, "verb");
    for (size_t i = 0; name && i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return verbs[i].run(job);
    log_error("the job's spec names no verb that this program knows: %s", name ? name : "none");
    return 2;
}

/* A hub that died before spawn_child_setup() cannot end its job any more, and the next hub may be
 * at work already. */
static bool is_orphan(const struct job *job)
{
    return getppid() != json_int(job->spec, "parent", getppid());
}

/* A service's jobs log as it does. */
static void open_log(const struct job *job)
{
    enum log_format format;
    const char *name = json_text(job->spec, "log");
    log_set_level((enum log_level)json_int(job->spec, "log_level", LOG_INFO));
    log_set_fields(&(struct log_fields){.run = json_text(job->spec, "batch"),
                                        .connector = job->connector,
                                        .sink = json_text(job->spec, "sink"),
                                        .account = json_text(job->spec, "account")});
    if (name && log_format_parse(name, &format))
        log_open(format, "omnihub-job", json_text(job->spec, "log_socket"));
}

static void set_prefix(const struct job *job)
{
    const char *batch = json_text(job->spec, "batch");
    const char *alert = json_text(json_object_get(job->spec, "alert"), "name");
    const char *who = job->connector ? job->connector : json_text(job->spec, "sink");
    auto_free char *prefix = xasprintf("%s%s%s",
                                       who     ? who
                                       : alert ? alert
                                               : json_text(job->spec, "verb"),
                                       batch ? " run=" : "", batch ? batch : "");
    log_set_prefix(prefix);
}

int main(int argc, char **argv)
{
    (void)argv;
    struct err err = {0};
    if (argc > 1) {
        fprintf(stderr, "omnihub-job is started by omnihub; it takes no arguments\n");
        return 2;
    }
    spawn_child_setup(getppid());
    json_init();
    catch_signals();
    struct job job = {.events = JOB_FD_EVENTS, .arena = arena_new()};
    job.spec = spec_from_fd(JOB_FD_SPEC, &err);
    if (!job.spec) {
        fprintf(stderr, "omnihub-job is started by omnihub: %s\n", err.text);
        arena_free(job.arena);
        return 2;
    }
    close(JOB_FD_SPEC);
    if (is_orphan(&job)) {
        fprintf(stderr, "omnihub-job: the hub that started it is gone: nothing was done\n");
        job_close(&job);
        return 1;
    }
    job.connector = json_text(job.spec, "connector");
    open_log(&job);
    job.is_dry_run = json_flag(job.spec, "dry_run");
    job.vault =
        (struct vault_place){json_text(job.spec, "state_dir"), json_text(job.spec, "vault_key"),
                             json_flag(job.spec, "vault_is_credential")};
    job.is_backfill = json_flag(job.spec, "backfill");
    set_prefix(&job);
    int code = run_verb(&job);
    spec_event(job.events, json_pack("{s:s}", "event", "done"));
    job_close(&job);
    return code;
}
