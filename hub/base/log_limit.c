/* SPDX-License-Identifier: Apache-2.0
 * Lines that repeat themselves are told a few times a minute; the rest is counted. */
#include <config.h>

#include <string.h>

#include "base/log_priv.h"

/* Lines of which the last minute is remembered. One that is pushed out of it begins anew. */
enum { KINDS = 256, SAMPLE_MAX = 512 };

struct repeated {
    uint64_t hash; /* 0: the place is free */
    int64_t since; /* seconds on the steady clock: when its minute began */
    uint64_t told, held;
    char text[SAMPLE_MAX]; /* of one that was held back */
};

static struct repeated all[KINDS];

static uint64_t add_hash(uint64_t h, const char *s)
{
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211); /* FNV-1a */
    return (h ^ 0xff) * UINT64_C(1099511628211);
}

/* A run's end is the same again if it is the same stream's with the same code, whatever the numbers
 * in its text; other lines if their text is. */
static uint64_t hash_of(const struct log_entry *e)
{
    const struct log_fields *f = e->fields;
    const char *const parts[] = {f->connector, f->sink, f->stream, f->account, f->code};
    uint64_t h = UINT64_C(14695981039346656037) + (uint64_t)e->level;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        h = add_hash(h, parts[i]);
    h = add_hash(h, f->code ? "" : e->text);
    return h ? h : 1;
}

/* Its place, or the one that has been quiet longest. */
static struct repeated *place_of(uint64_t hash)
{
    struct repeated *oldest = &all[0];
    for (size_t i = 0; i < KINDS; i++) {
        if (all[i].hash == hash)
            return &all[i];
        if (all[i].held == 0 && (oldest->held > 0 || all[i].since < oldest->since))
            oldest = &all[i];
    }
    return oldest;
}

bool log_limit_passes(const struct log_entry *e, int64_t now, uint64_t *suppressed)
{
    uint64_t hash = hash_of(e);
    struct repeated *r = place_of(hash);
    *suppressed = 0;
    if (e->level == LOG_DEBUG) /* who asks for everything gets it */
        return true;
    if (r->hash != hash || now >= r->since + LOG_WINDOW_S) {
        *suppressed = r->hash == hash ? r->held : 0;
        r->hash = hash;
        r->since = now;
        r->told = r->held = 0;
    }
    if (r->told < LOG_BURST) {
        r->told++;
        return true;
    }
    if (r->held++ == 0) {
        size_t n = strnlen(e->text, sizeof r->text - 1);
        memcpy(r->text, e->text, n);
        r->text[n] = '\0';
    }
    return false;
}

uint64_t log_limit_collect(int64_t now, const char **text)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct repeated *r = &all[i];
        if (r->held == 0 || now < r->since + LOG_WINDOW_S)
            continue;
        uint64_t n = r->held;
        r->held = 0;
        r->hash = 0;
        *text = r->text;
        return n;
    }
    return 0;
}
