/* SPDX-License-Identifier: Apache-2.0
 * Ways to die, to hang and to eat memory. */
#define _GNU_SOURCE
#include "deeds.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Told to nobody, so that no compiler sees what becomes of it. */
__attribute__((no_sanitize("address"), no_sanitize("undefined"))) static void
write_to(volatile int *p)
{
    *p = 1;
}
static void (*volatile raise_by_hand)(volatile int *) = write_to;

void deed_segv(void)
{
    raise_by_hand(NULL);
}

void deed_abort(void)
{
    abort();
}

void deed_exit(void)
{
    exit(0);
}

void deed_exit_at_once(void)
{
    _exit(3);
}

void deed_double_free(void)
{
    char *volatile p = malloc(4000);
    char *volatile again = p;
    free(p);
    free(again);
}

static int (*volatile next_deeper)(volatile char *);

static int deeper(volatile char *above)
{
    volatile char room[4096];
    room[0] = above[0];
    return room[0] + next_deeper(room);
}

void deed_overflow_stack(void)
{
    volatile char first = 1;
    next_deeper = deeper;
    deeper(&first);
}

void deed_loop(void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}

void deed_loop_deaf(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    deed_loop();
}

void deed_sleep(void)
{
    struct timespec day = {.tv_sec = 86400};
    nanosleep(&day, NULL);
}

void deed_allocate(void)
{
    for (;;) {
        char *p = malloc(1 << 20);
        memset(p, 1, 1 << 20);
    }
}

void deed_allocate_much(void)
{
    volatile char *p = malloc((size_t)1 << 40);
    p[0] = 1;
}

void deed_allocate_in_hub(void)
{
    /* The hub's own code in this process runs out. */
    static char text[7 << 20];
    while (malloc(1 << 20))
        ;
    memset(text, 'x', sizeof text);
    const struct omni_cell cell = {.type = OMNI_TEXT, .len = sizeof text, .v.s = text};
    stage.hub->row(stage.run, &cell, 1);
}
