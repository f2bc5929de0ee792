/* SPDX-License-Identifier: Apache-2.0
 * What the file sinks share: each delivery becomes one file of one folder, whole or not at all. */
#ifndef SINKS_FILE_SINK_H
#define SINKS_FILE_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include <omnihub/omnihub.h>

/* The options that each file sink has, for its option table. */
extern const struct omni_option file_sink_directory, file_sink_split;

struct file_sink;

/* Opens option `directory` (making it where only its last part is missing), tries whether files can
 * be made there, and removes what earlier crashes left. suffix: ".csv", static. */
omni_status file_sink_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           const char *suffix, struct file_sink **);
void file_sink_close(struct file_sink *);
omni_status file_sink_check(struct file_sink *, struct omni_run *);
/* By option `split`. */
uint32_t file_sink_layout(const struct file_sink *);

/* Begins DATASET.suffix, DATASET/DAY.suffix, or DATASET/undated.suffix. */
omni_status file_sink_begin(struct file_sink *, struct omni_run *, const struct omni_delivery *);
/* Adds bytes. A failure is kept and told by file_sink_status(), so that writers of rows stay
 * simple. */
void file_sink_put(struct file_sink *, const void *bytes, size_t n);
void file_sink_puts(struct file_sink *, const char *s);
void file_sink_putc(struct file_sink *, char c);
omni_status file_sink_status(const struct file_sink *, struct omni_run *);
/* Durable when it returns OMNI_OK: file and folder are on the disk. */
omni_status file_sink_commit(struct file_sink *, struct omni_run *);
void file_sink_abort(struct file_sink *);

#endif
