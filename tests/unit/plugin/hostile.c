/* SPDX-License-Identifier: Apache-2.0
 * A plugin that does everything a plugin must not do; test_hostile.c looks at how it ends. */
#define _GNU_SOURCE
#include <omnihub/omnihub.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const struct omni_option opt_mode = {
    .size = sizeof(struct omni_option), .type = OMNI_OPT_TEXT, .name = "mode"};
static const struct omni_option *const options[] = {&opt_mode, NULL};
static const struct omni_field id = {
    .size = sizeof(struct omni_field), .type = OMNI_TEXT, .path = "$.id", .column = "campaign_id"};
static const struct omni_field *const fields[] = {&id, NULL};
static const struct omni_stream daily = {
    .size = sizeof(struct omni_stream),
    .name = "daily",
    .dataset = "ads_daily",
    .fields = fields,
    .constants = "date=2026-01-01;level=ad"}; /* complete, so that a real job takes it, too */
static const struct omni_stream *const streams[] = {&daily, NULL};

static const struct omni_host *hub;
static struct omni_run *current;
static char mode[64];

struct head {
    uint32_t len;
    uint16_t type, reserved;
};

/* ---- ways to die ---- */

/* Told to nobody, so that no compiler sees what becomes of it. */
__attribute__((no_sanitize("address"), no_sanitize("undefined"))) static void
write_to(volatile int *p)
{
    *p = 1;
}
static void (*volatile raise_by_hand)(volatile int *) = write_to;

static void segv(void)
{
    raise_by_hand(NULL);
}

static void stop_with_abort(void)
{
    abort();
}

static void leave(void)
{
    exit(0);
}

static void leave_at_once(void)
{
    _exit(3);
}

static int (*volatile next_deeper)(volatile char *);

static int deeper(volatile char *above)
{
    volatile char room[4096];
    room[0] = above[0];
    return room[0] + next_deeper(room);
}

static void overflow_stack(void)
{
    volatile char first = 1;
    next_deeper = deeper;
    deeper(&first);
}

static void loop(void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}

static void loop_deaf(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    loop();
}

static void sleep_long(void)
{
    struct timespec day = {.tv_sec = 86400};
    nanosleep(&day, NULL);
}

static void allocate(void)
{
    for (;;) {
        char *p = malloc(1 << 20);
        memset(p, 1, 1 << 20);
    }
}

static void allocate_much(void)
{
    volatile char *p = malloc((size_t)1 << 40);
    p[0] = 1;
}

static void allocate_in_hub(void)
{
    /* The hub's own code in this process runs out. */
    static char text[7 << 20];
    while (malloc(1 << 20))
        ;
    memset(text, 'x', sizeof text);
    const struct omni_cell cell = {.type = OMNI_TEXT, .len = sizeof text, .v.s = text};
    hub->row(current, &cell, 1);
}

/* ---- ways out ---- */

static void open_passwd(void)
{
    open("/etc/passwd", O_RDONLY);
}

static void open_zone(void)
{
    /* Not hostile at all: must not need a file. */
    time_t now = 0;
    struct tm tm;
    char text[64];
    localtime_r(&now, &tm);
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%d", localtime(&now));
    fprintf(stderr, "%s %d\n", text, isatty(1));
}

static void create_file(void)
{
    open("/tmp/omnihub-hostile", O_WRONLY | O_CREAT, 0600);
}

static void make_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}

static void fork_bomb(void)
{
    for (;;)
        fork();
}

static void *idle_thread(void *arg)
{
    return arg;
}

static void thread(void)
{
    pthread_t t;
    pthread_create(&t, NULL, idle_thread, NULL);
}

static void exec_shell(void)
{
    execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
}

static void kill_parent(void)
{
    kill(getppid(), SIGKILL);
}

static void signal_others(void)
{
    syscall(SYS_tgkill, getppid(), getppid(), SIGKILL);
}

static void trace(void)
{
    ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static void read_parent(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)mode, 1};
    process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static void make_code(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void raise_limits(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &all);
}

static void take_sigsys(void)
{
    signal(SIGSYS, SIG_IGN);
}

static void change_place(void)
{
    if (chdir("/") != 0)
        abort();
}

static void change_mask(void)
{
    umask(0);
}

static void ring(void)
{
    syscall(425 /* io_uring_setup */, 1, NULL);
}

