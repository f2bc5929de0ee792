/* SPDX-License-Identifier: Apache-2.0
 * A plugin as an outside author would have written it against version 1.0. */
#include <omnihub/omnihub.h>

static const struct omni_field id = {.size = sizeof(struct omni_field),
                                     .type = OMNI_TEXT,
                                     .flags = OMNI_KEY,
                                     .path = "$.id",
                                     .column = "campaign_id"};
static const struct omni_field *const fields[] = {&id, NULL};
static const struct omni_stream daily = {
    .size = sizeof(struct omni_stream), .name = "daily", .dataset = "ads_daily", .fields = fields};
static const struct omni_stream *const streams[] = {&daily, NULL};

static omni_status pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    (void)self;
    (void)run;
    (void)request;
    return OMNI_OK;
}

static const struct omni_source source = {
    .size = sizeof(struct omni_source), .name = "sample", .streams = streams, .pull = pull};
static const struct omni_source *const sources[] = {&source, NULL};

#ifdef OTHER_MAJOR
const struct omni_module OMNI_EXPORT omnihub_module_v2;
const struct omni_module OMNI_EXPORT omnihub_module_v2 = {
    .size = sizeof(struct omni_module), .abi_major = 2, .name = "sample", .sources = sources};
#elif defined(NO_SYMBOL)
int OMNI_EXPORT something_else = 1;
extern OMNI_EXPORT const void *const unused;
const void *const unused = sources;
#else
#ifndef MAJOR
#define MAJOR OMNI_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR OMNI_ABI_MINOR
#endif
#ifndef SIZE
#define SIZE sizeof(struct omni_module)
#endif
const struct omni_module omnihub_module_v1 = {.size = SIZE,
                                              .abi_major = MAJOR,
                                              .abi_minor = MINOR,
                                              .name = "sample",
                                              .version = "1.0",
                                              .sources = sources};
#endif
