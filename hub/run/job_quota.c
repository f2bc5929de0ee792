/* SPDX-License-Identifier: Apache-2.0
 * The job's share of what its platform allows. */
#include <config.h>

#include "run/job_quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/secrets.h"
#include "quota/quota.h"
#include "run/job_keeper.h"

enum {
    PAUSE_MIN_MS = 1000, /* shorter ones are over before another job has read of them */
    TELL_EVERY_MS =
        30000,       /* what is left changes with every reply, and others need not know each */
    TELL_STEPS = 20, /* but a twentieth of the whole is news */
    MILLION = 1000000,
    DIGEST_BYTES = 8
};

/* What others were told is left. */
struct told {
    char what[sizeof((struct http_left){0}.what)];
    int64_t left, at;
};

struct job_quota {
    struct http_budget calls;
    struct job *job;
    struct quota *quota;
    char *bucket;
    int64_t parked_until; /* of this run; 0: it is not */
    int64_t keep;         /* a backfill leaves the others so much of a million; 0: it is none */
    struct told told[8];
};

/* ---- which bucket ---- */

/* A secret as the configuration refers to it; one in the clear as a digest. */
static char *name_of(const char *reference)
{
    unsigned char raw[EVP_MAX_MD_SIZE] = {0};
    char hex[2 * DIGEST_BYTES + 1];
    if (!reference)
        return xstrdup("open");
    if (secret_is_reference(reference))
        return xstrdup(reference);
    EVP_Digest(reference, strlen(reference), raw, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", raw[i]);
    return xstrdup(hex);
}

static bool is_scope(const struct job *job, const char *scope)
{
    return job->source->quota_scope && strcmp(job->source->quota_scope, scope) == 0;
}

/* "meta_ads account act_1", "hubspot login secret:hubspot_token" */
static char *make_bucket(const struct job *job)
{
    const char *url = json_text(job->options, "api_url"),
               *client = json_text(job->options, "client_id");
    const char *at = url ? " at " : "";
    if (is_scope(job, "account") && job->account && *job->account)
        return xasprintf("%s account %s%s%s", job->source->name, job->account, at, url ? url : "");
    if (is_scope(job, "app") && client)
        return xasprintf("%s app %s%s%s", job->source->name, client, at, url ? url : "");
    auto_free char *login = name_of(job->login ? job_keeper_reference(job) : NULL);
    return xasprintf("%s login %s%s%s", job->source->name, login, at, url ? url : "");
}

/* ---- the calls ---- */

static const char *bucket_of(struct job_quota *q)
{
    if (!q->bucket) /* the account is known once the source is open */
        q->bucket = make_bucket(q->job);
    return q->bucket;
}

static uint64_t budget_wait(void *ctx, struct err *err)
{
    struct job_quota *q = ctx;
    const char *why = NULL;
    int64_t left = quota_until(q->quota, bucket_of(q), &why) - quota_now();
    if (left <= 0 && q->job->is_backfill) {
        left = quota_spare(q->quota, q->bucket, q->keep, &why) - quota_now();
        if (left > 0)
            err_set(err, OMNI_E_THROTTLED, "the backfill's share (hub.backfill_share) of %s: %s",
                    q->bucket, why ? why : "");
    } else if (left > 0) {
        err_set(err, OMNI_E_THROTTLED, "%s: %s", q->bucket, why ? why : "");
    }
    return left > 0 ? (uint64_t)left : 0;
}

/* NULL: too many quotas for one job. */
static struct told *told_of(struct job_quota *q, const char *what)
{
    for (size_t i = 0; i < ARRAY_LEN(q->told); i++)
        if (!q->told[i].at || strcmp(q->told[i].what, what) == 0)
            return &q->told[i];
    return NULL;
}

static bool is_news(const struct told *t, const struct http_left *l, int64_t now)
{
    int64_t moved = l->left > t->left ? l->left - t->left : t->left - l->left;
    return !t->at || now - t->at >= TELL_EVERY_MS || (l->limit && moved >= l->limit / TELL_STEPS) ||
           (l->left == 0 && moved > 0);
}

static void budget_left(void *ctx, const struct http_left *l)
{
    struct job_quota *q = ctx;
    struct err err = {0};
    int64_t now = quota_now();
    struct told *t = told_of(q, l->what);
    if (!t || q->job->is_dry_run || !is_news(t, l, now))
        return;
    *t = (struct told){.left = l->left, .at = now};
    snprintf(t->what, sizeof t->what, "%s", l->what);
    const struct quota_left left = {.bucket = bucket_of(q),
                                    .what = l->what,
                                    .user = q->job->connector,
                                    .left = l->left,
                                    .limit = l->limit,
                                    .resets_at = l->reset_ms ? now + (int64_t)l->reset_ms : 0};
    if (quota_note_left(q->quota, &left, &err) != OMNI_OK)
        log_warn("other jobs cannot be told what is left of a quota: %s", err.text);
}

static void budget_pause(void *ctx, uint64_t ms, const char *why)
{
    struct job_quota *q = ctx;
    struct err err = {0};
    if (ms < PAUSE_MIN_MS || q->job->is_dry_run)
        return;
    int64_t most = ms < QUOTA_PAUSE_MAX_MS ? (int64_t)ms : QUOTA_PAUSE_MAX_MS;
    if (quota_pause(q->quota, bucket_of(q), quota_now() + most, why, &err) != OMNI_OK)
        log_warn("other jobs cannot be told that the quota is used up: %s", err.text);
}

/* ---- parking ---- */

void job_quota_wait(struct job *job)
{
    uint64_t ms = job->http ? http_wait_ms(job->http) : 0;
    if (!job->quota || ms == 0)
        return;
    int64_t most = ms < QUOTA_PAUSE_MAX_MS ? (int64_t)ms : QUOTA_PAUSE_MAX_MS;
    int64_t until = quota_now() + most;
    if (until > job->quota->parked_until)
        job->quota->parked_until = until;
}

const char *job_quota_until(const struct job *job, char out[TIME_TEXT])
{
    if (!job->quota || !job->quota->parked_until)
        return NULL;
    /* Whole seconds, rounded up: not before. */
    int64_t seconds = (job->quota->parked_until + 999) / 1000;
    return day_print_time(seconds * TIME_SECOND, out);
}

void job_quota_settle(struct job *job)
{
    struct err err = {0};
    /* That a backfill waits is its own affair, and says nothing about the regular runs. */
    if (!job->quota || job->is_dry_run || job->is_backfill)
        return;
    if (quota_park(job->quota->quota, job->connector, job->account, job->quota->parked_until,
                   &err) != OMNI_OK)
        log_warn("that this run waits cannot be kept: %s", err.text);
}

/* ---- life ---- */

const struct http_budget *job_quota_open(struct job *job)
{
    struct job_quota *q = xcalloc(1, sizeof *q);
    q->job = job;
    q->quota = quota_new(json_text(job->spec, "state_dir"));
    q->keep = MILLION - json_int(job->spec, "backfill_share", MILLION);
    q->calls = (struct http_budget){q, budget_wait, budget_pause, budget_left};
    job->quota = q;
    return &q->calls;
}

void job_quota_close(struct job *job)
{
    if (!job->quota)
        return;
    quota_free(job->quota->quota);
    free(job->quota->bucket);
    free(job->quota);
    job->quota = NULL;
}
