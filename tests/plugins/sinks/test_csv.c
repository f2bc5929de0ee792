/* SPDX-License-Identifier: Apache-2.0
 * The csv sink through the contract: what files look like, deliveries twice, failures half-way,
 * left-overs, folders that are not what they seem. */
#include <config.h>

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

static const char *const plain[] = {"directory", "%", NULL};
static const char *const by_day[] = {"directory", "%", "split", "day", NULL};

/* 20484 is 2026-01-31. */
static const struct drive_table ads = {
    .dataset = "ads",
    .version = 7,
    .key = {"date", "id"},
    .columns = {{"date", OMNI_DATE},
                {"id", OMNI_TEXT},
                {"clicks", OMNI_INT},
                {"cost", OMNI_MICROS},
                {"ok", OMNI_BOOL},
                {"at", OMNI_TIME},
                {"lat", OMNI_REAL}},
    .rows = {{"20484", "a", "5", "12340000", "1", "1769853600250000", "3"},
             {"20484", "b", NULL, "-20000", "0", "-1", "-155"},
             {"20484", "", "0", "-9223372036854775808", NULL, NULL, NULL},
             {NULL, NULL, NULL, NULL, NULL, NULL, NULL}},
    .n_rows = 4,
};
static const char ads_csv[] = "date,id,clicks,cost,ok,at,lat\n"
                              "2026-01-31,a,5,12.34,true,2026-01-31T10:00:00.25Z,0.75\n"
                              "2026-01-31,b,,-0.02,false,1969-12-31T23:59:59.999999Z,-38.75\n"
                              "2026-01-31,\"\",0,-9223372036854.775808,,,\n"
                              ",,,,,,\n";

static struct drive_table texts(const char *a, const char *b, const char *c)
{
    return (struct drive_table){.dataset = "t",
                                .version = 1,
                                .columns = {{"x", OMNI_TEXT}, {"n", OMNI_INT}},
                                .rows = {{a, "-1"}, {b, "2"}, {c, "3"}},
                                .n_rows = 3};
}

static int setup(void **state)
{
    static struct drive d;
    drive_begin_test(&d);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    drive_end_test(*state);
    return 0;
}

static void values_are_exact(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(d->sink->layout(d->self, "ads"), OMNI_WHOLE);
    assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
    drive_assert_file(d, "ads.csv", ads_csv);
    assert_int_equal(drive_count(d, "."), 1);
}

static void twice_is_once(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
    drive_assert_file(d, "ads.csv", ads_csv);
}

static void quotes_where_rfc4180_asks(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    struct drive_table t = texts("a,b", "say \"hi\"", "two\r\nlines");
    assert_int_equal(drive_deliver(d, &t), OMNI_OK);
    drive_assert_file(d, "t.csv", "x,n\n\"a,b\",-1\n\"say \"\"hi\"\"\",2\n\"two\r\nlines\",3\n");
}

static void delimiter_header_line_end(void **state)
{
    struct drive *d = *state;
    const char *const options[] = {"directory", "%",        "delimiter", "tab", "header",
                                   "false",     "line_end", "crlf",      NULL};
    assert_int_equal(drive_open(d, "csv", options), OMNI_OK);
    struct drive_table t = texts("a,b", "a\tb", NULL);
    assert_int_equal(drive_deliver(d, &t), OMNI_OK);
    drive_assert_file(d, "t.csv", "a,b\t-1\r\n\"a\tb\"\t2\r\n\t3\r\n");
}

static void formulas_only_on_request(void **state)
{
    struct drive *d = *state;
    const char *const safe[] = {"directory", "%", "spreadsheet_safe", "true", NULL};
    struct drive_table t = texts("=1+1", "@\"x\"", "a=b");
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &t), OMNI_OK);
    drive_assert_file(d, "t.csv", "x,n\n=1+1,-1\n\"@\"\"x\"\"\",2\na=b,3\n");
    drive_close(d);
    /* Numbers are never touched: -1 stays. */
    assert_int_equal(drive_open(d, "csv", safe), OMNI_OK);
    assert_int_equal(drive_deliver(d, &t), OMNI_OK);
    drive_assert_file(d, "t.csv", "x,n\n'=1+1,-1\n\"'@\"\"x\"\"\",2\na=b,3\n");
}

