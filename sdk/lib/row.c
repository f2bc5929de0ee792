/* SPDX-License-Identifier: Apache-2.0
 * Rows that a plugin makes itself: what the fields' table can say is taken from the record, the
 * rest is set by column. */
#include <omnihub/sdk.h>

#include <string.h>

static void refuse(struct omni_row *row, const char *where, const char *wrong)
{
    if (row->wrong)
        return;
    row->wrong = wrong;
    row->where = where;
}

static void set_text(struct omni_row *row, uint32_t at, size_t begin, const char *where)
{
    if (row->text.is_cut) {
        refuse(row, where, "is a text that cannot be read or is too long");
        return;
    }
    row->cells[at] = (struct omni_cell){
        .type = OMNI_TEXT, .len = (uint32_t)(row->text.len - begin), .v.s = row->text.data + begin};
}

/* Numbers cross as they are written, so that the hub reads them as it reads those of rows(). */
static void take_scalar(struct omni_row *row, uint32_t at, struct omni_json value)
{
    const char *path = row->stream->fields[at]->path;
    size_t begin = row->text.len, left = row->text.size - begin;
    switch (value.kind) {
    case OMNI_JSON_BOOL:
        row->cells[at] = (struct omni_cell){.type = OMNI_BOOL, .v.i = *value.s == 't'};
        return;
    case OMNI_JSON_NUMBER:
    case OMNI_JSON_TEXT:
        if (omni_json_text(value, "", row->text.data + begin, left))
            row->text.len += strlen(row->text.data + begin);
        else
            row->text.is_cut = 1;
        set_text(row, at, begin, path);
        return;
    case OMNI_JSON_NULL:
        return;
    default:
        refuse(row, path, "is an object or array where one value is wanted");
    }
}

static void take_field(struct omni_row *row, uint32_t at, struct omni_json record)
{
    const struct omni_field *field = row->stream->fields[at];
    if (field->path[0] != '$')
        return;
    struct omni_json value = omni_json_at(record, field->path + 1 + (field->path[1] == '.'));
    if (value.kind != OMNI_JSON_NONE)
        take_scalar(row, at, value);
    else if (!(field->flags & (OMNI_OPTIONAL | OMNI_ZERO_IF_ABSENT)))
        refuse(row, field->path, "is missing: the platform may have renamed it");
}

void omni_row_begin(struct omni_row *row, const struct omni_stream *stream, struct omni_json record)
{
    row->stream = stream;
    row->n = 0;
    row->wrong = row->where = NULL;
    omni_text_begin(&row->text, row->memory, sizeof(row->memory));
    for (; stream->fields[row->n]; row->n++) {
        if (row->n == OMNI_ROW_CELLS) {
            refuse(row, stream->name, "has more fields than a row of one's own may have");
            return;
        }
        row->cells[row->n] = (struct omni_cell){.type = OMNI_NULL};
        take_field(row, row->n, record);
    }
}

/* The cell of a column, or of a path; NULL: there is none. */
static struct omni_cell *cell_of(struct omni_row *row, const char *name)
{
    for (uint32_t i = 0; i < row->n; i++) {
        const struct omni_field *field = row->stream->fields[i];
        if (strcmp(field->column ? field->column : field->path, name) == 0)
            return &row->cells[i];
    }
    refuse(row, name, "is set by the plugin, but no field of the stream has this column");
    return NULL;
}

void omni_row_text(struct omni_row *row, const char *column, const char *value)
{
    struct omni_cell *cell = cell_of(row, column);
    size_t begin = row->text.len;
    if (!cell)
        return;
    *cell = (struct omni_cell){.type = OMNI_NULL};
    if (!value)
        return;
    omni_text_add(&row->text, value);
    set_text(row, (uint32_t)(cell - row->cells), begin, column);
}

void omni_row_number(struct omni_row *row, const char *column, uint32_t type, int64_t value)
{
    struct omni_cell *cell = cell_of(row, column);
    if (cell)
        *cell = (struct omni_cell){.type = type, .v.i = value};
}

void omni_row_sum(struct omni_row *row, const char *column, uint32_t type,
                  const struct omni_sum *sum)
{
    if (sum->is_bad)
        refuse(row, column, "cannot be worked out: an amount in the record is no exact number");
    else
        omni_row_number(row, column, type, sum->value);
}

static omni_status fail(const struct omni_row *row, const struct omni_host *hub,
                        struct omni_run *run)
{
    char memory[512];
    struct omni_text text = OMNI_TEXT(memory);
    omni_text_add(&text, "stream ");
    omni_text_add(&text, row->stream->name);
    omni_text_add(&text, ": ");
    omni_text_add(&text, row->where);
    omni_text_add(&text, " ");
    omni_text_add(&text, row->wrong);
    return hub->fail(run, OMNI_E_DATA, text.data);
}

omni_status omni_row_send(struct omni_row *row, const struct omni_host *hub, struct omni_run *run,
                          uint32_t part)
{
    if (row->wrong)
        return fail(row, hub, run);
    if (part == 0)
        return hub->row(run, row->cells, row->n);
    const struct omni_part_rows *parts = hub->extension(OMNI_PART_ROWS);
    if (!parts)
        return hub->fail(run, OMNI_E_UNSUPPORTED, "this omnihub is too old for this plugin");
    return parts->row(run, part, row->cells, row->n);
}
