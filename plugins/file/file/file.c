/* SPDX-License-Identifier: Apache-2.0
 * Files: CSV, TSV, JSON and NDJSON, plain or gzipped, into any dataset by a map in the
 * configuration; only new and changed files are read. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/fields.h"

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "path", .type = OMNI_OPT_LIST, .flags = OMNI_REQUIRED,
                .help = "files to read: \"/srv/till/*.csv\", or a list of such patterns"),
    OMNI_OPTION(.name = "dataset", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "where the rows go: orders, costs_manual, fx_rates …"),
    OMNI_OPTION(.name = "map", .type = OMNI_OPT_MAP, .flags = OMNI_REQUIRED,
                .help = "column = \"Header\"; of JSON also \"$.path.in.the.record\"; #line: file "
                        "name and line"),
    OMNI_OPTION(.name = "formats", .type = OMNI_OPT_MAP,
                .help = "column = how it is written: \"%d.%m.%Y\", \"compact\", \"minor\", "
                        "\"decimal_comma round\""),
    OMNI_OPTION(.name = "constants", .type = OMNI_OPT_MAP,
                .help = "column = \"value\", the same in every row: currency = \"EUR\""),
    OMNI_OPTION(.name = "format", .type = OMNI_OPT_TEXT, .fallback = "auto",
                .choices = "auto|csv|tsv|json|ndjson", .help = "auto: by the end of the names"),
    OMNI_OPTION(.name = "delimiter", .type = OMNI_OPT_TEXT,
                .help = "CSV: one character, \"tab\", or \"blanks\" for runs of blanks"),
    OMNI_OPTION(.name = "quote", .type = OMNI_OPT_TEXT, .fallback = "double",
                .choices = "double|none", .help = "CSV: none: a quote is a letter like others"),
    OMNI_OPTION(.name = "skip", .type = OMNI_OPT_INT, .fallback = "0",
                .help = "CSV: lines before the header line"),
    OMNI_OPTION(.name = "encoding", .type = OMNI_OPT_TEXT, .fallback = "utf-8",
                .choices = FIELDS_ENCODINGS, .help = "of the text in the files"),
    OMNI_OPTION(.name = "records", .type = OMNI_OPT_TEXT, .fallback = "$[*]",
                .help = "JSON: where the records lie, e.g. $.orders[*]"),
    OMNI_OPTION(.name = "nulls", .type = OMNI_OPT_TEXT,
                .help = "texts that mean no value, separated by |, e.g. \"-|n/a\""),
    OMNI_OPTION(.name = "zone", .type = OMNI_OPT_TEXT, .fallback = "account",
                .help = "of times without an offset: \"Europe/Lisbon\"; account: the hub's zone"),
    NULL};

/* What a file's rows become is up to the options: discover() tells. */
static const struct omni_stream *const streams[] = {NULL};

static omni_status file_open(const struct omni_host *, const struct omni_config *,
                             struct omni_run *, void **self);
static void file_close(void *self);
static omni_status file_check(void *self, struct omni_run *);
static omni_status file_discover(void *self, struct omni_run *);
static omni_status file_pull(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.flags = OMNI_SOURCE_FILES, .name = "file", .title = "Files", .family = "file",
                .help = "CSV, TSV, JSON and NDJSON files: tills, offline costs, exports, rates",
                .options = options, .streams = streams, .open = file_open, .close = file_close,
                .check = file_check, .discover = file_discover, .pull = file_pull),
    NULL};

enum { URL_MAX = 4200, FILE_PATH_MAX = 4096, TEXT_MAX = 512, CONSTANTS_MAX = 2048 };

struct file {
    const struct omni_host *hub;
    const struct omni_config *config;
    uint32_t format; /* OMNI_FORMAT_* */
    char format_options[96];
    char constants[CONSTANTS_MAX];
    struct omni_stream stream;
    struct omni_field *fields;
    const struct omni_field **list; /* of fields, ends with NULL */
    char (*paths)[TEXT_MAX];        /* JSONPaths made of plain names, one a field */
    uint64_t fingerprint;           /* of all that says how files are read */
};

static omni_status wrong(struct file *file, struct omni_run *run, const char *option,
                         const char *text)
{
    file->hub->fail_detail(run, "option", option);
    return file->hub->fail(run, OMNI_E_CONFIG, text);
}

/* The i-th pattern; one alone may be written without a list around it. NULL: there are no more. */
static const char *pattern(const struct file *file, uint32_t i)
{
    if (i < file->hub->opt_count(file->config, "path"))
        return file->hub->opt_item(file->config, "path", i);
    return i == 0 ? file->hub->opt_text(file->config, "path") : NULL;
}

