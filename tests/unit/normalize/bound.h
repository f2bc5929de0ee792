/* SPDX-License-Identifier: Apache-2.0
 * What the tests of hub/normalize share: streams bound to the shipped schema, rows, questions. */
#ifndef TEST_BOUND_H
#define TEST_BOUND_H

#include "unit.h"

#include "base/day.h"
#include "base/mem.h"
#include "normalize/normalize.h"

static struct schema *schema;
static struct channel_rules *channels;

static inline int setup(void **state)
{
    (void)state;
    struct err err;
    setenv("OMNIHUB_NOW", "2026-11-23T23:30:00Z", 1);
    schema = schema_load(TEST_SRCDIR "/conf/schema", &err);
    channels = channel_load(TEST_SRCDIR "/conf/schema/channels.conf", NULL, &err);
    return schema && channels ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    schema_free(schema);
    channel_free(channels);
    return 0;
}

#define FIELD(...)  (&(const struct omni_field){.size = sizeof(struct omni_field), __VA_ARGS__})
#define FIELDS(...) ((const struct omni_field *const[]){__VA_ARGS__, NULL})

/* No window, an account with euros. */
static const struct normalize_context usual = {.account = "act_1",
                                               .currency = "eur",
                                               .connector = "shop",
                                               .plugin = "meta_ads",
                                               .from_day = 1,
                                               .to_day = 0};

struct bound {
    const struct schema_dataset *dataset;
    struct omni_stream stream;
    struct normalizer *n;
    const struct omni_cell *cells;
    struct err err;
};

static inline void try_bind(struct bound *b, const char *dataset,
                            const struct omni_field *const *fields, const char *constants,
                            const struct normalize_context *context)
{
    *b = (struct bound){.dataset = schema_find(schema, dataset)};
    b->stream = (struct omni_stream){.size = sizeof b->stream,
                                     .name = "s",
                                     .dataset = dataset,
                                     .fields = fields,
                                     .constants = constants};
    assert_non_null(b->dataset);
    b->n = normalizer_new(b->dataset, &b->stream, context, &b->err);
}

static inline void bind(struct bound *b, const char *dataset,
                        const struct omni_field *const *fields, const char *constants,
                        const struct normalize_context *context)
{
    try_bind(b, dataset, fields, constants, context);
    if (!b->n)
        fail_msg("%s", b->err.text);
}

static struct read_value text(const char *s)
{
    return (struct read_value){READ_TEXT, (uint32_t)strlen(s), s};
}

static struct read_value number(const char *s)
{
    return (struct read_value){READ_NUMBER, (uint32_t)strlen(s), s};
}

static const struct read_value absent = {.kind = READ_ABSENT}, null = {.kind = READ_NULL};

static inline void row(struct bound *b, const struct read_value *values)
{
    if (normalize_values(b->n, values, &b->cells, &b->err) != OMNI_OK)
        fail_msg("%s", b->err.text);
}

static inline void refused(struct bound *b, const struct read_value *values, const char *why)
{
    b->err.text[0] = '\0';
    if (normalize_values(b->n, values, &b->cells, &b->err) != OMNI_E_DATA ||
        !strstr(b->err.text, why))
        fail_msg("not refused for \"%s\" but: %s", why, b->err.text);
}

static inline const struct omni_cell *cell(const struct bound *b, const char *column)
{
    int i = strcmp(column, "extra") == 0 ? (int)b->dataset->n_columns
                                         : schema_column(b->dataset, column);
    assert_true(i >= 0);
    return &b->cells[i];
}

static inline void assert_text(const struct bound *b, const char *column, const char *expected)
{
    const struct omni_cell *c = cell(b, column);
    if (!expected) {
        assert_int_equal(c->type, OMNI_NULL);
        return;
    }
    assert_int_equal(c->type, OMNI_TEXT);
    auto_free char *got = xstrndup(c->v.s, c->len);
    assert_string_equal(got, expected);
}

static inline void assert_number(const struct bound *b, const char *column, uint32_t type,
                                 int64_t expected)
{
    assert_int_equal(cell(b, column)->type, type);
    assert_int_equal(cell(b, column)->v.i, expected);
}

#endif
