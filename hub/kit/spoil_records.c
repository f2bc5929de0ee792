/* SPDX-License-Identifier: Apache-2.0
 * Faults in the records of a tape's replies, one field at a time or in all of them. */
#include <config.h>

#include "kit/spoil.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "kit/records.h"
#include "kit/tape.h"

enum { DEPTH = 64 };

/* ---- records ---- */

struct change {
    const struct spoil_field *at; /* NULL: the record itself */
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

/* Of a CSV: the whole path is the column's name. */
static bool is_column(const char *path)
{
    return *path && !strchr("$^#=", *path);
}

static size_t change_column(json_t *record, const struct change *c)
{
    const struct step step = {.name = (char *)c->at->field->path};
    json_t *cell = step_get(record, &step);
    return cell ? step_set(record, &step, c->make(cell, c)) : 0;
}

/* 1: the record has something at the path, and it was changed. */
static size_t change_member(json_t *record, const struct change *c)
{
    const char *p = c->at->field->path + strlen("$");
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

static size_t change_record(json_t *record, const struct change *c)
{
    if (!c->at)
        return json_object_set_new(record, c->text, c->make(NULL, c)) == 0;
    return is_column(c->at->field->path) ? change_column(record, c) : change_member(record, c);
}

/* $.order.lines[*] is a list called "lines". */
static bool is_inside(const struct omni_stream *part, const char *list)
{
    const char *path = part->inside ? part->inside : "", *dot = strrchr(path, '.');
    const char *name = dot ? dot + 1 : path;
    size_t n = strcspn(name, "[");
    return strlen(list) == n && strncmp(list, name, n) == 0;
}

/* May the records in this list be those of the field's stream? Lists of other parts are not. */
static bool is_list_of(const struct spoil_field *at, const char *list)
{
    if (!at)
        return true;
    if (at->stream != at->whole)
        return is_inside(at->stream, list);
    for (const struct omni_stream *const *p = at->whole ? at->whole->parts : NULL; p && *p; p++)
        if (is_inside(*p, list))
            return false;
    return true;
}

/* Records are what lies in lists. list: the name of the one that this value lies in; NULL: none. */
static size_t change_all(json_t *value, const char *list, const struct change *c, int depth)
{
    size_t n = 0, i;
    const char *key;
    json_t *member;
    void *next;
    if (depth > DEPTH)
        return 0;
    if (list && json_is_object(value) && is_list_of(c->at, list))
        n += change_record(value, c);
    json_array_foreach(value, i, member) n += change_all(member, list ? list : "", c, depth + 1);
    json_object_foreach_safe(value, next, key, member)
    {
        size_t j;
        json_t *item;
        if (!json_is_array(member))
            n += change_all(member, NULL, c, depth + 1);
        json_array_foreach(member, j, item) n += change_all(item, key, c, depth + 1);
    }
    return n;
}

/* Changes each reply by a function that says how often. */
static size_t change_replies(json_t *tape, size_t (*change)(json_t *tree, const void *ctx),
                             const void *ctx)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(tape_exchanges(tape)); i++) {
        auto_records body = {0};
        size_t here = records_read(&body, tape_exchange(tape, i)) ? change(body.tree, ctx) : 0;
        if (here && records_write(&body, json_object_get(tape_exchange(tape, i), "reply")))
            n += here;
    }
    return n;
}

static size_t change_tree(json_t *tree, const void *change)
{
    return change_all(tree, NULL, change, 0);
}

static size_t change_tape(json_t *tape, const struct change *c)
{
    return change_replies(tape, change_tree, c);
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

/* A number, or one that is written as text. */
static bool is_decimal(const json_t *value)
{
    const char *text = json_string_value(value);
    return json_is_number(value) || (text && *text && !text[strspn(text, "0123456789.")]);
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
    return is_plain || (f->path && is_column(f->path));
}

size_t spoil_remove(json_t *tape, const struct spoil_field *at)
{
    return change_tape(tape, &(struct change){.at = at, .make = make_nothing});
}

size_t spoil_set(json_t *tape, const struct spoil_field *at, const json_t *value)
{
    return change_tape(tape, &(struct change){.at = at, .make = make_copy, .value = value});
}

size_t spoil_append(json_t *tape, const struct spoil_field *at, const char *text)
{
    return change_tape(tape, &(struct change){.at = at, .make = make_longer, .text = text});
}

size_t spoil_increase(json_t *tape, const struct spoil_field *at)
{
    return change_tape(tape, &(struct change){.at = at, .make = make_more});
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
    if (json_is_array(value) && records_has_list(value)) {
        n = json_array_size(value);
        json_array_clear(value);
        return n;
    }
    json_object_foreach(value, key, member) n += clear_lists(member, depth + 1);
    return n;
}

static size_t clear_tree(json_t *tree, const void *nothing)
{
    (void)nothing;
    return clear_lists(tree, 0);
}

size_t spoil_empty(json_t *tape)
{
    return change_replies(tape, clear_tree, NULL);
}

/* ---- other numbers ---- */

static size_t increase_all(json_t *value, int depth)
{
    size_t n = 0, i;
    const char *key;
    json_t *member;
    void *next;
    if (depth > DEPTH)
        return 0;
    json_array_foreach(value, i, member)
    {
        if (is_decimal(member) && ++n)
            json_array_set_new(value, i, make_more(member, NULL));
        n += increase_all(member, depth + 1);
    }
    json_object_foreach_safe(value, next, key, member)
    {
        if (is_decimal(member) && ++n)
            json_object_set_new(value, key, make_more(member, NULL));
        n += increase_all(member, depth + 1);
    }
    return n;
}

size_t spoil_numbers(json_t *tape)
{
    size_t at = (size_t)json_int(tape, SPOIL_AIM, 0);
    auto_records body = {0};
    size_t n = records_read(&body, tape_exchange(tape, at)) ? increase_all(body.tree, 0) : 0;
    return n && records_write(&body, json_object_get(tape_exchange(tape, at), "reply")) ? n : 0;
}
