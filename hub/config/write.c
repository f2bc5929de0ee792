/* SPDX-License-Identifier: Apache-2.0
 * JSON → the configuration's own words, for configurations that the hub writes for itself. */
#include <config.h>

#include "config/write.h"

#include <string.h>

#include "base/mem.h"

static void write_text(struct buf *out, const char *s)
{
    static const char special[] = "\"\\\n\r\t\f", names[] = "\"\\nrtf";
    buf_addc(out, '"');
    for (; *s; s++) {
        const char *found = strchr(special, *s);
        if (found)
            buf_printf(out, "\\%c", names[found - special]);
        else if ((unsigned char)*s < ' ')
            buf_printf(out, "\\x%02x", (unsigned char)*s);
        else
            buf_addc(out, *s);
    }
    buf_addc(out, '"');
}

static void write_int(struct buf *out, json_int_t value)
{
    bool is_long = value > INT32_MAX || value < INT32_MIN;
    buf_printf(out, "%lld%s", (long long)value, is_long ? "L" : "");
}

static void write_list(struct buf *out, const json_t *list)
{
    size_t i;
    json_t *item;
    buf_adds(out, "(");
    json_array_foreach(list, i, item)
    {
        buf_adds(out, i ? ", " : " ");
        write_value(out, item);
    }
    buf_adds(out, " )");
}

static void write_group(struct buf *out, const json_t *group)
{
    const char *name;
    json_t *member;
    buf_adds(out, "{ ");
    json_object_foreach((json_t *)group, name, member)
    {
        buf_printf(out, "%s = ", name);
        write_value(out, member);
        buf_adds(out, "; ");
    }
    buf_adds(out, "}");
}

void write_value(struct buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        write_text(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        write_int(out, json_integer_value(value));
        break;
    case JSON_REAL:
        buf_printf(out, "%.17g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_adds(out, json_is_true(value) ? "true" : "false");
        break;
    case JSON_ARRAY:
        write_list(out, value);
        break;
    case JSON_OBJECT:
        write_group(out, value);
        break;
    default:
        buf_adds(out, "\"\"");
    }
}

void write_setting(struct buf *out, const char *name, const json_t *value)
{
    if (!value)
        return;
    buf_printf(out, "  %s = ", name);
    write_value(out, value);
    buf_adds(out, ";\n");
}

void write_text_setting(struct buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(out, "  %s = ", name);
    write_text(out, value);
    buf_adds(out, ";\n");
}
