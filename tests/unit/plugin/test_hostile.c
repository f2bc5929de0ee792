/* SPDX-License-Identifier: Apache-2.0
 * Hostile plugins in the real plugin process: each ends in its own way, says why, and leaves the
 * job able to go on. */
#include <config.h>

#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "hub_calls.h"
#include "process/sandbox.h"

#define PLUGINS TEST_BUILDDIR "/tests/hostile/.libs/"
#define PROGRAM TEST_BUILDDIR "/omnihub-plugin"

struct here {
    struct hub_calls hub;
    struct plugin_services services;
    struct plugin_options options;
    struct plugin *plugin;
    bool is_cancelled; /* as soon as it pulls */
    enum plugin_end end;
    struct err err;
};

static void prepare(struct here *h)
{
    *h = (struct here){.is_cancelled = false};
    hub_calls_init(&h->hub);
    h->services = hub_calls_services_of(&h->hub);
    h->options = (struct plugin_options){.path = PLUGINS "hostile.so",
                                         .program = PROGRAM,
                                         .services = &h->services,
                                         .idle_ms = 600,
                                         .grace_ms = 200,
                                         .cpu_s = 20,
                                         .memory = 128 << 20};
}

static omni_status run_mode(struct here *h, const char *mode)
{
    h->plugin = plugin_start(&h->options, &h->end, &h->err);
    if (!h->plugin)
        fail_msg("%s", h->err.text);
    h->hub.plugin = h->plugin;
    auto_json *config = json_pack("{s:s}", "mode", mode);
    if (plugin_open(h->plugin, "hostile", config, &h->err) != OMNI_OK)
        fail_msg("%s", h->err.text);
    const struct omni_request request = {
        .size = sizeof request, .stream = plugin_module(h->plugin)->sources[0]->streams[0]};
    h->hub.is_cancelled = h->is_cancelled;
    omni_status status = plugin_pull(h->plugin, &request, &h->err);
    h->end = plugin_end(h->plugin);
    return status;
}

static void finish(struct here *h)
{
    plugin_stop(h->plugin);
    /* Nothing of it is left. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    hub_calls_free(&h->hub);
}

static void ends(const char *mode, enum plugin_end end, const char *text)
{
    struct here h;
    prepare(&h);
    omni_status status = run_mode(&h, mode);
    if (h.end != end || status != OMNI_E_BUG || !strstr(h.err.text, text))
        fail_msg("%s: ended %s, status %s: %s", mode, plugin_end_name(h.end),
                 err_status_name(status), h.err.text);
    const char *number = strstr(h.err.text, "signal ");
    if (end == PLUGIN_CRASHED)
        assert_int_equal(plugin_signal(h.plugin),
                         number ? strtol(number + strlen("signal "), NULL, 10) : 0);
    /* Another call is refused with the same words. */
    struct err again;
    assert_int_equal(plugin_check(h.plugin, &again), OMNI_E_BUG);
    assert_string_equal(again.text, h.err.text);
    finish(&h);
}

static void crashes(void **state)
{
    (void)state;
    ends("segv", PLUGIN_CRASHED, "the plugin crashed: signal 11 (Segmentation fault) in pull");
    ends("abort", PLUGIN_CRASHED, "signal 6 (Aborted) in pull");
    ends("exit", PLUGIN_CRASHED, "ended by itself in the middle of pull (exit code 0)");
    ends("exit_at_once", PLUGIN_CRASHED, "ended by itself in the middle of pull (exit code 3)");
    ends("overflow_stack", PLUGIN_CRASHED, "signal 11 (Segmentation fault) in pull");
}

static void hangs(void **state)
{
    (void)state;
    ends("loop", PLUGIN_HUNG, "the plugin hung: gave no sign of life in pull");
    ends("loop_deaf", PLUGIN_HUNG, "gave no sign of life in pull");
    ends("sleep", PLUGIN_HUNG, "gave no sign of life in pull");
    ends("print_for_ever", PLUGIN_HUNG, "gave no sign of life in pull");
}

