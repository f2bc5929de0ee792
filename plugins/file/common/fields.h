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

/* How text may be encoded, as the choices of an option. */
#define FIELDS_ENCODINGS                                                                           \
    "utf-8|utf-16|windows-1252|windows-1250|windows-1251|iso-8859-1|iso-8859-2|iso-8859-15"
int fields_is_encoding(const char *);
/* Adds it to a request's format options, of `size` bytes. Nothing for UTF-8, which needs no word.
 */
void fields_add_encoding(char *format_options, size_t size, const char *encoding);

#endif
