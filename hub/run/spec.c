/* SPDX-License-Identifier: Apache-2.0
 * A job's orders on sealed memory, and its events as JSON lines. */
#include <config.h>

#include "run/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

enum { SPEC_MAX_BYTES = 64 * 1024 * 1024 };

/* Sealed, so that nobody who holds the descriptor can change the orders afterwards. */
static bool fill_and_seal(int fd, const char *text)
{
    return file_write_all(fd, text, strlen(text)) && lseek(fd, 0, SEEK_SET) == 0 &&
           fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

int spec_to_fd(const json_t *spec, struct err *err)
{
    auto_free char *text = json_print(spec);
    auto_close int fd = memfd_create("omnihub-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || !fill_and_seal(fd, text)) {
        err_set(err, OMNI_E_RETRY, "cannot hand a job its orders: %s", strerror(errno));
        return -1;
    }
    int out = fd;
    fd = -1;
    return out;
}

json_t *spec_from_fd(int fd, struct err *err)
{
    auto_buf text = BUF_INIT(SPEC_MAX_BYTES);
    if (file_read_fd(fd, "job orders", &text, err) != OMNI_OK)
        return NULL;
    json_t *spec = json_parse(buf_text(&text), text.len, err);
    if (!spec)
        err_prefix(err, "job orders: ");
    return spec;
}

void spec_event(int fd, json_t *event_take)
{
    auto_json *event = event_take;
    auto_free char *text = json_print(event);
    auto_free char *line = xasprintf("%s\n", text);
    /* Nobody to tell where it fails: the supervisor is gone, and this process with it soon. */
    (void)file_write_all(fd, line, strlen(line));
}
