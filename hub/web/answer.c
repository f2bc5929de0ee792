/* SPDX-License-Identifier: Apache-2.0
 * Requests and their answers by a table of paths. Nothing of a request reaches an answer but the
 * name of a connector that there is and the number of a page. */
#include <config.h>

#include "web/answer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/endpoint.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "web/page.h"

/* Facts are this old at most; a look that takes long is worth more time. */
enum { LOOK_AGAIN_MS = 1000, LOOK_SHARE = 10 };

struct answerer {
    const struct looker *looker;
    const struct web_counts *counts;
    struct look *look;
    uint64_t n_looks;
    int64_t renew_ms; /* by the steady clock: when it is to be looked again */
};

static const char style[] =
#include "web/style.inc"
    ;

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct answerer *answerer_new(const struct looker *looker, const struct web_counts *counts)
{
    struct answerer *a = xcalloc(1, sizeof *a);
    *a = (struct answerer){.looker = looker, .counts = counts};
    return a;
}

void answerer_free(struct answerer *a)
{
    if (!a)
        return;
    look_free(a->look);
    free(a);
}

uint64_t answerer_look(struct answerer *a)
{
    int64_t begin = steady_ms();
    if (a->look && begin < a->renew_ms)
        return a->n_looks;
    look_free(a->look);
    a->look = look_take(a->looker);
    int64_t end = steady_ms();
    a->renew_ms = end + LOOK_AGAIN_MS + (end - begin) * LOOK_SHARE;
    return ++a->n_looks;
}

/* ---- plain words ---- */

#define PLAIN "text/plain; charset=utf-8"
#define HTML  "text/html; charset=utf-8"
#define JSON  "application/json"

static void say(struct answer *out, int code, const char *text)
{
    out->code = code;
    out->type = PLAIN;
    out->text = text;
}

static void give_json(struct answer *out, const json_t *value)
{
    out->type = JSON;
    out->is_shared = true;
    if (!value) {
        say(out, 503, "the store cannot be read; /readyz says why\n");
        return;
    }
    auto_free char *text = json_print(value);
    buf_adds(&out->body, text);
    buf_addc(&out->body, '\n');
}

/* ---- what there is ---- */

typedef void give(struct answerer *, const struct request *, struct answer *);

static void give_overview(struct answerer *a, const struct request *r, struct answer *out)
{
    long long number = 1;
    if (r->page && !text_parse_int(r->page, 1, 1000000, &number)) {
        say(out, 400, "page is a number\n");
        return;
    }
    out->type = HTML;
    out->refreshes = true;
    out->is_shared = number == 1;
    page_overview(&out->body, a->look, number);
}

static void give_connector(struct answerer *a, const struct request *r, struct answer *out)
{
    out->type = HTML;
    out->refreshes = true;
    if (!a->look->is_whole || !page_connector(&out->body, a->look, strrchr(r->path, '/') + 1))
        say(out, a->look->is_whole ? 404 : 503, "there is no connector of this name\n");
}

static void give_style(struct answerer *a, const struct request *r, struct answer *out)
{
    (void)a;
    (void)r;
    out->type = "text/css; charset=utf-8";
    out->text = style;
}

static void give_metrics(struct answerer *a, const struct request *r, struct answer *out)
{
    (void)r;
    out->type = "text/plain; version=0.0.4; charset=utf-8";
    out->is_shared = true;
    metrics_write(&out->body, a->look, a->counts);
}

static void give_status(struct answerer *a, const struct request *r, struct answer *out)
{
    (void)r;
    give_json(out, a->look->is_whole ? a->look->facts.connectors : NULL);
}

static void give_all(struct answerer *a, const struct request *r, struct answer *out)
{
    auto_json *all = a->look->is_whole ? facts_all(&a->look->facts) : NULL;
    (void)r;
    give_json(out, all);
}

static void give_runs(struct answerer *a, const struct request *r, struct answer *out)
{
    auto_json *none = json_array();
    (void)r;
    give_json(out, a->look->runs || a->look->has_store ? a->look->runs : none);
}