static void a_file_a_day(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", by_day), OMNI_OK);
    assert_int_equal(d->sink->layout(d->self, "ads"), OMNI_BY_DAY);
    struct drive_table day = ads;
    day.partition = "2026-01-31";
    day.day_column = "date";
    assert_int_equal(drive_deliver(d, &day), OMNI_OK);
    drive_assert_file(d, "ads/2026-01-31.csv", ads_csv);
    day.n_rows = 0;
    assert_int_equal(drive_deliver(d, &day), OMNI_OK);
    drive_assert_file(d, "ads/2026-01-31.csv", "date,id,clicks,cost,ok,at,lat\n");
    assert_int_equal(drive_count(d, "ads"), 1);
    day.partition = ""; /* rows without a day */
    assert_int_equal(drive_deliver(d, &day), OMNI_OK);
    drive_assert_file(d, "ads/undated.csv", "date,id,clicks,cost,ok,at,lat\n");
}

static void an_abort_leaves_the_old_file(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
    struct drive_table other = ads;
    other.n_rows = 1;
    assert_int_equal(drive_begin(d, &other), OMNI_OK);
    assert_int_equal(drive_write(d, &other), OMNI_OK);
    drive_abort(d);
    drive_assert_file(d, "ads.csv", ads_csv);
    assert_int_equal(drive_count(d, "."), 1);
    /* And it goes on from there. */
    assert_int_equal(drive_deliver(d, &other), OMNI_OK);
    drive_assert_file(d, "ads.csv",
                      "date,id,clicks,cost,ok,at,lat\n"
                      "2026-01-31,a,5,12.34,true,2026-01-31T10:00:00.25Z,0.75\n");
}

/* A process that dies in the middle of a delivery. */
static void die_half_way(struct drive *d)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        drive_begin(d, &ads);
        drive_write(d, &ads);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void a_crash_leaves_nothing_behind(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
    die_half_way(d);
    assert_int_equal(drive_count(d, "."), 2); /* the file and the left-over */
    drive_close(d);
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(drive_count(d, "."), 1);
    drive_assert_file(d, "ads.csv", ads_csv);
}

static void left_overs_of_days_go_too_but_not_live_ones(void **state)
{
    struct drive *d = *state;
    assert_int_equal(mkdir(drive_path(d, "ads"), 0777), 0);
    int left = creat(drive_path(d, "ads/.omnihub-2026-01-30-1.tmp"), 0666);
    int live = creat(drive_path(d, ".omnihub-ads-1.tmp"), 0666);
    assert_true(left >= 0 && live >= 0);
    assert_int_equal(flock(live, LOCK_EX), 0);
    assert_int_equal(drive_open(d, "csv", by_day), OMNI_OK);
    assert_int_equal(drive_count(d, "ads"), 0);
    assert_int_equal(access(drive_path(d, ".omnihub-ads-1.tmp"), F_OK), 0);
    close(left);
    close(live);
}

static void a_full_disk_keeps_the_old_file(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
    /* A limit on the size of files stands for the full disk. */
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small = {.rlim_cur = 64, .rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    omni_status status = drive_deliver(d, &ads);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, OMNI_E_RETRY);
    assert_non_null(strstr(d->run.text, "ads.csv"));
    drive_assert_file(d, "ads.csv", ads_csv);
    assert_int_equal(drive_count(d, "."), 1);
    assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
}

