/* SPDX-License-Identifier: Apache-2.0
 * omnihub-plugin: loads one source plugin behind fences and serves its job. Not for people to
 * start.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/json.h"
#include "base/text.h"
#include "plugin/last_words.h"
#include "plugin/load.h"
#include "plugin/remote.h"
#include "process/sandbox.h"
#include "process/spawn.h"

static bool is_socket(int fd)
{
    int type;
    socklen_t n = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

#ifdef HUB_SANITIZED
/* Crashes are ours to report, and nothing can be opened that symbols or leaks would be read from.
 */
OMNI_EXPORT const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0:handle_sigbus=0:"
           "symbolize=0:detect_leaks=0:allocator_may_return_null=1:use_sigaltstack=0";
}
OMNI_EXPORT const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
    return "symbolize=0";
}
#endif

/* CALL_START */
static bool get_start(struct wire_in *in, struct sandbox *s, bool *is_sealed)
{
    s->object = wire_get_text(in);
    uint32_t fences = wire_get_u32(in);
    s->is_required = fences == SANDBOX_REQUIRE;
    s->is_off = fences == SANDBOX_OFF;
    s->memory = (uint64_t)wire_get_i64(in);
    s->cpu_s = wire_get_u32(in);
    s->landlock_abi = wire_get_u32(in);
    *is_sealed = wire_get_u32(in) != 0;
    return wire_done(in) && s->object;
}

/* The plugin's constructors run inside the first fences already. */
static struct load *load_fenced(struct sandbox *s, bool is_sealed, struct err *err)
{
    if (sandbox_begin(s, err) != OMNI_OK)
        return NULL;
    struct load *load =
        is_sealed ? load_open_sealed(SEALED_FD, s->object, err) : load_open(s->object, err);
    if (load && sandbox_close(s, err) == OMNI_OK)
        return load;
    return NULL;
}

int main(int argc, char **argv)
{
    long long parent;
    struct wire_in start;
    struct sandbox sandbox = {.object = NULL};
    bool is_sealed = false;
    struct err err = {.text = ""};
    if (argc < 2 || !text_parse_int(argv[1], 1, INT32_MAX, &parent) || !is_socket(FRAMES_FD)) {
        fputs("omnihub-plugin is started by omnihub-job; it is not for people to start\n", stderr);
        return 2;
    }
    spawn_child_setup((pid_t)parent);
    json_init();
    /* Now, while files can be opened: localtime() looks for its zone, jansson for random numbers.
     */
    tzset();
    json_object_seed(0);
    struct remote *remote = remote_new(FRAMES_FD);
    if (!remote_receive_start(remote, &start) || !get_start(&start, &sandbox, &is_sealed))
        return 2;
    if (!sandbox.is_off) /* else a sanitizer has handlers of its own */
        last_words_install(FRAMES_FD);
    struct load *load = load_fenced(&sandbox, is_sealed, &err);
    if (!load) {
        remote_send_refused(remote, err.status, err.text);
        return 1;
    }
    remote_serve(remote, load_module(load), &sandbox);
}
