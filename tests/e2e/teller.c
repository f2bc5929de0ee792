/* SPDX-License-Identifier: Apache-2.0
 * A sink for tests of secrets: it refuses every delivery, and repeats the password it was given. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "password"),
    NULL};

struct teller {
    const struct omni_host *hub;
    const char *password;
};

static omni_status teller_open(const struct omni_host *hub, const struct omni_config *config,
                               struct omni_run *run, void **self)
{
    struct teller *me = calloc(1, sizeof *me);
    if (!me)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *me = (struct teller){hub, hub->opt_text(config, "password")};
    hub->log(run, OMNI_LOG_WARN, me->password);
    *self = me;
    return OMNI_OK;
}

static omni_status teller_begin(void *self, struct omni_run *run,
                                const struct omni_delivery *delivery)
{
    struct teller *me = self;
    char text[512];
    (void)delivery;
    snprintf(text, sizeof text, "cannot connect: db://hub:%s@db.example/", me->password);
    return me->hub->fail(run, OMNI_E_RETRY, text);
}

static omni_status teller_write(void *self, struct omni_run *run, const struct omni_batch *batch)
{
    (void)self, (void)run, (void)batch;
    return OMNI_OK;
}

static omni_status teller_commit(void *self, struct omni_run *run)
{
    (void)self, (void)run;
    return OMNI_OK;
}

static void teller_abort(void *self, struct omni_run *run)
{
    (void)self, (void)run;
}

static const struct omni_sink *const sinks[] = {
    OMNI_SINK(.name = "teller", .title = "Teller", .options = options, .open = teller_open,
              .close = free, .begin = teller_begin, .write = teller_write, .commit = teller_commit,
              .abort = teller_abort),
    NULL};

OMNI_MODULE("teller", "1.0", .sinks = sinks);
