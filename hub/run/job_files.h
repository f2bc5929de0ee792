/* SPDX-License-Identifier: Apache-2.0
 * file-list: and file: urls of file sources: the job reads, and only what the admin's option `path`
 * names. */
#ifndef HUB_JOB_FILES_H
#define HUB_JOB_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct job_files;

/* paths: the option's value, a text or a list of texts, each a path or a glob. */
struct job_files *job_files_new(const json_t *paths);
void job_files_free(struct job_files *);
bool job_files_is_url(const char *url);

/* file-list:GLOB → {"files":[{"path","size","mtime_ns","inode"}]} in name order, appended to `out`.
 * OMNI_E_CONFIG for a glob that `path` does not name; a glob without matches gives an empty list.
 */
omni_status job_files_list(struct job_files *, const char *url, struct buf *out, struct err *);
/* When a file was changed, in nanoseconds, as it was listed; 0: it was not. */
int64_t job_files_changed(const struct job_files *, const char *url);
/* file:PATH, a path that a listing gave: hands the bytes, gunzipped where they are gzip, to
 * `bytes`. */
omni_status job_files_read(struct job_files *, const char *url, void *ctx,
                           omni_status (*bytes)(void *ctx, const void *, size_t, struct err *),
                           struct err *);

#endif
