/* SPDX-License-Identifier: Apache-2.0
 * Page loops: where the next page is, and the guard against going round in circles. */
#include <omnihub/sdk.h>

#include <string.h>

enum { MAX_PAGES = 1000000 };
enum { FINE = 0, REPEATED, TOO_LONG, TOO_MANY, NOT_A_CURSOR };

static uint64_t fingerprint(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h;
}

static int stop(struct omni_pages *p, int problem)
{
    p->problem = problem;
    p->cursor[0] = '\0';
    return 0;
}

static int count_page(struct omni_pages *p)
{
    uint32_t max = p->max_pages != 0 ? p->max_pages : MAX_PAGES;
    return ++p->page < max ? 1 : stop(p, TOO_MANY);
}

/* Brent's way to find a circle: remember one cursor, and a newer one each time the number of pages
 * has doubled. Whatever the circle's length, the remembered one comes round again. */
static int is_repeated(struct omni_pages *p)
{
    uint64_t now = fingerprint(p->cursor);
    if (p->seen_until != 0 && now == p->seen)
        return 1;
    if (p->page >= p->seen_until) {
        p->seen = now;
        p->seen_until = p->page * 2;
    }
    return 0;
}

int omni_pages_go(struct omni_pages *p, const char *cursor)
{
    if (cursor == NULL || cursor[0] == '\0')
        return stop(p, p->problem);
    if (!count_page(p))
        return 0;
    size_t n = strlen(cursor);
    if (n >= sizeof(p->cursor))
        return stop(p, TOO_LONG);
    memmove(p->cursor, cursor, n + 1);
    return is_repeated(p) ? stop(p, REPEATED) : 1;
}

int omni_pages_after(struct omni_pages *p, const struct omni_http *http, const char *path)
{
    struct omni_json found = omni_json_at(omni_json_of_reply(http), path);
    char cursor[OMNI_PAGES_CURSOR];
    if (found.kind == OMNI_JSON_NONE || found.kind == OMNI_JSON_NULL)
        return omni_pages_go(p, NULL);
    if (found.kind == OMNI_JSON_BOOL && !omni_json_is_true(found, ""))
        return omni_pages_go(p, NULL);
    if (!omni_json_text(found, "", cursor, sizeof(cursor)))
        return stop(p, found.len >= sizeof(cursor) ? TOO_LONG : NOT_A_CURSOR);
    return omni_pages_go(p, cursor);
}

/* One link of a Link header: <url>; rel="next". Moves on behind it. */
static int is_next_link(const char **s, struct omni_text *url)
{
    const char *open = strchr(*s, '<'), *close = open != NULL ? strchr(open, '>') : NULL;
    if (close == NULL) {
        *s += strlen(*s);
        return 0;
    }
    /* The parameters reach to the next link, and a comma may stand in quotes. */
    const char *end = close + 1;
    for (int in_quotes = 0; *end != '\0' && (in_quotes || *end != ','); end++)
        in_quotes ^= *end == '"';
    *s = *end == ',' ? end + 1 : end;
    for (const char *rel = strstr(close, "rel="); rel != NULL && rel < end;
         rel = strstr(rel + 4, "rel=")) {
        const char *value = rel + 4 + (rel[4] == '"');
        if (strncmp(value, "next", 4) == 0 && strchr("\"; ,", value[4]) != NULL) {
            omni_text_add_bytes(url, open + 1, (size_t)(close - open - 1));
            return 1;
        }
    }
    return 0;
}

int omni_pages_link(struct omni_pages *p, const struct omni_http *http)
{
    const char *header = omni_reply_header(http, "link");
    char memory[OMNI_PAGES_CURSOR];
    while (header != NULL && *header != '\0') {
        struct omni_text url;
        omni_text_begin(&url, memory, sizeof(memory));
        if (is_next_link(&header, &url))
            return url.is_cut ? stop(p, TOO_LONG) : omni_pages_go(p, memory);
    }
    return omni_pages_go(p, NULL);
}

int omni_pages_offset(struct omni_pages *p, uint64_t records, int64_t total)
{
    p->offset += records;
    if (records == 0 || (total >= 0 && p->offset >= (uint64_t)total))
        return 0;
    return count_page(p);
}

omni_status omni_pages_end(const struct omni_pages *p, const struct omni_host *hub,
                           struct omni_run *run)
{
    static const char *const texts[] = {
        [REPEATED] = "the platform handed out a page cursor again that it had handed out before: "
                     "the pages go round in a circle",
        [TOO_LONG] = "the platform's page cursor is longer than 4095 bytes",
        [TOO_MANY] = "there are more pages than this plugin reads in one window",
        [NOT_A_CURSOR] = "the platform's page cursor is neither a text nor a number",
    };
    if (p->problem == FINE)
        return OMNI_OK;
    return hub->fail(run, p->problem == TOO_MANY ? OMNI_E_TOO_MUCH : OMNI_E_DATA,
                     texts[p->problem]);
}
