/* SPDX-License-Identifier: Apache-2.0
 * One cell as it lies on a spool's tape: a head of type and length, then the text, or the number in
 * as few bytes as it needs. It never leaves this process. */
#ifndef HUB_SPOOL_CELL_H
#define HUB_SPOOL_CELL_H

#include <stddef.h>

#include <omnihub/omnihub.h>

/* Numbers are written and read eight bytes at a time: so many must be there behind the last cell,
 * whatever they hold. */
enum { SPOOL_CELL_SLACK = 8 };

/* At most so many bytes of tape. */
size_t spool_cell_most(const struct omni_cell *);
/* Both return the place behind the cell. */
unsigned char *spool_cell_write(unsigned char *, const struct omni_cell *);
/* Texts point into the tape. */
const unsigned char *spool_cell_read(const unsigned char *, struct omni_cell *);

#endif
