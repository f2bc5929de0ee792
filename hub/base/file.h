/* SPDX-License-Identifier: Apache-2.0
 * Files: bounded reading, durable writing, locks. */
#ifndef HUB_FILE_H
#define HUB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What a call's errno means to who must decide whether to try again: a disk that is full, fails or
 * was set read-only passes (OMNI_E_RETRY), a wrong path or mode does not (OMNI_E_CONFIG). */
omni_status file_status(int error);
/* Reads a whole file of at most out->max bytes. */
omni_status file_read(const char *path, struct buf *out, struct err *);
omni_status file_read_fd(int fd, const char *name, struct buf *out, struct err *);
/* Writes all or fails (EINTR and short writes handled). */
bool file_write_all(int fd, const void *bytes, size_t n);
/* Temporary file in the same folder, fsync, rename, fsync of the folder: the old content or the new
 * one, never a mixture. */
omni_status file_replace(const char *path, const void *bytes, size_t n, unsigned mode,
                         struct err *);
/* The same for a file that must not be there yet; OMNI_E_CONFIG where it is. */
omni_status file_create(const char *path, const void *bytes, size_t n, unsigned mode, struct err *);
/* Removes temporary files that a file_replace() of this path left behind when it was killed. Only
 * under a lock that keeps others from replacing it. */
void file_sweep(const char *path);
/* Makes the folder and what is above it. */
omni_status file_make_dirs(const char *path, unsigned mode, struct err *);
/* Takes an exclusive lock on the file, writing `holder` into it; -1 and a text naming the holder if
 * another has it. Held until the descriptor is closed. */
int file_lock(const char *path, const char *holder, struct err *);
/* The same, but waits for its turn. */
struct file_patience {
    int64_t wait_ms; /* at most; then OMNI_E_RETRY and -1 */
    void *ctx;
    bool (*cancelled)(void *ctx); /* NULL: never. OMNI_E_CANCELLED and -1 */
};
int file_lock_wait(const char *path, const char *holder, const struct file_patience *,
                   struct err *);

#endif
