/* SPDX-License-Identifier: Apache-2.0
 * How a CSV is written: "delimiter=; quote=none skip=2 header=none". */
#include <config.h>

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "read/csv.h"

static bool set_delimiter(struct csv *c, const char *value)
{
    if (strcmp(value, "tab") == 0)
        c->delimiter = '\t';
    else if (strcmp(value, "blanks") == 0)
        c->is_blanks = true;
    else if (strlen(value) == 1 && !strchr("\"\r\n ", value[0]))
        c->delimiter = value[0];
    else
        return false;
    return true;
}

static bool set_option(struct csv *c, const char *word)
{
    long long n = 0;
    if (text_starts(word, "delimiter="))
        return set_delimiter(c, strchr(word, '=') + 1);
    if (strcmp(word, "quote=none") == 0)
        c->has_quotes = false;
    else if (strcmp(word, "header=none") == 0)
        c->has_header = false;
    else if (text_starts(word, "encoding="))
        return true; /* of any format: the reader's */
    else if (text_starts(word, "skip=") && text_parse_int(word + 5, 0, 100000, &n))
        c->skip = (uint32_t)n;
    else
        return false;
    return true;
}

static void set_stops(struct csv *c)
{
    c->stops['\n'] = c->stops['\r'] = true;
    c->stops['"'] = c->has_quotes;
    if (c->is_blanks)
        c->stops[' '] = c->stops['\t'] = true;
    else
        c->stops[(unsigned char)c->delimiter] = true;
}

bool csv_options(struct csv *c, const char *options, struct err *err)
{
    c->delimiter = ',';
    c->has_quotes = c->has_header = true;
    auto_free char *copy = xstrdup(options ? options : "");
    char *rest = copy;
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        if (*word && !set_option(c, word)) {
            err_set(err, OMNI_E_CONFIG,
                    "format option %s: expected delimiter=C, delimiter=tab, delimiter=blanks, "
                    "quote=none, header=none, skip=N or encoding=NAME",
                    word);
            return false;
        }
    }
    set_stops(c);
    return true;
}
