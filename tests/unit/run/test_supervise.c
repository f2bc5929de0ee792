/* SPDX-License-Identifier: Apache-2.0
 * hub/run/supervise.c: order of events, how many run at a time, jobs added on the way, ends in
 * words. Deadlines and signals are tested through `omnihub pull`. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "run/supervise.h"

enum { HEIRS = 12 };

struct seen {
    struct supervise *supervise;
    int events, ends;
    enum supervise_end end; /* of the last */
    int signal;
    char died[200], last[32];
    const json_t *next; /* a job to add from end() */
    const char *file;   /* removed at the end of so many: */
    int file_ends;
};

static void on_event(void *ctx, const json_t *event)
{
    struct seen *s = ctx;
    s->events++;
    snprintf(s->last, sizeof s->last, "%s", json_text(event, "event"));
}

static void on_end(void *ctx, const struct supervise_ended *);

static void add(struct supervise *s, const json_t *spec, const char *group, struct seen *seen)
{
    supervise_add(s,
                  &(struct supervise_job){
                      .spec = spec, .group = group, .ctx = seen, .event = on_event, .end = on_end});
}

static void on_end(void *ctx, const struct supervise_ended *ended)
{
    struct seen *s = ctx;
    s->ends++;
    s->end = ended->how;
    s->signal = ended->signal;
    snprintf(s->died, sizeof s->died, "%s", ended->words ? ended->words : "");
    if (s->file && s->ends == s->file_ends)
        unlink(s->file);
    if (s->next) {
        const json_t *next = s->next;
        s->next = NULL;
        add(s->supervise, next, NULL, s);
    }
}

