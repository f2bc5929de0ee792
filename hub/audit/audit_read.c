/* SPDX-License-Identifier: Apache-2.0
 * The audit log: reading it, and whether it is as it was written. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/digest.h"
#include "base/json.h"
#include "base/mem.h"

/* NULL without err: there is none yet. */
static FILE *open_log(const char *state_dir, struct err *err)
{
    auto_free char *path = audit_path(state_dir);
    FILE *f = fopen(path, "re");
    if (!f && errno != ENOENT)
        err_set(err, OMNI_E_CONFIG, "cannot read %s: %s", path, strerror(errno));
    return f;
}

static void complain(struct audit_report *r, uint64_t line, const char *why)
{
    if (r->bad_line)
        return;
    r->bad_line = line;
    snprintf(r->why, sizeof r->why, "%s", why);
}

struct chain {
    uint64_t line;
    char prev[DIGEST_HEX]; /* of the line before this one */
};

/* The line that was changed is the one before the first whose hash does not fit. */
static void check_line(struct chain *c, const char *line, size_t n, struct audit_report *r)
{
    struct err ignored = {0};
    c->line++;
    auto_json *o = n <= AUDIT_LINE_MAX ? json_parse(line, n, &ignored) : NULL;
    const char *prev = json_text(o, "prev");
    int64_t seq = json_int(o, "seq", 0);
    if (!o || !prev)
        complain(r, c->line, "is no entry");
    else if (seq != (int64_t)c->line)
        complain(r, c->line,
                 seq > (int64_t)c->line ? "follows on entries that are missing"
                                        : "has the number of an earlier one");
    else if (strcmp(prev, c->prev) != 0 && c->line == 1)
        complain(r, 1, "follows on entries that are missing");
    else if (strcmp(prev, c->prev) != 0)
        complain(r, c->line - 1, "was changed: the line behind it was written after another one");
    digest_bytes(line, n, c->prev);
    r->entries = r->bad_line ? r->bad_line - 1 : c->line;
}

omni_status audit_verify(const char *state_dir, struct audit_report *r, struct err *err)
{
    struct chain c = {0};
    auto_free char *line = NULL;
    size_t room = 0;
    ssize_t n;
    *r = (struct audit_report){0};
    memcpy(c.prev, audit_first, DIGEST_HEX);
    FILE *f = open_log(state_dir, err);
    if (!f)
        return err->status;
    while ((n = getline(&line, &room, f)) > 0) {
        r->is_torn = line[n - 1] != '\n';
        if (!r->is_torn)
            check_line(&c, line, (size_t)n - 1, r);
    }
    bool is_read = !ferror(f);
    fclose(f);
    return is_read ? OMNI_OK : err_set(err, OMNI_E_RETRY, "the audit log cannot be read");
}

json_t *audit_list(const char *state_dir, uint32_t last, struct err *err)
{
    auto_free char *line = NULL;
    size_t room = 0;
    ssize_t n;
    FILE *f = open_log(state_dir, err);
    if (!f)
        return err->status == OMNI_OK ? json_array() : NULL;
    json_t *out = json_array();
    while ((n = getline(&line, &room, f)) > 0) {
        struct err ignored = {0};
        json_t *o = json_parse(line, (size_t)n - (line[n - 1] == '\n'), &ignored);
        if (json_is_object(o))
            json_array_insert(out, 0, o);
        json_decref(o);
        if (last && json_array_size(out) > last)
            json_array_remove(out, last);
    }
    fclose(f);
    return out;
}
