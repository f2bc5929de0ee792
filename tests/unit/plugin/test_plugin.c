/* SPDX-License-Identifier: Apache-2.0
 * Both sides of the conversation with a well-behaved plugin: the same calls have the same effect in
 * its own process and in the job. */
#include <config.h>

#include "unit.h"

#include "base/json.h"
#include "hub_calls.h"

#define GOOD    TEST_BUILDDIR "/tests/unit/plugin/.libs/good.so"
#define PROGRAM TEST_BUILDDIR "/omnihub-plugin"

struct here {
    struct hub_calls hub;
    struct plugin_services services;
    struct plugin *plugin;
    struct err err;
};

static void start(struct here *h, enum plugin_isolation isolation)
{
    hub_calls_init(&h->hub);
    h->services = hub_calls_services_of(&h->hub);
    const struct plugin_options options = {
        .path = GOOD, .program = PROGRAM, .isolation = isolation, .services = &h->services};
    enum plugin_end end;
    h->plugin = plugin_start(&options, &end, &h->err);
    if (!h->plugin)
        fail_msg("%s", h->err.text);
    h->hub.plugin = h->plugin;
    assert_int_equal(end, PLUGIN_FINE);
}

static void stop(struct here *h)
{
    assert_int_equal(plugin_end(h->plugin), PLUGIN_FINE);
    plugin_stop(h->plugin);
    hub_calls_free(&h->hub);
}

static omni_status open_mode(struct here *h, const char *mode)
{
    auto_json *config =
        json_pack("{s:s,s:s,s:[s,s]}", "mode", mode, "token", "***", "list", "a", "b");
    return plugin_open(h->plugin, "good", config, &h->err);
}

static omni_status pull(struct here *h, const char *cursor)
{
    const struct omni_request request = {.size = sizeof request,
                                         .from_day = 20000,
                                         .to_day = 20001,
                                         .stream = plugin_module(h->plugin)->sources[0]->streams[0],
                                         .cursor = cursor,
                                         .account = "act_1"};
    return plugin_pull(h->plugin, &request, &h->err);
}

static void assert_said(const struct here *h, const char *line)
{
    if (!strstr(buf_text(&h->hub.said), line))
        fail_msg("\"%s\" is missing from:\n%s", line, buf_text(&h->hub.said));
}

static void describes(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    const struct omni_module *m = plugin_module(h.plugin);
    assert_string_equal(m->name, "good");
    assert_int_equal(m->abi_major, 1);
    const struct omni_source *s = m->sources[0];
    assert_string_equal(s->api_sunset, "2030-01-01");
    assert_null(s->pull);
    assert_int_equal(s->options[2]->flags, OMNI_REQUIRED | OMNI_SECRET);
    assert_int_equal(s->logins[0]->kind, OMNI_AUTH_BEARER);
    assert_int_equal(s->streams[0]->settle_days, 3);
    assert_int_equal(s->streams[0]->fields[1]->unit, OMNI_UNIT_MAJOR);
    assert_string_equal(s->streams[0]->parts[0]->inside, "$.lines[*]");
    assert_string_equal(json_text(plugin_json(h.plugin), "abi"), "1.0");
    stop(&h);
}

static void opens(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "rows"), OMNI_OK);
    assert_said(&h, "log 2 every=900 token=*** item=b");
    assert_int_equal(plugin_check(h.plugin, &h.err), OMNI_OK);
    h.hub.is_cancelled = true;
    stop(&h);
}

static void refuses_to_open(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "refuse"), OMNI_E_CONFIG);
    assert_string_equal(h.err.text, "mode must not be refuse");
    assert_said(&h, "detail option=mode");
    assert_int_equal(plugin_open(h.plugin, "other", NULL, &h.err), OMNI_E_CONFIG);
    assert_string_equal(h.err.text, "the plugin has no source \"other\"");
    assert_int_equal(plugin_check(h.plugin, &h.err), OMNI_E_BUG);
    stop(&h);
}

static void finds(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "rows"), OMNI_OK);
    assert_int_equal(plugin_accounts(h.plugin, &h.err), OMNI_OK);
    assert_said(&h, "account 1 One EUR Europe/Lisbon\naccount 2 - - -\n");
    assert_int_equal(plugin_discover(h.plugin, &h.err), OMNI_OK);
    assert_string_equal(h.hub.found->name, "found");
    const struct omni_request request = {.size = sizeof request, .stream = h.hub.found};
    assert_int_equal(plugin_pull(h.plugin, &request, &h.err), OMNI_OK);
    assert_int_equal(plugin_total(h.plugin, &request, &h.err), OMNI_OK);
    assert_said(&h, "total cost 123456789");
    stop(&h);
}

static void delivers_rows(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "rows"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_OK);
    assert_int_equal(h.hub.rows, 20000);
    assert_int_equal(h.hub.row_sum, UINT64_C(20000) * 19999 / 2);
    stop(&h);
}

static void delivers_a_big_row(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "big"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_OK);
    assert_int_equal(h.hub.longest, 5 << 20);
    stop(&h);
}

static void passes_rows_of_parts(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "parts"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_OK);
    assert_int_equal(h.hub.rows, 3);
    assert_int_equal(h.hub.part_rows, 0 + 1 + 2);
    assert_int_equal(h.hub.row_sum, 21);
    stop(&h);
}

