/* SPDX-License-Identifier: Apache-2.0
 * The contract's structs as tables. */
#include <config.h>

#include "plugin/shape.h"

static const char *const types[] = {"null", "bool", "int",    "real", "text",
                                    "date", "time", "micros", NULL};
static const char *const units[] = {
    "as_is",    "major",        "minor",      "micros",        "percent",  "ms",      "minutes",
    "date_iso", "date_compact", "time_epoch", "time_epoch_ms", "time_iso", "pattern", NULL};
static const char *const field_flags[] = {
    "key", "zero_if_absent", "sensitive", "decimal_comma", "thousands", "round", "optional", NULL};
static const char *const syncs[] = {"window", "cursor", "snapshot", "parts", NULL};
static const char *const option_types[] = {"none", "text", "int", "bool", "duration",
                                           "date", "list", "map", "tree", NULL};
static const char *const option_flags[] = {"required", "secret", NULL};
static const char *const logins[] = {"none",
                                     "bearer",
                                     "header",
                                     "query",
                                     "basic",
                                     "oauth2_refresh",
                                     "oauth2_client",
                                     "jwt_bearer",
                                     "oauth1",
                                     "wsse",
                                     "session",
                                     "oauth2_client_basic",
                                     "oauth2_refresh_basic",
                                     NULL};
static const char *const source_flags[] = {"files", "any_host", NULL};
static const char *const stream_flags[] = {"clip", "sparse", NULL};
static const char *const no_flags[] = {NULL};

#define AT(s, m) offsetof(struct s, m)

static const struct shape_member field_members[] = {
    {"path", SHAPE_LINE, true, AT(omni_field, path)},
    {"column", SHAPE_NAME, false, AT(omni_field, column)},
    {"type", SHAPE_WORD, false, AT(omni_field, type), types},
    {"unit", SHAPE_WORD, false, AT(omni_field, unit), units},
    {"flags", SHAPE_FLAGS, false, AT(omni_field, flags), field_flags},
    {"format", SHAPE_LINE, false, AT(omni_field, format)},
    {"nulls", SHAPE_LINE, false, AT(omni_field, nulls)},
    {"help", SHAPE_TEXT, false, AT(omni_field, help)},
    {0},
};
const struct shape shape_field = {"field", sizeof(struct omni_field), field_members};

static const struct shape_member stream_members[] = {
    {"name", SHAPE_NAME, true, AT(omni_stream, name)},
    {"dataset", SHAPE_NAME, true, AT(omni_stream, dataset)},
    {"help", SHAPE_TEXT, false, AT(omni_stream, help)},
    {"sync", SHAPE_WORD, false, AT(omni_stream, sync), syncs},
    {"constants", SHAPE_LINE, false, AT(omni_stream, constants)},
    {"settle_days", SHAPE_COUNT, false, AT(omni_stream, settle_days)},
    {"max_window_days", SHAPE_COUNT, false, AT(omni_stream, max_window_days)},
    {"history_days", SHAPE_COUNT, false, AT(omni_stream, history_days)},
    {"flags", SHAPE_FLAGS, false, AT(omni_stream, flags), stream_flags},
    {"day_zone", SHAPE_LINE, false, AT(omni_stream, day_zone)},
    {"inside", SHAPE_LINE, false, AT(omni_stream, inside)},
    {"fields", SHAPE_LIST, true, AT(omni_stream, fields), NULL, &shape_field, 4096},
    {"parts", SHAPE_LIST, false, AT(omni_stream, parts), NULL, &shape_stream, 64},
    {0},
};
const struct shape shape_stream = {"stream", sizeof(struct omni_stream), stream_members};