static void give_restated(struct answerer *a, const struct request *r, struct answer *out)
{
    auto_json *none = json_array();
    (void)r;
    give_json(out, a->look->restated || a->look->has_store ? a->look->restated : none);
}

static void give_alive(struct answerer *a, const struct request *r, struct answer *out)
{
    (void)a;
    (void)r;
    say(out, 200, "ok\n");
}

static void give_ready(struct answerer *a, const struct request *r, struct answer *out)
{
    const struct look *look = a->look;
    const struct {
        const char *name;
        bool is_fine;
        const char *why;
    } checks[] = {
        {"store", look->is_whole, look->why},
        {"vault", !look->is_whole || !*look->why, look->why},
        {"configuration", !look->from->config_fault, look->from->config_fault},
        {"service", look->facts.service || look->facts.n_scheduled == 0,
         "no service runs: start it with omnihub run"},
        {"clock", !json_flag(look->facts.service, "clock_held"),
         "the clock jumped too far ahead: set it back, or say omnihub resume"},
    };
    (void)r;
    out->type = PLAIN;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        if (!checks[i].is_fine)
            out->code = 503;
        buf_printf(&out->body, "%s: %s\n", checks[i].name,
                   checks[i].is_fine ? "ok" : checks[i].why);
    }
}

static const struct path {
    const char *path;
    bool is_prefix, needs_look;
    give *give;
} paths[] = {
    {"/", false, true, give_overview},          {"/connectors/", true, true, give_connector},
    {"/style.css", false, false, give_style},   {"/metrics", false, true, give_metrics},
    {"/status.json", false, true, give_status}, {"/all.json", false, true, give_all},
    {"/runs.json", false, true, give_runs},     {"/restated.json", false, true, give_restated},
    {"/livez", false, false, give_alive},       {"/readyz", false, true, give_ready},
};

/* ---- who may ask what ---- */

/* A page elsewhere can make a browser ask this address under a name of its own (DNS rebinding), and
 * would then read what is answered. */
static bool is_own_host(const struct answerer *a, const char *host)
{
    size_t n = strcspn(host, ":");
    if (endpoint_is_numeric(host) ||
        (n == strlen("localhost") && strncasecmp(host, "localhost", n) == 0))
        return true;
    for (const char *const *own = a->looker->config->web.hosts; *own; own++)
        if (strlen(*own) == n && strncasecmp(host, *own, n) == 0)
            return true;
    return false;
}

static bool refuse(const struct answerer *a, const struct request *r, struct answer *out)
{
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0)
        say(out, 405, "only GET and HEAD: nothing can be changed here\n");
    else if (r->has_body)
        say(out, 413, "a request has no body here\n");
    else if (!r->host)
        say(out, 400, "the header Host is missing\n");
    else if (!is_own_host(a, r->host))
        say(out, 421, "not under this name: add it to web.hosts if it is right\n");
    else if (strlen(r->path) > ANSWER_URL_MAX)
        say(out, 414, "the path is too long\n");
    else
        return false;
    return true;
}

static const struct path *find_path(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (paths[i].is_prefix ? text_starts(path, paths[i].path)
                               : strcmp(path, paths[i].path) == 0)
            return &paths[i];
    return NULL;
}

bool answerer_is_of_facts(const struct answerer *a, const struct request *r)
{
    struct answer refusal;
    const struct path *path = find_path(r->path);
    return path && path->needs_look && !r->page && !refuse(a, r, &refusal);
}

void answerer_answer(struct answerer *a, const struct request *r, struct answer *out)
{
    *out = (struct answer){.code = 200, .body = BUF_INIT(PAGE_MAX)};
    if (refuse(a, r, out))
        return;
    const struct path *path = find_path(r->path);
    if (!path) {
        say(out, 404, "there is nothing here\n");
        return;
    }
    if (path->needs_look)
        out->look = answerer_look(a);
    path->give(a, r, out);
}
