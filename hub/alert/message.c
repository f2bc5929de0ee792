/* SPDX-License-Identifier: Apache-2.0
 * What an alert says. */
#include <config.h>

#include "alert/message.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum { FOOT_MAX = 256 };

/* The words of each state, in the order in which they are told. */
static const struct {
    const char *state, *word;
} states[] = {{"open", "NEW"}, {"still", "STILL"}, {"over", "OVER"}};

static const char *host_of(const json_t *message)
{
    const char *host = json_text(message, "host");
    return host && *host ? host : "this machine";
}

static size_t count(const json_t *message, const char *state)
{
    size_t n = 0, i;
    const json_t *item;
    json_array_foreach(json_object_get(message, "items"), i, item)
    {
        const char *own = json_text(item, "state");
        n += own && strcmp(own, state) == 0;
    }
    return n;
}

char *message_subject(const json_t *message)
{
    const json_t *items = json_object_get(message, "items"), *first = json_array_get(items, 0);
    auto_buf parts = BUF_INIT(MESSAGE_TEXT_MAX);
    const char *kind = json_text(first, "kind"), *scope = json_text(first, "scope"),
               *state = json_text(first, "state");
    if (json_array_size(items) == 1 && kind && scope && state) {
        bool is_over = strcmp(state, "over") == 0;
        return xasprintf("omnihub on %s: %s %s%s", host_of(message), scope, kind,
                         is_over ? ": over" : "");
    }
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        size_t n = count(message, states[i].state);
        if (n)
            buf_printf(&parts, "%s%zu %s", parts.len ? ", " : "", n,
                       strcmp(states[i].state, "open") == 0 ? "new" : states[i].state);
    }
    return xasprintf("omnihub on %s: %s", host_of(message), buf_text(&parts));
}

/* False where the text has no room for it. */
static bool add_item(struct buf *out, const json_t *item, const char *word)
{
    const char *text = json_text(item, "text"), *until = json_text(item, "until_at");
    auto_buf one = BUF_INIT(MESSAGE_TEXT_MAX);
    buf_printf(&one, "%s  %s  %s\n", word, json_text(item, "kind"), json_text(item, "scope"));
    buf_printf(&one, "    since %s%s%s\n", json_text(item, "since_at"), until ? " until " : "",
               until ? until : "");
    buf_printf(&one, "    %s\n\n", text ? text : "");
    if (out->len + one.len + FOOT_MAX > MESSAGE_TEXT_MAX)
        return false;
    return buf_add(out, buf_text(&one), one.len);
}

void message_text(const json_t *message, struct buf *out)
{
    int64_t left = json_int(message, "more", 0);
    size_t i, k;
    const json_t *item;
    for (i = 0; i < ARRAY_LEN(states); i++)
        json_array_foreach(json_object_get(message, "items"), k, item)
        {
            const char *own = json_text(item, "state");
            if (own && strcmp(own, states[i].state) == 0)
                left += !add_item(out, item, states[i].word);
        }
    if (left > 0)
        buf_printf(out, "and %lld more.\n\n", (long long)left);
    buf_printf(out, "omnihub status, on %.100s, shows how things are now.\n", host_of(message));
}

json_t *message_json(const json_t *message)
{
    auto_free char *subject = message_subject(message);
    auto_buf text = BUF_INIT(2 * MESSAGE_TEXT_MAX);
    buf_printf(&text, "%s\n\n", subject);
    message_text(message, &text);
    json_t *out = json_deep_copy(message);
    json_put_text(out, "text", buf_text(&text));
    return out;
}
