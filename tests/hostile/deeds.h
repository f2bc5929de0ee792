/* SPDX-License-Identifier: Apache-2.0
 * What a plugin must not do, by name: option `mode` chooses one. */
#ifndef HOSTILE_DEEDS_H
#define HOSTILE_DEEDS_H

#include <omnihub/omnihub.h>

/* What a deed has to work with. */
struct stage {
    const struct omni_host *hub;
    struct omni_run *run;
    char mode[64];
    char target[4096];   /* a path */
    omni_status verdict; /* what pull() returns afterwards */
};
extern struct stage stage;

/* One good row, so that a deed ends like a pull that went well. */
void deed_good(void);

/* clang-format off */
#define DEEDS_DIE(X)                                                                               \
    X(segv)                                                                                        \
    X(abort)                                                                                       \
    X(exit)                                                                                        \
    X(exit_at_once)                                                                                \
    X(double_free)                                                                                 \
    X(overflow_stack) X(loop) X(loop_deaf) X(sleep) X(allocate) X(allocate_much) X(allocate_in_hub)

#define DEEDS_ESCAPE(X)                                                                            \
    X(open_passwd)                                                                                 \
    X(open_target)                                                                                 \
    X(write_target)                                                                                \
    X(open_memory)                                                                                 \
    X(open_zone)                                                                                   \
    X(create_file)                                                                                 \
    X(socket)                                                                                      \
    X(fork)                                                                                        \
    X(thread)                                                                                      \
    X(thread_bomb)                                                                                 \
    X(exec) X(kill) X(kill_all) X(kill_group) X(tgkill) X(pidfd) X(ptrace) X(read_parent)          \
    X(write_parent) X(make_code) X(raise_limits) X(take_sigsys) X(take_sigsys_by_halves)           \
    X(chdir) X(umask) X(locale) X(block_signals) X(io_uring) X(open_when_deaf)

#define DEEDS_BABBLE(X)                                                                            \
    X(garbage)                                                                                     \
    X(long_frame)                                                                                  \
    X(unknown_frame)                                                                               \
    X(half_frame)                                                                                  \
    X(out_of_turn)                                                                                 \
    X(many_cells)                                                                                  \
    X(false_status)                                                                                \
    X(never_read) X(close_all) X(print_for_ever) X(log_for_ever) X(log_million) X(print_some)

#define DEEDS_ASK(X)                                                                               \
    X(good)                                                                                        \
    X(wrong_cell)                                                                                  \
    X(wrong_cell_quiet)                                                                            \
    X(wrong_value)                                                                                 \
    X(many_columns)                                                                                \
    X(rows_for_ever)                                                                               \
    X(other_stream)                                                                                \
    X(long_cursor)                                                                                 \
    X(foreign_host)                                                                                \
    X(foreign_host_quiet)                                                                          \
    X(accounts_for_ever) X(totals_for_ever) X(qualities_for_ever) X(details_million)          \
            X(other_port) X(file_url) X(header) X(header_quiet) X(header_in_url) X(method)

#define DEED_DECLARE(name) void deed_##name(void);
DEEDS_DIE(DEED_DECLARE)
DEEDS_ESCAPE(DEED_DECLARE)
DEEDS_BABBLE(DEED_DECLARE)
DEEDS_ASK(DEED_DECLARE)

#endif
