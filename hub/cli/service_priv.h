/* SPDX-License-Identifier: Apache-2.0
 * What the files of the service share. */
#ifndef HUB_CLI_SERVICE_PRIV_H
#define HUB_CLI_SERVICE_PRIV_H

#include "cli/alerts.h"
#include "cli/backfill.h"
#include "cli/freshness.h"
#include "cli/generation.h"
#include "run/control.h"
#include "run/supervise.h"
#include "schedule/clock.h"

/* After a pull: first combine, then every sink. */
enum chain { CHAIN_IDLE, CHAIN_COMBINE, CHAIN_PUSH };

struct service {
    struct generation *now; /* the newest reading; ->older: those whose jobs still run */
    struct store *store;
    struct unwritten *unwritten; /* what the store did not take yet */
    struct supervise *jobs;
    const struct control_peer *peer; /* whose order is being obeyed; NULL: nobody's */
    struct control *control;         /* NULL: it could not be opened */
    struct backfills *backfills;
    struct alerts *alerts;
    struct freshness *freshness;
    int timer;
    struct clock_watch clock;
    bool told_held;                  /* EVENT_CLOCK is open */
    int64_t calendar_hour;           /* when the calendar of ends was looked at; 0: never */
    int64_t watchdog, next_watchdog; /* micros; 0: nobody watches */
    int64_t next_zones;              /* when zone files are looked at again; 0: now */
    int64_t next_asking; /* when a plugin that died when it was asked is asked again, micros */
    uint32_t askings;    /* how often it has died */
    enum chain chain;
    bool wants_chain; /* something was pulled since the chain began */
    bool has_chain_failed;
    uint32_t chain_retries;
    int64_t chain_due; /* what failed in passing is tried again, micros; INT64_MAX: nothing has */
    unsigned n_pushes;
    size_t told_connectors; /* in the last status line for the service manager */
    uint32_t told_running;
    struct supervise_service calls;
};

/* ---- jobs (service_jobs.c) ---- */

/* Has the generation's jobs told to the service. */
void service_hook(struct service *, struct generation *);
void service_start_due(struct service *);
/* A plugin that died when it was asked what it is may just have been killed: the newest reading is
 * not the last word on it. */
void service_plan_asking(struct service *);
/* Room for the day on which the disk is full; made anew where it was given back. */
void service_keep_reserve(struct service *);
/* Once an hour: which API versions and secrets end soon, to the log and to status. */
void service_look_at_calendar(struct service *);
/* Chunks of history, where nothing keeps their connector from running. */
void service_start_backfills(struct service *);
/* Combine and push, where something was pulled. */
void service_start_chain(struct service *);
/* What is stale, and what is to be told to whom. */
void service_tell(struct service *);
/* Readings whose last job has ended go. */
void service_drop_older(struct service *);
void service_drop(struct generation *);
/* It may run again, at once. */
omni_status service_resume(struct service *, size_t number, struct err *);

/* ---- orders (service_orders.c) ---- */

/* Reads the configuration anew: all of it or nothing. The answer for who asked; new reference. */
json_t *service_reload(struct service *);
/* struct control_calls.answer */
json_t *service_answer(void *service, const struct control_peer *, const json_t *order);

#endif