/* The kind that a name's end tells, .gz aside; -1: unknown. */
static int kind_of_name(const char *name, char kind[8])
{
    size_t len = strlen(name);
    if (len > 3 && strcmp(name + len - 3, ".gz") == 0)
        len -= 3;
    size_t start = len;
    while (start > 0 && name[start - 1] != '.' && name[start - 1] != '/')
        start--;
    if (start == 0 || name[start - 1] != '.' || len - start > 7)
        return -1;
    snprintf(kind, 8, "%.*s", (int)(len - start), name + start);
    return fields_kind(kind);
}

/* One kind for all patterns, as the map means headers in one and members in the other. */
static omni_status choose_kind(struct file *file, struct omni_run *run, char kind[8])
{
    snprintf(kind, 8, "%s", file->hub->opt_text(file->config, "format"));
    int found = fields_kind(kind);
    for (uint32_t i = 0; found < 0 && pattern(file, i); i++)
        found = kind_of_name(pattern(file, i), kind);
    if (found < 0)
        return wrong(file, run, "format",
                     "the names do not tell what the files are: say csv, tsv, json or ndjson");
    file->format = (uint32_t)found;
    return OMNI_OK;
}

static omni_status choose_csv_options(struct file *file, struct omni_run *run, const char *kind)
{
    const char *delimiter = file->hub->opt_text(file->config, "delimiter");
    int64_t skip = file->hub->opt_int(file->config, "skip");
    if (!delimiter)
        delimiter = strcmp(kind, "tsv") == 0 || strcmp(kind, "tab") == 0 ? "tab" : ",";
    if (strcmp(delimiter, "\t") == 0)
        delimiter = "tab";
    if (strcmp(delimiter, " ") == 0)
        delimiter = "blanks";
    if (strlen(delimiter) != 1 && strcmp(delimiter, "tab") != 0 && strcmp(delimiter, "blanks") != 0)
        return wrong(file, run, "delimiter", "must be one character, \"tab\" or \"blanks\"");
    if (skip < 0 || skip > 1000000)
        return wrong(file, run, "skip", "must be from 0 to 1000000");
    int is_plain = strcmp(file->hub->opt_text(file->config, "quote"), "none") == 0;
    snprintf(file->format_options, sizeof(file->format_options), "delimiter=%s%s skip=%d",
             delimiter, is_plain ? " quote=none" : "", (int)skip);
    return OMNI_OK;
}

/* A member's plain name as a path; a header's name stays as it is. */
static const char *field_path(const struct file *file, uint32_t i, const char *name)
{
    if (file->format == OMNI_FORMAT_CSV || name[0] == '$' || strcmp(name, "#line") == 0)
        return name;
    int is_plain = name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                                     "0123456789")] == '\0' &&
                   (name[0] < '0' || name[0] > '9');
    snprintf(file->paths[i], TEXT_MAX, is_plain ? "$.%s" : "$['%s']", name);
    return file->paths[i];
}

static omni_status make_field(struct file *file, struct omni_run *run, uint32_t i)
{
    const struct omni_host *hub = file->hub;
    char option[TEXT_MAX], text[TEXT_MAX + 128];
    struct omni_field *field = &file->fields[i];
    const char *column = hub->opt_item(file->config, "map", i);
    snprintf(option, sizeof(option), "map.%s", column);
    const char *name = hub->opt_text(file->config, option);
    if (!name || name[0] == '\0' || strlen(name) > TEXT_MAX - 8)
        return wrong(file, run, option, "must be the name of a header or member");
    *field = (struct omni_field){.size = sizeof(*field),
                                 .column = column,
                                 .path = field_path(file, i, name),
                                 .nulls = hub->opt_text(file->config, "nulls")};
    file->list[i] = field;
    snprintf(option, sizeof(option), "formats.%s", column);
    const char *format = hub->opt_text(file->config, option);
    const char *unknown = format ? fields_format(field, format) : NULL;
    if (!unknown)
        return OMNI_OK;
    snprintf(text, sizeof(text), "unknown format \"%.80s\"; known: %s", unknown, fields_words);
    return wrong(file, run, option, text);
}

/* Rows without a name of their own in these datasets are told apart by file and line. */
static const char *missing_id(const struct file *file)
{
    static const char *const ids[][2] = {
        {"orders", "order_id"}, {"order_lines", "line_id"}, {"events", "event_id"}};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (strcmp(file->stream.dataset, ids[i][0]) == 0) {
            for (size_t k = 0; file->list[k]; k++)
                if (strcmp(file->list[k]->column, ids[i][1]) == 0)
                    return NULL;
            return ids[i][1];
        }
    return NULL;
}

