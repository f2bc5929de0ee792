/* SPDX-License-Identifier: Apache-2.0
 * hub/config: what becomes of a good file, where options were written, findings in order. What is
 * refused is tested through `omnihub check`. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"

static char dir[64];

static char *write_conf(const char *text)
{
    char *path = xasprintf("%s/hub.conf", dir);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    return path;
}

static struct config *load(const char *text, struct config_findings *f)
{
    auto_free char *path = write_conf(text);
    return config_load(path, f);
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/omnihub-config-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    auto_free char *path = xasprintf("%s/hub.conf", dir);
    unlink(path);
    return rmdir(dir);
}

static void reads_what_the_web_page_is_told(void **state)
{
    (void)state;
    struct config_findings *f = config_findings_new();
    struct config *c = load("hub: { };\n", f);
    assert_string_equal(c->web.listen, "127.0.0.1:9464");
    assert_null(c->web.hosts[0]);
    assert_false(c->web.account_labels);
    config_free(c);
    c = load("web: { listen = \"[::1]:80\"; hosts = (\"a\", \"b\"); account_labels = true; };\n",
             f);
    assert_string_equal(c->web.listen, "[::1]:80");
    assert_string_equal(c->web.hosts[1], "b");
    assert_true(c->web.account_labels);
    config_free(c);
    assert_null(load("web: { listen = \"localhost:80\"; };\n", f));
    assert_null(load("web: { };\nweb: { };\n", f));
    config_findings_free(f);
}

static void reads_everything(void **state)
{
    (void)state;
    struct config_findings *f = config_findings_new();
    struct config *c =
        load("hub: { state_dir = \".//./s\"; timezone = \"UTC\"; currency = \"EUR\";\n"
             "  plugin_dirs = [\"/p\", \"q\"]; sandbox = \"require\"; parallel = 9; "
             "private_hosts = (\"a.corp\", \".b.corp\");\n"
             "  run_timeout = \"2h\"; http = { stall_timeout = \"5s\"; first_wait_ms = 40; "
             "max_body_mb = 7; }; };\n"
             "connectors = ({ name = \"a\"; plugin = \"p\"; enabled = false;\n"
             "  reject_max = \"0.25%\"; extra = (\"x\", \"y\"); accounts = \"all\";\n"
             "  accounts_match = \"^a\"; idle_timeout = \"90s\"; });\n"
             "datasets = ({ name = \"d\"; key = (\"date\"); sql = \"SELECT 1\"; });\n",
             f);
    assert_non_null(c);
    auto_free char *state_dir = xasprintf("%s/s", dir), *q = xasprintf("%s/q", dir);
    assert_string_equal(c->hub.state_dir, state_dir);
    assert_string_equal(c->hub.plugin_dirs[0], "/p");
    assert_string_equal(c->hub.plugin_dirs[1], q);
    assert_null(c->hub.plugin_dirs[2]);
    assert_string_equal(c->hub.private_hosts, "a.corp,.b.corp");
    assert_true(c->hub.sandbox_require);
    assert_int_equal(c->hub.parallel, 9);
    assert_int_equal(c->hub.run_timeout_s, 7200);
    assert_int_equal(c->hub.http.stall_timeout_s, 5);
    assert_int_equal(c->hub.http.max_body_mb, 7);
    assert_int_equal(c->hub.http.first_wait_ms, 40);
    assert_int_equal(c->hub.http.max_attempts, 0);
    const struct config_connector *a = config_connector(c, "a");
    assert_true(a->is_disabled);
    assert_int_equal(a->reject_max, 2500);
    assert_string_equal(a->extra, "x,y");
    assert_string_equal(a->accounts[0], "all");
    assert_int_equal(a->idle_timeout_s, 90);
    assert_int_equal(a->memory_mb, 512);
    assert_string_equal(a->start, "-30d");
    assert_int_equal(a->place.line, 4);
    assert_string_equal(c->datasets[0].key[0], "date");
    assert_null(config_connector(c, "b"));
    config_free(c);
    config_findings_free(f);
}

static void has_defaults(void **state)
{
    (void)state;
    struct config_findings *f = config_findings_new();
    struct config *c = load("", f);
    assert_non_null(c);
    assert_string_equal(c->hub.timezone, "UTC");
    assert_null(c->hub.currency);
    assert_int_equal(c->hub.parallel, 4);
    assert_int_equal(c->n_connectors, 0);
    config_free(c);
    config_findings_free(f);
}

static void options_keep_types_and_places(void **state)
{
    (void)state;
    struct config_findings *f = config_findings_new();
    struct config *c = load("connectors = ({ name = \"a\"; plugin = \"p\";\n"
                            "  options = {\n"
                            "    map = {\n"
                            "      net = \"Total\"; };\n"
                            "    streams = ({ url = \"u\"; },\n"
                            "               { url = \"v\"; });\n"
                            "    big = 5000000000L; yes = true; }; });\n",
                            f);
    assert_non_null(c);
    const json_t *o = c->connectors[0].options;
    struct config_place at = c->connectors[0].place;
    assert_int_equal(config_option_place(c, o, "map.net", at).line, 4);
    assert_int_equal(config_option_place(c, o, "streams[1].url", at).line, 6);
    assert_int_equal(config_option_place(c, o, "map.gross", at).line, 3);
    assert_int_equal(config_option_place(c, o, "streams[7].url", at).line, 5);
    assert_int_equal(config_option_place(c, o, "nothing", at).line, 1);
    assert_int_equal(json_int(o, "big", 0), 5000000000LL);
    assert_true(json_flag(o, "yes"));
    config_free(c);
    config_findings_free(f);
}

static void findings_are_sorted_and_bounded(void **state)
{
    (void)state;
    struct config_findings *f = config_findings_new();
    size_t n;
    config_findings_add(f, true, (struct config_place){"b", 1}, "third");
    config_findings_add(f, false, (struct config_place){"a", 9}, "second");
    config_findings_add(f, true, (struct config_place){"a", 2}, "first");
    config_findings_add(f, true, (struct config_place){"a", 2}, "first");
    const struct config_finding *list = config_findings_list(f, &n);
    assert_int_equal(n, 3);
    assert_string_equal(list[0].text, "first");
    assert_string_equal(list[1].text, "second");
    assert_string_equal(list[2].text, "third");
    assert_int_equal(config_findings_errors(f), 2);
    for (int i = 0; i < 1000; i++)
        config_findings_add(f, true, (struct config_place){"c", i}, "again");
    config_findings_list(f, &n);
    assert_true(n < 1000);
    assert_int_equal(config_findings_errors(f), 1002);
    config_findings_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_everything),
    cmocka_unit_test(reads_what_the_web_page_is_told),
    cmocka_unit_test(has_defaults),
    cmocka_unit_test(options_keep_types_and_places),
    cmocka_unit_test(findings_are_sorted_and_bounded),
};

int main(void)
{
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
