/* SPDX-License-Identifier: Apache-2.0
 * A plugin that does everything a plugin must not do. tests/unit/plugin/test_hostile.c looks at how
 * its process ends, test_hostile_pull.py at what a whole pull makes of it. */
#include "deeds.h"

#include <stdio.h>
#include <string.h>

static const struct omni_option opt_mode = {
    .size = sizeof(struct omni_option), .type = OMNI_OPT_TEXT, .name = "mode"};
static const struct omni_option opt_target = {
    .size = sizeof(struct omni_option), .type = OMNI_OPT_TEXT, .name = "target"};
static const struct omni_option *const options[] = {&opt_mode, &opt_target, NULL};

static const struct omni_field id = {
    .size = sizeof(struct omni_field), .type = OMNI_TEXT, .path = "$.id", .column = "entity_id"};
static const struct omni_field name = {
    .size = sizeof(struct omni_field), .type = OMNI_TEXT, .path = "$.name", .column = "name"};
static const struct omni_field budget = {
    .size = sizeof(struct omni_field), .type = OMNI_MICROS, .path = "$.b", .column = "budget"};
static const struct omni_field *const fields[] = {&id, &name, &budget, NULL};
static const struct omni_stream entities = {.size = sizeof(struct omni_stream),
                                            .name = "entities",
                                            .dataset = "ads_entities",
                                            .sync = OMNI_SNAPSHOT,
                                            .constants = "level=ad;currency=EUR",
                                            .fields = fields};
static const struct omni_stream *const streams[] = {&entities, NULL};

struct stage stage;

#define DEED_ROW(name) {#name, deed_##name},
static const struct {
    const char *name;
    void (*act)(void);
} deeds[] = {DEEDS_DIE(DEED_ROW) DEEDS_ESCAPE(DEED_ROW) DEEDS_BABBLE(DEED_ROW) DEEDS_ASK(DEED_ROW)};

static void take(char *out, size_t n, const char *value)
{
    snprintf(out, n, "%s", value ? value : "");
}

static omni_status open_it(const struct omni_host *host, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    (void)run;
    *self = NULL;
    stage.hub = host;
    take(stage.mode, sizeof stage.mode, host->opt_text(config, "mode"));
    take(stage.target, sizeof stage.target, host->opt_text(config, "target"));
    return OMNI_OK;
}

static omni_status pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    (void)self;
    (void)request;
    stage.run = run;
    stage.verdict = OMNI_OK;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (strcmp(deeds[i].name, stage.mode) == 0) {
            deeds[i].act();
            return stage.verdict;
        }
    return stage.hub->fail(run, OMNI_E_CONFIG, "no such mode");
}

static const struct omni_source source = {.size = sizeof(struct omni_source),
                                          .name = "hostile",
                                          .api_url = "http://127.0.0.1:9",
                                          .options = options,
                                          .streams = streams,
                                          .open = open_it,
                                          .pull = pull};
static const struct omni_source *const sources[] = {&source, NULL};

#ifdef IN_CONSTRUCTOR
/* Before anything of it was looked at. */
__attribute__((constructor)) static void begin(void)
{
    IN_CONSTRUCTOR();
}
#endif

OMNI_MODULE("hostile", "1.0", .sources = sources);