/* Orders for the stand-in: play this script. */
static json_t *script(const char *text, char path[64])
{
    snprintf(path, 64, "/tmp/omnihub-supervise-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return json_pack("{s:s, s:{s:s}}", "verb", "pull", "options", "script", path);
}

static struct seen run_one(const char *text)
{
    char path[64];
    struct seen seen = {.died = "never ended"};
    auto_json *spec = script(text, path);
    struct supervise *s = supervise_new(1);
    add(s, spec, NULL, &seen);
    assert_true(supervise_run(s));
    supervise_free(s);
    unlink(path);
    return seen;
}

static void events_come_in_order(void **state)
{
    (void)state;
    struct seen seen = run_one("{\"event\":\"a\"}\n{\"event\":\"b\"}\n{\"event\":\"c\"}\n");
    assert_int_equal(seen.events, 3);
    assert_string_equal(seen.last, "c");
    assert_string_equal(seen.died, "");
    assert_int_equal(seen.ends, 1);
}

static void ends_are_told_in_words(void **state)
{
    (void)state;
    struct seen seen = run_one("{\"do\":\"crash\"}\n");
    assert_non_null(strstr(seen.died, "signal 6"));
    assert_int_equal(seen.signal, 6);
    seen = run_one("{\"do\":\"exit\"}\n");
    assert_non_null(strstr(seen.died, "exit code 7"));
    assert_int_equal(seen.signal, 0);
    seen = run_one("{\"do\":\"garbage\"}\n{\"do\":\"hang\"}\n");
    assert_non_null(strstr(seen.died, "cannot be read"));
    assert_int_equal(seen.signal, 0); /* ours */
}

/* The end of a job is the end of its pipe, whoever holds it; also while an older job still runs. */
static void heirs_are_not_listened_to(void **state)
{
    (void)state;
    char path[64], stay_path[64];
    auto_json *spec = script("{\"do\":\"heir\"}\n{\"event\":\"a\"}\n", path);
    auto_free char *stay = xasprintf("{\"do\":\"stay\",\"while\":\"%s\"}\n", path);
    auto_json *oldest = script(stay, stay_path);
    struct supervise *s = supervise_new(2);
    struct seen seen = {.supervise = s, .file = path, .file_ends = HEIRS};
    add(s, oldest, NULL, &seen);
    for (int i = 0; i < HEIRS; i++)
        add(s, spec, NULL, &seen);
    assert_true(supervise_run(s));
    assert_int_equal(seen.ends, HEIRS + 1);
    assert_int_equal(seen.events, HEIRS);
    assert_string_equal(seen.died, "");
    supervise_free(s);
    unlink(stay_path);
}

static void the_environment_is_clean(void **state)
{
    (void)state;
    setenv("SHOP_TOKEN", "secret", 1);
    assert_non_null(strstr(run_one("{\"do\":\"env\"}\n").died, "exit code 0"));
}

static void jobs_may_add_jobs(void **state)
{
    (void)state;
    char path[64];
    auto_json *spec = script("{\"event\":\"a\"}\n", path);
    struct supervise *s = supervise_new(3);
    struct seen seen = {.supervise = s, .next = spec};
    for (int i = 0; i < 5; i++)
        add(s, spec, "one login", &seen);
    assert_true(supervise_run(s));
    assert_int_equal(seen.ends, 6);
    assert_int_equal(seen.events, 6);
    supervise_free(s);
    unlink(path);
}

/* A machine at its limits: an end like any other, and no process of ours goes down with it. */
static void without_descriptors_none_is_started(void **state)
{
    (void)state;
    struct rlimit before, few;
    struct seen seen = {.died = "never ended"};
    auto_json *spec = json_pack("{s:s}", "verb", "pull");
    struct supervise *s = supervise_new(1);
    add(s, spec, NULL, &seen);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){3, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    bool is_whole = supervise_run(s);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(is_whole);
    assert_int_equal(seen.ends, 1);
    assert_int_equal(seen.end, SUPERVISE_NOT_STARTED);
    assert_non_null(strstr(seen.died, "Too many open files"));
    supervise_free(s);
}

/* Who ends when. */
struct order {
    char ends[16];
    size_t n;
};
struct one {
    struct order *order;
    char name;
};

static void note_end(void *ctx, const struct supervise_ended *ended)
{
    struct one *o = ctx;
    (void)ended;
    o->order->ends[o->order->n++] = o->name;
}

static void ignore(void *ctx, const json_t *event)
{
    (void)ctx;
    (void)event;
}

/* Two wait for the third, which has to run beside them. */
static void a_group_says_how_many_run(void **state)
{
    (void)state;
    enum { PATIENCE_S = 60 };
    char path[64], stay_path[64];
    auto_json *last = script("{\"event\":\"a\"}\n", path);
    auto_free char *stay = xasprintf("{\"do\":\"stay\",\"while\":\"%s\"}\n", path);
    auto_json *waits = script(stay, stay_path);
    const json_t *specs[] = {waits, waits, last};
    struct supervise *s = supervise_new(4);
    struct seen seen = {.supervise = s, .file = path, .file_ends = 1};
    for (size_t i = 0; i < ARRAY_LEN(specs); i++)
        supervise_add(s, &(struct supervise_job){.spec = specs[i],
                                                 .timeout_s = PATIENCE_S,
                                                 .group = "shop",
                                                 .group_most = ARRAY_LEN(specs),
                                                 .ctx = &seen,
                                                 .event = on_event,
                                                 .end = on_end});
    assert_true(supervise_run(s));
    assert_int_equal(seen.ends, ARRAY_LEN(specs));
    assert_string_equal(seen.died, "");
    supervise_free(s);
    unlink(stay_path);
}

static void work_that_can_wait_waits(void **state)
{
    (void)state;
    char path[64];
    auto_json *spec = script("{\"event\":\"a\"}\n", path);
    struct supervise *s = supervise_new(1);
    struct order order = {{0}, 0};
    struct one all[] = {{&order, 'b'}, {&order, 'c'}, {&order, '1'}, {&order, '2'}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        supervise_add(s, &(struct supervise_job){.spec = spec,
                                                 .group = all[i].name == '2' ? "other" : "shop",
                                                 .is_background = all[i].name >= 'b',
                                                 .ctx = &all[i],
                                                 .event = ignore,
                                                 .end = note_end});
    assert_true(supervise_run(s));
    assert_string_equal(order.ends, "12bc");
    supervise_free(s);
    unlink(path);
}

static void background_jobs_can_be_stopped(void **state)
{
    (void)state;
    char path[64];
    auto_json *spec = script("{\"event\":\"a\"}\n", path);
    struct supervise *s = supervise_new(1);
    struct order order = {{0}, 0};
    struct one all[] = {{&order, 'b'}, {&order, 'c'}, {&order, '1'}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        supervise_add(s, &(struct supervise_job){.spec = spec,
                                                 .group = all[i].name == 'c' ? "other" : "shop",
                                                 .is_background = all[i].name >= 'b',
                                                 .ctx = &all[i],
                                                 .event = ignore,
                                                 .end = note_end});
    supervise_stop_background(s, "shop");
    assert_string_equal(order.ends, "b"); /* before it began, and no other */
    assert_true(supervise_run(s));
    assert_string_equal(order.ends, "b1c");
    supervise_free(s);
    unlink(path);
}

static void nothing_to_do_is_fine(void **state)
{
    (void)state;
    struct supervise *s = supervise_new(0);
    assert_true(supervise_run(s));
    supervise_free(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(events_come_in_order),
    cmocka_unit_test(ends_are_told_in_words),
    cmocka_unit_test(the_environment_is_clean),
    cmocka_unit_test(jobs_may_add_jobs),
    cmocka_unit_test(heirs_are_not_listened_to),
    cmocka_unit_test(without_descriptors_none_is_started),
    cmocka_unit_test(a_group_says_how_many_run),
    cmocka_unit_test(work_that_can_wait_waits),
    cmocka_unit_test(background_jobs_can_be_stopped),
    cmocka_unit_test(nothing_to_do_is_fine),
};

UNIT_MAIN(tests)
