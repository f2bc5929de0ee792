/* SPDX-License-Identifier: Apache-2.0
 * Words of a field's format. */
#include "fields.h"

#include <stdio.h>
#include <string.h>

struct word {
    const char *name;
    uint32_t unit, flag;
};

static const struct word words[] = {
    {.name = "iso", .unit = OMNI_AS_IS}, /* date or time, as the column is */
    {.name = "compact", .unit = OMNI_DATE_COMPACT},
    {.name = "epoch", .unit = OMNI_TIME_EPOCH},
    {.name = "epoch_ms", .unit = OMNI_TIME_EPOCH_MS},
    {.name = "major", .unit = OMNI_UNIT_MAJOR},
    {.name = "minor", .unit = OMNI_UNIT_MINOR},
    {.name = "micros", .unit = OMNI_UNIT_MICROS},
    {.name = "percent", .unit = OMNI_UNIT_PERCENT},
    {.name = "ms", .unit = OMNI_UNIT_MS},
    {.name = "minutes", .unit = OMNI_UNIT_MINUTES},
    {.name = "decimal_comma", .flag = OMNI_DECIMAL_COMMA},
    {.name = "thousands", .flag = OMNI_THOUSANDS},
    {.name = "round", .flag = OMNI_ROUND},
    {.name = "zero", .flag = OMNI_ZERO_IF_ABSENT},
    {.name = "optional", .flag = OMNI_OPTIONAL},
    {.name = "sensitive", .flag = OMNI_SENSITIVE},
};

const char fields_words[] = "iso, compact, epoch, epoch_ms, major, minor, micros, percent, ms, "
                            "minutes, decimal_comma, thousands, round, zero, optional, "
                            "sensitive, or a pattern such as %d.%m.%Y";

static const struct word *find_word(const char *s, size_t len)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i].name) == len && strncmp(words[i].name, s, len) == 0)
            return &words[i];
    return NULL;
}

const char *fields_format(struct omni_field *field, const char *format)
{
    if (strchr(format, '%')) {
        field->unit = OMNI_PATTERN;
        field->format = format;
        return NULL;
    }
    for (const char *s = format + strspn(format, " "); *s != '\0';) {
        size_t len = strcspn(s, " ");
        const struct word *word = find_word(s, len);
        if (!word)
            return s;
        field->flags |= word->flag;
        if (word->flag == 0)
            field->unit = word->unit;
        s += len;
        s += strspn(s, " ");
    }
    return NULL;
}

int fields_kind(const char *kind)
{
    static const struct {
        const char *name;
        int format;
    } kinds[] = {{"csv", OMNI_FORMAT_CSV},     {"tsv", OMNI_FORMAT_CSV},
                 {"txt", OMNI_FORMAT_CSV},     {"tab", OMNI_FORMAT_CSV},
                 {"json", OMNI_FORMAT_JSON},   {"ndjson", OMNI_FORMAT_NDJSON},
                 {"jsonl", OMNI_FORMAT_NDJSON}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return kinds[i].format;
    return -1;
}

int fields_is_encoding(const char *encoding)
{
    size_t len = strlen(encoding);
    for (const char *s = FIELDS_ENCODINGS; *s != '\0';) {
        size_t n = strcspn(s, "|");
        if (n == len && strncmp(s, encoding, n) == 0)
            return 1;
        s += n + (s[n] == '|');
    }
    return 0;
}

void fields_add_encoding(char *format_options, size_t size, const char *encoding)
{
    size_t len = strlen(format_options);
    if (strcmp(encoding, "utf-8") != 0)
        snprintf(format_options + len, size - len, "%sencoding=%s", len > 0 ? " " : "", encoding);
}