/* Even where the plugin does not look at what row() returns. */
static void stops_at_a_refused_row(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "ignore"), OMNI_OK);
    h.hub.fail_at = 3;
    assert_int_equal(pull(&h, NULL), OMNI_E_DATA);
    assert_int_equal(h.hub.rows, 3);
    /* The next call starts afresh. */
    h.hub.fail_at = 0;
    assert_int_equal(pull(&h, NULL), OMNI_OK);
    assert_int_equal(h.hub.rows, 5003);
    stop(&h);
}

static void refuses_wrong_cells(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "wrong_cell"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_E_BUG);
    assert_non_null(strstr(h.err.text, "cell 0 has none of the types"));
    stop(&h);
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "not_utf8"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_E_BUG);
    assert_non_null(strstr(h.err.text, "cell 0 is not UTF-8"));
    assert_int_equal(h.hub.rows, 0);
    stop(&h);
}

static void refuses_an_odd_status(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "odd_status"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_E_BUG);
    assert_string_equal(h.err.text, "pull() returned 17, which is no status");
    stop(&h);
}

static void makes_requests(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "requests"), OMNI_OK);
    assert_int_equal(pull(&h, "c1"), OMNI_OK);
    assert_int_equal(h.hub.judged, OMNI_E_UNSUPPORTED);
    assert_said(&h, "http GET /first Accept: application/json\n"
                    "log 2 {\"hello\":1}\n"
                    "log 2 content-type: application/json\n"
                    "rows POST /rows $.data[*] body=3\n"
                    "log 2 seven records\n"
                    "log 2 act_1\n"
                    "cursor c1\n");
    stop(&h);
}

static void judges_inside_a_request(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "requests"), OMNI_OK);
    h.hub.reply_status = 400;
    h.hub.reply = "{\"error\":\"slow down\"}";
    assert_int_equal(pull(&h, NULL), OMNI_E_THROTTLED);
    assert_int_equal(h.hub.judged, OMNI_E_THROTTLED);
    assert_int_equal(h.hub.judged_wait, 1500);
    assert_string_equal(h.err.text, "asked to slow down");
    uint32_t wait;
    assert_int_equal(plugin_judge(h.plugin, &(struct omni_http){.size = sizeof(struct omni_http)},
                                  &wait, &h.err),
                     OMNI_E_UNSUPPORTED);
    stop(&h);
}

static void remembers(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "remember"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_OK);
    assert_string_equal(h.hub.remembered, "42");
    assert_said(&h, "quality sampled\npart file.csv\n");
    h.hub.remembered[0] = '\0';
    h.hub.is_cancelled = true;
    assert_int_equal(pull(&h, NULL), OMNI_E_CANCELLED);
    h.hub.is_cancelled = false;
    stop(&h);
}

static void caps_log_lines(enum plugin_isolation isolation)
{
    struct here h;
    start(&h, isolation);
    assert_int_equal(open_mode(&h, "logs"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_OK);
    assert_int_equal(h.hub.logs, 2001);
    assert_said(&h, "the rest are dropped");
    stop(&h);
}

#define BOTH(name)                                                                                 \
    static void name##_process(void **state)                                                       \
    {                                                                                              \
        (void)state;                                                                               \
        name(ISOLATION_PROCESS);                                                                   \
    }                                                                                              \
    static void name##_none(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        name(ISOLATION_NONE);                                                                      \
    }
BOTH(describes)
BOTH(opens)
BOTH(refuses_to_open)
BOTH(finds)
BOTH(delivers_rows)
BOTH(delivers_a_big_row)
BOTH(passes_rows_of_parts)
BOTH(stops_at_a_refused_row)
BOTH(refuses_wrong_cells)
BOTH(refuses_an_odd_status)
BOTH(makes_requests)
BOTH(judges_inside_a_request)
BOTH(remembers)
BOTH(caps_log_lines)

/* Only a frame has a greatest length. */
static void refuses_a_row_beyond_a_frame(void **state)
{
    (void)state;
    struct here h;
    start(&h, ISOLATION_PROCESS);
    assert_int_equal(open_mode(&h, "too_big"), OMNI_OK);
    assert_int_equal(pull(&h, NULL), OMNI_E_DATA);
    assert_string_equal(h.err.text, "a row of more than 8 MiB");
    stop(&h);
}

#define TEST_BOTH(name) cmocka_unit_test(name##_process), cmocka_unit_test(name##_none)
static const struct CMUnitTest tests[] = {
    TEST_BOTH(describes),
    TEST_BOTH(opens),
    TEST_BOTH(refuses_to_open),
    TEST_BOTH(finds),
    TEST_BOTH(delivers_rows),
    TEST_BOTH(delivers_a_big_row),
    TEST_BOTH(passes_rows_of_parts),
    TEST_BOTH(stops_at_a_refused_row),
    TEST_BOTH(refuses_wrong_cells),
    TEST_BOTH(refuses_an_odd_status),
    TEST_BOTH(makes_requests),
    TEST_BOTH(judges_inside_a_request),
    TEST_BOTH(remembers),
    TEST_BOTH(caps_log_lines),
    cmocka_unit_test(refuses_a_row_beyond_a_frame),
};
UNIT_MAIN(tests)
