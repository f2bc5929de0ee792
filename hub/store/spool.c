/* SPDX-License-Identifier: Apache-2.0
 * Rows of a window on their way into the store: in memory up to a limit, then in an unlinked
 * temporary file. */
#include <config.h>

#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/spool_cell.h"

/* A row on the tape: u32 bytes that follow, then its cells (spool_cell.h). Host byte order: it
 * never leaves this process. */
enum { SPOOL_HEAD = 4, SPOOL_READ = 256 * 1024, SPOOL_FIRST = 64 * 1024 };
enum { SPOOL_MAX_ROW = 64 * 1024 * 1024 };
/* The next window is written over the file of the last one: that is cheaper than giving the pages
 * back. A file that grew larger is cut. */
enum { SPOOL_KEPT = 64 * 1024 * 1024 };

struct spool {
    char *dir;
    uint32_t n_cells;
    size_t memory;
    uint64_t rows;
    int fd; /* -1 until the memory was too small */
    uint64_t in_file;
    /* The end of the tape, not yet in the file. */
    unsigned char *tail;
    size_t tail_len, tail_cap;
    /* Reading: `at` is the tape offset of the next row; window: a piece of the file. */
    uint64_t at, window_at;
    unsigned char *window;
    size_t window_len, window_cap;
    struct omni_cell *cells;
};

struct spool *spool_new(const char *dir, uint32_t n_cells, size_t memory)
{
    struct spool *s = xcalloc(1, sizeof *s);
    s->dir = xstrdup(dir);
    s->n_cells = n_cells;
    s->memory = memory;
    s->fd = -1;
    s->cells = xcalloc(n_cells, sizeof *s->cells);
    return s;
}

void spool_free(struct spool *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    free(s->dir);
    free(s->tail);
    free(s->window);
    free(s->cells);
    free(s);
}

uint64_t spool_rows(const struct spool *s)
{
    return s->rows;
}

uint32_t spool_cells(const struct spool *s)
{
    return s->n_cells;
}

static omni_status spool_fault(const struct spool *s, const char *what, struct err *err)
{
    return err_set(err, OMNI_E_RETRY, "%s: %s a temporary file: %s", s->dir, what, strerror(errno));
}

/* A file without a name, so that nothing is left behind however the process ends. */
static omni_status spool_open(struct spool *s, struct err *err)
{
    s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (s->fd >= 0)
        return OMNI_OK;
    /* Some file systems have no O_TMPFILE. */
    auto_free char *path = xasprintf("%s/spool.XXXXXX", s->dir);
    s->fd = mkostemp(path, O_CLOEXEC);
    if (s->fd < 0)
        return spool_fault(s, "cannot make", err);
    unlink(path);
    return OMNI_OK;
}

static omni_status spool_flush(struct spool *s, struct err *err)
{
    if (s->fd < 0 && spool_open(s, err) != OMNI_OK)
        return err->status;
    if (lseek(s->fd, (off_t)s->in_file, SEEK_SET) < 0 ||
        !file_write_all(s->fd, s->tail, s->tail_len))
        return spool_fault(s, "cannot write", err);
    s->in_file += s->tail_len;
    s->tail_len = 0;
    return OMNI_OK;
}

static omni_status spool_reserve(struct spool *s, size_t more, struct err *err)
{
    if (s->tail_len && s->tail_len + more > s->memory && spool_flush(s, err) != OMNI_OK)
        return err->status;
    if (s->tail_len + more <= s->tail_cap)
        return OMNI_OK;
    size_t cap = s->tail_cap ? s->tail_cap : SPOOL_FIRST;
    while (cap < s->tail_len + more)
        cap *= 2;
    s->tail = xrealloc(s->tail, cap);
    s->tail_cap = cap;
    return OMNI_OK;
}