static void uses_up_its_time(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    h.options.cpu_s = 1;
    h.options.idle_ms = 60000;
    assert_int_equal(run_mode(&h, "loop"), OMNI_E_BUG);
    assert_int_equal(h.end, PLUGIN_HUNG);
    assert_non_null(strstr(h.err.text, "used up its 1 s of processor time in pull"));
    finish(&h);
}

#ifndef HUB_SANITIZED /* has no limit */
static void runs_out_of_memory(void **state)
{
    (void)state;
    ends("allocate", PLUGIN_OOM, "the plugin is out of memory: ran out of memory in pull");
    ends("allocate_much", PLUGIN_OOM, "ran out of memory in pull");
    ends("allocate_in_hub", PLUGIN_OOM, "ran out of memory in pull");
}
#endif

static void is_denied(void **state)
{
    (void)state;
    static const char *const modes[][2] = {
        {"open_passwd", "called openat() in pull, which the sandbox forbids"},
        {"create_file", "called openat()"},
        {"socket", "called socket()"},
        {"fork", "called clone()"},
        {"thread", "starting a thread looks like this"},
        {"exec", "called execve()"},
        {"kill", "called kill()"},
        {"tgkill", "called tgkill()"},
        {"ptrace", "called ptrace()"},
        {"read_parent", "called process_vm_readv()"},
        {"make_code", "called mmap()"},
        {"raise_limits", "called prlimit64()"},
        {"take_sigsys", "called rt_sigaction()"},
        {"take_sigsys_by_halves", "called rt_sigaction()"},
        {"chdir", "called chdir()"},
        {"umask", "called umask()"},
        {"io_uring", "called io_uring_setup()"},
        {"open_when_deaf", "made a system call that the sandbox forbids in pull"},
    };
    for (size_t i = 0; i < ARRAY_LEN(modes); i++)
        ends(modes[i][0], PLUGIN_DENIED, modes[i][1]);
}

static void talks_nonsense(void **state)
{
    (void)state;
    ends("garbage", PLUGIN_PROTOCOL, "the plugin broke the rules: sent what is not a frame");
    ends("long_frame", PLUGIN_PROTOCOL, "sent what is not a frame, or one of more than 8 MiB");
    ends("unknown_frame", PLUGIN_PROTOCOL, "sent a frame that has no meaning here in pull");
    ends("out_of_turn", PLUGIN_PROTOCOL, "sent a frame that has no meaning here in pull");
    ends("many_cells", PLUGIN_PROTOCOL, "sent a malformed frame in pull");
    ends("false_status", PLUGIN_PROTOCOL, "sent a frame that has no meaning here in pull");
    ends("close_all", PLUGIN_PROTOCOL, "closed its socket in pull");
    ends("half_frame", PLUGIN_HUNG, "gave no sign of life in pull");
    ends("never_read", PLUGIN_HUNG, "gave no sign of life in pull");
}

/* What it logs without end is dropped; that it works without end is for the job's own deadline. */
static void floods_the_log(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    h.options.cpu_s = 1;
    assert_int_equal(run_mode(&h, "log_for_ever"), OMNI_E_BUG);
    assert_int_equal(h.end, PLUGIN_HUNG);
    assert_in_range(h.hub.logs, 2001, 2010);
    finish(&h);
}

/* Nor does it keep the job from stopping. */
static void is_stopped_while_it_talks(void **state)
{
    (void)state;
    static const char *const modes[] = {"log_for_ever", "rows_for_ever"};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct here h;
        prepare(&h);
        h.options.idle_ms = 60000;
        h.is_cancelled = true;
        assert_int_equal(run_mode(&h, modes[i]), OMNI_E_BUG);
        assert_int_equal(h.end, PLUGIN_HUNG);
        assert_non_null(strstr(h.err.text, "did not stop when it was asked to in pull"));
        finish(&h);
    }
}

static void is_heard_on_stderr(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    assert_int_equal(run_mode(&h, "print_some"), OMNI_E_BUG);
    assert_non_null(strstr(buf_text(&h.hub.said), "log 2 plugin process: a word\n"));
    finish(&h);
}