static const struct shape_member option_members[] = {
    {"name", SHAPE_NAME, true, AT(omni_option, name)},
    {"type", SHAPE_WORD, true, AT(omni_option, type), option_types},
    {"flags", SHAPE_FLAGS, false, AT(omni_option, flags), option_flags},
    {"fallback", SHAPE_TEXT, false, AT(omni_option, fallback)},
    {"choices", SHAPE_LINE, false, AT(omni_option, choices)},
    {"help", SHAPE_TEXT, false, AT(omni_option, help)},
    {0},
};
const struct shape shape_option = {"option", sizeof(struct omni_option), option_members};

static const struct shape_member auth_members[] = {
    {"kind", SHAPE_WORD, false, AT(omni_auth, kind), logins},
    {"options", SHAPE_LINE, false, AT(omni_auth, options)},
    {"token_url", SHAPE_LINE, false, AT(omni_auth, token_url)},
    {"scope", SHAPE_LINE, false, AT(omni_auth, scope)},
    {"header", SHAPE_LINE, false, AT(omni_auth, header)},
    {"headers", SHAPE_TEXT, false, AT(omni_auth, headers)},
    {0},
};
const struct shape shape_auth = {"login", sizeof(struct omni_auth), auth_members};

static const struct shape_member source_members[] = {
    {"name", SHAPE_NAME, true, AT(omni_source, name)},
    {"title", SHAPE_LINE, false, AT(omni_source, title)},
    {"family", SHAPE_LINE, false, AT(omni_source, family)},
    {"help", SHAPE_TEXT, false, AT(omni_source, help)},
    {"flags", SHAPE_FLAGS, false, AT(omni_source, flags), source_flags},
    {"api_version", SHAPE_LINE, false, AT(omni_source, api_version)},
    {"api_sunset", SHAPE_DAY, false, AT(omni_source, api_sunset)},
    {"api_url", SHAPE_URL, false, AT(omni_source, api_url)},
    {"hosts", SHAPE_LINE, false, AT(omni_source, hosts)},
    {"account_option", SHAPE_NAME, false, AT(omni_source, account_option)},
    {"quota_scope", SHAPE_NAME, false, AT(omni_source, quota_scope)},
    {"options", SHAPE_LIST, false, AT(omni_source, options), NULL, &shape_option, 512},
    {"logins", SHAPE_LIST, false, AT(omni_source, logins), NULL, &shape_auth, 32},
    {"streams", SHAPE_LIST, false, AT(omni_source, streams), NULL, &shape_stream, 1024},
    {0},
};
const struct shape shape_source = {"source", sizeof(struct omni_source), source_members};

static const struct shape_member sink_members[] = {
    {"name", SHAPE_NAME, true, AT(omni_sink, name)},
    {"title", SHAPE_LINE, false, AT(omni_sink, title)},
    {"help", SHAPE_TEXT, false, AT(omni_sink, help)},
    {"flags", SHAPE_FLAGS, false, AT(omni_sink, flags), no_flags},
    {"options", SHAPE_LIST, false, AT(omni_sink, options), NULL, &shape_option, 512},
    {0},
};
const struct shape shape_sink = {"sink", sizeof(struct omni_sink), sink_members};

static const struct shape_member module_members[] = {
    {"name", SHAPE_NAME, true, AT(omni_module, name)},
    {"version", SHAPE_LINE, true, AT(omni_module, version)},
    {"vendor", SHAPE_LINE, false, AT(omni_module, vendor)},
    {"license", SHAPE_LINE, false, AT(omni_module, license)},
    {"url", SHAPE_LINE, false, AT(omni_module, url)},
    {"sources", SHAPE_LIST, false, AT(omni_module, sources), NULL, &shape_source, 64},
    {"sinks", SHAPE_LIST, false, AT(omni_module, sinks), NULL, &shape_sink, 64},
    {0},
};
const struct shape shape_module = {"module", sizeof(struct omni_module), module_members};

_Static_assert(sizeof(struct omni_source) <= SHAPE_MAX_SIZE &&
                   sizeof(struct omni_sink) <= SHAPE_MAX_SIZE,
               "a copy of any struct fits");
