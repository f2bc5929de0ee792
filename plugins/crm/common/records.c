/* SPDX-License-Identifier: Apache-2.0
 * Records as rows, by the stream's fields. */
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 64, PATH_MAX_ = 256, ROW_TEXT_MAX = 1024 * 1024, DAY_MS = 86400000 };

#define COMPUTED "$.computed."

int records_init(struct records *r)
{
    r->size = ROW_TEXT_MAX;
    r->memory = malloc(r->size);
    return r->memory != NULL;
}

void records_free(struct records *r)
{
    free(r->memory);
    r->memory = NULL;
}

/* ---- which property ---- */

static int is_computed(const struct omni_field *field)
{
    return strncmp(field->path, COMPUTED, sizeof(COMPUTED) - 1) == 0;
}

/* Whether a property feeds the field, rather than the envelope or the plugin. */
static int is_property(const struct omni_field *field, const char *below)
{
    return !is_computed(field) && strncmp(field->path + 2, below, strlen(below)) == 0;
}

static const char * override(const struct records *r, const struct omni_stream *stream,
                             const struct omni_field *field)
{
    char path[PATH_MAX_];
    snprintf(path, sizeof(path), "fields.%s.%s", stream->name, field->column);
    return r->hub->opt_text(r->config, path);
}

const char *records_property(const struct records *r, const struct omni_stream *stream,
                             const struct omni_field *field, const char *below)
{
    if (!is_property(field, below))
        return NULL;
    const char *name = override(r, stream, field);
    if (!name)
        name = field->path + 2 + strlen(below);
    return name[0] != '\0' ? name : NULL;
}

/* ---- the option `fields` ---- */

static omni_status refuse(const struct records *r, struct omni_run *run, const char *option,
                          const char *text)
{
    r->hub->fail_detail(run, "option", option);
    return r->hub->fail(run, OMNI_E_CONFIG, text);
}

static const struct omni_stream *find_stream(const struct omni_stream *const *streams,
                                             const char *name)
{
    for (; *streams; streams++)
        if (strcmp((*streams)->name, name) == 0)
            return *streams;
    return NULL;
}

static const struct omni_field *find_field(const struct omni_stream *stream, const char *column)
{
    for (const struct omni_field *const *f = stream->fields; *f; f++)
        if (strcmp((*f)->column, column) == 0)
            return *f;
    return NULL;
}

static int is_name(const char *s)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    size_t n = strlen(s);
    return n < RECORDS_NAME && strspn(s, letters) == n;
}

static omni_status check_columns(const struct records *r, struct omni_run *run,
                                 const struct omni_stream *stream, const char *below)
{
    char path[PATH_MAX_], option[PATH_MAX_], text[PATH_MAX_ + 128];
    snprintf(path, sizeof(path), "fields.%s", stream->name);
    for (uint32_t i = 0; i < r->hub->opt_count(r->config, path); i++) {
        const char *column = r->hub->opt_item(r->config, path, i);
        const struct omni_field *field = column ? find_field(stream, column) : NULL;
        snprintf(option, sizeof(option), "%.100s.%.100s", path, column ? column : "");
        if (!field || !is_property(field, below) || field->flags & OMNI_KEY) {
            snprintf(text, sizeof(text), "no property feeds column \"%.60s\" of stream %.60s",
                     column ? column : "", stream->name);
            return refuse(r, run, option, text);
        }
        const char *name = r->hub->opt_text(r->config, option);
        if (!name || !is_name(name))
            return refuse(r, run, option,
                          "must be the platform's own name of a property, or \"\" to leave the "
                          "column out");
    }
    return OMNI_OK;
}

omni_status records_check(const struct records *r, struct omni_run *run,
                          const struct omni_stream *const *streams, const char *below)
{
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; status == OMNI_OK && i < r->hub->opt_count(r->config, "fields"); i++) {
        char option[PATH_MAX_];
        const char *name = r->hub->opt_item(r->config, "fields", i);
        const struct omni_stream *stream = name ? find_stream(streams, name) : NULL;
        snprintf(option, sizeof(option), "fields.%.100s", name ? name : "");
        status = stream ? check_columns(r, run, stream, below)
                        : refuse(r, run, option, "this source has no such stream");
    }
    return status;
}

/* ---- rows ---- */

/* The text of a value that is none of JSON's trees; 0: it does not fit. */
static int add_value(struct omni_json value, char *memory, size_t size, struct omni_cell *cell)
{
    if (value.kind == OMNI_JSON_BOOL)
        snprintf(memory, size, "%s", omni_json_is_true(value, "") ? "true" : "false");
    else if (!omni_json_text(value, "", memory, size))
        return 0;
    *cell = (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(memory), .v.s = memory};
    return 1;
}

static omni_status refuse_field(const struct records *r, struct omni_run *run, const char *path,
                                const char *why)
{
    char text[PATH_MAX_ + 128];
    snprintf(text, sizeof(text), "field \"%.200s\" of a record %s", path, why);
    return r->hub->fail(run, OMNI_E_DATA, text);
}

