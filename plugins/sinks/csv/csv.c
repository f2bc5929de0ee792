/* SPDX-License-Identifier: Apache-2.0
 * Sink: datasets as CSV files (RFC 4180), one a dataset or one a day. */
#include <omnihub/omnihub.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cell_text.h"
#include "../common/file_sink.h"

static const struct omni_option opt_delimiter = {
    .size = sizeof opt_delimiter,
    .type = OMNI_OPT_TEXT,
    .name = "delimiter",
    .fallback = ",",
    .help = "one character between cells: , ; | or tab",
};
static const struct omni_option opt_header = {
    .size = sizeof opt_header,
    .type = OMNI_OPT_BOOL,
    .name = "header",
    .fallback = "true",
    .help = "a first line with the names of the columns",
};
static const struct omni_option opt_line_end = {
    .size = sizeof opt_line_end,
    .type = OMNI_OPT_TEXT,
    .name = "line_end",
    .fallback = "lf",
    .choices = "lf|crlf",
    .help = "how lines end: lf as Unix tools like it, crlf as RFC 4180 has it",
};
static const struct omni_option opt_spreadsheet_safe = {
    .size = sizeof opt_spreadsheet_safe,
    .type = OMNI_OPT_BOOL,
    .name = "spreadsheet_safe",
    .fallback = "false",
    .help = "a ' before texts that a spreadsheet would run as a formula (= + - @)",
};
static const struct omni_option *const options[] = {
    &file_sink_directory, &file_sink_split,      &opt_delimiter, &opt_header,
    &opt_line_end,        &opt_spreadsheet_safe, NULL,
};

struct csv {
    struct file_sink *files;
    char special[5]; /* what makes quotes necessary: delimiter, quote, line ends */
    char delimiter;
    bool has_header, is_safe;
    const char *line_end;
};

/* 0: not a character that can stand between cells. */
static char read_delimiter(const char *text)
{
    if (!text || strcmp(text, "tab") == 0)
        return text ? '\t' : ',';
    return strlen(text) == 1 && strchr(",;|\t", text[0]) ? text[0] : '\0';
}

static omni_status csv_open(const struct omni_host *host, const struct omni_config *config,
                            struct omni_run *run, void **self)
{
    char delimiter = read_delimiter(host->opt_text(config, "delimiter"));
    if (!delimiter) {
        host->fail_detail(run, "option", "delimiter");
        return host->fail(run, OMNI_E_CONFIG,
                          "option \"delimiter\" is one of: \",\" \";\" \"|\" \"tab\"");
    }
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv)
        return host->fail(run, OMNI_E_RETRY, "out of memory");
    const char *line_end = host->opt_text(config, "line_end");
    *csv = (struct csv){
        .special = {delimiter, '"', '\r', '\n', '\0'},
        .delimiter = delimiter,
        .has_header = host->opt_int(config, "header") != 0,
        .is_safe = host->opt_int(config, "spreadsheet_safe") != 0,
        .line_end = line_end && strcmp(line_end, "crlf") == 0 ? "\r\n" : "\n",
    };
    omni_status status = file_sink_open(host, config, run, ".csv", &csv->files);
    if (status != OMNI_OK) {
        free(csv);
        return status;
    }
    *self = csv;
    return OMNI_OK;
}

static void csv_close(void *self)
{
    struct csv *csv = self;
    file_sink_close(csv->files);
    free(csv);
}

static omni_status csv_check(void *self, struct omni_run *run)
{
    return file_sink_check(((struct csv *)self)->files, run);
}

static uint32_t csv_layout(void *self, const char *dataset)
{
    (void)dataset;
    return file_sink_layout(((struct csv *)self)->files);
}

/* ---- cells ---- */

static bool needs_quotes(const struct csv *csv, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] && strchr(csv->special, s[i]))
            return true;
    return n == 0; /* an empty text is "", a cell without a value is nothing */
}

/* What OWASP's "CSV Injection" names: these first characters start a formula in spreadsheets. */
static bool starts_formula(const char *s, size_t n)
{
    return n && s[0] && strchr("=+-@\t\r", s[0]);
}

static void put_doubling_quotes(struct csv *csv, const char *s, size_t n)
{
    while (n) {
        const char *quote = memchr(s, '"', n);
        size_t part = quote ? (size_t)(quote - s) + 1 : n;
        file_sink_put(csv->files, s, part);
        if (quote)
            file_sink_putc(csv->files, '"');
        s += part;
        n -= part;
    }
}

static void put_text(struct csv *csv, const char *s, size_t n)
{
    const char *quote = needs_quotes(csv, s, n) ? "\"" : "";
    file_sink_puts(csv->files, quote);
    if (csv->is_safe && starts_formula(s, n))
        file_sink_putc(csv->files, '\'');
    put_doubling_quotes(csv, s, n);
    file_sink_puts(csv->files, quote);
}

static void put_cell(struct csv *csv, const struct omni_column *column, uint64_t row)
{
    char out[CELL_TEXT];
    size_t n = 0;
    if (cell_is_null(column, row))
        return;
    const char *s = cell_text(column, row, out, &n);
    if (column->type == OMNI_TEXT)
        put_text(csv, s, n);
    else
        file_sink_put(csv->files, s, n);
}

/* ---- deliveries ---- */

static omni_status csv_begin(void *self, struct omni_run *run, const struct omni_delivery *d)
{
    struct csv *csv = self;
    omni_status status = file_sink_begin(csv->files, run, d);
    if (status != OMNI_OK || !csv->has_header)
        return status;
    for (size_t i = 0; d->columns[i]; i++) {
        if (i)
            file_sink_putc(csv->files, csv->delimiter);
        put_text(csv, d->columns[i]->name, strlen(d->columns[i]->name));
    }
    file_sink_puts(csv->files, csv->line_end);
    return file_sink_status(csv->files, run);
}

static omni_status csv_write(void *self, struct omni_run *run, const struct omni_batch *batch)
{
    struct csv *csv = self;
    for (uint64_t row = 0; row < batch->n_rows; row++) {
        for (uint32_t i = 0; i < batch->n_columns; i++) {
            if (i)
                file_sink_putc(csv->files, csv->delimiter);
            put_cell(csv, batch->columns[i], row);
        }
        file_sink_puts(csv->files, csv->line_end);
    }
    return file_sink_status(csv->files, run);
}

static omni_status csv_commit(void *self, struct omni_run *run)
{
    return file_sink_commit(((struct csv *)self)->files, run);
}

static void csv_abort(void *self, struct omni_run *run)
{
    (void)run;
    file_sink_abort(((struct csv *)self)->files);
}

static const struct omni_sink csv_sink = {
    .size = sizeof csv_sink,
    .name = "csv",
    .title = "CSV files",
    .help = "Datasets as CSV files, each replaced whole",
    .options = options,
    .open = csv_open,
    .close = csv_close,
    .check = csv_check,
    .layout = csv_layout,
    .begin = csv_begin,
    .write = csv_write,
    .commit = csv_commit,
    .abort = csv_abort,
};
static const struct omni_sink *const sinks[] = {&csv_sink, NULL};

OMNI_MODULE("csv", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sinks = sinks);