omni_status spool_add(struct spool *s, const struct omni_cell *cells, struct err *err)
{
    size_t most = 0;
    for (uint32_t i = 0; i < s->n_cells; i++)
        most += spool_cell_most(&cells[i]);
    if (most > SPOOL_MAX_ROW)
        return err_set(err, OMNI_E_DATA, "a row of %zu bytes is too large (at most %d)", most,
                       SPOOL_MAX_ROW);
    if (spool_reserve(s, SPOOL_HEAD + most + SPOOL_CELL_SLACK, err) != OMNI_OK)
        return err->status;
    unsigned char *row = s->tail + s->tail_len, *first = row + SPOOL_HEAD, *p = first;
    for (uint32_t i = 0; i < s->n_cells; i++)
        p = spool_cell_write(p, &cells[i]);
    uint32_t size = (uint32_t)(p - first);
    memcpy(row, &size, SPOOL_HEAD);
    s->tail_len += SPOOL_HEAD + size;
    s->rows++;
    return OMNI_OK;
}

struct spool_mark spool_mark(const struct spool *s)
{
    return (struct spool_mark){.rows = s->rows, .bytes = s->in_file + s->tail_len};
}

omni_status spool_rewind_to(struct spool *s, struct spool_mark mark, struct err *err)
{
    if (mark.bytes > s->in_file + s->tail_len || mark.rows > s->rows)
        return err_set(err, OMNI_E_BUG, "a spool cannot go forward to a mark");
    if (mark.bytes >= s->in_file) {
        s->tail_len = (size_t)(mark.bytes - s->in_file);
    } else {
        s->tail_len = 0;
        if (s->in_file > SPOOL_KEPT && ftruncate(s->fd, (off_t)mark.bytes) < 0)
            return spool_fault(s, "cannot cut", err);
        s->in_file = mark.bytes;
    }
    s->rows = mark.rows;
    s->window_len = 0;
    s->at = 0;
    return OMNI_OK;
}

void spool_clear(struct spool *s)
{
    struct err ignored; /* what stays in the file is written over later */
    spool_rewind_to(s, (struct spool_mark){0}, &ignored);
}

omni_status spool_first(struct spool *s, struct err *err)
{
    (void)err;
    s->at = 0;
    return OMNI_OK;
}

/* Makes `n` bytes of the file at s->at readable in the window. */
static omni_status window_fill(struct spool *s, size_t n, struct err *err)
{
    if (s->at >= s->window_at && s->at + n <= s->window_at + s->window_len)
        return OMNI_OK;
    size_t want = n > SPOOL_READ ? n : SPOOL_READ;
    if (want > s->window_cap) {
        s->window = xrealloc(s->window, want + SPOOL_CELL_SLACK);
        s->window_cap = want;
    }
    s->window_at = s->at;
    s->window_len = 0;
    uint64_t left = s->in_file - s->at;
    want = left < want ? (size_t)left : want;
    while (s->window_len < want) {
        ssize_t got = pread(s->fd, s->window + s->window_len, want - s->window_len,
                            (off_t)(s->window_at + s->window_len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return spool_fault(s, "cannot read", err);
        s->window_len += (size_t)got;
    }
    return OMNI_OK;
}

/* The next n bytes of the tape. A row never lies half in the file: the tail is flushed whole. */
static const unsigned char *spool_peek(struct spool *s, size_t n, struct err *err)
{
    if (s->at >= s->in_file)
        return s->tail + (s->at - s->in_file);
    if (window_fill(s, n, err) != OMNI_OK)
        return NULL;
    return s->window + (s->at - s->window_at);
}

omni_status spool_next(struct spool *s, const struct omni_cell **cells, struct err *err)
{
    *cells = NULL;
    if (s->at == s->in_file + s->tail_len)
        return OMNI_OK;
    const unsigned char *p = spool_peek(s, SPOOL_HEAD, err);
    if (!p)
        return err->status;
    uint32_t size;
    memcpy(&size, p, SPOOL_HEAD);
    p = spool_peek(s, SPOOL_HEAD + (size_t)size, err);
    if (!p)
        return err->status;
    p += SPOOL_HEAD;
    for (uint32_t i = 0; i < s->n_cells; i++)
        p = spool_cell_read(p, &s->cells[i]);
    s->at += SPOOL_HEAD + (uint64_t)size;
    *cells = s->cells;
    return OMNI_OK;
}
