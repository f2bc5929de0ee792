/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into omnihub-job, and by the torture test into omnihub too, for their negative
 * controls: makes it careless in one way, by CARELESS: "transaction" (none), "state" (committed
 * before the data), "rename" (files are written in place), "lock NAME" (everybody gets those whose
 * files are called so), "fence" (a job outlives its hub, and stores what it has although its run
 * was given up). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { RECORDED = 4096 };
#define OPEN __attribute__((visibility("default")))

typedef int exec_call(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                      char **);
OPEN int sqlite3_exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                      char **);
OPEN int sqlite3_step(sqlite3_stmt *);
OPEN int sqlite3_prepare_v3(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
OPEN int renameat(int, const char *, int, const char *);
OPEN int flock(int, int);
OPEN int prctl(int, ...);

static bool is_careless_with(const char *what)
{
    const char *careless = getenv("CARELESS");
    return careless && strcmp(careless, what) == 0;
}

/* ---- transactions ---- */

static exec_call *real_exec(void)
{
    exec_call *call = NULL;
    *(void **)&call = dlsym(RTLD_NEXT, "sqlite3_exec");
    return call;
}

static bool begins(const char *sql, const char *word)
{
    return strncmp(sql, word, strlen(word)) == 0;
}

/* What the transaction at hand wrote, as text with its values. */
static struct {
    char *sql[RECORDED];
    size_t n;
    bool is_on, has_state, in_exec; /* in_exec: SQLite steps through that text itself */
} record;

static bool is_state(const char *sql)
{
    return strstr(sql, "INTO state") != NULL || strstr(sql, "FROM state") != NULL;
}

static void note(const char *sql)
{
    if (!sql || record.n == RECORDED)
        abort(); /* a test that is larger than this was made for */
    record.sql[record.n++] = strdup(sql);
    record.has_state |= is_state(sql);
}

int sqlite3_step(sqlite3_stmt *stmt)
{
    int (*real)(sqlite3_stmt *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_step");
    if (record.is_on && !record.in_exec && !sqlite3_stmt_readonly(stmt) &&
        !sqlite3_stmt_busy(stmt)) {
        char *sql = sqlite3_expanded_sql(stmt);
        note(sql);
        sqlite3_free(sql);
    }
    return real(stmt);
}

static int replay(sqlite3 *db, bool state)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < record.n && code == SQLITE_OK; i++)
        if (is_state(record.sql[i]) == state)
            code = real_exec()(db, record.sql[i], NULL, NULL, NULL);
    return code;
}

/* The transaction is taken back and done again: first, for itself, what is remembered. */
static int commit_state_first(sqlite3 *db)
{
    record.is_on = false;
    if (!record.has_state)
        return real_exec()(db, "COMMIT", NULL, NULL, NULL);
    real_exec()(db, "ROLLBACK", NULL, NULL, NULL);
    int code = replay(db, true);
    if (code == SQLITE_OK)
        code = real_exec()(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = replay(db, false);
    return code == SQLITE_OK ? real_exec()(db, "COMMIT", NULL, NULL, NULL) : code;
}

static void begin_record(void)
{
    while (record.n > 0)
        free(record.sql[--record.n]);
    record.is_on = true;
    record.has_state = false;
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *ctx,
                 char **message)
{
    bool is_transaction =
        begins(sql, "BEGIN IMMEDIATE") || begins(sql, "COMMIT") || begins(sql, "ROLLBACK");
    if (is_transaction && is_careless_with("transaction"))
        return SQLITE_OK;
    if (is_careless_with("state") && begins(sql, "BEGIN IMMEDIATE"))
        begin_record();
    else if (is_careless_with("state") && begins(sql, "COMMIT"))
        return commit_state_first(db);
    else if (begins(sql, "ROLLBACK"))
        record.is_on = false;
    else if (record.is_on)
        note(sql);
    record.in_exec = true;
    int code = real_exec()(db, sql, row, ctx, message);
    record.in_exec = false;
    return code;
}

/* ---- files ---- */

/* What a program without a temporary file does: truncate the old one, then write it anew. */
static int write_in_place(int from_folder, const char *from, int to_folder, const char *to)
{
    char bytes[64];
    ssize_t n;
    int in = openat(from_folder, from, O_RDONLY | O_CLOEXEC);
    int out = openat(to_folder, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_fine = in >= 0 && out >= 0;
    while (is_fine && (n = read(in, bytes, sizeof bytes)) > 0)
        is_fine = write(out, bytes, (size_t)n) == n;
    close(in);
    close(out);
    return is_fine ? unlinkat(from_folder, from, 0) : -1;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    int (*real)(int, const char *, int, const char *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "renameat");
    return is_careless_with("rename") ? write_in_place(from_folder, from, to_folder, to)
                                      : real(from_folder, from, to_folder, to);
}

/* ---- locks and fences ---- */

static bool is_careless_lock(int fd)
{
    char link[64], path[4096];
    const char *careless = getenv("CARELESS");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    return careless && begins(careless, "lock ") && strstr(path, careless + 5) != NULL;
}

int flock(int fd, int operation)
{
    int (*real)(int, int) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "flock");
    return is_careless_lock(fd) ? 0 : real(fd, operation);
}

static char *without(const char *sql, const char *part)
{
    const char *found = sql ? strstr(sql, part) : NULL;
    char *copy = NULL;
    if (found && asprintf(&copy, "%.*s%s", (int)(found - sql), sql, found + strlen(part)) < 0)
        abort();
    return copy;
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **out,
                       const char **tail)
{
    int (*real)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    char *open = is_careless_with("fence") ? without(sql, " AND outcome = 'running'") : NULL;
    int code = real(db, open ? open : sql, open ? -1 : n, flags, out, tail);
    free(open);
    return code;
}

int prctl(int option, ...)
{
    int (*real)(int, ...) = NULL;
    unsigned long a[4];
    va_list ap;
    *(void **)&real = dlsym(RTLD_NEXT, "prctl");
    va_start(ap, option);
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        a[i] = va_arg(ap, unsigned long);
    va_end(ap);
    if (option == PR_SET_PDEATHSIG && is_careless_with("fence"))
        return 0;
    return real(option, a[0], a[1], a[2], a[3]);
}
