/* SPDX-License-Identifier: Apache-2.0
 * Runs the jobs of a test and looks at what they left. */
#include <config.h>

#include "cli/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/found.h"
#include "cli/plugins.h"
#include "kit/checks.h"
#include "kit/compare.h"
#include "kit/server.h"
#include "kit/tape.h"
#include "store/query.h"

enum { STORE_TEXT_MAX = 256 * 1024 * 1024, DAYS_LATER = 3, AGAIN = 100 };
enum { HOUR = 20 }; /* where the clock stands */
#define ACCOUNTS "accounts"
#define SILENCE  "2s"
/* The back-off of requests to a test's own server, which nobody has to spare. */
enum { FIRST_WAIT_MS = 10, OPTION_MAX = 1024 * 1024 };

/* ---- opening ---- */

/* The clock of a test stands still: on `today`, else some days after the window, else today. */
static void choose_today(struct bench *b)
{
    const struct test_file *t = b->test;
    const char *given = t->today ? t->today : t->to, *clock = getenv("OMNIHUB_NOW");
    b->clock = clock ? xstrdup(clock) : NULL;
    b->today = (int32_t)(day_now() / TIME_DAY);
    if (given && day_parse_iso(given, strlen(given), &b->today) && !t->today)
        b->today += DAYS_LATER;
}

/* For this process and the jobs that it starts. */
static void set_clock(const struct bench *b, int hours)
{
    char now[TIME_TEXT];
    day_print_time(b->today * TIME_DAY + (HOUR + hours) * 3600 * TIME_SECOND, now);
    setenv("OMNIHUB_NOW", now, 1);
}

static void restore_clock(const struct bench *b)
{
    if (b->clock)
        setenv("OMNIHUB_NOW", b->clock, 1);
    else
        unsetenv("OMNIHUB_NOW");
}

static const char *base_url(const struct bench *b)
{
    const struct omni_source *source = plugins_source(b->trial->info);
    const char *given = json_text(b->test->options, "api_url");
    if (given || !source || !source->api_url || strchr(source->api_url, '{'))
        return given;
    return source->api_url;
}

static json_t *with_server(const json_t *option, const char *url)
{
    auto_buf text = BUF_INIT(OPTION_MAX);
    if (!json_is_string(option))
        return json_incref((json_t *)option);
    text_add_replaced(&text, json_string_value(option), SERVER_WORD, url);
    return json_string(buf_text(&text));
}

/* The API is where the server is, below the path that it has at the platform. */
static void put_api_url(struct bench *b, const char *url)
{
    const struct omni_source *source = plugins_source(b->trial->info);
    const char *declared = source && source->api_url ? source->api_url : "";
    const char *host = strstr(declared, "://");
    const char *path = host ? strchr(host + strlen("://"), '/') : NULL;
    auto_free char *api = xasprintf("%s%s", url, path ? path : "");
    json_put_text(b->options, "api_url", api);
}

static bool start_server(struct bench *b, struct err *err)
{
    const char *name;
    json_t *option;
    b->server = server_start(b->test, err);
    if (!b->server)
        return false;
    if (!json_object_get(b->test->options, "api_url"))
        put_api_url(b, server_url(b->server));
    json_object_foreach((json_t *)b->test->options, name, option)
        json_object_set_new(b->options, name, with_server(option, server_url(b->server)));
    return true;
}

static bool open_replies(struct bench *b, json_t *problems)
{
    struct err err = {0};
    if (b->test->server.items ? start_server(b, &err)
                              : (b->tape = tape_of(b->test, base_url(b), &err)) != NULL)
        return true;
    json_array_append_new(problems, json_string(err.text));
    return false;
}

