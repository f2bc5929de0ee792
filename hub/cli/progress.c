/* SPDX-License-Identifier: Apache-2.0
 * Progress on stderr. */
#include <config.h>

#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/output.h"

enum { REDRAW_MS = 100, BAR_CELLS = 20 };

struct progress {
    bool is_quiet, is_terminal, is_drawn;
    json_t *feeds; /* "name.stream" → the last event */
    int64_t started_ms, drawn_ms;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct progress *progress_new(bool is_quiet)
{
    struct progress *p = xcalloc(1, sizeof *p);
    p->is_quiet = is_quiet;
    p->is_terminal = isatty(STDERR_FILENO);
    p->feeds = json_object();
    p->started_ms = now_ms();
    return p;
}

void progress_clear(struct progress *p)
{
    if (p->is_drawn)
        fputs("\r\033[K", stderr);
    p->is_drawn = false;
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    progress_clear(p);
    json_decref(p->feeds);
    free(p);
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void bar(char *out, int64_t done, int64_t total)
{
    int full = total > 0 ? (int)(done * BAR_CELLS / total) : 0;
    full = full > BAR_CELLS ? BAR_CELLS : full;
    for (int i = 0; i < BAR_CELLS; i++)
        out[i] = i < full ? '#' : '.';
    out[BAR_CELLS] = '\0';
}

static void draw(struct progress *p, const char *current)
{
    int64_t rows = 0, windows = 0, total = 0, now = now_ms();
    const char *key;
    json_t *event;
    json_object_foreach(p->feeds, key, event)
    {
        rows += json_int(event, "rows", 0);
        windows += json_int(event, "windows", 0);
        total += json_int(event, "windows_total", 0);
    }
    if (p->is_drawn && now - p->drawn_ms < REDRAW_MS)
        return;
    int64_t elapsed = now - p->started_ms;
    char cells[BAR_CELLS + 1];
    bar(cells, windows, total);
    auto_free char *line =
        xasprintf("[%s] %" PRId64 "/%" PRId64 " windows  %" PRId64 " rows  %" PRId64 " rows/s  %s",
                  cells, windows, total, rows, elapsed > 0 ? rows * 1000 / elapsed : 0, current);
    fprintf(stderr, "\r%.*s\033[K", terminal_width() - 1, line);
    p->is_drawn = true;
    p->drawn_ms = now;
}

void progress_update(struct progress *p, const char *name, const json_t *event)
{
    const char *stream = json_text(event, "stream");
    auto_free char *feed = xasprintf("%s%s%s", name, stream ? "." : "", stream ? stream : "");
    if (p->is_quiet || !p->is_terminal)
        return;
    json_object_set(p->feeds, feed, (json_t *)event);
    draw(p, feed);
}

void progress_result(struct progress *p, const char *name, const json_t *result, bool is_dry)
{
    const char *stream = json_text(result, "stream"), *dataset = json_text(result, "dataset");
    const char *what = stream ? stream : dataset, *outcome = json_text(result, "outcome");
    const json_t *days = json_object_get(result, "days");
    if (p->is_quiet)
        return;
    progress_clear(p);
    fprintf(stderr, "%s%s%s: %s%s%s", name, what && *what ? "." : "", what ? what : "",
            output_colour(stderr, outcome), outcome ? outcome : "?", output_plain(stderr));
    if (days)
        fprintf(stderr, ", %" PRId64 " changed days", (int64_t)json_integer_value(days));
    else if (is_dry && json_object_get(result, "read"))
        fprintf(stderr, ", %" PRId64 " records read, nothing stored", json_int(result, "read", 0));
    else if (json_object_get(result, "rows")) /* a check has none */
        fprintf(stderr, ", %" PRId64 " rows", json_int(result, "rows", 0));
    fputc('\n', stderr);
}
