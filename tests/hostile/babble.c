/* SPDX-License-Identifier: Apache-2.0
 * Ways to talk nonsense to the job: frames by hand, and calls that no plugin may make. */
#define _GNU_SOURCE
#include "deeds.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct head {
    uint32_t len;
    uint16_t type, reserved;
};

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
    deed_sleep();
}

void deed_garbage(void)
{
    char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7919 % 251);
    say(bytes, sizeof bytes);
}

void deed_long_frame(void)
{
    struct head head = {.len = 64 << 20, .type = 69};
    say(&head, sizeof head);
}

void deed_unknown_frame(void)
{
    struct head head = {.type = 1000};
    say(&head, sizeof head);
}

void deed_half_frame(void)
{
    struct head head = {.len = 100, .type = 69};
    say(&head, sizeof head);
}

void deed_out_of_turn(void)
{
    /* A second description. */
    struct head head = {.type = 64};
    say(&head, sizeof head);
}

void deed_many_cells(void)
{
    struct {
        struct head head;
        uint32_t rows, cells;
    } frame = {{8, 75, 0}, 1, UINT32_MAX};
    say(&frame, sizeof frame);
}

void deed_false_status(void)
{
    struct {
        struct head head;
        uint32_t status, wait;
    } frame = {{8, 68, 0}, 17, 0};
    say(&frame, sizeof frame);
}

void deed_never_read(void)
{
    /* Questions without end, whose answers nobody takes. */
    struct head head = {.type = 72};
    for (;;)
        if (write(3, &head, sizeof head) < 0)
            deed_sleep();
}

void deed_close_all(void)
{
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    deed_sleep();
}

void deed_print_for_ever(void)
{
    for (;;)
        if (write(2, "nonsense\n", 9) < 0)
            return;
}

void deed_log_for_ever(void)
{
    for (;;)
        stage.hub->log(stage.run, OMNI_LOG_INFO, "again");
}

void deed_log_million(void)
{
    for (int i = 0; i < 1000000; i++)
        stage.hub->log(stage.run, OMNI_LOG_INFO, "one of a million");
    deed_good();
}

void deed_print_some(void)
{
    fputs("a word\n", stderr);
    fflush(stderr);
    abort();
}
