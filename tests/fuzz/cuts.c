/* SPDX-License-Identifier: Apache-2.0
 * Compares the rows of one reply over several ways to cut it. */
#include <config.h>

#include "cuts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void give_up(const char *whole, const char *cut)
{
    fprintf(stderr, "whole:\n%s\nin pieces:\n%s\n", whole, cut);
    abort();
}

void cuts_compare(const struct reader_spec *spec, const char *reply, size_t n)
{
    static const struct rows_wish wish = {.has_unknown = true};
    auto_rows whole = rows_read(spec, &wish, reply, n, 0);
    static const int pieces[] = {1, -9};
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        auto_rows cut = rows_read(spec, &wish, reply, n, pieces[i]);
        if (cut.status != whole.status)
            give_up(whole.status == OMNI_OK ? "fine" : whole.err.text,
                    cut.status == OMNI_OK ? "fine" : cut.err.text);
        if (cut.status == OMNI_OK && strcmp(buf_text(&cut.text), buf_text(&whole.text)) != 0)
            give_up(buf_text(&whole.text), buf_text(&cut.text));
    }
}