static omni_status take_field(const struct records *r, struct omni_run *run,
                              const struct omni_field *field, struct omni_json value,
                              struct omni_text *row, struct omni_cell *cell)
{
    int may_lack = (field->flags & (OMNI_OPTIONAL | OMNI_ZERO_IF_ABSENT)) != 0;
    if (value.kind == OMNI_JSON_NONE && !may_lack)
        return refuse_field(r, run, field->path,
                            "is not there: the platform may have renamed it, or this login may "
                            "not see it");
    int is_empty = value.kind == OMNI_JSON_TEXT && value.len == 2; /* a property that was cleared */
    if (value.kind == OMNI_JSON_NONE || value.kind == OMNI_JSON_NULL || is_empty)
        return OMNI_OK;
    if (value.kind == OMNI_JSON_ARRAY || value.kind == OMNI_JSON_OBJECT)
        return refuse_field(r, run, field->path, "is a list or an object, not one value");
    if (!add_value(value, row->data + row->len, row->size - row->len, cell))
        return refuse_field(r, run, field->path, "is too long");
    row->len += cell->len + 1;
    return OMNI_OK;
}

static omni_status compute_field(const struct records *r, struct omni_run *run,
                                 const struct omni_field *field, struct omni_json record,
                                 struct omni_text *row, struct omni_cell *cell)
{
    struct omni_text out;
    omni_text_begin(&out, row->data + row->len, row->size - row->len);
    r->compute(r->ctx, field->path + sizeof(COMPUTED) - 1, record, &out);
    if (!omni_text_done(&out))
        return refuse_field(r, run, field->path, "is too long");
    if (out.len > 0)
        *cell = (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)out.len, .v.s = out.data};
    row->len += out.len + 1;
    return OMNI_OK;
}

static struct omni_json property_at(struct omni_json record, const char *below, const char *name)
{
    char path[PATH_MAX_];
    snprintf(path, sizeof(path), "%s%s", below, name);
    return omni_json_at(record, path);
}

omni_status records_row(const struct records *r, struct omni_run *run,
                        const struct omni_stream *stream, struct omni_json record,
                        const char *below)
{
    struct omni_cell cells[FIELDS_MAX] = {{0}};
    struct omni_text row;
    uint32_t n = 0;
    omni_status status = OMNI_OK;
    omni_text_begin(&row, r->memory, r->size);
    for (; status == OMNI_OK && n < FIELDS_MAX && stream->fields[n]; n++) {
        const struct omni_field *field = stream->fields[n];
        const char *name = records_property(r, stream, field, below);
        if (row.size - row.len < 2)
            status = refuse_field(r, run, field->path, "makes the row too long");
        else if (is_computed(field))
            status = compute_field(r, run, field, record, &row, &cells[n]);
        else if (name)
            status = take_field(r, run, field, property_at(record, below, name), &row, &cells[n]);
        else if (!is_property(field, below))
            status =
                take_field(r, run, field, omni_json_at(record, field->path + 2), &row, &cells[n]);
    }
    return status == OMNI_OK ? r->hub->row(run, cells, n) : status;
}

/* ---- bytes and times ---- */

int copy_take(struct copy *copy, const char *bytes, size_t len)
{
    char *memory = realloc(copy->bytes, len + 1);
    if (!memory)
        return 0;
    memcpy(memory, bytes, len);
    memory[len] = '\0';
    *copy = (struct copy){memory, len};
    return 1;
}

void copy_free(struct copy *copy)
{
    free(copy->bytes);
    *copy = (struct copy){0};
}

int time_parse_ms(const char *s, int64_t *ms)
{
    int32_t day;
    int hour, minute, second, n = 0, thousandths = 0, place = 100;
    if (strlen(s) < 20 || s[10] != 'T' || !omni_day_parse(s, &day) ||
        sscanf(s + 11, "%2d:%2d:%2d%n", &hour, &minute, &second, &n) != 3)
        return 0;
    s += 11 + n;
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++, place /= 10)
            thousandths += (*s - '0') * place;
    if (strcmp(s, "Z") != 0 && strcmp(s, "+0000") != 0 && strcmp(s, "+00:00") != 0)
        return 0;
    *ms =
        (int64_t)day * DAY_MS + ((int64_t)hour * 3600 + minute * 60 + second) * 1000 + thousandths;
    return 1;
}

const char *time_print_ms(int64_t ms, char out[TIME_MS_TEXT])
{
    char day[OMNI_DAY_TEXT];
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0), rest = ms - days * DAY_MS;
    snprintf(out, TIME_MS_TEXT, "%sT%02d:%02d:%02d.%03dZ", omni_day_print((int32_t)days, day),
             (int)(rest / 3600000) % 24, (int)(rest / 60000) % 60, (int)(rest / 1000) % 60,
             (int)(rest % 1000));
    return out;
}
