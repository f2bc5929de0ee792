/* SPDX-License-Identifier: Apache-2.0
 * A thread that does one piece of work at a time.
 *
 * It stores, and its maker pulls. Storing takes longer and waits for the disk, so where both share
 * one processor it goes first: pulling then fills the gaps. The other way round the next window is
 * there early, and both wait for the disk together. */
#include <config.h>

#include "run/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/mem.h"

enum { STEP_BACK = 5 }; /* of niceness: about a third of the worker's share of a processor */

struct worker {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    void (*work)(void *); /* NULL: nothing is under way */
    void *ctx;
    bool ends;
};

static void *run(void *arg)
{
    struct worker *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->work && !w->ends)
            pthread_cond_wait(&w->changed, &w->lock);
        if (!w->work)
            break;
        pthread_mutex_unlock(&w->lock);
        w->work(w->ctx);
        pthread_mutex_lock(&w->lock);
        w->work = NULL;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are the maker's. */
static bool start_thread(struct worker *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

/* Linux keeps niceness by thread; elsewhere it is the process's, and would put nobody first. */
static void step_back(void)
{
#ifdef __linux__
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, 0);
    if (errno == 0)
        setpriority(PRIO_PROCESS, 0, nice + STEP_BACK);
#endif
}

struct worker *worker_new(void)
{
    struct worker *w = xcalloc(1, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    if (start_thread(w)) {
        step_back();
        return w;
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void worker_start(struct worker *w, void (*work)(void *), void *ctx)
{
    pthread_mutex_lock(&w->lock);
    w->work = work;
    w->ctx = ctx;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void worker_wait(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->work)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    worker_wait(w);
    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