static void links_are_not_followed(void **state)
{
    struct drive *d = *state;
    const char *const link[] = {"directory", "%/link/", NULL};
    assert_int_equal(mkdir(drive_path(d, "real"), 0777), 0);
    assert_int_equal(symlink("real", drive_path(d, "link")), 0);
    assert_int_equal(drive_open(d, "csv", link), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "symbolic link"));
    assert_string_equal(d->run.detail, "option=directory");
    /* A link in place of a dataset's folder, and one in place of a file. */
    assert_int_equal(symlink("real", drive_path(d, "ads")), 0);
    assert_int_equal(symlink("real/victim", drive_path(d, "t.csv")), 0);
    assert_int_equal(drive_open(d, "csv", by_day), OMNI_OK);
    struct drive_table day = ads;
    day.partition = "2026-01-31";
    assert_int_equal(drive_deliver(d, &day), OMNI_E_CONFIG);
    struct drive_table t = texts("a", "b", "c");
    assert_int_equal(drive_deliver(d, &t), OMNI_OK);
    assert_int_equal(drive_count(d, "real"), 0);
}

static void a_folder_replaced_later_changes_nothing(void **state)
{
    struct drive *d = *state;
    const char *const out[] = {"directory", "%/out", NULL};
    assert_int_equal(drive_open(d, "csv", out), OMNI_OK); /* made by the sink */
    assert_int_equal(rename(drive_path(d, "out"), drive_path(d, "moved")), 0);
    assert_int_equal(mkdir(drive_path(d, "elsewhere"), 0777), 0);
    assert_int_equal(symlink("elsewhere", drive_path(d, "out")), 0);
    assert_int_equal(drive_deliver(d, &ads), OMNI_OK);
    drive_assert_file(d, "moved/ads.csv", ads_csv);
    assert_int_equal(drive_count(d, "elsewhere"), 0);
}

static void bad_places_say_so(void **state)
{
    struct drive *d = *state;
    const char *const deep[] = {"directory", "%/no/such", NULL};
    const char *const empty[] = {"directory", "", NULL};
    const char *const delimiter[] = {"directory", "%", "delimiter", "ab", NULL};
    assert_int_equal(drive_open(d, "csv", deep), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "make the folder above it"));
    assert_int_equal(drive_open(d, "csv", empty), OMNI_E_CONFIG);
    assert_int_equal(drive_open(d, "csv", delimiter), OMNI_E_CONFIG);
    assert_string_equal(d->run.detail, "option=delimiter");
    /* A folder has the file's name. */
    assert_int_equal(mkdir(drive_path(d, "ads.csv"), 0777), 0);
    assert_int_equal(drive_open(d, "csv", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &ads), OMNI_E_CONFIG);
    assert_int_equal(drive_count(d, "."), 1);
    if (geteuid() == 0)
        return; /* root may write anywhere */
    drive_close(d);
    assert_int_equal(chmod(d->folder, 0555), 0);
    assert_int_equal(drive_open(d, "csv", plain), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "let the user that runs omnihub write there"));
    assert_int_equal(chmod(d->folder, 0755), 0);
}

static void names_cannot_leave_the_folder(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "csv", by_day), OMNI_OK);
    static const char *const bad[] = {"../ads", "a/b", ".", ".hidden"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct drive_table t = ads;
        t.dataset = bad[i];
        assert_int_equal(drive_deliver(d, &t), OMNI_E_DATA);
        t.dataset = "ads";
        t.partition = bad[i];
        assert_int_equal(drive_deliver(d, &t), OMNI_E_DATA);
    }
    struct drive_table nameless = ads;
    nameless.dataset = "";
    assert_int_equal(drive_deliver(d, &nameless), OMNI_E_DATA);
    assert_int_equal(drive_count(d, "."), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    TEST(values_are_exact),
    TEST(twice_is_once),
    TEST(quotes_where_rfc4180_asks),
    TEST(delimiter_header_line_end),
    TEST(formulas_only_on_request),
    TEST(a_file_a_day),
    TEST(an_abort_leaves_the_old_file),
    TEST(a_crash_leaves_nothing_behind),
    TEST(left_overs_of_days_go_too_but_not_live_ones),
    TEST(a_full_disk_keeps_the_old_file),
    TEST(links_are_not_followed),
    TEST(a_folder_replaced_later_changes_nothing),
    TEST(bad_places_say_so),
    TEST(names_cannot_leave_the_folder),
};

UNIT_MAIN(tests)