/* A silent server is given up soon, where the test has one: elsewhere the machine may be slow. */
static json_t *http_limits(const struct test_file *t)
{
    json_t *http = json_pack("{s:i}", "first_wait_ms", FIRST_WAIT_MS);
    bool is_silent = false;
    for (size_t i = 0; i < t->server.n; i++) {
        const char *fault = test_exchange_at(&t->server, i)->fault;
        is_silent |= fault && text_in_list(fault, strlen(fault), "timeout|stall", "|");
    }
    if (is_silent)
        json_put_text(http, "stall_timeout", SILENCE);
    return http;
}

static bool prepare(struct bench *b, json_t *problems)
{
    auto_json *hub = json_object();
    const struct trial_plan plan = {.options = b->options,
                                    .hub = hub,
                                    .state = b->state,
                                    .home = b->folder,
                                    .accounts = bench_call(b) == CHECK_ACCOUNTS ? "all" : NULL};
    if (b->server) {
        json_object_set_new(hub, "http", http_limits(b->test));
        json_put_text(hub, "proxy", ""); /* none leads to this machine */
    }
    json_put_text(hub, "timezone", b->test->timezone ? b->test->timezone : "UTC");
    json_put_text(hub, "currency", b->test->currency);
    set_clock(b, 0);
    if (trial_write(b->trial, &b->cli, &plan) == CLI_OK &&
        work_prepare(&b->work, &b->cli, true, false) == CLI_OK && work_lock(&b->work) == CLI_OK)
        return true;
    trial_complaints(&b->cli, problems);
    return false;
}

unsigned bench_call(const struct bench *b)
{
    const char *call = b->test->call;
    return !call ? CHECK_PULL : strcmp(call, ACCOUNTS) == 0 ? CHECK_ACCOUNTS : CHECK_CHECK;
}

const char *bench_subject(const struct bench *b)
{
    return b->test->call ? b->test->call : b->test->stream;
}

static const struct omni_stream *stream_of(const struct omni_stream *const *streams,
                                           const char *name)
{
    for (; streams && *streams; streams++)
        if (name && strcmp((*streams)->name, name) == 0)
            return *streams;
    return NULL;
}

const struct omni_stream *bench_stream(const struct bench *b)
{
    const struct omni_source *source = plugins_source(b->trial->info);
    const struct omni_stream *declared =
        stream_of(source ? source->streams : NULL, b->test->stream);
    return declared ? declared : stream_of(found_streams(b->found), b->test->stream);
}

static void add_names(struct buf *out, const struct omni_stream *const *streams)
{
    for (; streams && *streams; streams++)
        buf_printf(out, "%s\"%s\"", out->len ? ", " : "", (*streams)->name);
}

static char *no_such_stream(const struct bench *b)
{
    const struct omni_source *source = plugins_source(b->trial->info);
    auto_buf names = BUF_INIT(OPTION_MAX);
    add_names(&names, source ? source->streams : NULL);
    add_names(&names, found_streams(b->found));
    return xasprintf("the plugin has no stream \"%s\"; it has %s", b->test->stream,
                     names.len ? buf_text(&names) : "none");
}

/* What discover() finds is known once the test was played. */
static bool knows_stream(const struct bench *b, json_t *problems)
{
    const struct omni_source *source = plugins_source(b->trial->info);
    if (source && (b->test->call || plugins_offers(b->trial->info, "discover") || bench_stream(b)))
        return true;
    auto_free char *text = source ? no_such_stream(b) : xstrdup("the plugin offers no source");
    json_array_append_new(problems, json_string(text));
    return false;
}

