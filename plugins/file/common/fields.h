/* SPDX-License-Identifier: Apache-2.0
 * How an admin writes a field's format in the configuration; shared by the sources that are
 * described there. */
#ifndef OMNI_FILE_FIELDS_H
#define OMNI_FILE_FIELDS_H

#include <omnihub/omnihub.h>

/* Sets unit, flags and format of a field by a text such as "compact", "%d.%m.%Y" (whatever holds a
 * % is a pattern), "minor", "decimal_comma round". The type stays 0: that of the column. NULL:
 * fine; otherwise the word that is not known, inside `format`. */
const char *fields_format(struct omni_field *, const char *format);
/* All words, for messages. */
extern const char fields_words[];

/* Which OMNI_FORMAT_*, delimiter included, a file's or reply's kind stands for: csv, tsv, json,
 * ndjson. -1: none of them. */
int fields_kind(const char *kind);

#endif
