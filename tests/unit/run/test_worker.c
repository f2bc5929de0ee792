/* SPDX-License-Identifier: Apache-2.0
 * hub/run/worker.c: one piece of work at a time, waited for, ahead of its maker. */
#include <config.h>

#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "run/worker.h"

enum { ROUNDS = 2000 };

struct work {
    pthread_t maker;
    int64_t sum;
    bool is_elsewhere, has_signals;
    int nice;
};

static void add_one(void *ctx)
{
    struct work *w = ctx;
    w->sum++;
    w->is_elsewhere = !pthread_equal(pthread_self(), w->maker);
    w->nice = getpriority(PRIO_PROCESS, 0);
    sigset_t masked;
    pthread_sigmask(SIG_SETMASK, NULL, &masked);
    w->has_signals = !sigismember(&masked, SIGTERM);
}

static void each_piece_is_done_once(void **state)
{
    (void)state;
    struct work w = {.maker = pthread_self()};
    struct worker *worker = worker_new();
    assert_non_null(worker);
    worker_wait(worker); /* for nothing */
    for (int i = 0; i < ROUNDS; i++) {
        worker_start(worker, add_one, &w);
        worker_wait(worker);
        assert_int_equal(w.sum, i + 1);
    }
    assert_true(w.is_elsewhere);
    assert_false(w.has_signals);
    worker_free(worker);
}

static void the_end_waits_for_what_is_under_way(void **state)
{
    (void)state;
    struct work w = {.maker = pthread_self()};
    struct worker *worker = worker_new();
    worker_start(worker, add_one, &w);
    worker_free(worker);
    assert_int_equal(w.sum, 1);
    worker_free(NULL);
}

static void the_worker_goes_first(void **state)
{
    (void)state;
#ifdef __linux__
    int before = getpriority(PRIO_PROCESS, 0);
    struct work w = {.maker = pthread_self()};
    struct worker *worker = worker_new();
    worker_start(worker, add_one, &w);
    worker_wait(worker);
    worker_free(worker);
    assert_int_equal(w.nice, before);
    int after = getpriority(PRIO_PROCESS, 0);
    assert_true(after > before || before == 19);
#else
    skip();
#endif
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_piece_is_done_once),
    cmocka_unit_test(the_end_waits_for_what_is_under_way),
    cmocka_unit_test(the_worker_goes_first),
};

UNIT_MAIN(tests)