bool bench_open(struct bench *b, const struct trial *trial, const struct cli *outer,
                const struct test_file *test, unsigned number, json_t *problems)
{
    *b = (struct bench){.trial = trial,
                        .test = test,
                        .cli = {.command = outer->command,
                                .is_quiet = true,
                                .keeps_findings = true,
                                .is_verbose = outer->is_verbose},
                        .work = {.lock = -1},
                        .streams = {test->stream, NULL}};
    b->state = xasprintf("state-%u", number);
    b->folder = xstrndup(test->path, (size_t)(strrchr(test->path, '/') - test->path) + 1);
    b->found = found_new();
    b->tape_path = xasprintf("%s/tape-%u.json", trial->folder, number);
    b->options = test->options ? json_copy((json_t *)test->options) : json_object();
    choose_today(b);
    if (!knows_stream(b, problems) || !open_replies(b, problems) || !prepare(b, problems))
        return false;
    b->work.streams = test->stream ? b->streams : NULL;
    b->work.from = test->from;
    b->work.to = test->to;
    b->work.cursor = test->cursor;
    return true;
}

void bench_close(struct bench *b)
{
    work_free(&b->work);
    auto_json *unheard = json_array();
    server_stop(b->server, unheard);
    config_free(b->cli.config);
    config_findings_free(b->cli.findings);
    json_decref(b->options);
    json_decref(b->tape);
    json_decref(b->asked);
    json_decref(b->rows);
    found_free(b->found);
    restore_clock(b);
    free(b->clock);
    free(b->folder);
    free(b->tape_path);
    free(b->state);
}

/* ---- pulling ---- */

static void add_row(struct bench *b, const char *of, json_t *row)
{
    json_t *list = json_object_get(b->rows, of);
    if (!list)
        json_object_set_new(b->rows, of, list = json_array());
    json_array_append(list, row);
}

static void on_dry(void *ctx, const json_t *event)
{
    struct bench *b = ctx;
    const char *name = json_text(event, "event"), *stream = json_text(event, "stream");
    if (strcmp(name, "request") == 0)
        json_array_append(b->asked, (json_t *)event);
    if (strcmp(name, "stream") == 0)
        found_take(b->found, event);
    if (strcmp(name, "row") == 0 && stream)
        add_row(b, stream, json_object_get(event, "values"));
    if (strcmp(name, "account") == 0 && bench_call(b) == CHECK_ACCOUNTS) {
        auto_json *account = json_copy((json_t *)event);
        json_object_del(account, "event");
        add_row(b, ACCOUNTS, account);
    }
}

/* The result of the stream, or of the job where it did not come that far. */
static void take_result(const struct bench *b, struct bench_result *out)
{
    size_t i;
    json_t *r;
    const json_t *found = NULL;
    json_array_foreach(b->work.results, i, r)
    {
        const char *outcome = json_text(r, "outcome");
        if (!found || (outcome && strcmp(outcome, "ok") != 0))
            found = r;
    }
    const char *outcome = json_text(found, "outcome"), *message = json_text(found, "message");
    const char *reason = json_text(found, "reason");
    snprintf(out->outcome, sizeof out->outcome, "%s", outcome ? outcome : "none");
    snprintf(out->reason, sizeof out->reason, "%s", reason ? reason : "");
    out->message = message && *message ? xstrdup(message) : NULL;
}

void bench_result_free(struct bench_result *r)
{
    free(r->message);
}

static void run_call(struct bench *b, bool is_dry, int hours, struct bench_result *out)
{
    struct work *w = &b->work;
    json_decref(b->asked);
    json_decref(b->rows);
    b->asked = json_array();
    b->rows = json_object();
    json_array_clear(w->results);
    set_clock(b, hours);
    w->is_dry = is_dry;
    w->explain = is_dry;
    w->on_dry = on_dry;
    w->dry_ctx = b;
    bench_call(b) == CHECK_PULL ? work_pull(w) : work_check(w);
    set_clock(b, 0);
    take_result(b, out);
}

/* The hosts that the test names in full. */
static void add_played(const struct test_file *t, struct buf *out)
{
    for (size_t i = 0; i < t->server.n; i++) {
        size_t len = 0;
        const char *host = test_exchange_host(test_exchange_at(&t->server, i), &len);
        if (host)
            buf_printf(out, "%.*s ", (int)len, host);
    }
}