static void needs_no_file_for_the_time(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    assert_int_equal(run_mode(&h, "open_zone"), OMNI_OK);
    assert_int_equal(h.end, PLUGIN_FINE);
    finish(&h);
}

/* The job was told to stop, and the plugin does not care. */
static void is_stopped_when_cancelled(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    h.options.idle_ms = 3600 * 1000;
    h.is_cancelled = true;
    assert_int_equal(run_mode(&h, "loop_deaf"), OMNI_E_BUG);
    assert_int_equal(h.end, PLUGIN_HUNG);
    assert_non_null(strstr(h.err.text, "did not stop when it was asked to in pull"));
    finish(&h);
}

static void constructor(const char *object, enum plugin_end end, const char *text)
{
    struct here h;
    prepare(&h);
    h.options.path = object;
    h.plugin = plugin_start(&h.options, &h.end, &h.err);
    assert_null(h.plugin);
    if (h.end != end || !strstr(h.err.text, text))
        fail_msg("ended %s: %s", plugin_end_name(h.end), h.err.text);
    finish(&h);
}

static void is_fenced_while_it_is_loaded(void **state)
{
    (void)state;
    constructor(PLUGINS "hostile_socket.so", PLUGIN_DENIED, "called socket() in start");
    constructor(PLUGINS "hostile_write.so", PLUGIN_DENIED, "called openat() in start");
    constructor(PLUGINS "hostile_loop.so", PLUGIN_HUNG, "gave no sign of life in start");
    constructor(PLUGINS "hostile_segv.so", PLUGIN_CRASHED, "signal 11");
}

/* Old kernels: whatever Landlock knows, the outcome is the same. */
static void needs_no_new_landlock(void **state)
{
    (void)state;
    static const uint32_t versions[] = {1, 2, 3, 4, 5, SANDBOX_NO_LANDLOCK};
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct here h;
        prepare(&h);
        h.options.landlock_abi = versions[i];
        assert_int_equal(run_mode(&h, "open_passwd"), OMNI_E_BUG);
        assert_int_equal(h.end, PLUGIN_DENIED);
        bool is_missing = strstr(buf_text(&h.hub.said), "there is no Landlock on this kernel");
        if (versions[i] == SANDBOX_NO_LANDLOCK)
            assert_true(is_missing);
        finish(&h);
    }
}

static void refuses_without_required_fences(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    h.options.sandbox = SANDBOX_REQUIRE;
    h.options.landlock_abi = SANDBOX_NO_LANDLOCK;
    h.plugin = plugin_start(&h.options, &h.end, &h.err);
    assert_null(h.plugin);
    assert_int_equal(h.err.status, OMNI_E_CONFIG);
    assert_int_equal(h.end, PLUGIN_FINE);
    assert_non_null(strstr(h.err.text, "sandbox = \"require\", but there is no Landlock"));
    finish(&h);
}

static void is_refused_without_its_program(void **state)
{
    (void)state;
    struct here h;
    prepare(&h);
    h.options.program = TEST_BUILDDIR "/no-such-program";
    h.plugin = plugin_start(&h.options, &h.end, &h.err);
    assert_null(h.plugin);
    assert_non_null(strstr(h.err.text, "cannot start"));
    finish(&h);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(crashes),
    cmocka_unit_test(hangs),
    cmocka_unit_test(uses_up_its_time),
#ifndef HUB_SANITIZED
    cmocka_unit_test(runs_out_of_memory),
#endif
    cmocka_unit_test(is_denied),
    cmocka_unit_test(talks_nonsense),
    cmocka_unit_test(floods_the_log),
    cmocka_unit_test(is_heard_on_stderr),
    cmocka_unit_test(needs_no_file_for_the_time),
    cmocka_unit_test(is_stopped_when_cancelled),
    cmocka_unit_test(is_stopped_while_it_talks),
    cmocka_unit_test(is_fenced_while_it_is_loaded),
    cmocka_unit_test(needs_no_new_landlock),
    cmocka_unit_test(refuses_without_required_fences),
    cmocka_unit_test(is_refused_without_its_program),
};
UNIT_MAIN(tests)
