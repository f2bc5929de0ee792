/* SPDX-License-Identifier: Apache-2.0
 * Where the installed parts are, also when the whole tree was moved elsewhere after `make install`
 * (DESTDIR, a home folder, an image). */
#ifndef HUB_PLACE_H
#define HUB_PLACE_H

/* An installed path as configured → where it is now: under the same root as the running program,
 * where that lies in the bin folder of such a tree. free() */
char *place_of(const char *configured);
/* The same for a program at that path; for tests. */
char *place_from(const char *program, const char *configured);

#endif
