/* SPDX-License-Identifier: Apache-2.0
 * The audit log: writing. */
#include <config.h>

#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/digest.h"
#include "base/day.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

const char audit_first[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* Entries of this process that the disk did not take. */
static int64_t n_lost;

char *audit_path(const char *state_dir)
{
    return xasprintf("%s/audit.jsonl", state_dir);
}

/* Where the next line goes, and what it is chained to. */
struct tail {
    off_t end;
    int64_t seq; /* of the last line; 0: there is none */
    char prev[DIGEST_HEX];
    int64_t torn; /* bytes of a line that a crash left half written */
};

static omni_status read_tail(int fd, struct buf *bytes, off_t *from, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_set(err, OMNI_E_RETRY, "%s", strerror(errno));
    *from = st.st_size > 2 * AUDIT_LINE_MAX ? st.st_size - 2 * AUDIT_LINE_MAX : 0;
    size_t n = (size_t)(st.st_size - *from);
    if (!buf_reserve(bytes, n + 1) || pread(fd, bytes->data, n, *from) != (ssize_t)n)
        return err_set(err, OMNI_E_RETRY, "it cannot be read");
    bytes->len = n;
    bytes->data[n] = '\0';
    return OMNI_OK;
}

static omni_status find_tail(int fd, struct tail *t, struct err *err)
{
    auto_buf bytes = BUF_INIT(2 * AUDIT_LINE_MAX + 1);
    struct err ignored = {0};
    off_t from = 0;
    if (read_tail(fd, &bytes, &from, err) != OMNI_OK)
        return err->status;
    size_t end = bytes.len;
    while (end > 0 && bytes.data[end - 1] != '\n')
        end--;
    if (end == 0 && from > 0)
        return err_set(err, OMNI_E_DATA, "its last line is longer than any entry");
    size_t start = end > 0 ? end - 1 : 0;
    while (start > 0 && bytes.data[start - 1] != '\n')
        start--;
    *t = (struct tail){.end = from + (off_t)end, .torn = (int64_t)(bytes.len - end)};
    memcpy(t->prev, audit_first, DIGEST_HEX);
    if (end == 0)
        return OMNI_OK;
    digest_bytes(bytes.data + start, end - 1 - start, t->prev);
    auto_json *last = json_parse(bytes.data + start, end - 1 - start, &ignored);
    t->seq = json_int(last, "seq", 0);
    return OMNI_OK;
}

static char *line_of(const struct audit_entry *e, const struct tail *t)
{
    char now[TIME_TEXT];
    auto_json *o = json_object();
    json_put_int(o, "seq", t->seq + 1);
    json_put_text(o, "at", day_print_time(day_now(), now));
    json_put_text(o, "prev", t->prev);
    json_put_text(o, "event", e->event);
    json_put_int(o, "uid", e->uid);
    json_put_int(o, "pid", e->pid);
    if (e->detail)
        json_object_set(o, "detail", (json_t *)e->detail);
    if (t->torn)
        json_put_int(o, "torn", t->torn);
    if (n_lost)
        json_put_int(o, "lost", n_lost);
    char *text = json_print(o);
    text[log_redact(text, strlen(text))] = '\0';
    return text;
}

/* The whole line, or the file as it was. */
static omni_status append(int fd, const struct tail *t, const struct audit_entry *e,
                          struct err *err)
{
    auto_free char *text = line_of(e, t);
    auto_free char *line = xasprintf("%s\n", text);
    size_t n = strlen(line);
    if (n > AUDIT_LINE_MAX)
        return err_set(err, OMNI_E_BUG, "an entry of %zu bytes", n);
    if (t->torn && ftruncate(fd, t->end) < 0)
        return err_set(err, OMNI_E_RETRY, "its torn end cannot be taken off: %s", strerror(errno));
    if (file_write_all(fd, line, n) && fdatasync(fd) == 0)
        return OMNI_OK;
    err_set(err, OMNI_E_RETRY, "%s", strerror(errno));
    if (ftruncate(fd, t->end) < 0) /* the next entry does it */
        log_debug("audit: %s", strerror(errno));
    return OMNI_E_RETRY;
}

/* What root begins, the service's user has to be able to go on with. */
static void give_to_owner(int fd, const char *path)
{
    struct stat folder, own;
    auto_free char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    if (geteuid() != 0 || stat(dir, &folder) < 0 || fstat(fd, &own) < 0 ||
        own.st_uid == folder.st_uid)
        return;
    if (fchown(fd, folder.st_uid, folder.st_gid) < 0)
        log_debug("audit: %s", strerror(errno));
}

static omni_status note(const char *path, const struct audit_entry *e, struct err *err)
{
    struct tail tail;
    auto_close int fd =
        open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return err_set(err, OMNI_E_RETRY, "%s", strerror(errno));
    give_to_owner(fd, path);
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return err_set(err, OMNI_E_RETRY, "it cannot be locked: %s", strerror(errno));
    omni_status status = find_tail(fd, &tail, err);
    return status == OMNI_OK ? append(fd, &tail, e, err) : status;
}

omni_status audit_note(const char *state_dir, const struct audit_entry *e, struct err *err)
{
    auto_free char *path = audit_path(state_dir);
    omni_status status = note(path, e, err);
    if (status != OMNI_OK)
        err_prefix(err, "the audit log %s cannot be written, \"%s\" is missing from it: ", path,
                   e->event);
    n_lost = status == OMNI_OK ? 0 : n_lost + 1;
    return status;
}
