/* SPDX-License-Identifier: Apache-2.0
 * What the plugin process says when it dies: which system call was forbidden, which signal came,
 * and whether memory had run out. */
#ifndef HUB_LAST_WORDS_H
#define HUB_LAST_WORDS_H

/* Installs the handlers; before the fences. They send DENIED and CRASHED frames on fd. */
void last_words_install(int fd);

#endif
