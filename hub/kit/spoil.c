/* SPDX-License-Identifier: Apache-2.0
 * Works on the exchanges' JSON only: what comes of it goes the same way as any other reply. */
#include <config.h>

#include "kit/spoil.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "kit/tape.h"

enum { DEPTH = 64, REAL_DIGITS = 15 };

static json_t *reply_at(const json_t *tape, size_t i)
{
    return json_object_get(json_array_get(tape_exchanges(tape), i), "reply");
}

/* The body as JSON, NULL where it is none; new reference. */
static json_t *body_of(const json_t *reply)
{
    json_t *body = json_object_get(reply, "body");
    const char *text = json_string_value(body);
    return text ? json_loadb(text, json_string_length(body), JSON_DECODE_ANY, NULL) : NULL;
}

static void put_body(json_t *reply, const json_t *body)
{
    auto_free char *text =
        json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
    json_put_text(reply, "body", text);
}

/* ---- whole replies ---- */

static bool has_records(const json_t *value, int depth)
{
    const char *key;
    json_t *member;
    if (depth > DEPTH)
        return false;
    if (json_is_array(value))
        return json_is_object(json_array_get(value, 0)) || json_is_array(json_array_get(value, 0));
    json_object_foreach((json_t *)value, key,
                        member) if (has_records(member, depth + 1)) return true;
    return false;
}

static bool is_page(const json_t *reply)
{
    int64_t status = json_int(reply, "status", 0);
    auto_json *body = body_of(reply);
    bool is_text = !body && json_text(reply, "body") && *json_text(reply, "body");
    return status >= 200 && status < 300 &&
           (is_text || json_object_get(reply, "body_base64") || has_records(body, 0));
}

/* The number of exchanges where none is. */
static size_t last_page(const json_t *tape)
{
    size_t n = json_array_size(tape_exchanges(tape)), last = n;
    for (size_t i = 0; i < n; i++)
        if (is_page(reply_at(tape, i)))
            last = i;
    return last;
}

/* `times` copies of the exchange with this reply before it; in its place where it never ends. */
static size_t insert(json_t *tape, size_t at, json_t *reply_take, size_t times)
{
    json_t *list = tape_exchanges(tape);
    json_t *exchange = json_deep_copy(json_array_get(list, at));
    json_object_set_new(exchange, "reply", reply_take);
    if (times >= SPOIL_ALWAYS)
        json_array_remove(list, at);
    for (size_t i = 0; i < times; i++)
        json_array_insert(list, at, exchange);
    json_decref(exchange);
    return times;
}

size_t spoil_reply(json_t *tape, const struct spoil_reply *r, size_t times)
{
    size_t at = last_page(tape);
    if (at == json_array_size(tape_exchanges(tape)))
        return 0;
    json_t *reply = json_object(), *headers = json_array();
    json_put_int(reply, "status", r->status);
    json_put_text(reply, "fault", r->fault);
    json_put_text(reply, "body", r->body);
    if (r->header)
        json_array_append_new(headers, json_string(r->header));
    json_object_set_new(reply, "headers", headers);
    return insert(tape, at, reply, times);
}

