/* SPDX-License-Identifier: Apache-2.0
 * file-list: and file: urls of file sources: the job reads, and only what the admin's option `path`
 * names. */
#include <config.h>

#include "run/job_files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/gunzip.h"

#define LIST_SCHEME "file-list:"
#define FILE_SCHEME "file:"

enum { FILES_CHUNK = 256 * 1024 };

struct job_files {
    const json_t *paths; /* borrowed */
    json_t *listed;      /* what listings gave: {path: time of change in ns} */
};

struct job_files *job_files_new(const json_t *paths)
{
    struct job_files *f = xcalloc(1, sizeof *f);
    f->paths = paths;
    f->listed = json_object();
    return f;
}

void job_files_free(struct job_files *f)
{
    if (!f)
        return;
    json_decref(f->listed);
    free(f);
}

bool job_files_is_url(const char *url)
{
    return text_starts(url, LIST_SCHEME) || text_starts(url, FILE_SCHEME);
}

static bool is_named(const struct job_files *f, const char *glob_text)
{
    if (json_is_string(f->paths))
        return strcmp(json_string_value(f->paths), glob_text) == 0;
    size_t i;
    const json_t *item;
    json_array_foreach(f->paths, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), glob_text) == 0)
            return true;
    }
    return false;
}

static omni_status list_add(struct job_files *f, json_t *list, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? OMNI_OK /* gone since the glob */
                               : err_set(err, file_status(errno), "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return OMNI_OK;
    if (!text_is_utf8(path, strlen(path)))
        return err_set(err, OMNI_E_CONFIG, "a file name in %s is not UTF-8; rename it", path);
    json_t *file = json_object();
    json_put_text(file, "path", path);
    json_put_int(file, "size", st.st_size);
    int64_t changed = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
    json_put_int(file, "mtime_ns", changed);
    json_put_int(file, "inode", (int64_t)st.st_ino);
    json_array_append_new(list, file);
    json_put_int(f->listed, path, changed);
    return OMNI_OK;
}

/* Oldest first: where two files hold the same record, the newer one is read last and wins. */
static int by_age(const void *a, const void *b)
{
    const json_t *const *one = a, *const *other = b;
    int64_t x = json_int(*one, "mtime_ns", 0), y = json_int(*other, "mtime_ns", 0);
    return x != y ? (x > y) - (x < y) : strcmp(json_text(*one, "path"), json_text(*other, "path"));
}

static json_t *sorted_by_age(const json_t *list)
{
    size_t n = json_array_size(list);
    auto_free json_t **items = xcalloc(n + 1, sizeof(json_t *));
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++)
        items[i] = json_array_get(list, i);
    qsort(items, n, sizeof(json_t *), by_age);
    for (size_t i = 0; i < n; i++)
        json_array_append(out, items[i]);
    return out;
}

omni_status job_files_list(struct job_files *f, const char *url, struct buf *out, struct err *err)
{
    const char *pattern = url + strlen(LIST_SCHEME);
    if (!text_starts(url, LIST_SCHEME) || !is_named(f, pattern))
        return err_set(err, OMNI_E_CONFIG, "%s: the plugin may only list what option path names",
                       url);
    glob_t found = {0};
    int rc = glob(pattern, GLOB_ERR, NULL, &found);
    if (rc != 0 && rc != GLOB_NOMATCH)
        return err_set(err, file_status(errno), "%s: cannot be listed: %s", pattern,
                       strerror(errno));
    auto_json *list = json_array();
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < found.gl_pathc && status == OMNI_OK; i++)
        status = list_add(f, list, found.gl_pathv[i], err);
    globfree(&found);
    if (status != OMNI_OK)
        return status;
    auto_json *reply = json_pack("{s:o}", "files", sorted_by_age(list));
    auto_free char *text = json_print(reply);
    return buf_adds(out, text)
               ? OMNI_OK
               : err_set(err, OMNI_E_CONFIG, "%s matches too many files to list", pattern);
}

static omni_status read_all(int fd, const struct gunzip_out *out, struct err *err)
{
    auto_free char *chunk = xmalloc(FILES_CHUNK);
    struct gunzip u = {0};
    omni_status status = OMNI_OK;
    while (status == OMNI_OK) {
        ssize_t n = read(fd, chunk, FILES_CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = err_set(err, OMNI_E_RETRY, "cannot be read: %s", strerror(errno));
        if (n <= 0)
            break;
        status = gunzip_feed(&u, chunk, (size_t)n, out, err);
    }
    if (status == OMNI_OK)
        status = gunzip_finish(&u, out, err);
    gunzip_close(&u);
    return status;
}

int64_t job_files_changed(const struct job_files *f, const char *url)
{
    return text_starts(url, FILE_SCHEME) ? json_int(f->listed, url + strlen(FILE_SCHEME), 0) : 0;
}

omni_status job_files_read(struct job_files *f, const char *url, void *ctx,
                           omni_status (*bytes)(void *, const void *, size_t, struct err *),
                           struct err *err)
{
    const char *path = url + strlen(FILE_SCHEME);
    if (!text_starts(url, FILE_SCHEME) || !json_object_get(f->listed, path))
        return err_set(err, OMNI_E_CONFIG, "%s: the plugin may only read files that it listed",
                       url);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? OMNI_E_RETRY : file_status(errno), "%s: %s", path,
                       strerror(errno));
    omni_status status = read_all(fd, &(struct gunzip_out){ctx, bytes}, err);
    if (status != OMNI_OK)
        err_prefix(err, "%s: ", path);
    return status;
}
