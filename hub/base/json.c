/* SPDX-License-Identifier: Apache-2.0
 * jansson with scope cleanup and the lookups that the hub needs. */
#include <config.h>

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

void json_init(void)
{
    json_set_alloc_funcs(xmalloc, free);
}

void json_auto_free(json_t **value)
{
    json_decref(*value);
}

json_t *json_parse(const char *bytes, size_t n, struct err *err)
{
    json_error_t error;
    /* jansson bounds the depth itself (JSON_PARSER_MAX_DEPTH, 2048). */
    json_t *value = json_loadb(bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        err_set(err, OMNI_E_DATA, "not JSON at line %d, column %d: %s", error.line, error.column,
                error.text);
    return value;
}

const char *json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

int64_t json_int(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

void json_put_text(json_t *object, const char *key, const char *text)
{
    if (!text)
        return;
    json_t *value = json_string(text);
    if (!value) { /* jansson refuses what is not UTF-8; a text with a hole is better than none */
        auto_buf clean = BUF_INIT(3 * strlen(text) + 1);
        text_add_utf8(&clean, text, strlen(text));
        value = json_string(buf_text(&clean));
    }
    json_object_set_new(object, key, value);
}

void json_put_int(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

void json_put_flag(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

void json_list_add(json_t *lists, const char *name, json_t *value)
{
    json_t *own = json_object_get(lists, name);
    if (!own)
        json_object_set_new(lists, name, own = json_array());
    json_array_append(own, value);
}

json_t *json_list_of(const json_t *lists, const char *name)
{
    json_t *own = json_object_get(lists, name);
    return own ? json_incref(own) : json_array();
}

char *json_print(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}
