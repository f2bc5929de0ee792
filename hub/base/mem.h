/* SPDX-License-Identifier: Apache-2.0
 * Memory: small allocations that end the process when there is none left, scope cleanup, and
 * arenas. */
#ifndef HUB_MEM_H
#define HUB_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* The exit code of a program that has no memory left (sysexits' EX_OSERR), so that who waits for
 * it can say so. */
enum { MEM_EXIT = 71 };

/* These never return NULL: a hub without memory for small things cannot do anything sensible. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* p, which a library allocated, where it is not NULL; else the same end. */
void *xneed(void *p);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Frees at the end of the scope: auto_free char *s = xstrdup(…); */
void mem_auto_free(void *pp);
void mem_auto_close(int *fd);
#define auto_free  __attribute__((cleanup(mem_auto_free)))
#define auto_close __attribute__((cleanup(mem_auto_close)))

/* Hands a pointer out of a scope with auto_free. */
#define mem_take(p)                                                                                \
    __extension__({                                                                                \
        __auto_type taken_ = (p);                                                                  \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Everything that one run or one parsed file allocates; freed in one go. Memory comes zeroed. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *);
void *arena_alloc(struct arena *, size_t n);
char *arena_strdup(struct arena *, const char *s); /* NULL stays NULL */
char *arena_strndup(struct arena *, const char *s, size_t n);
char *arena_printf(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
