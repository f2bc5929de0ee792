/* SPDX-License-Identifier: Apache-2.0
 * Sink: datasets as JSON lines, one object a row; one file a dataset or one a day. */
#include <omnihub/omnihub.h>

#include <stdio.h>
#include <string.h>

#include "../common/cell_text.h"
#include "../common/file_sink.h"

static const struct omni_option *const options[] = {&file_sink_directory, &file_sink_split, NULL};

static omni_status jsonl_open(const struct omni_host *host, const struct omni_config *config,
                              struct omni_run *run, void **self)
{
    struct file_sink *files = NULL;
    omni_status status = file_sink_open(host, config, run, ".jsonl", &files);
    *self = files;
    return status;
}

static void jsonl_close(void *self)
{
    file_sink_close(self);
}

static omni_status jsonl_check(void *self, struct omni_run *run)
{
    return file_sink_check(self, run);
}

static uint32_t jsonl_layout(void *self, const char *dataset)
{
    (void)dataset;
    return file_sink_layout(self);
}

/* ---- values ---- */

/* RFC 8259: quote, backslash and control characters are escaped, the rest is UTF-8 as it is. */
static void put_escape(struct file_sink *files, unsigned char c)
{
    static const char letters[] = "\"\"\\\\\nn\rr\tt\bb\ff";
    char out[8];
    for (const char *p = letters; *p; p += 2)
        if ((unsigned char)p[0] == c) {
            file_sink_putc(files, '\\');
            file_sink_putc(files, p[1]);
            return;
        }
    snprintf(out, sizeof out, "\\u%04x", c);
    file_sink_puts(files, out);
}

static void put_string(struct file_sink *files, const char *s, size_t n)
{
    size_t plain = 0;
    file_sink_putc(files, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        file_sink_put(files, s + plain, i - plain);
        put_escape(files, c);
        plain = i + 1;
    }
    file_sink_put(files, s + plain, n - plain);
    file_sink_putc(files, '"');
}

/* Micros are strings: as numbers most readers would make floats of them. */
static void put_value(struct file_sink *files, const struct omni_column *c, uint64_t row)
{
    char out[CELL_TEXT];
    size_t n = 0;
    if (cell_is_null(c, row)) {
        file_sink_puts(files, "null");
        return;
    }
    const char *s = cell_text(c, row, out, &n);
    if (c->type == OMNI_REAL && !strpbrk(s, "0123456789"))
        file_sink_puts(files, "null"); /* JSON has no infinity */
    else if (c->type == OMNI_BOOL || c->type == OMNI_INT || c->type == OMNI_REAL)
        file_sink_put(files, s, n);
    else
        put_string(files, s, n);
}

static void put_row(struct file_sink *files, const struct omni_batch *batch, uint64_t row)
{
    for (uint32_t i = 0; i < batch->n_columns; i++) {
        const struct omni_column *c = batch->columns[i];
        file_sink_putc(files, i ? ',' : '{');
        put_string(files, c->name, strlen(c->name));
        file_sink_putc(files, ':');
        put_value(files, c, row);
    }
    file_sink_puts(files, "}\n");
}

/* ---- deliveries ---- */

static omni_status jsonl_begin(void *self, struct omni_run *run, const struct omni_delivery *d)
{
    return file_sink_begin(self, run, d);
}

static omni_status jsonl_write(void *self, struct omni_run *run, const struct omni_batch *batch)
{
    for (uint64_t row = 0; row < batch->n_rows; row++)
        put_row(self, batch, row);
    return file_sink_status(self, run);
}

static omni_status jsonl_commit(void *self, struct omni_run *run)
{
    return file_sink_commit(self, run);
}

static void jsonl_abort(void *self, struct omni_run *run)
{
    (void)run;
    file_sink_abort(self);
}

static const struct omni_sink jsonl_sink = {
    .size = sizeof jsonl_sink,
    .name = "jsonl",
    .title = "JSON lines files",
    .help = "Datasets as files with one JSON object a line, each replaced whole",
    .options = options,
    .open = jsonl_open,
    .close = jsonl_close,
    .check = jsonl_check,
    .layout = jsonl_layout,
    .begin = jsonl_begin,
    .write = jsonl_write,
    .commit = jsonl_commit,
    .abort = jsonl_abort,
};
static const struct omni_sink *const sinks[] = {&jsonl_sink, NULL};

OMNI_MODULE("jsonl", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sinks = sinks);