size_t spoil_half(json_t *tape, const char *fault, size_t times)
{
    size_t at = last_page(tape);
    const char *body = json_text(reply_at(tape, at), "body");
    size_t n = body ? strlen(body) / 2 : 0;
    while (n > 0 && ((unsigned char)body[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a character */
    if (n == 0)
        return 0;
    json_t *reply = json_deep_copy(reply_at(tape, at));
    json_object_set_new(reply, "body", json_stringn(body, n));
    json_put_text(reply, "fault", fault);
    return insert(tape, at, reply, times);
}

size_t spoil_repeat(json_t *tape)
{
    size_t last = last_page(tape), first = 0;
    while (first < last && !is_page(reply_at(tape, first)))
        first++;
    if (last == json_array_size(tape_exchanges(tape)) || first >= last)
        return 0;
    return insert(tape, last, json_deep_copy(reply_at(tape, first)), SPOIL_ALWAYS);
}

/* ---- records ---- */

struct change {
    const char *path; /* "$.metrics.clicks"; NULL: the record itself */
    /* The new value (new reference), NULL: take it away. */
    json_t *(*make)(const json_t *old, const struct change *);
    const json_t *value;
    const char *text;
};

/* One step of a path: a member's name, or a place in a list. */
struct step {
    char *name; /* NULL: a place; free() */
    size_t place;
};

/* The step that *p begins with, past the "." or "[" before it; *p moves behind it. */
static struct step next_step(const char **p)
{
    struct step step = {0};
    *p += strspn(*p, ".[");
    if ((*p)[-1] == '[') {
        char *end;
        step.place = strtoul(*p, &end, 10);
        *p = end + (*end == ']');
        return step;
    }
    size_t n = strcspn(*p, ".[");
    step.name = xstrndup(*p, n);
    *p += n;
    return step;
}

static json_t *step_get(const json_t *value, const struct step *s)
{
    return s->name ? json_object_get(value, s->name) : json_array_get(value, s->place);
}

/* made NULL: the member is taken away; a place in a list cannot be. */
static bool step_set(json_t *value, const struct step *s, json_t *made_take)
{
    if (!s->name)
        return json_array_set_new(value, s->place, made_take ? made_take : json_null()) == 0;
    return (made_take ? json_object_set_new(value, s->name, made_take)
                      : json_object_del(value, s->name)) == 0;
}

/* 1: the record has something at the path, and it was changed. */
static size_t change_member(json_t *record, const struct change *c)
{
    const char *p = c->path + strlen("$");
    json_t *value = record;
    for (;;) {
        struct step step = next_step(&p);
        auto_free char *name = step.name;
        json_t *member = step_get(value, &step);
        if (!member)
            return 0;
        if (!*p)
            return step_set(value, &step, c->make(member, c));
        value = member;
    }
}

/* Records are what lies in lists. */
static size_t change_all(json_t *value, bool in_list, const struct change *c, int depth)
{
    size_t n = 0, i;
    const char *key;
    json_t *member;
    void *next;
    if (depth > DEPTH)
        return 0;
    json_array_foreach(value, i, member) n += change_all(member, true, c, depth + 1);
    json_object_foreach_safe(value, next, key, member) n += change_all(member, false, c, depth + 1);
    if (in_list && json_is_object(value))
        n += c->path ? change_member(value, c)
                     : json_object_set_new(value, c->text, c->make(NULL, c)) == 0;
    return n;
}

static size_t change_tape(json_t *tape, const struct change *c)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(tape_exchanges(tape)); i++) {
        auto_json *body = body_of(reply_at(tape, i));
        size_t here = body ? change_all(body, false, c, 0) : 0;
        if (here)
            put_body(reply_at(tape, i), body);
        n += here;
    }
    return n;
}

static json_t *make_copy(const json_t *old, const struct change *c)
{
    (void)old;
    return c->value ? json_deep_copy(c->value) : json_null();
}

static json_t *make_nothing(const json_t *old, const struct change *c)
{
    (void)old, (void)c;
    return NULL;
}

static json_t *make_longer(const json_t *old, const struct change *c)
{
    const char *text = json_string_value(old);
    auto_free char *longer = xasprintf("%s%s", text ? text : "", c->text);
    return text ? json_string(longer) : json_incref((json_t *)old);
}

static json_t *make_more(const json_t *old, const struct change *c)
{
    (void)c;
    if (json_is_integer(old))
        return json_integer(json_integer_value(old) + 1);
    if (json_is_real(old))
        return json_real(json_real_value(old) + 1);
    auto_free char *text = json_is_string(old) ? xasprintf("1%s", json_string_value(old)) : NULL;
    return text ? json_string(text) : json_incref((json_t *)old);
}

bool spoil_can(const struct omni_field *f)
{
    const char *p = f->path ? f->path : "";
    bool is_plain = text_starts(p, "$.") && p[2] && !strpbrk(p, "?*@'\"");
    for (p = strchr(p, '['); is_plain && p; p = strchr(p + 1, '['))
        is_plain = p[1] >= '0' && p[1] <= '9';
    return is_plain;
}

size_t spoil_remove(json_t *tape, const struct omni_field *f)
{
    return change_tape(tape, &(struct change){.path = f->path, .make = make_nothing});
}

size_t spoil_set(json_t *tape, const struct omni_field *f, const json_t *value)
{
    return change_tape(tape, &(struct change){.path = f->path, .make = make_copy, .value = value});
}

size_t spoil_append(json_t *tape, const struct omni_field *f, const char *text)
{
    return change_tape(tape, &(struct change){.path = f->path, .make = make_longer, .text = text});
}

size_t spoil_increase(json_t *tape, const struct omni_field *f)
{
    return change_tape(tape, &(struct change){.path = f->path, .make = make_more});
}

size_t spoil_unknown(json_t *tape)
{
    auto_json *value = json_pack("{s:[i, n], s:s}", "deep", 1, "text", "nobody asked");
    return change_tape(
        tape, &(struct change){.make = make_copy, .value = value, .text = "member_nobody_knew"});
}

/* ---- no records ---- */

static size_t clear_lists(json_t *value, int depth)
{
    size_t n = 0;
    const char *key;
    json_t *member;
    if (depth > DEPTH)
        return 0;
    if (json_is_array(value) && has_records(value, 0)) {
        n = json_array_size(value);
        json_array_clear(value);
        return n;
    }
    json_object_foreach(value, key, member) n += clear_lists(member, depth + 1);
    return n;
}

size_t spoil_empty(json_t *tape)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(tape_exchanges(tape)); i++) {
        auto_json *body = body_of(reply_at(tape, i));
        size_t here = body ? clear_lists(body, 0) : 0;
        if (here)
            put_body(reply_at(tape, i), body);
        n += here;
    }
    return n;
}
