/* @TITLE@: where datasets are delivered to. As it stands: a folder per dataset, a file per day, columns apart by tabs. */
#define _POSIX_C_SOURCE 200809L
#include <omnihub/sdk.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED, .name = "directory",
                .help = "where the folders of the datasets are made"),
    NULL};

static omni_status @NAME@_open(const struct omni_host *, const struct omni_config *,
                               struct omni_run *, void **self);
static omni_status @NAME@_begin(void *self, struct omni_run *, const struct omni_delivery *);
static omni_status @NAME@_write(void *self, struct omni_run *, const struct omni_batch *);
static omni_status @NAME@_commit(void *self, struct omni_run *);
static void @NAME@_abort(void *self, struct omni_run *);

static const struct omni_sink *const sinks[] = {
    OMNI_SINK(.name = "@NAME@", .title = "@TITLE@", .help = "where datasets are delivered to",
              .options = options, .open = @NAME@_open, .close = free, .begin = @NAME@_begin,
              .write = @NAME@_write, .commit = @NAME@_commit, .abort = @NAME@_abort),
    NULL};

struct @NAME@ {
    const struct omni_host *hub;
    const char *directory;
    char path[1024], aside[1040]; /* the file, and the one that becomes it */
    FILE *out;
};

static omni_status @NAME@_open(const struct omni_host *hub, const struct omni_config *config,
                               struct omni_run *run, void **self)
{
    struct @NAME@ *me = (struct @NAME@ *)calloc(1, sizeof(struct @NAME@));
    if (!me)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    me->hub = hub;
    me->directory = hub->opt_text(config, "directory");
    *self = me;
    return OMNI_OK;
}

/* A full disk or a network share passes: the hub delivers again. */
static omni_status cannot(struct @NAME@ *me, struct omni_run *run, const char *what)
{
    char text[1200];
    snprintf(text, sizeof(text), "%s: %s", me->path, what);
    return me->hub->fail(run, OMNI_E_RETRY, text);
}

/* Rows are written aside: readers see the old file until commit(). */
static omni_status @NAME@_begin(void *self, struct omni_run *run,
                                const struct omni_delivery *delivery)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    const char *day = delivery->partition ? delivery->partition : "all"; /* NULL: the whole dataset */
    mkdir(me->directory, 0755);
    snprintf(me->path, sizeof(me->path), "%s/%s", me->directory, delivery->dataset);
    mkdir(me->path, 0755);
    snprintf(me->path, sizeof(me->path), "%s/%s/%s.tsv", me->directory, delivery->dataset,
             *day ? day : "none"); /* "": the rows without a day */
    snprintf(me->aside, sizeof(me->aside), "%s.new", me->path);
    me->out = fopen(me->aside, "w");
    if (!me->out)
        return cannot(me, run, "cannot be written");
    for (const struct omni_column *const *c = delivery->columns; *c; c++)
        fprintf(me->out, "%s%s", c == delivery->columns ? "" : "\t", (*c)->name);
    fputc('\n', me->out);
    return OMNI_OK;
}

/* Millionths as a decimal number, exactly. */
static void put_micros(FILE *out, int64_t micros)
{
    uint64_t n = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    fprintf(out, "%s%" PRIu64 ".%06" PRIu64, micros < 0 ? "-" : "", n / 1000000, n % 1000000);
}

static void put_text(FILE *out, const char *s, int32_t len)
{
    for (int32_t i = 0; i < len; i++)
        fputc(s[i] == '\t' || s[i] == '\n' || s[i] == '\r' ? ' ' : s[i], out);
}

static void put_value(FILE *out, const struct omni_column *c, uint64_t row)
{
    char day[OMNI_DAY_TEXT], when[OMNI_TIME_TEXT];
    if (c->valid && !(c->valid[row / 8] >> row % 8 & 1))
        return; /* null: nothing between the tabs */
    switch (c->type) {
    case OMNI_BOOL:
        fputs(((const uint8_t *)c->values)[row] ? "true" : "false", out);
        break;
    case OMNI_DATE:
        fputs(omni_day_print(((const int32_t *)c->values)[row], day), out);
        break;
    case OMNI_TIME:
        fputs(omni_time_print(((const int64_t *)c->values)[row] / 1000000, when), out);
        break;
    case OMNI_MICROS:
        put_micros(out, ((const int64_t *)c->values)[row]);
        break;
    case OMNI_REAL:
        fprintf(out, "%.17g", ((const double *)c->values)[row]);
        break;
    case OMNI_TEXT:
        put_text(out, (const char *)c->values + c->offsets[row],
                 c->offsets[row + 1] - c->offsets[row]);
        break;
    default:
        fprintf(out, "%" PRId64, ((const int64_t *)c->values)[row]);
    }
}

static omni_status @NAME@_write(void *self, struct omni_run *run, const struct omni_batch *batch)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    for (uint64_t row = 0; row < batch->n_rows; row++)
        for (uint32_t i = 0; i < batch->n_columns; i++) {
            put_value(me->out, batch->columns[i], row);
            fputc(i + 1 < batch->n_columns ? '\t' : '\n', me->out);
        }
    return ferror(me->out) ? cannot(me, run, "cannot be written") : OMNI_OK;
}

/* Durable, then visible, all at once. */
static omni_status @NAME@_commit(void *self, struct omni_run *run)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    int is_written = fflush(me->out) == 0 && fsync(fileno(me->out)) == 0;
    is_written = fclose(me->out) == 0 && is_written;
    me->out = NULL;
    if (!is_written || rename(me->aside, me->path) != 0)
        return cannot(me, run, "cannot be written");
    return OMNI_OK;
}

static void @NAME@_abort(void *self, struct omni_run *run)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    (void)run;
    if (me->out)
        fclose(me->out);
    me->out = NULL;
    remove(me->aside);
}

OMNI_MODULE("@NAME@", "0.1", .vendor = "@NAME@", .license = "Apache-2.0", .sinks = sinks);
