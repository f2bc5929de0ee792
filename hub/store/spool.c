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

/* A row on the tape: u32 bytes that follow, then per cell a type byte and, by type, nothing, eight
 * bytes, or u32 length and the text. Host byte order: it never leaves this process. */
enum { SPOOL_HEAD = 4, SPOOL_FIXED = 8, SPOOL_READ = 256 * 1024, SPOOL_FIRST = 64 * 1024 };
enum { SPOOL_MAX_ROW = 64 * 1024 * 1024 };

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

static size_t cell_size(const struct omni_cell *cell)
{
    if (cell->type == OMNI_NULL)
        return 1;
    return cell->type == OMNI_TEXT ? 1 + SPOOL_HEAD + (size_t)cell->len : 1 + SPOOL_FIXED;
}

static unsigned char *cell_write(unsigned char *p, const struct omni_cell *cell)
{
    *p++ = (unsigned char)cell->type;
    if (cell->type == OMNI_NULL)
        return p;
    if (cell->type != OMNI_TEXT) {
        memcpy(p, &cell->v, SPOOL_FIXED);
        return p + SPOOL_FIXED;
    }
    memcpy(p, &cell->len, SPOOL_HEAD);
    if (cell->len)
        memcpy(p + SPOOL_HEAD, cell->v.s, cell->len);
    return p + SPOOL_HEAD + cell->len;
}

omni_status spool_add(struct spool *s, const struct omni_cell *cells, struct err *err)
{
    size_t size = 0;
    for (uint32_t i = 0; i < s->n_cells; i++)
        size += cell_size(&cells[i]);
    if (size > SPOOL_MAX_ROW)
        return err_set(err, OMNI_E_DATA, "a row of %zu bytes is too large (at most %d)", size,
                       SPOOL_MAX_ROW);
    if (spool_reserve(s, SPOOL_HEAD + size, err) != OMNI_OK)
        return err->status;
    unsigned char *p = s->tail + s->tail_len;
    uint32_t head = (uint32_t)size;
    memcpy(p, &head, SPOOL_HEAD);
    p += SPOOL_HEAD;
    for (uint32_t i = 0; i < s->n_cells; i++)
        p = cell_write(p, &cells[i]);
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
        s->in_file = mark.bytes;
        s->tail_len = 0;
        if (ftruncate(s->fd, (off_t)mark.bytes) < 0)
            return spool_fault(s, "cannot cut", err);
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
        s->window = xrealloc(s->window, want);
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

static const unsigned char *cell_read(const unsigned char *p, struct omni_cell *cell)
{
    *cell = (struct omni_cell){.type = *p++};
    if (cell->type == OMNI_NULL)
        return p;
    if (cell->type != OMNI_TEXT) {
        memcpy(&cell->v, p, SPOOL_FIXED);
        return p + SPOOL_FIXED;
    }
    memcpy(&cell->len, p, SPOOL_HEAD);
    cell->v.s = (const char *)p + SPOOL_HEAD;
    return p + SPOOL_HEAD + cell->len;
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
        p = cell_read(p, &s->cells[i]);
    s->at += SPOOL_HEAD + (uint64_t)size;
    *cells = s->cells;
    return OMNI_OK;
}
