/* SPDX-License-Identifier: Apache-2.0
 * The plugin process's end of the conversation: serves the job's calls, and turns what the plugin
 * asks for into frames. */
#ifndef HUB_REMOTE_H
#define HUB_REMOTE_H

#include <stdnoreturn.h>

#include "plugin/frames.h"
#include "plugin/plugin.h"
#include "process/sandbox.h"

struct remote;

struct remote *remote_new(int fd);
/* The first frame, CALL_START; its texts live as long as the remote. False: not what was expected.
 */
bool remote_receive_start(struct remote *, struct wire_in *);
void remote_send_refused(struct remote *, omni_status, const char *text);
/* Describes the module and what its sandbox lacks, then serves until the job hangs up. */
noreturn void remote_serve(struct remote *, const struct omni_module *, const struct sandbox *);

#endif