static omni_status make_fields(struct file *file, struct omni_run *run)
{
    uint32_t n = file->hub->opt_count(file->config, "map");
    if (n == 0)
        return wrong(file, run, "map", "names no column");
    file->fields = calloc(n + 1, sizeof(*file->fields));
    file->list = calloc(n + 2, sizeof(*file->list));
    file->paths = calloc(n, sizeof(*file->paths));
    if (!file->fields || !file->list || !file->paths)
        return file->hub->fail(run, OMNI_E_RETRY, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        omni_status status = make_field(file, run, i);
        if (status != OMNI_OK)
            return status;
    }
    const char *id = missing_id(file);
    if (id) {
        file->fields[n] = (struct omni_field){
            .size = sizeof(struct omni_field), .type = OMNI_TEXT, .path = "#line", .column = id};
        file->list[n] = &file->fields[n];
    }
    return OMNI_OK;
}

/* A format for a column that the map does not have is a mistake in writing. */
static omni_status check_formats(struct file *file, struct omni_run *run)
{
    const struct omni_host *hub = file->hub;
    for (uint32_t i = 0; i < hub->opt_count(file->config, "formats"); i++) {
        char option[TEXT_MAX];
        const char *column = hub->opt_item(file->config, "formats", i);
        snprintf(option, sizeof(option), "map.%s", column);
        if (!hub->opt_text(file->config, option)) {
            snprintf(option, sizeof(option), "formats.%s", column);
            return wrong(file, run, option, "`map` has no such column");
        }
    }
    return OMNI_OK;
}

static omni_status make_constants(struct file *file, struct omni_run *run)
{
    const struct omni_host *hub = file->hub;
    struct omni_text text = OMNI_TEXT(file->constants);
    for (uint32_t i = 0; i < hub->opt_count(file->config, "constants"); i++) {
        char option[TEXT_MAX];
        const char *column = hub->opt_item(file->config, "constants", i);
        snprintf(option, sizeof(option), "constants.%s", column);
        const char *value = hub->opt_text(file->config, option);
        if (!value || strchr(value, ';'))
            return wrong(file, run, option, "must be a text without a semicolon");
        omni_text_add(&text, text.len > 0 ? ";" : "");
        omni_text_add(&text, column);
        omni_text_add(&text, "=");
        omni_text_add(&text, value);
    }
    return omni_text_done(&text) ? OMNI_OK : wrong(file, run, "constants", "are too long");
}

static void mix(uint64_t *hash, const char *text)
{
    for (const char *s = text ? text : "";; s++) { /* FNV-1a, the end of the text included */
        *hash = (*hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
        if (*s == '\0')
            return;
    }
}

static uint64_t fingerprint_of(const struct file *file)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    char number[48];
    mix(&hash, file->stream.dataset);
    mix(&hash, file->format_options);
    mix(&hash, file->constants);
    mix(&hash, file->stream.day_zone);
    mix(&hash, file->hub->opt_text(file->config, "records"));
    for (size_t i = 0; file->list[i]; i++) {
        const struct omni_field *field = file->list[i];
        snprintf(number, sizeof(number), "%u %u", (unsigned)field->unit, (unsigned)field->flags);
        mix(&hash, number);
        mix(&hash, field->path);
        mix(&hash, field->column);
        mix(&hash, field->format);
        mix(&hash, field->nulls);
    }
    return hash;
}

static omni_status describe(struct file *file, struct omni_run *run)
{
    char kind[8];
    const char *dataset = file->hub->opt_text(file->config, "dataset");
    file->stream = (struct omni_stream){.size = sizeof(struct omni_stream),
                                        .sync = OMNI_PARTS,
                                        .name = dataset,
                                        .dataset = dataset,
                                        .help = "the rows of the files",
                                        .day_zone = file->hub->opt_text(file->config, "zone")};
    omni_status status = choose_kind(file, run, kind);
    if (status == OMNI_OK && file->format == OMNI_FORMAT_CSV)
        status = choose_csv_options(file, run, kind);
    fields_add_encoding(file->format_options, sizeof(file->format_options),
                        file->hub->opt_text(file->config, "encoding"));
    if (status == OMNI_OK)
        status = make_fields(file, run);
    if (status == OMNI_OK)
        status = check_formats(file, run);
    if (status == OMNI_OK)
        status = make_constants(file, run);
    if (status != OMNI_OK)
        return status;
    file->stream.fields = file->list;
    file->stream.constants = file->constants;
    file->fingerprint = fingerprint_of(file);
    return OMNI_OK;
}

