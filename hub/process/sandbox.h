/* SPDX-License-Identifier: Apache-2.0
 * The fences around a process that runs somebody else's code or reads somebody else's bytes:
 * resource limits everywhere, Landlock and seccomp where the kernel has them. */
#ifndef HUB_SANDBOX_H
#define HUB_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct sandbox {
    const char *object;    /* the shared object that will be loaded, wherever it lies */
    bool is_required;      /* refuse where a fence is missing */
    bool is_off;           /* no fences at all: the author of the plugin looks for a fault in it */
    uint64_t memory;       /* bytes of address space */
    uint32_t cpu_s;        /* processor time */
    uint32_t landlock_abi; /* at most that; 0: what the kernel has; SANDBOX_NO_LANDLOCK */
    struct buf lacks;      /* filled in: what this kernel lacks and what is left, in words; "" */
    struct buf weaker;     /* filled in: a fence that is there, but an older one */
};
#define SANDBOX_NO_LANDLOCK UINT32_MAX

/* ---- for plugins, in two steps: between them shared objects can be loaded ---- */

/* No new processes, sockets, writing or signals to others; files can be read only where shared
 * objects lie. A forbidden system call raises SIGSYS: have a handler in place. OMNI_E_CONFIG where
 * a fence is required and missing. */
omni_status sandbox_begin(struct sandbox *, struct err *);
/* Afterwards no file can be opened and no memory made executable. */
omni_status sandbox_close(struct sandbox *, struct err *);

/* ---- for who only looks, and talks on sockets that it is given ---- */

/* From now on: files can be read below these paths (NULL at the end), nothing can be written or
 * made; no new processes, no sockets but those of this machine. Of the sandbox only is_required and
 * lacks matter. A call that is forbidden fails with EPERM. */
omni_status sandbox_watch(struct sandbox *, const char *const *paths, struct err *);

#endif