static void open_when_deaf(void)
{
    /* With SIGSYS blocked the handler never runs. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    open_passwd();
}

/* ---- ways to talk nonsense ---- */

static void say(const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t sent = write(3, p, n);
        if (sent <= 0)
            break;
        p += sent;
        n -= (size_t)sent;
    }
    /* Let the hub be the one that ends this. */
    sleep_long();
}

static void garbage(void)
{
    char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7919 % 251);
    say(bytes, sizeof bytes);
}

static void long_frame(void)
{
    struct head head = {.len = 64 << 20, .type = 69};
    say(&head, sizeof head);
}

static void unknown_frame(void)
{
    struct head head = {.type = 1000};
    say(&head, sizeof head);
}

static void half_frame(void)
{
    struct head head = {.len = 100, .type = 69};
    say(&head, sizeof head);
}

static void out_of_turn(void)
{
    /* A second description. */
    struct head head = {.type = 64};
    say(&head, sizeof head);
}

static void many_cells(void)
{
    struct {
        struct head head;
        uint32_t rows, cells;
    } frame = {{8, 75, 0}, 1, UINT32_MAX};
    say(&frame, sizeof frame);
}

static void false_status(void)
{
    struct {
        struct head head;
        uint32_t status, wait;
    } frame = {{8, 68, 0}, 17, 0};
    say(&frame, sizeof frame);
}

static void never_read(void)
{
    /* Questions without end, whose answers nobody takes. */
    struct head head = {.type = 72};
    for (;;)
        if (write(3, &head, sizeof head) < 0)
            sleep_long();
}

static void close_all(void)
{
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    sleep_long();
}

static void print_for_ever(void)
{
    for (;;)
        if (write(2, "nonsense\n", 9) < 0)
            return;
}

static void log_for_ever(void)
{
    for (;;)
        hub->log(current, OMNI_LOG_INFO, "again");
}

static void print_some(void)
{
    fputs("a word\n", stderr);
    fflush(stderr);
    abort();
}

static const struct {
    const char *name;
    void (*act)(void);
} modes[] = {
    {"segv", segv},
    {"abort", stop_with_abort},
    {"exit", leave},
    {"exit_at_once", leave_at_once},
    {"overflow_stack", overflow_stack},
    {"loop", loop},
    {"loop_deaf", loop_deaf},
    {"sleep", sleep_long},
    {"allocate", allocate},
    {"allocate_much", allocate_much},
    {"allocate_in_hub", allocate_in_hub},
    {"open_passwd", open_passwd},
    {"open_zone", open_zone},
    {"create_file", create_file},
    {"socket", make_socket},
    {"fork", fork_bomb},
    {"thread", thread},
    {"exec", exec_shell},
    {"kill", kill_parent},
    {"tgkill", signal_others},
    {"ptrace", trace},
    {"read_parent", read_parent},
    {"make_code", make_code},
    {"raise_limits", raise_limits},
    {"take_sigsys", take_sigsys},
    {"chdir", change_place},
    {"umask", change_mask},
    {"io_uring", ring},
    {"open_when_deaf", open_when_deaf},
    {"garbage", garbage},
    {"long_frame", long_frame},
    {"unknown_frame", unknown_frame},
    {"half_frame", half_frame},
    {"out_of_turn", out_of_turn},
    {"many_cells", many_cells},
    {"false_status", false_status},
    {"never_read", never_read},
    {"close_all", close_all},
    {"print_for_ever", print_for_ever},
    {"log_for_ever", log_for_ever},
    {"print_some", print_some},
};

static omni_status open_it(const struct omni_host *host, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    (void)run;
    hub = host;
    *self = NULL;
    snprintf(mode, sizeof mode, "%s", host->opt_text(config, "mode"));
    return OMNI_OK;
}

static omni_status pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    (void)self;
    (void)request;
    current = run;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, mode) == 0) {
            modes[i].act();
            return OMNI_OK;
        }
    return hub->fail(run, OMNI_E_CONFIG, "no such mode");
}

static const struct omni_source source = {.size = sizeof(struct omni_source),
                                          .name = "hostile",
                                          .options = options,
                                          .streams = streams,
                                          .open = open_it,
                                          .pull = pull};
static const struct omni_source *const sources[] = {&source, NULL};

#ifdef IN_CONSTRUCTOR
/* Before anything of it was looked at. */
__attribute__((constructor)) static void begin(void)
{
    IN_CONSTRUCTOR();
}
#endif

OMNI_MODULE("hostile", "1.0", .sources = sources);