static omni_status file_open(const struct omni_host *hub, const struct omni_config *config,
                             struct omni_run *run, void **self)
{
    struct file *file = calloc(1, sizeof(*file));
    if (!file)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *file = (struct file){.hub = hub, .config = config};
    omni_status status = describe(file, run);
    if (status != OMNI_OK) {
        file_close(file);
        return status;
    }
    *self = file;
    return OMNI_OK;
}

static void file_close(void *self)
{
    struct file *file = self;
    free(file->fields);
    free(file->list);
    free(file->paths);
    free(file);
}

static omni_status file_discover(void *self, struct omni_run *run)
{
    struct file *file = self;
    return file->hub->found_stream(run, &file->stream);
}

/* The files of a pattern as the hub lists them; *list is the caller's to free. */
static omni_status list_files(struct file *file, struct omni_run *run, const char *named,
                              char **list)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    omni_text_add(&url, "file-list:");
    omni_text_add(&url, named);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (!http.url)
        return wrong(file, run, "path", "is too long");
    omni_status status = file->hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    /* A reply lasts until the next request only, and each file is one. */
    *list = calloc(1, (size_t)http.reply_len + 1);
    if (!*list)
        return file->hub->fail(run, OMNI_E_RETRY, "out of memory");
    memcpy(*list, http.reply, (size_t)http.reply_len);
    return OMNI_OK;
}

static struct omni_json files_in(const char *list)
{
    return omni_json_at(omni_json_of(list, list ? strlen(list) : 0), "files");
}

static omni_status file_check(void *self, struct omni_run *run)
{
    struct file *file = self;
    for (uint32_t i = 0; pattern(file, i); i++) {
        char *list = NULL;
        omni_status status = list_files(file, run, pattern(file, i), &list);
        struct omni_json item = {0}, files = files_in(list);
        if (status == OMNI_OK && !omni_json_next(files, &item))
            status = wrong(file, run, "path", "no file matches");
        free(list);
        if (status != OMNI_OK)
            return status;
    }
    return OMNI_OK;
}

/* Reads a file that is new or has changed since, or that would be read differently today. */
static omni_status read_file(struct file *file, struct omni_run *run, struct omni_json entry)
{
    const struct omni_host *hub = file->hub;
    char path[FILE_PATH_MAX], size[24], changed[24], state[80], memory[URL_MAX];
    if (!omni_json_text(entry, "path", path, sizeof(path)) ||
        !omni_json_text(entry, "size", size, sizeof(size)) ||
        !omni_json_text(entry, "mtime_ns", changed, sizeof(changed)))
        return hub->fail(run, OMNI_E_BUG, "the hub's list of files cannot be read");
    snprintf(state, sizeof(state), "%s:%s:%016llx", size, changed,
             (unsigned long long)file->fingerprint);
    const char *earlier = hub->remember(run, path, NULL);
    if (earlier && strcmp(earlier, state) == 0)
        return OMNI_OK;
    omni_status status = hub->part(run, path);
    if (status != OMNI_OK)
        return status;
    hub->remember(run, path, state);
    struct omni_text url = OMNI_TEXT(memory);
    omni_text_add(&url, "file:");
    omni_text_add(&url, path);
    struct omni_http http = {.size = sizeof(http),
                             .url = omni_text_done(&url),
                             .format = file->format,
                             .format_options = file->format_options};
    return hub->rows(run, &http, hub->opt_text(file->config, "records"));
}

/* Days that the hub derives from times are days of that zone too. */
static omni_status tell_zone(struct file *file, struct omni_run *run, const char *account)
{
    const char *zone = file->stream.day_zone;
    if (strcmp(zone, "account") == 0)
        return OMNI_OK;
    return file->hub->found_account(run, account ? account : "", NULL, NULL, zone);
}

static omni_status file_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct file *file = self;
    omni_status status = tell_zone(file, run, request->account);
    for (uint32_t i = 0; status == OMNI_OK && pattern(file, i); i++) {
        char *list = NULL;
        status = list_files(file, run, pattern(file, i), &list);
        struct omni_json item = {0}, files = files_in(list);
        while (status == OMNI_OK && omni_json_next(files, &item))
            status = file->hub->cancelled(run) ? OMNI_E_CANCELLED : read_file(file, run, item);
        free(list);
    }
    return status;
}

OMNI_MODULE("file", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