/* Over HTTP, the way a recording goes: the conformance checks then play what was recorded. */
static void test_server(struct bench *b, struct bench_result *out, json_t *problems)
{
    struct err err = {0};
    auto_buf played = BUF_INIT(OPTION_MAX);
    add_played(b->test, &played);
    b->work.record = b->tape_path;
    b->work.no_waits = true;
    b->work.played = buf_text(&played);
    run_call(b, true, 0, out);
    b->work.record = b->work.played = NULL;
    server_stop(mem_take(b->server), problems);
    if (strcmp(out->outcome, "ok") == 0 && json_array_size(b->asked) > 0)
        b->tape = tape_read(b->tape_path, &err);
    if (err.status != OMNI_OK)
        json_array_append_new(problems, json_string(err.text));
}

static bool put_in(struct bench *b, const json_t *tape, struct bench_result *out)
{
    struct err err = {0};
    *out = (struct bench_result){.outcome = "none"};
    b->work.replay = b->tape_path;
    if (tape_write(tape, b->tape_path, &err) == OMNI_OK)
        return true;
    out->message = xstrdup(err.text);
    return false;
}

void bench_test(struct bench *b, struct bench_result *out, json_t *problems)
{
    if (b->server)
        test_server(b, out, problems);
    else if (put_in(b, b->tape, out))
        run_call(b, true, 0, out);
    if (strcmp(out->outcome, "ok") == 0 && !b->test->server.items)
        compare_requests(b->tape, b->asked, problems);
    tape_note_asked(b->tape, b->asked);
}

void bench_play(struct bench *b, const json_t *tape, int hours, struct bench_result *out)
{
    /* A spoilt page may be asked for again; in the test itself every request counts. */
    auto_json *played = json_copy((json_t *)tape);
    json_put_int(played, "again", AGAIN);
    if (put_in(b, played, out))
        run_call(b, false, hours, out);
}

/* ---- the store ---- */

static omni_status take_row(void *ctx, const struct omni_cell *cells, uint32_t n, struct err *err)
{
    (void)err;
    struct buf *out = ctx;
    for (uint32_t i = 0; i < n; i++) {
        if (cells[i].type == OMNI_TEXT)
            text_add_json(out, cells[i].v.s, cells[i].len);
        else if (cells[i].type == OMNI_REAL)
            buf_printf(out, "%.17g", cells[i].v.r);
        else if (cells[i].type != OMNI_NULL)
            buf_printf(out, "%lld", (long long)cells[i].v.i);
        buf_addc(out, i + 1 < n ? '|' : '\n');
    }
    return OMNI_OK;
}

static omni_status no_columns(void *ctx, const struct query_column *columns, uint32_t n,
                              struct err *err)
{
    (void)ctx, (void)columns, (void)n, (void)err;
    return OMNI_OK;
}

static void add_dataset(struct query *q, const struct omni_stream *stream, struct buf *out)
{
    struct err err = {0};
    struct query_calls calls = {.ctx = out, .columns = no_columns, .row = take_row};
    auto_free char *sql = xasprintf("SELECT * FROM %s WHERE stream = '%s' ORDER BY "
                                    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
                                    stream->dataset, stream->name);
    if (query_run(q, sql, &calls, &err) != OMNI_OK)
        buf_printf(out, "%s\n", err.text);
}

char *bench_store(const struct bench *b)
{
    struct err err = {0};
    auto_buf out = BUF_INIT(STORE_TEXT_MAX);
    const struct omni_stream *stream = bench_stream(b);
    if (b->test->call)
        return json_print(b->rows);
    struct query *q = query_open(b->cli.config->hub.state_dir, &err);
    if (q && stream) {
        add_dataset(q, stream, &out);
        for (const struct omni_stream *const *p = stream->parts; p && *p; p++)
            add_dataset(q, *p, &out);
    }
    query_close(q);
    return xstrdup(buf_text(&out));
}
